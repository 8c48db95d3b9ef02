"""Compiled kernels: from the disk where this machine has them whole, else compiled once, with a line saying so."""

from __future__ import annotations

import hashlib
import platform
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from types import ModuleType
from typing import Any

from seedbed.simd import kept
from seedbed.simd.width import native_width

COMPILING = Lock()  # several threads may be the first to need a kernel
SOURCES = ("simd", "engines/fused", "nn", "optim", "draws.py")  # whatever kernels import, under the package

Calls = Sequence[tuple[Any, ...]]
Kernels = Mapping[str, tuple[Any, Calls]]


def compiled(module: str, what: str, takes: str, arguments: Mapping[str, Calls]) -> ModuleType:
    """Import a module of kernels and have them compiled.

    Parameters
    ----------
    module
        Its full name.
    what, takes
        The kernels' name and about how long it takes, in the line that says they are being compiled.
    arguments
        By the name of a kernel: arguments of every set of types it will be called with.
    """
    from numba import config

    with COMPILING:
        imported = import_module(module)
        if not config.DISABLE_JIT:  # type: ignore[attr-defined]
            kernels = {name: (getattr(imported, name), calls) for name, calls in arguments.items()}
            name = directory_name(module)
            if directory := kept.find(name):
                for kernel, calls in kernels.values():
                    _compile(kernel, calls, directory)
            else:
                _compile_aloud(kernels, name, f"the {what} kernels for this machine, once ({takes})")
    return imported


def directory_name(module: str) -> str:
    """The name of the directory for a module's kernels: all that Numba goes by is in it, and all sources.

    By itself Numba goes by the file that holds a kernel and does not see a change in a file that it imports.
    """
    from llvmlite import binding

    root = Path(__file__).parent.parent
    paths = [root / source for source in SOURCES]
    files = sorted(file for path in paths for file in (path.rglob("*.py") if path.is_dir() else [path]))
    own = Path(find_spec(module).origin)  # type: ignore[union-attr, arg-type]
    facts = (
        kept.digest(root, files),
        own,
        own.stat().st_mtime_ns,
        platform.python_version(),
        version("numba"),
        version("llvmlite"),
        binding.get_host_cpu_name(),
        sorted(binding.get_host_cpu_features().items()),
        native_width(),
    )
    return f"kernels-{hashlib.sha256(repr(facts).encode()).hexdigest()[:16]}-{native_width()}"


def _compile_aloud(kernels: Kernels, name: str, what: str) -> None:
    """Compile, keep under a name, and say so."""
    started = time.perf_counter()
    with _interrupts_heard(), kept.added(name) as directory:
        _say(f"Compiling {what}:")
        whole = True
        for kernel, (function, calls) in kernels.items():
            _say(f" {kernel} ..")
            whole &= _compile(function, calls, directory)
        _say(f" done in {time.perf_counter() - started:.0f} s.\n")
        if directory and whole:
            kept.seal(directory)


def _compile(kernel: Any, calls: Calls, directory: Path | None) -> bool:
    """Load a kernel from a directory, or compile it and keep it there; whether it could be kept."""
    from numba import config, typeof

    if directory:
        before, config.CACHE_DIR = config.CACHE_DIR, str(directory)  # type: ignore[attr-defined]
        try:
            kernel.enable_caching()
        finally:
            config.CACHE_DIR = before  # type: ignore[attr-defined]
    whole = True
    for call in calls:
        try:
            kernel.compile(tuple(typeof(argument) for argument in call))
        except OSError:  # a full disk: the kernel is compiled by then
            whole = False
    return whole


def _say(text: str) -> None:
    if sys.stderr:  # which is None where it was closed; print would take stdout instead
        print(text, end="", file=sys.stderr, flush=True)


@contextmanager
def _interrupts_heard() -> Iterator[None]:
    """Raise an interrupt that fell into a function that LLVM calls back, where Python could only report it."""
    before, fallen = sys.unraisablehook, []

    def hook(unraisable: Any) -> None:
        if isinstance(unraisable.exc_value, KeyboardInterrupt):
            fallen.append(True)
        else:
            before(unraisable)

    sys.unraisablehook = hook
    try:
        yield
    finally:
        sys.unraisablehook = before
        if fallen:
            raise KeyboardInterrupt
