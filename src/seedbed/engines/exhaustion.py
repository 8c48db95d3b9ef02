"""Tells that memory ran out in one way, however a library of an engine says it."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

# What PyTorch says on a CPU (Linux, Windows), and what Python says where a thread finds no room for its stack.
SAID = ("can't allocate memory", "not enough memory", "can't start new thread")


@contextmanager
def as_memory_error() -> Iterator[None]:
    """Raise MemoryError where memory, also that of a device, ran out in the block."""
    try:
        yield
    except (RuntimeError, OSError) as error:
        if _is_of_memory(error):
            raise MemoryError(str(error)) from error
        raise


def _is_of_memory(error: RuntimeError | OSError) -> bool:
    if isinstance(error, OSError):
        return error.errno == errno.ENOMEM
    # torch.OutOfMemoryError of a device; by its name, since only the torch engine loads torch.
    return type(error).__name__ == "OutOfMemoryError" or any(said in str(error) for said in SAID)
