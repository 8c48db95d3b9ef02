"""Keeps the memory that one training step gives back for the next, which asks for as much again."""

from __future__ import annotations

import ctypes
from contextlib import suppress
from functools import cache

# Of mallopt, see malloc.h: from how many free bytes on memory goes back to the system, and how many blocks may
# be mapped on their own.
TRIM_THRESHOLD, MAPPED_BLOCKS = -1, -4


@cache
def keep_freed_memory() -> None:
    """Let the GNU C library reuse large blocks instead of returning each to the system; nothing on others.

    It maps blocks above 32 MB anew whenever one is asked for, and their pages are cleared one by one at first
    touch. With activations of that size, a step of several runs of a convolutional network took nearly twice as
    long.
    """
    with suppress(OSError, AttributeError, TypeError):  # whichever way a system has no mallopt
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(MAPPED_BLOCKS, 0)
        mallopt(TRIM_THRESHOLD, 2**31 - 1)
