"""Reads what others made, which may be of any kind and size: regular files only, within the memory that is free."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol

from seedbed.data.base import DataError
from seedbed.files import regular_file
from seedbed.machine import available
from seedbed.text import byte_size

if TYPE_CHECKING:
    import pyarrow as pa

SHARE = 3  # what is read is there about so often at the peak: as the file has it, as columns, and as inputs
PIECE = 2**22  # bytes that are read at once


class Stream(Protocol):
    """What bytes are read from."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; none at the end."""
        ...


@dataclass(frozen=True)
class Room:
    """How much may be read.

    Attributes
    ----------
    free
        Bytes of memory that are free; None where the system does not say.
    """

    free: int | None = field(default_factory=available)

    def refuse(self, size: int, what: str) -> None:
        """Raise DataError where `size` bytes are too many; `what` begins the message, such as "a.csv holds"."""
        if self.free is not None and size * SHARE > self.free:
            raise DataError(
                f"{what} {byte_size(size)}, and {byte_size(self.free)} of memory are free, of which data may take "
                f"1/{SHARE}; cut them down, or use a machine with more memory"
            )


def opened(path: Path) -> BinaryIO:
    """A regular file, open to be read.

    Raises
    ------
    DataError
        Where it is absent, may not be read, or is something else: a pipe or a device may never end.
    """
    try:
        return regular_file(path)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from None


def read(stream: Stream, what: str) -> bytearray:
    """All that a stream gives, as long as there is room for it.

    Parameters
    ----------
    what
        Begins the message where there is not: "a.csv holds", "a.csv.gz unpacks to".

    Raises
    ------
    DataError
        Where it gives more.
    """
    room, content = Room(), bytearray()
    try:
        while piece := stream.read(PIECE):
            content += piece
            room.refuse(len(content), f"{what} more than")
    except MemoryError:
        raise DataError(
            f"{what} more than {byte_size(len(content))}, and no memory is left; cut it down"
        ) from None
    return content


def in_arrow(content: bytes | bytearray) -> pa.Buffer:
    """Bytes in Arrow's own memory.

    Of Python's, Arrow's threads let go some time after they have read it. Where Python has ended by then, the process
    is aborted.
    """
    import pyarrow as pa

    buffer = pa.allocate_buffer(len(content))
    memoryview(buffer).cast("B")[:] = content
    return buffer


@contextmanager
def reading(problem: str) -> Iterator[None]:
    """Whatever a library raises over bytes that somebody else made is a DataError that begins with the problem."""
    try:
        yield
    except DataError:
        raise
    except Exception as error:
        why = str(error).splitlines()
        raise DataError(f"{problem}: {why[0] if why else type(error).__name__}") from error
