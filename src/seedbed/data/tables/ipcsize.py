"""How many bytes the batches of an Arrow stream unpack to, by what they say themselves, before anything is unpacked."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

import pyarrow as pa
from pyarrow import ipc

# The fields, by number, of the tables that describe a message: Arrow's Message.fbs, "Encapsulated message format".
HEADER, BUFFERS, COMPRESSION, OF_DICTIONARY = 2, 2, 3, 1
OF_BUFFER = struct.Struct("<qq")  # where it begins in the body, and how many bytes it has
UNPACKED = struct.Struct(
    "<q"
)  # what a buffer begins with that may be packed: bytes when unpacked, -1 where it is not
BATCHES = ("record batch", "dictionary")


class _Table(NamedTuple):
    """A table of a FlatBuffer (flatbuffers.dev, "Internals"): its fields lie where a list before it says."""

    data: memoryview
    at: int

    @classmethod
    def referred_to(cls, data: memoryview, at: int) -> _Table:
        """The table whose distance stands at some place."""
        return cls(data, at + _number("<I", data, at))

    def field(self, number: int) -> int | None:
        """Where a field is; None where it was left out."""
        places = self.at - _number("<i", self.data, self.at)
        if 4 + 2 * number >= _number("<H", self.data, places):
            return None
        distance = _number("<H", self.data, places + 4 + 2 * number)
        return self.at + distance if distance else None

    def table(self, number: int) -> _Table:
        """The table that a field refers to."""
        if (at := self.field(number)) is None:
            raise ValueError("a message lacks its content")
        return _Table.referred_to(self.data, at)


def _number(form: str, data: memoryview, at: int) -> int:
    return int(struct.unpack_from(form, data, at)[0])


def sizes(source: pa.Buffer) -> Iterator[int]:
    """Bytes of each batch of a stream, also of those of dictionaries, once it is unpacked.

    Raises
    ------
    ValueError, struct.error, pyarrow.ArrowException
        Where the stream is damaged.
    """
    for message in ipc.MessageReader.open_stream(source):
        if message.type in BATCHES:
            yield _size(message)


def _size(message: ipc.Message) -> int:
    batch = _Table.referred_to(memoryview(message.metadata), 0).table(HEADER)
    if message.type == "dictionary":
        batch = batch.table(OF_DICTIONARY)
    if (field := batch.field(BUFFERS)) is None:
        return 0
    may_be_packed, body = batch.field(COMPRESSION) is not None, memoryview(message.body)
    start = field + _number("<I", batch.data, field)
    count, start = _number("<I", batch.data, start), start + 4
    total = 0
    for place, length in OF_BUFFER.iter_unpack(batch.data[start : start + count * OF_BUFFER.size]):
        size = UNPACKED.unpack_from(body, place)[0] if may_be_packed and length else -1
        total += length if size < 0 else size
    return total
