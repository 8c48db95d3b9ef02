"""Dates in tables: recognised, read as days since 1970-01-01, and taken apart into numbers to learn from."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from seedbed.data.moments import days_of

# What a network sees of a date: the day's number since 1970-01-01, the year, the month (1 to 12), the weekday (0 is
# Monday) and, where any value has a time, the hour with its fraction.
DATE_PARTS = ("days", "year", "month", "weekday", "hour")
LIKE_A_DATE = re.compile(r"\d{1,4}[-./]\d{1,2}[-./]\d{1,4}([ T]\d{1,2}:\d{2}(:\d{2})?)?")
ORDERS = ("%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d")
FORMATS = tuple(order + time for order in ORDERS for time in ("", " %H:%M", " %H:%M:%S"))


def parsed(text: str, form: str) -> float | None:
    """Days since 1970-01-01 of a text of the form, as `strptime` takes it; None where it is not of that form."""
    try:
        moment = datetime.strptime(text, form)
    except ValueError:
        return None
    return days_of(moment)


def forms_of(values: Iterable[str]) -> tuple[str, ...]:
    """The known forms in which all values can be dates: none, one, or two that swap day and month."""
    forms: tuple[str, ...] = FORMATS
    for value in values:
        if not LIKE_A_DATE.fullmatch(value):
            return ()
        forms = tuple(form for form in forms if parsed(value, form) is not None)
        if not forms:
            return ()
    return forms if forms != FORMATS else ()


def text_days(column: pa.ChunkedArray, form: str) -> np.ndarray:
    """(rows,) float64 days since 1970-01-01 of texts of the form; nan where missing or of another form."""
    encoded = column.combine_chunks().dictionary_encode()
    known = [parsed(value, form) for value in encoded.dictionary.to_pylist()]
    days = np.array([np.nan if value is None else value for value in known] + [np.nan])
    return days[pc.fill_null(encoded.indices, len(known)).to_numpy(zero_copy_only=False)]


def part(days: np.ndarray, name: str) -> np.ndarray:
    """One of `DATE_PARTS`, (rows,) float64, of days since 1970-01-01; nan where these are."""
    there = np.isfinite(days)
    whole = np.floor(np.where(there, days, 0))
    dates = whole.astype("datetime64[D]")
    values = {
        "days": lambda: whole,
        "year": lambda: dates.astype("datetime64[Y]").astype(np.float64) + 1970,
        "month": lambda: dates.astype("datetime64[M]").astype(np.int64) % 12 + 1.0,
        "weekday": lambda: (whole + 3) % 7,
        "hour": lambda: (days - whole) * 24,
    }
    return np.where(there, values[name](), np.nan)


def parts_of(days: np.ndarray) -> tuple[str, ...]:
    """The parts that a column of dates has: the hour only where some value has a time."""
    there = days[np.isfinite(days)]
    return DATE_PARTS if (there != np.floor(there)).any() else DATE_PARTS[:-1]
