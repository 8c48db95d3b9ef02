"""Compiled kernels: from the disk where this machine has them, else compiled once, with a line saying so."""

from __future__ import annotations

import hashlib
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from threading import Lock
from types import ModuleType
from typing import Any

import pooch

import seedbed
from seedbed.simd.width import native_width

COMPILING = Lock()  # several threads may be the first to need a kernel
SOURCES = ("simd", "engines/fused", "nn", "optim", "random.py")  # whatever kernels import, under the package


def compiled(module: str, what: str, arguments: Mapping[str, Sequence[tuple[Any, ...]]]) -> ModuleType:
    """Import a module of kernels and have them compiled.

    Parameters
    ----------
    module
        Its full name. Nobody may have imported it before: Numba asks then where to keep what it compiles.
    what
        The kernels' name in the line that says they are being compiled.
    arguments
        By the name of a kernel: arguments of every set of types it will be called with.
    """
    from numba import config

    with COMPILING:
        with _kept_by_content(config):
            found = import_module(module)
        if not config.DISABLE_JIT:  # type: ignore[attr-defined]
            _compile(found, what, arguments)
    return found


@contextmanager
def _kept_by_content(config: Any) -> Iterator[None]:
    """Let Numba keep compiled code in a directory that is named after the content of all sources.

    By itself it goes by the file that holds a kernel and does not see a change in a file that it imports.
    """
    before = config.CACHE_DIR
    config.CACHE_DIR = str(_directory(before))
    try:
        yield
    finally:
        config.CACHE_DIR = before


def _directory(asked: str) -> Path:
    """Where kernels of this content and width are kept: under NUMBA_CACHE_DIR, the user's cache, or a temporary one."""
    name = f"kernels-{_fingerprint()}-{native_width()}"
    for base in filter(None, (asked, pooch.os_cache("seedbed"))):
        directory = Path(base) / name
        try:
            directory.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=directory):
                return directory
        except OSError:
            continue
    return Path(tempfile.gettempdir()) / f"seedbed-{name}"


def _fingerprint() -> str:
    root = Path(seedbed.__file__).parent
    paths = [root / source for source in SOURCES]
    files = sorted(file for path in paths for file in (path.rglob("*.py") if path.is_dir() else [path]))
    digest = hashlib.sha256()
    for file in files:
        digest.update(str(file.relative_to(root)).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:16]


def _compile(module: ModuleType, what: str, arguments: Mapping[str, Sequence[tuple[Any, ...]]]) -> None:
    from numba import typeof

    started, announced = time.perf_counter(), False
    for name, calls in arguments.items():
        kernel = getattr(module, name)
        if not _is_cached(kernel):
            if not announced:
                print(f"Compiling the {what} kernels for this machine, once:", end="", file=sys.stderr)
                announced = True
            print(f" {name} ..", end="", file=sys.stderr, flush=True)
        for call in calls:
            kernel.compile(tuple(typeof(argument) for argument in call))
    if announced:
        print(f" done in {time.perf_counter() - started:.0f} s.", file=sys.stderr)


def _is_cached(kernel: Any) -> bool:
    """Whether the kernel's directory holds an index that Numba wrote for it."""
    directory = Path(kernel.stats.cache_path)
    return any(directory.glob(f"*.{kernel.py_func.__name__}-*.nbi"))
