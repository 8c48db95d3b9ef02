"""What a column's Arrow type says that it holds, and its values as numbers."""

from __future__ import annotations

from functools import cache

import numpy as np
import pyarrow as pa

from seedbed.data.moments import DAY

NUMERIC = (
    pa.types.is_integer,
    pa.types.is_floating,
    pa.types.is_decimal,
    pa.types.is_boolean,
    pa.types.is_null,
    pa.types.is_time,
    pa.types.is_duration,
)
PARTS = {"s": 1.0, "ms": 1e3, "us": 1e6}  # of a second
HOUR = 3_600.0  # seconds


def is_text(kind: pa.DataType) -> bool:
    """Whether a column of this type holds text."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return pa.types.is_string(kind) or pa.types.is_large_string(kind)


def is_date(kind: pa.DataType) -> bool:
    """Whether a column of this type holds dates."""
    return pa.types.is_date(kind) or pa.types.is_timestamp(kind)


@cache
def is_number(kind: pa.DataType) -> bool:
    """Whether a column of this type holds numbers, times of day or durations."""
    return any(is_kind(kind) for is_kind in NUMERIC)


def numbers(column: pa.ChunkedArray) -> np.ndarray:
    """(rows,) float64 of a column of numbers, hours of a time of day, seconds of a duration; nan where missing."""
    if pa.types.is_time(column.type):
        return _seconds(column.cast(pa.time64("us"), safe=False)) / HOUR
    if pa.types.is_duration(column.type):
        return _seconds(column.cast(pa.duration("us"), safe=False) if column.type.unit == "ns" else column)
    return column.cast(pa.float64(), safe=False).to_numpy()


def days(column: pa.ChunkedArray) -> np.ndarray:
    """(rows,) float64 days since 1970-01-01 (of UTC) of a column of dates or times; nan where missing."""
    if pa.types.is_date(column.type):
        column = column.cast(pa.date64())
    elif column.type.unit == "ns":
        column = column.cast(pa.timestamp("us", column.type.tz), safe=False)
    return _seconds(column) / DAY


def _seconds(column: pa.ChunkedArray) -> np.ndarray:
    """(rows,) float64 of a column that counts parts of a second; never made of smaller parts, which might overflow."""
    unit = PARTS["ms" if pa.types.is_date64(column.type) else column.type.unit]
    return column.cast(pa.int64()).cast(pa.float64(), safe=False).to_numpy() / unit
