"""Reads JSON lines: one object a line, whose keys are columns; those of an object within it are joined by dots."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import pyarrow as pa

from seedbed.data.base import DataError
from seedbed.data.bounded import Room
from seedbed.data.tables.csvfile import TextLayout
from seedbed.text import short

DEEPEST = 5  # objects within one another whose keys become columns
MOST_CELLS = 50_000_000
OF_PYTHON = 8  # bytes that a value takes as an object, for one of the file


def jsonlines(content: bytes | bytearray, layout: TextLayout, _: Collection[str]) -> pa.Table:
    """The table of a file of JSON lines; what a line has no key for is missing.

    Raises
    ------
    DataError
        Naming the first line that is no JSON object, or where there is no room for the table.
    """
    room = Room()
    room.refuse(OF_PYTHON * len(content), "its table takes about")
    columns: dict[str, list[Any]] = {}
    rows = 0
    for number, line in enumerate(content.decode(layout.encoding).split("\n"), 1):
        if not line.strip():
            continue
        for name, value in _cells(_object(line, number), ""):
            if name not in columns:
                if (len(columns) + 1) * rows > MOST_CELLS:
                    raise DataError(
                        f"line {number:,} has a key of its own, {short(name)!r}, as very many lines do"
                    )
                columns[name] = []
            cells = columns[name]
            cells.extend([None] * (rows - len(cells)))
            if len(cells) > rows:
                raise DataError(f"line {number:,} has the key {short(name)!r} twice")
            cells.append(value)
        rows += 1
    for cells in columns.values():
        cells.extend([None] * (rows - len(cells)))
    return pa.table({name: _column(cells) for name, cells in columns.items()})


def _object(line: str, number: int) -> Mapping[str, Any]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        raise DataError(f"line {number:,} is not JSON: {short(line.strip())!r}") from None
    if not isinstance(value, dict):
        raise DataError(f"line {number:,}: expected a JSON object, got {short(line.strip())!r}")
    return value


def _cells(value: Mapping[str, Any], prefix: str, depth: int = 1) -> Iterator[tuple[str, Any]]:
    """The columns of an object and their values; lists, and objects that lie deeper, are left out."""
    for key, inner in value.items():
        if isinstance(inner, dict):
            if depth < DEEPEST:
                yield from _cells(inner, f"{prefix}{key}.", depth + 1)
        elif not isinstance(inner, list):
            yield f"{prefix}{key}", inner


def _column(cells: list[Any]) -> pa.Array:
    """A column of numbers or truth values where all are such, else of text."""
    kinds = {type(cell) for cell in cells if cell is not None}
    if kinds <= {int, float} or len(kinds) == 1:
        try:
            return pa.array(cells, pa.float64() if kinds == {int, float} else None)
        except (pa.ArrowException, OverflowError):  # whole numbers of more than 64 bits
            pass
    try:
        return pa.array([None if cell is None else _text(cell) for cell in cells], pa.string())
    except UnicodeEncodeError:
        raise DataError("a text holds half of a character, which no table can") from None


def _text(cell: Any) -> str:
    return cell if isinstance(cell, str) else json.dumps(cell)
