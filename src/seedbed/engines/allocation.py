"""Keeps the memory that one training step gives back for the next, which asks for as much again."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import Lock
from typing import Any

# Of mallopt, see malloc.h: from how many free bytes on memory goes back to the system, from which size on a block is
# mapped on its own, and how many such blocks there may be.
TRIM_THRESHOLD, MAP_THRESHOLD, MAPPED_BLOCKS = -1, -3, -4
KEEPING = {MAPPED_BLOCKS: 0, TRIM_THRESHOLD: 2**31 - 1}
# The library's own, as they are once a program has given back a large block: until it is told anything, it raises both
# thresholds up to these, and there is no way to ask for them.
USUAL = {MAPPED_BLOCKS: 2**16, MAP_THRESHOLD: 2**25, TRIM_THRESHOLD: 2**26}

_lock = Lock()
_users = 0


@contextmanager
def freed_memory_kept() -> Iterator[None]:
    """Let the GNU C library reuse large blocks instead of returning each to the system; nothing on others.

    It maps blocks above 32 MB anew whenever one is asked for, and their pages are cleared one by one at first
    touch. With activations of that size, a step of several runs of a convolutional network took nearly twice as
    long. When the last of those who asked for this is done, the settings and the memory go back.
    """
    _count(1)
    try:
        yield
    finally:
        _count(-1)


def _count(change: int) -> None:
    global _users
    with _lock:
        before, _users = _users, _users + change
        if bool(before) == bool(_users) or not (library := _library()):
            return
        for setting, value in (KEEPING if _users else USUAL).items():
            library.mallopt(setting, value)
        if not _users:
            library.malloc_trim(0)


@cache
def _library() -> Any:
    """The GNU C library, or None where a system has no mallopt, in whichever way."""
    try:
        library = ctypes.CDLL(None)
        return library if library.mallopt and library.malloc_trim else None
    except (OSError, AttributeError, TypeError):
        return None
