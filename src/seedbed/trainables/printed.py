"""Metrics as programs print or write them: JSON objects, one a line."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from seedbed.files import regular_file
from seedbed.text import byte_size
from seedbed.trainables.outside.numbers import RESERVED

IGNORED = {*RESERVED, "epoch", "step"}  # what Seedbed counts, or calls so, itself
NOT_NUMBERS = {  # as languages write what JSON has no number for
    None: math.nan,
    "nan": math.nan,
    "inf": math.inf,
    "+inf": math.inf,
    "-inf": -math.inf,
    "infinity": math.inf,
    "-infinity": -math.inf,
}
MOST_METRICS = 1000
MOST_BYTES = 100_000_000  # of a file of metrics
PIECE = 1 << 16


class TooMuch(ValueError):
    """More metrics than any program means to tell; the message says so."""


def metrics_of(line: bytes) -> dict[str, float] | None:
    """The numbers of a line that is a JSON object, those of tables within it dotted; None of any other line.

    Text, lists and names that stand for something else here, such as "seed", are left out; null, "NaN" and "Infinity"
    are numbers that are not finite, as JSON of many languages has them.

    Raises
    ------
    TooMuch
    """
    if not line.lstrip().startswith(b"{"):
        return None
    try:
        document = json.loads(line)
        metrics = dict(_numbers(document))
    except (ValueError, RecursionError):
        return None
    if len(metrics) > MOST_METRICS:
        raise TooMuch(f"printed {len(metrics):,} metrics at once; {MOST_METRICS:,} are the most")
    return metrics or None


def _numbers(table: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, float]]:
    for key, value in table.items():
        name = f"{before}{key}"
        if isinstance(value, dict):
            yield from _numbers(value, f"{name}.")
            continue
        number = _number(value)
        if number is not None and name not in IGNORED and _is_name(name):
            yield name, number


def _is_name(name: str) -> bool:
    return bool(name.strip()) and name.isprintable() and not name.startswith("setting:")


def _number(value: Any) -> float | None:
    if value is None or isinstance(value, str):
        return NOT_NUMBERS.get(value.strip().lower() if value else value)
    if isinstance(value, int | float):
        try:
            return float(value)
        except OverflowError:
            return math.inf if value > 0 else -math.inf
    return None


class Following:
    """The lines of a file that a program writes, as far as they are whole."""

    def __init__(self, path: Path) -> None:
        self.path, self._read, self._rest = path, 0, b""

    def lines(self, at_end: bool = False) -> Iterator[bytes]:
        """Those since the last time; at the end also one without an end.

        Raises
        ------
        OSError
            Where it is there and cannot be read.
        TooMuch
        """
        try:
            file = regular_file(self.path)
        except FileNotFoundError:
            return
        with file:
            file.seek(self._read)
            while piece := file.read(PIECE):
                self._read += len(piece)
                if self._read > MOST_BYTES:
                    raise TooMuch(f"wrote over {byte_size(MOST_BYTES)} of metrics")
                *whole, self._rest = (self._rest + piece).split(b"\n")
                yield from whole
        if at_end and self._rest:
            yield self._rest
            self._rest = b""
