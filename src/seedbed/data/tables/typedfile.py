"""Reads Parquet and Arrow files, whose headers may promise any number of values and whose text may repeat at will."""

from __future__ import annotations

from collections.abc import Collection

import pyarrow as pa
import pyarrow.compute as pc

from seedbed.data.bounded import Room
from seedbed.data.tables import kinds
from seedbed.data.tables.csvfile import TextLayout

VALUE = 8  # bytes of a number, or of where a text is


def parquet(content: bytes | bytearray, _: TextLayout, __: Collection[str]) -> pa.Table:
    """The table of a Parquet file; raises DataError where there is no room for it."""
    from pyarrow.parquet import ParquetFile

    room, source = Room(), pa.BufferReader(content)
    promised = ParquetFile(source)
    room.refuse(_promised(promised.metadata), "its table takes")
    # Text is read as numbers of distinct values: a few bytes may stand for any number of the same long text.
    schema = promised.schema_arrow
    text = [field.name for field in schema if kinds.is_text(field.type)]
    table = ParquetFile(source, read_dictionary=text).read()
    return _checked(table, room).cast(schema)


def _promised(metadata: object) -> int:
    """Bytes that the values of a file take, by what its header says of them."""
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]  # type: ignore[attr-defined]
    columns = range(metadata.num_columns)  # type: ignore[attr-defined]
    widths = [max(VALUE, metadata.schema.column(column).length or 0) for column in columns]  # type: ignore[attr-defined]
    size = 0
    for group in groups:
        for column, width in zip(columns, widths, strict=True):
            chunk = group.column(column)
            size += max(chunk.num_values * width, chunk.total_uncompressed_size, group.num_rows * VALUE)
    return size


def arrow(content: bytes | bytearray, _: TextLayout, __: Collection[str]) -> pa.Table:
    """The table of an Arrow file or stream; raises DataError where there is no room for it."""
    from pyarrow import feather, ipc

    room = Room()
    if content.startswith(b"FEA1"):  # the first version of Feather, which is not compressed
        return _checked(feather.read_table(pa.BufferReader(content)), room)
    if content.startswith(b"ARROW1"):
        file = ipc.open_file(pa.BufferReader(content))
        schema, batches = file.schema, (file.get_batch(number) for number in range(file.num_record_batches))
    else:
        stream = ipc.open_stream(pa.BufferReader(content))
        schema, batches = stream.schema, stream
    size, kept = 0, []
    for batch in batches:
        size += batch.get_total_buffer_size()
        room.refuse(size, "its table takes at least")
        kept.append(batch)
    return _checked(pa.Table.from_batches(kept, schema), room)


def _checked(table: pa.Table, room: Room) -> pa.Table:
    """The table, whose values are what their types say and have room also as numbers and text of their own."""
    room.refuse(table.num_rows * (table.num_columns + 1) * VALUE, "its table takes")
    table.validate(full=True)
    of_text = [
        column
        for column in table.columns
        if pa.types.is_dictionary(column.type) and kinds.is_text(column.type)
    ]
    room.refuse(sum(_spelt_out(chunk) for column in of_text for chunk in column.chunks), "its text takes")
    return table


def _spelt_out(chunk: pa.DictionaryArray) -> int:
    """Bytes of the texts that the values of a chunk stand for."""
    lengths = pc.binary_length(chunk.dictionary)
    return pc.sum(pc.take(lengths, chunk.indices)).as_py() or 0
