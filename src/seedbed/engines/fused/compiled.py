"""The compiled kernels: from the disk where this machine has them, else compiled once, with a line saying so."""

from __future__ import annotations

import hashlib
import sys
import tempfile
import time
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pooch

import seedbed
from seedbed.engines.fused.plan import Plan, Samples
from seedbed.simd.width import native_width

SOURCES = ("engines/fused", "nn", "optim", "random.py")  # whatever kernels import, under the package


@cache
def kernels() -> ModuleType:
    """The module with the compiled `train` and `predict`.

    Numba keeps compiled code by the file that holds a kernel and does not see a change in a file that it
    imports; so the directory is named after the content of all of them.
    """
    from numba import config as numba_config

    config: Any = numba_config
    before = config.CACHE_DIR
    config.CACHE_DIR = str(_directory(before))
    try:
        from seedbed.engines.fused.kernels import step
    finally:
        config.CACHE_DIR = before
    if not config.DISABLE_JIT:
        _compile(step)
    return step


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


def _compile(step: ModuleType) -> None:
    """Load or compile the two kernels for the one signature each has."""
    started, announced = time.perf_counter(), False
    for name, arguments in _arguments().items():
        kernel = getattr(step, name)
        if not _is_cached(kernel):
            if not announced:
                print("Compiling the fused kernels for this machine, once:", end="", file=sys.stderr)
                announced = True
            print(f" {name} ..", end="", file=sys.stderr, flush=True)
        from numba import typeof

        kernel.compile(tuple(typeof(argument) for argument in arguments))
    if announced:
        print(f" done in {time.perf_counter() - started:.0f} s.", file=sys.stderr)


def _is_cached(kernel: Any) -> bool:
    """Whether the kernel's directory holds an index that Numba wrote for it."""
    directory = Path(kernel.stats.cache_path)
    return any(directory.glob(f"*.{kernel.py_func.__name__}-*.nbi"))


def _arguments() -> dict[str, tuple[Any, ...]]:
    """Arguments of the types that the driver passes."""
    floats, words = np.zeros(1, np.float32), np.zeros((1, 2), np.uint32)
    rows, offsets = np.zeros((1, 1), np.int64), np.zeros(1, np.int64)
    indices, matrix = np.zeros((1, 1), np.int32), np.zeros((1, 1), np.float32)
    cube = np.zeros((1, 1, 1), np.float32)
    samples = Samples(floats, np.zeros(1, np.uint8), floats, offsets, floats, floats)
    group = (floats, Plan(*range(len(Plan._fields))), rows, floats, samples, indices, offsets)
    return {
        "train": (*group, offsets, cube, words, 0, matrix),
        "predict": (*group, cube),
    }
