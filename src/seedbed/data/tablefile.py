"""Reads a table from a (compressed) CSV, Parquet or Arrow file, and says plainly what is wrong with it."""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import json
import lzma
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from seedbed.data.base import DataError
from seedbed.data.naming import first_few, short

BAD_ARCHIVE = (
    EOFError,
    OSError,
    ValueError,
    RuntimeError,
    zlib.error,
    lzma.LZMAError,
    zipfile.BadZipFile,
    pa.ArrowException,
)
BLANK = ("", "?")  # what stands for a missing value beside pyarrow's own NA, NULL, NaN and their like
SEPARATORS = {".csv": ",", ".tsv": "\t"}
READABLE = ".csv or .tsv (also with .gz, .bz2, .xz, .zst or .zip), .parquet, .arrow, .feather"


@dataclass(frozen=True)
class Layout:
    """How a CSV file is written; other formats say so themselves.

    Attributes
    ----------
    separator
        Between columns; None for what the suffix says.
    decimal, thousands
        The decimal mark, and what groups digits where anything does.
    encoding
        Of its characters, as Python calls it.
    """

    separator: str | None = None
    decimal: str = "."
    thousands: str | None = None
    encoding: str = "utf-8"


PLAIN = Layout()
Parse = Callable[[bytes, Layout, Collection[str]], pa.Table]


def read(path: Path, text: Collection[str] = (), layout: Layout = PLAIN) -> pa.Table:
    """The whole table.

    Parameters
    ----------
    text
        Columns to be read as the text that they are in a CSV file, also where they hold numbers. Formats with
        types of their own keep those.

    Raises
    ------
    DataError
        Where the file is absent, unreadable, damaged, empty, ragged, of an unknown kind, or without a header.
    """
    kind, unpack = _format(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from None
    try:
        content = unpack(content)
    except BAD_ARCHIVE as error:
        raise DataError(f"{path} is damaged, it cannot be unpacked: {error}") from None
    if not content.strip():
        raise DataError(f"{path} is empty; a table has a header and rows")
    try:
        table = PARSE[kind](content, layout, text)
    except UnicodeDecodeError as error:
        problems = [_not_encoded(error, content, layout.encoding), *_other_problems(content, kind, layout)]
        raise DataError(*(f"{path}: {problem}" for problem in problems)) from None
    except DataError as error:
        raise DataError(*(f"{path}: {problem}" for problem in error.problems)) from None
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"{path} is not a proper {kind[1:]} file: {_plain(str(error))}") from None
    _check_names(path, table)
    return table


def _format(path: Path) -> tuple[str, Callable[[bytes], bytes]]:
    """The suffix that tells the format, and how to unpack the file."""
    kind = path.suffix.lower()
    unpack: Callable[[bytes], bytes] = bytes
    if kind in UNPACK:
        unpack, inner = UNPACK[kind], Path(path.stem).suffix.lower()
        kind = inner if inner in PARSE else ".csv"
    if kind not in PARSE:
        raise DataError(f"{path}: {kind or 'no'} suffix, so its format is unknown; readable are {READABLE}")
    return kind, unpack


def _unzip(content: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = [name for name in archive.namelist() if name.lower().endswith(".csv")]
        if len(names) != 1:
            raise zipfile.BadZipFile(f"it holds {len(names)} CSV files instead of one")
        return archive.read(names[0])


def _unzstd(content: bytes) -> bytes:
    with pa.CompressedInputStream(pa.BufferReader(content), "zstd") as stream:
        return stream.read()


def _csv(suffix_separator: str) -> Parse:
    def parse(content: bytes, layout: Layout, text: Collection[str]) -> pa.Table:
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
    """Refuse a file whose header has another separator than the one expected, and guess how it is written."""
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
    told = (
        f"data.{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in settings.items() if value
    )
    return " and ".join(told)


def _cleaned(table: pa.Table, layout: Layout, text: Collection[str]) -> pa.Table:
    """Text without blanks around it, missing where nothing is left; as numbers where all of it reads as numbers."""
    for number, field in enumerate(table.schema):
        if not pa.types.is_string(field.type):
            continue
        column = pc.utf8_trim_whitespace(table.column(number))
        column = pc.if_else(pc.is_in(column, pa.array(BLANK)), pa.scalar(None, pa.string()), column)
        if field.name not in text and (plain := _as_numbers(column, layout)) is not None:
            column = plain
        table = table.set_column(number, field.name, column)
    return table


def _as_numbers(column: pa.ChunkedArray, layout: Layout) -> pa.ChunkedArray | None:
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


def _not_encoded(error: UnicodeDecodeError, content: bytes, encoding: str) -> str:
    """Where a file is not of the encoding, and of which it may be."""
    likely = _likely_encoding(content)
    name = "UTF-8" if encoding == "utf-8" else encoding
    told = f"byte {error.start + 1:,} is not {name}"
    if b"\0" in content and likely != "utf-16":
        return f"{told}; it does not look like text"
    return f"{told}; save the file as UTF-8, or set data.encoding, perhaps to {json.dumps(likely)}"


def _likely_encoding(content: bytes) -> str:
    return "utf-16" if content[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "latin-1"


def _other_problems(content: bytes, kind: str, layout: Layout) -> Iterator[str]:
    """What else is wrong with a CSV file of another encoding, as far as its header tells."""
    try:
        text = content.decode(_likely_encoding(content))
        _check_separator(text, layout.separator or SEPARATORS[kind], layout.decimal)
    except UnicodeDecodeError:
        return
    except DataError as error:
        yield from error.problems


def _parquet(content: bytes, _: Layout, __: Collection[str]) -> pa.Table:
    from pyarrow import parquet

    return parquet.read_table(pa.BufferReader(content))


def _arrow(content: bytes, _: Layout, __: Collection[str]) -> pa.Table:
    from pyarrow import feather, ipc

    if not content.startswith((b"ARROW1", b"FEA1")):
        return ipc.open_stream(content).read_all()
    return feather.read_table(pa.BufferReader(content))


UNPACK: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.decompress,
    ".bz2": bz2.decompress,
    ".xz": lzma.decompress,
    ".zst": _unzstd,
    ".zip": _unzip,
}
PARSE: dict[str, Parse] = {
    **{kind: _csv(separator) for kind, separator in SEPARATORS.items()},
    ".parquet": _parquet,
    ".arrow": _arrow,
    ".feather": _arrow,
}


def _plain(error: str) -> str:
    """pyarrow's message in the words of this package."""
    ragged = re.search(r"(?:Row #(\d+): )?Expected (\d+) columns, got (\d+)", error)
    if ragged:
        line, expected, found = ragged.groups()
        return (
            f"line {line or '?'} is ragged, {found} of {expected} columns; every row needs one value a column"
        )
    return error.splitlines()[0]


def _check_names(path: Path, table: pa.Table) -> None:
    """Refuse a header that cannot be right, with all that is wrong with it."""
    names = table.column_names
    problems = []
    if table.num_rows == 0:
        problems.append("it has a header but no rows")
    unnamed = [f"{number}" for number, name in enumerate(names, 1) if not name.strip()]
    if unnamed:
        which = f"column {unnamed[0]} has" if len(unnamed) == 1 else f"columns {first_few(unnamed)} have"
        problems.append(f"{which} no name; name such columns, or write the file without its index")
    twice = {name: times for name, times in Counter(names).items() if times > 1 and name.strip()}
    if twice:
        told = first_few(f"{times} columns are named {short(name)!r}" for name, times in twice.items())
        problems.append(f"{told}; rename them")
    if all(is_number(name) for name in names):
        problems.append(
            f"the first line holds numbers ({', '.join(map(short, names[:3]))}, ...), not column names; add a header"
        )
    if problems:
        raise DataError(*(f"{path}: {problem}" for problem in problems))


def is_number(text: str) -> bool:
    """Whether a text reads as a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True
