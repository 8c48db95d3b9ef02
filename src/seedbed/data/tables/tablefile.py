"""Reads a table from a CSV, JSONL, Parquet or Arrow file, and explains what is wrong with a damaged one."""

from __future__ import annotations

import bz2
import gzip
import lzma
import re
import zipfile
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import IO, Any, BinaryIO

import pyarrow as pa

from seedbed.data import bounded
from seedbed.data.base import DataError
from seedbed.data.tables import csvfile, jsonlines, typedfile
from seedbed.data.tables.csvfile import PLAIN, Parse, TextLayout, is_number
from seedbed.text import first_few, short

Unpack = Callable[[BinaryIO], AbstractContextManager[Any]]
MOST_BLANKS = 2**16  # bytes at the beginning of a file, of which some should say something
READABLE = ".csv or .tsv (also with .gz, .bz2, .xz, .zst or .zip), .jsonl, .parquet, .arrow, .feather"


def read(path: Path, text: Collection[str] = (), layout: TextLayout = PLAIN) -> pa.Table:
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
    content = _content(path, unpack)
    if not content[:MOST_BLANKS].strip():
        raise DataError(f"{path} is empty; a table has a header and rows")
    try:
        table = PARSE[kind](content, layout, text)
    except UnicodeDecodeError as error:
        if kind not in csvfile.SEPARATORS:
            raise DataError(
                f"{path} is not a proper {kind[1:]} file: a name or text in it is not UTF-8"
            ) from None
        problems = csvfile.encoding_problems(error, content, kind, layout)
        raise DataError(*(f"{path}: {problem}" for problem in problems)) from None
    except DataError as error:
        raise DataError(*(f"{path}: {problem}" for problem in error.problems)) from None
    except (pa.ArrowException, OSError, ValueError, MemoryError, NotImplementedError) as error:
        raise DataError(f"{path} is not a proper {kind[1:]} file: {_plain(str(error))}") from None
    _check_names(path, table)
    return table


def _content(path: Path, unpack: Unpack | None) -> bytearray:
    """The bytes of a file, unpacked, as long as there is room for them."""
    with bounded.opened(path) as file:
        if unpack is None:
            return bounded.read(file, f"{path} holds")
        with bounded.reading(f"{path} is damaged, it cannot be unpacked"), unpack(file) as stream:
            return bounded.read(stream, f"{path} unpacks to")


@contextmanager
def taken_apart(path: Path) -> Iterator[None]:
    """What pyarrow raises over values that it read, such as of a time zone that there is not, is a DataError."""
    try:
        yield
    except pa.ArrowException as error:
        raise DataError(f"{path} cannot be taken apart: {_plain(str(error))}") from None


def layout_of(path: Path, layout: TextLayout) -> TextLayout | None:
    """How the file is written where it is a CSV file; None for formats with types of their own."""
    return layout if _format(path)[0] in csvfile.SEPARATORS else None


def _format(path: Path) -> tuple[str, Unpack | None]:
    """The suffix of the format, and how to unpack the file, if it is to be unpacked."""
    kind = path.suffix.lower()
    unpack: Unpack | None = None
    if kind in UNPACK:
        unpack, inner = UNPACK[kind], Path(path.stem).suffix.lower()
        kind = inner if inner in PARSE else ".csv"
    if kind not in PARSE:
        raise DataError(f"{path}: {kind or 'no'} suffix, so its format is unknown; readable are {READABLE}")
    return kind, unpack


@contextmanager
def _unzip(file: BinaryIO) -> Iterator[IO[bytes]]:
    with zipfile.ZipFile(file) as archive:
        names = [name for name in archive.namelist() if name.lower().endswith(".csv")]
        if len(names) != 1:
            raise zipfile.BadZipFile(f"it holds {len(names)} CSV files instead of one")
        with archive.open(names[0]) as stream:
            yield stream


UNPACK: dict[str, Unpack] = {
    ".gz": lambda file: gzip.GzipFile(fileobj=file),
    ".bz2": bz2.BZ2File,
    ".xz": lzma.LZMAFile,
    ".zst": lambda file: pa.CompressedInputStream(file, "zstd"),
    ".zip": _unzip,
}
PARSE: dict[str, Parse] = {
    **{kind: csvfile.parser(separator) for kind, separator in csvfile.SEPARATORS.items()},
    ".jsonl": jsonlines.jsonlines,
    ".parquet": typedfile.parquet,
    ".arrow": typedfile.arrow,
    ".feather": typedfile.arrow,
}


def _plain(error: str) -> str:
    """A message of pyarrow in plain words."""
    ragged = re.search(r"(?:Row #(\d+): )?Expected (\d+) columns, got (\d+)", error)
    if ragged:
        line, expected, got = ragged.groups()
        return (
            f"line {line or '?'} is ragged, {got} of {expected} columns; every row needs one value per column"
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
        repeated = first_few(f"{times} columns are named {short(name)!r}" for name, times in twice.items())
        problems.append(f"{repeated}; rename them")
    if all(is_number(name) for name in names):
        problems.append(
            f"the first line holds numbers ({', '.join(map(short, names[:3]))}, ...), not column names; add a header"
        )
    if problems:
        raise DataError(*(f"{path}: {problem}" for problem in problems))
