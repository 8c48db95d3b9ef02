"""Reads Parquet and Arrow files, whose headers may promise any number of values and whose text may repeat at will."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from seedbed.data.bounded import Room, in_arrow
from seedbed.data.tables import kinds
from seedbed.data.tables.csvfile import TextLayout
from seedbed.data.tables.ipcsize import sizes

if TYPE_CHECKING:
    from pyarrow.parquet import FileMetaData

VALUE = 8  # bytes of a number, or of where a text is
VIEW = 16  # bytes of one view of a text
OF_FILE = b"ARROW1\0\0"  # what an Arrow file begins with, before a stream and the places of its batches


def parquet(content: bytes | bytearray, _: TextLayout, __: Collection[str]) -> pa.Table:
    """The table of a Parquet file; raises DataError where there is no room for it.

    Columns that hold neither numbers, dates nor text are not read: of lists, a few bytes may stand for any number of
    values. They are empty.
    """
    from pyarrow.parquet import ParquetFile

    room, source = Room(), pa.BufferReader(in_arrow(content))
    promised = ParquetFile(source)
    rows, schema = promised.metadata.num_rows, promised.schema_arrow
    room.refuse(max(_promised(promised.metadata), rows * len(schema) * VALUE), "its table takes")
    # Text is read as numbers of distinct values: a few bytes may stand for any number of the same long text.
    text = [field.name for field in schema if kinds.is_text(field.type)]
    read = [field.name for field in schema if _is_read(field.type)]
    table = ParquetFile(source, read_dictionary=text).read(columns=read)
    table = _checked(table, room).cast(pa.schema([field for field in schema if _is_read(field.type)]))
    if len(read) == len(schema):
        return table
    columns = iter(table.columns)
    every = [next(columns) if _is_read(field.type) else _unread(rows, field.type) for field in schema]
    return pa.table(every, schema.names)


def _promised(metadata: FileMetaData) -> int:
    """Bytes that all values take where none is a list, by what the header says of their number.

    It is not asked about the columns of a group, since pyarrow ends the process over some that are damaged.
    """
    columns = (metadata.schema.column(number) for number in range(metadata.num_columns))
    width = sum(max(VALUE, column.length or 0) for column in columns)
    groups = (metadata.row_group(number) for number in range(metadata.num_row_groups))
    return sum(max(group.num_rows * width, group.total_byte_size) for group in groups)


def _is_read(kind: pa.DataType) -> bool:
    return kinds.is_text(kind) or kinds.is_date(kind) or kinds.is_number(kind)


def _unread(rows: int, kind: pa.DataType) -> pa.Array:
    """A column without values, of its type where such a column takes little memory."""
    is_short = pa.types.is_list(kind) or pa.types.is_binary(kind) or pa.types.is_map(kind)
    return pa.nulls(rows, kind if is_short else pa.list_(pa.null()))


def arrow(content: bytes | bytearray, _: TextLayout, __: Collection[str]) -> pa.Table:
    """The table of an Arrow file or stream; raises DataError where there is no room for it."""
    from pyarrow import feather, ipc

    room, source = Room(), in_arrow(content)
    if content.startswith(b"FEA1"):  # the first version of Feather, which is not compressed
        return _checked(feather.read_table(pa.BufferReader(source)), room)
    stream, promised = source, None
    if content.startswith(OF_FILE):
        stream, promised = source.slice(len(OF_FILE)), ipc.open_file(source).num_record_batches
    size = 0
    for batch in sizes(stream):
        size += batch
        room.refuse(size, "its table takes at least")
    reader = ipc.open_stream(stream)
    batches = list(reader)
    if promised not in (None, len(batches)):
        raise ValueError(f"it holds {len(batches):,} of the {promised:,} batches that it names")
    return _checked(pa.Table.from_batches(batches, reader.schema), room)


def _checked(table: pa.Table, room: Room) -> pa.Table:
    """The table, whose values are what their types say and have room also as numbers and text of their own."""
    room.refuse(table.num_rows * (table.num_columns + 1) * VALUE, "its table takes")
    table.validate(full=True)
    table = without_views(table, room)
    of_text = [
        column
        for column in table.columns
        if pa.types.is_dictionary(column.type) and kinds.is_text(column.type)
    ]
    room.refuse(sum(_spelt_out(chunk) for column in of_text for chunk in column.chunks), "its text takes")
    return table


def without_views(table: pa.Table, room: Room | None = None) -> pa.Table:
    """The table with text in the usual layout where it is in views, as Polars writes it: little can be done with those.

    Raises
    ------
    DataError
        Where there is no room for it: many views may be of the same text.
    """
    room = room or Room()
    for index, field in enumerate(table.schema):
        kind = field.type
        if "string_view" not in (str(kind), str(getattr(kind, "value_type", ""))):
            continue
        column = table.column(index)
        if pa.types.is_dictionary(kind):
            chunks = [
                pa.DictionaryArray.from_arrays(chunk.indices, _in_usual_layout(chunk.dictionary, room))
                for chunk in column.chunks
            ]
        elif str(kind) == "string_view":
            chunks = [_in_usual_layout(chunk, room) for chunk in column.chunks]
        else:  # a list of them, which is not read
            continue
        made = pa.chunked_array(chunks) if chunks else pa.chunked_array([], pa.large_string())
        table = table.set_column(index, field.name, made)
    return table


def _in_usual_layout(views: pa.Array, room: Room) -> pa.Array:
    """Text in views as other text, where there is room for it; a view begins with the length of its text."""
    lengths = np.frombuffer(views.buffers()[1] or b"", np.int32)[:: VIEW // 4]
    room.refuse(int(lengths[views.offset :][: len(views)].sum(dtype=np.int64)), "its text takes")
    return views.cast(pa.large_string())


def _spelt_out(chunk: pa.DictionaryArray) -> int:
    """Bytes of the texts that the values of a chunk stand for."""
    lengths = pc.binary_length(chunk.dictionary)
    return pc.sum(pc.take(lengths, chunk.indices)).as_py() or 0
