"""Reads CSV files as people write them: with other separators, decimal marks and encodings, and guesses at these."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

import pyarrow as pa
import pyarrow.compute as pc

from seedbed.data.base import DataError
from seedbed.data.bounded import PIECE, Room, in_arrow
from seedbed.text import byte_size, short

SEPARATORS = {".csv": ",", ".tsv": "\t"}
VALUE = 8  # bytes of a number
BLOCK = 2**20  # bytes that are parsed at once, or more where lines are long
LINES_AT_ONCE = 100
LONGEST_LINE = 2**30  # bytes
MARKED = {  # encodings that say at the beginning which byte comes first, and how
    "utf-16": (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE),
    "utf-32": (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE),
}
BLANK = ("", "?")  # what stands for a missing value beside pyarrow's own NA, NULL, NaN and their like


@dataclass(frozen=True)
class TextLayout:
    """The layout of a CSV file; other formats need none.

    Attributes
    ----------
    separator
        Between columns; None for the usual one of the file's suffix.
    decimal, thousands
        The decimal mark, and what groups digits where anything does.
    encoding
        Of its characters, as Python calls it.
    as_written
        Whether every column is read as the text that it is, where only empty cells are missing.
    """

    separator: str | None = None
    decimal: str = "."
    thousands: str | None = None
    encoding: str = "utf-8"
    as_written: bool = False


PLAIN = TextLayout()
Parse = Callable[[bytes | bytearray, TextLayout, Collection[str]], pa.Table]


def parser(suffix_separator: str) -> Parse:
    """Reads the content of a file whose suffix stands for this separator; named columns stay text."""

    def parse(content: bytes | bytearray, layout: TextLayout, text: Collection[str]) -> pa.Table:
        separator = layout.separator or suffix_separator
        content = _in_utf8(content, layout.encoding)  # pyarrow does not check column names
        _check_separator(content[:PIECE].decode(errors="ignore"), separator, layout.decimal)
        cells = content.count(separator.encode()) + content.count(b"\n")
        Room().refuse(max(len(content), VALUE * cells), "its table takes about")
        if layout.as_written:
            return _trimmed(_read(content, separator, layout, text), ("",))
        return with_numbers(_trimmed(_read(content, separator, layout, text), BLANK), layout, text)

    return parse


def _read(content: bytes | bytearray, separator: str, layout: TextLayout, text: Collection[str]) -> pa.Table:
    """The table as pyarrow reads it, block by block; a line must fit into two."""
    from pyarrow import csv

    header = content.find(b"\n") + 1 or len(content)
    block = min(max(BLOCK, LINES_AT_ONCE * header), LONGEST_LINE)
    # In one thread, since only then does an error name its row.
    read = csv.ReadOptions(use_threads=False, block_size=block)
    parse = csv.ParseOptions(delimiter=separator)
    missing, source = [*csv.ConvertOptions().null_values, "?"], in_arrow(content)
    try:
        if layout.as_written:
            missing, text = [""], csv.open_csv(pa.BufferReader(source), read, parse).schema.names
        return csv.read_csv(
            pa.BufferReader(source),
            read_options=read,
            parse_options=parse,
            convert_options=csv.ConvertOptions(
                column_types=dict.fromkeys(text, pa.string()),
                decimal_point=layout.decimal,
                null_values=missing,
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
            ),
        )
    except pa.ArrowInvalid as error:
        if "straddl" not in str(error):
            raise
        raise DataError(
            f"a line is longer than {byte_size(block)}, and the first has {byte_size(header)}; "
            "does a line break or a quote lack?"
        ) from None


def _in_utf8(content: bytes | bytearray, encoding: str) -> bytes | bytearray:
    """A file in UTF-8, decoded piece by piece; raises UnicodeDecodeError where it is of another encoding."""
    name = codecs.lookup(encoding).name
    plain, is_utf8 = bytearray(), name == "utf-8"
    if name in MARKED and not content.startswith(MARKED[name]):
        name += "-le"
    decoder = codecs.getincrementaldecoder(name)()
    for start in range(0, len(content), PIECE):
        pending = len(decoder.getstate()[0])
        try:
            piece = decoder.decode(content[start : start + PIECE], start + PIECE >= len(content))
        except UnicodeDecodeError as error:
            error.start += start - pending
            raise
        if not is_utf8:
            plain += piece.encode()
    return content if is_utf8 else plain


def _check_separator(text: str, separator: str, decimal: str) -> None:
    """Refuse a file whose header has another separator than the one expected, and guess its layout."""
    header, *lines = text.split("\n", 100)
    other = next((mark for mark in ";\t|," if mark in header), None)
    if separator in header or other is None:
        return
    settings: dict[str, str | None] = {"separator": other}
    cells = [cell.strip() for line in lines[:99] for cell in line.split(other)]
    if decimal != "," and any(re.fullmatch(r"[+-]?[\d.]*,\d+", cell) for cell in cells):
        settings["decimal"] = ","
        if any(re.fullmatch(r"[+-]?\d{1,3}(\.\d{3})+,\d+", cell) for cell in cells):
            settings["thousands"] = "."
    raise DataError(
        f"expected columns separated by {separator!r}, but the header {short(header.strip())!r} has {other!r}; "
        f"set {settings_in_words(settings)}"
    )


def settings_in_words(settings: Mapping[str, str | None]) -> str:
    """Settings of the table [data] as a study has them: data.separator = ";" and data.decimal = ","."""
    written = (
        f"data.{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in settings.items() if value
    )
    return " and ".join(written)


def _trimmed(table: pa.Table, blank: Collection[str]) -> pa.Table:
    """Text without blanks around it, missing where what is left stands for no value."""
    blanks, missing = pa.array(blank), pa.scalar(None, pa.string())

    def trimmed(column: pa.ChunkedArray) -> pa.ChunkedArray:
        column = pc.utf8_trim_whitespace(column)
        return pc.if_else(pc.is_in(column, blanks), missing, column)

    columns = [trimmed(column) if pa.types.is_string(column.type) else column for column in table.columns]
    return pa.table(columns, table.column_names)


def with_numbers(table: pa.Table, layout: TextLayout, text: Collection[str] = ()) -> pa.Table:
    """The table of a CSV file, its text as numbers where all of a column reads as numbers; named columns stay text."""
    kept, columns = set(text), []
    for name, column in zip(table.column_names, table.columns, strict=True):
        is_text = pa.types.is_string(column.type) and name not in kept
        plain = _as_numbers(column, layout) if is_text else None
        columns.append(column if plain is None else plain)
    return pa.table(columns, table.column_names)


def _as_numbers(column: pa.ChunkedArray, layout: TextLayout) -> pa.ChunkedArray | None:
    """A column of text as float64 where every value is a number, its digits perhaps in groups."""
    pattern = number_pattern(layout.decimal, layout.thousands)
    if column.null_count == len(column) or not pc.all(pc.match_substring_regex(column, pattern)).as_py():
        return None
    if layout.thousands is not None:
        column = pc.replace_substring(column, layout.thousands, "")
    plain = pc.replace_substring(column, layout.decimal, ".")
    return pc.replace_substring_regex(plain, r"^\+", "").cast(pa.float64())


def number_pattern(decimal: str, thousands: str | None) -> str:
    """A regular expression for numbers with this decimal mark, their digits perhaps in groups of three."""
    mark = re.escape(decimal)
    digits = r"\d+" if thousands is None else rf"(\d+|\d{{1,3}}({re.escape(thousands)}\d{{3}})+)"
    return rf"^[+-]?({digits}({mark}\d*)?|{mark}\d+)([eE][+-]?\d+)?$"


def is_number(text: str, layout: TextLayout = PLAIN) -> bool:
    """Whether a text reads as a number that is written as the layout says."""
    return number_form(layout).match(text) is not None


@cache
def number_form(layout: TextLayout) -> re.Pattern[str]:
    """Matches numbers that are written as the layout says."""
    return re.compile(number_pattern(layout.decimal, layout.thousands))


def encoding_problems(
    error: UnicodeDecodeError, content: bytes | bytearray, kind: str, layout: TextLayout
) -> list[str]:
    """Problems of a file in another encoding, including those that its header shows."""
    return [_not_encoded(error, content, layout.encoding), *_other_problems(content, kind, layout)]


def _not_encoded(error: UnicodeDecodeError, content: bytes | bytearray, encoding: str) -> str:
    """Where a file is not of the encoding, and which encoding it may have."""
    likely = _likely_encoding(content)
    name = "UTF-8" if encoding == "utf-8" else encoding
    problem = f"byte {error.start + 1:,} is not {name}"
    if b"\0" in content and likely != "utf-16":
        return f"{problem}; it does not look like text"
    return f"{problem}; save the file as UTF-8, or set data.encoding, perhaps to {json.dumps(likely)}"


def _likely_encoding(content: bytes | bytearray) -> str:
    return "utf-16" if content[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "latin-1"


def _other_problems(content: bytes | bytearray, kind: str, layout: TextLayout) -> Iterator[str]:
    """Further problems of a CSV file in another encoding, as far as its header shows them."""
    try:
        text = content.decode(_likely_encoding(content))
        _check_separator(text, layout.separator or SEPARATORS[kind], layout.decimal)
    except UnicodeDecodeError:
        return
    except DataError as error:
        yield from error.problems
