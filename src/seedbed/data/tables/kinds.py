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
SECOND, HOUR = 1e6, 3_600e6  # microseconds


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
    unit = 1.0
    if pa.types.is_time(column.type):
        column, unit = column.cast(pa.time64("us"), safe=False).cast(pa.int64()), HOUR
    elif pa.types.is_duration(column.type):
        column, unit = column.cast(pa.duration("us"), safe=False).cast(pa.int64()), SECOND
    return column.cast(pa.float64(), safe=False).to_numpy() / unit


def days(column: pa.ChunkedArray) -> np.ndarray:
    """(rows,) float64 days since 1970-01-01 (of UTC) of a column of dates or times; nan where missing."""
    microseconds = column.cast(pa.timestamp("us"), safe=False).cast(pa.int64())
    return microseconds.cast(pa.float64(), safe=False).to_numpy() / (DAY * SECOND)
