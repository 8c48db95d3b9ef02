"""One column of a table of results: as numbers, as labels, and where it holds neither."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from seedbed.data.tables import kinds
from seedbed.data.tables.csvfile import TextLayout, number_pattern

WHOLE = re.compile(r"[+-]?\d{1,18}")
NOT_FINITE = r"^[+-]?(nan|inf|infinity|1\.#inf|1\.#ind|1\.#qnan)$"  # as programs write it, in small letters


@dataclass(frozen=True)
class Numbers:
    """A column as numbers.

    Attributes
    ----------
    values
        (rows,) float64, nan where there is no number.
    there
        (rows,) bool: where there is a value, which may be nan or infinite.
    wrong
        (rows,) bool: where there is a value that is not a number.
    """

    values: np.ndarray
    there: np.ndarray
    wrong: np.ndarray


@dataclass(frozen=True)
class Labels:
    """A column as labels, such as the names of variants.

    Attributes
    ----------
    codes
        (rows,) int64, which of `values` each row has; -1 where it has none.
    values
        The different ones in the order in which they come: text, whole numbers, numbers or truth values.
    """

    codes: np.ndarray
    values: list[Any]


def numbers(column: pa.ChunkedArray, layout: TextLayout) -> Numbers:
    """A column as numbers."""
    if kinds.is_text(column.type):
        return _numbers_in_text(column.cast(pa.string()), layout)
    there = _bool(column.is_valid())
    if not kinds.is_number(column.type) or pa.types.is_boolean(column.type):
        return Numbers(np.full(len(column), np.nan), there, there)
    return Numbers(kinds.numbers(column), there, np.zeros(len(column), bool))


def _numbers_in_text(column: pa.ChunkedArray, layout: TextLayout) -> Numbers:
    text = pc.utf8_trim_whitespace(column)
    there = _bool(pc.fill_null(pc.not_equal(text, ""), False))
    lowered = pc.utf8_lower(text)
    special = _bool(pc.fill_null(pc.match_substring_regex(lowered, NOT_FINITE), False))
    form = number_pattern(layout.decimal, layout.thousands)
    plain = _bool(pc.fill_null(pc.match_substring_regex(text, form), False))
    values = np.full(len(column), np.nan)
    digits = pc.replace_substring(text.filter(pa.array(plain)), layout.decimal, ".")
    values[plain] = pc.replace_substring_regex(digits, r"^\+", "").cast(pa.float64()).to_numpy()
    infinite = special & _bool(pc.fill_null(pc.match_substring(lowered, "inf"), False))
    negative = _bool(pc.fill_null(pc.starts_with(text, "-"), False))
    values[infinite] = np.where(negative[infinite], -np.inf, np.inf)
    return Numbers(values, there, there & ~plain & ~special)


def labels(column: pa.ChunkedArray, layout: TextLayout) -> Labels:
    """A column as labels; text is taken as numbers, or as truth values, where all of it can be."""
    kind = column.type
    if kinds.is_text(kind):
        column = pc.utf8_trim_whitespace(column.cast(pa.string()))
    elif (
        kinds.is_date(kind)
        or pa.types.is_time(kind)
        or pa.types.is_duration(kind)
        or pa.types.is_decimal(kind)
    ):
        column = column.cast(pa.string())
    elif not kinds.is_number(kind):  # lists and the like
        return Labels(np.full(len(column), -1), [])
    encoded = column.combine_chunks().dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    codes = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False).astype(np.int64)
    return _merged(codes, _plain(encoded.dictionary.to_pylist(), layout))


def _plain(values: list[Any], layout: TextLayout) -> list[Any]:
    """Values as a study file can hold them; None for what is none."""
    if all(isinstance(value, str) for value in values):
        return _typed([value or None for value in values], layout)
    return [None if value != value else value for value in values]  # nan


def _typed(texts: list[str | None], layout: TextLayout) -> list[Any]:
    """Texts as numbers or truth values, where all of them can be; else as they are."""
    known = [text for text in texts if text is not None]
    if known and all(WHOLE.fullmatch(text) for text in known):
        return [None if text is None else int(text) for text in texts]
    form = re.compile(number_pattern(layout.decimal, None))
    if known and all(form.match(text) for text in known):
        found = [None if text is None else float(text.replace(layout.decimal, ".")) for text in texts]
        return found if all(value is None or np.isfinite(value) for value in found) else list(texts)
    if known and {text.lower() for text in known} <= {"true", "false"}:
        return [None if text is None else text.lower() == "true" for text in texts]
    return list(texts)


def _merged(codes: np.ndarray, values: list[Any]) -> Labels:
    """The labels where some values may be equal, or none."""
    distinct: dict[Any, int] = {}
    for value in values:
        if value is not None:
            distinct.setdefault(str(value) if value in (np.inf, -np.inf) else value, len(distinct))
    new = [-1 if value is None else distinct.get(value, distinct.get(str(value), -1)) for value in values]
    return Labels(np.array([*new, -1], np.int64)[codes], list(distinct))


def _bool(column: pa.ChunkedArray) -> np.ndarray:
    return column.to_numpy().astype(bool)
