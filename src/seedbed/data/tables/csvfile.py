"""Reads CSV files as people write them: with other separators, decimal marks and encodings, and guesses at these."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from seedbed.data.base import DataError
from seedbed.text import short

SEPARATORS = {".csv": ",", ".tsv": "\t"}
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
    """

    separator: str | None = None
    decimal: str = "."
    thousands: str | None = None
    encoding: str = "utf-8"


PLAIN = TextLayout()
Parse = Callable[[bytes, TextLayout, Collection[str]], pa.Table]


def parser(suffix_separator: str) -> Parse:
    """Reads the content of a file whose suffix stands for this separator; named columns stay text."""

    def parse(content: bytes, layout: TextLayout, text: Collection[str]) -> pa.Table:
        from pyarrow import csv

        decoded = content.decode(layout.encoding)  # pyarrow does not check column names
        separator = layout.separator or suffix_separator
        _check_separator(decoded, separator, layout.decimal)
        if codecs.lookup(layout.encoding).name != "utf-8":
            content = decoded.encode()
        # In one thread, since only then does an error name its row.
        table = csv.read_csv(
            pa.BufferReader(content),
            read_options=csv.ReadOptions(use_threads=False),
            parse_options=csv.ParseOptions(delimiter=separator),
            convert_options=csv.ConvertOptions(
                column_types=dict.fromkeys(text, pa.string()),
                decimal_point=layout.decimal,
                null_values=[*csv.ConvertOptions().null_values, "?"],
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
            ),
        )
        return _cleaned(table, layout, text)

    return parse


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


def _cleaned(table: pa.Table, layout: TextLayout, text: Collection[str]) -> pa.Table:
    """Text without blanks around it, missing where nothing is left."""
    for number, field in enumerate(table.schema):
        if not pa.types.is_string(field.type):
            continue
        column = pc.utf8_trim_whitespace(table.column(number))
        column = pc.if_else(pc.is_in(column, pa.array(BLANK)), pa.scalar(None, pa.string()), column)
        table = table.set_column(number, field.name, column)
    return with_numbers(table, layout, text)


def with_numbers(table: pa.Table, layout: TextLayout, text: Collection[str] = ()) -> pa.Table:
    """The table of a CSV file, its text as numbers where all of a column reads as numbers; named columns stay text."""
    for number, field in enumerate(table.schema):
        if not pa.types.is_string(field.type) or field.name in text:
            continue
        if (plain := _as_numbers(table.column(number), layout)) is not None:
            table = table.set_column(number, field.name, plain)
    return table


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
    return re.match(number_pattern(layout.decimal, layout.thousands), text) is not None


def encoding_problems(error: UnicodeDecodeError, content: bytes, kind: str, layout: TextLayout) -> list[str]:
    """Problems of a file in another encoding, including those that its header shows."""
    return [_not_encoded(error, content, layout.encoding), *_other_problems(content, kind, layout)]


def _not_encoded(error: UnicodeDecodeError, content: bytes, encoding: str) -> str:
    """Where a file is not of the encoding, and which encoding it may have."""
    likely = _likely_encoding(content)
    name = "UTF-8" if encoding == "utf-8" else encoding
    problem = f"byte {error.start + 1:,} is not {name}"
    if b"\0" in content and likely != "utf-16":
        return f"{problem}; it does not look like text"
    return f"{problem}; save the file as UTF-8, or set data.encoding, perhaps to {json.dumps(likely)}"


def _likely_encoding(content: bytes) -> str:
    return "utf-16" if content[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "latin-1"


def _other_problems(content: bytes, kind: str, layout: TextLayout) -> Iterator[str]:
    """Further problems of a CSV file in another encoding, as far as its header shows them."""
    try:
        text = content.decode(_likely_encoding(content))
        _check_separator(text, layout.separator or SEPARATORS[kind], layout.decimal)
    except UnicodeDecodeError:
        return
    except DataError as error:
        yield from error.problems
