"""Input columns made of a table's columns: numbers, categories, parts of dates, and whether a value is missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from seedbed.data.base import Encoding
from seedbed.data.tables import dates
from seedbed.data.tables.columns import Columns

Policy = str | Mapping[str, str] | None


def policy_for(column: str, missing: Policy) -> str:
    """The policy of `data.missing` for a column: "impute", "category", or "" for none."""
    if isinstance(missing, Mapping):
        return missing.get(column, "")
    return missing or ""


def encodings_of(columns: Columns, name: str, missing: Policy) -> Iterator[Encoding]:
    """The input columns that a feature's name stands for; of a text column all its categories."""
    source = columns.of(name)
    column = source[0] if source else name
    policy = policy_for(column, missing)
    if source:
        yield _of_part(columns, name, *source, policy)
        return
    if name in columns.text:
        for category in columns.text[name]:
            yield _of_part(columns, f"{name}={category}", name, category, policy)
    elif name in columns.dates:
        for part in dates.parts_of(columns[name]):
            yield _of_part(columns, f"{name}.{part}", name, part, policy)
    else:
        yield Encoding(name, name, missing=policy)
    if policy == "category" and columns.missing(name).any():
        yield Encoding(f"{name} is missing", name, "missing", missing=policy)


def _of_part(columns: Columns, name: str, column: str, value: str, policy: str) -> Encoding:
    if column in columns.dates:
        return Encoding(name, column, "date", value, policy, columns.dates[column])
    return Encoding(name, column, "category", value, policy)


def values(columns: Columns, encoding: Encoding) -> np.ndarray:
    """(rows,) float32 of one input column; nan where a value is missing, except of text whose gaps are a category."""
    if encoding.kind == "missing":
        column = columns.missing(encoding.column)
    elif encoding.kind == "category":
        column = columns.equals(encoding.column, encoding.value)
        if encoding.missing != "category":
            column = np.where(columns.missing(encoding.column) > 0, np.nan, column)
    elif encoding.kind == "date":
        column = dates.part(columns[encoding.column], encoding.value)
    else:
        column = columns[encoding.column]
    with np.errstate(over="ignore"):
        return column.astype(np.float32)


def inputs_of(columns: Columns, encodings: Iterable[Encoding]) -> np.ndarray:
    """(rows, features) float32 of all input columns."""
    encodings = list(encodings)
    inputs = np.empty((len(columns.rows), len(encodings)), dtype=np.float32)
    for i, encoding in enumerate(encodings):
        inputs[:, i] = values(columns, encoding)
    return inputs


def twice(encodings: Iterable[Encoding]) -> list[str]:
    """Names that several input columns have."""
    return [name for name, times in Counter(encoding.name for encoding in encodings).items() if times > 1]


def fill(encodings: tuple[Encoding, ...], inputs: np.ndarray, train: np.ndarray) -> np.ndarray | None:
    """What replaces a missing value of each input column, (features,) float32; None where none may be missing.

    The median of the training part's inputs (`train` are their rows) that are there; of text the most frequent
    category, of several the first; 0 where all are missing.
    """
    if not any(encoding.missing for encoding in encodings):
        return None
    filled = np.zeros(len(encodings), dtype=np.float32)
    for i, column in enumerate(inputs[train].T):
        there = column[~np.isnan(column)]
        if len(there):
            filled[i] = there.mean() if encodings[i].kind == "category" else np.median(there)
    for group in _categories(encodings).values():
        shares = filled[group]
        others = 1 - shares.sum()  # of categories that are not features
        filled[group] = 0
        filled[group[int(np.argmax(shares))]] = shares.max() > others
    return filled


def _categories(encodings: Iterable[Encoding]) -> dict[str, list[int]]:
    """Which input columns are the categories of each text column."""
    groups: dict[str, list[int]] = {}
    for i, encoding in enumerate(encodings):
        if encoding.kind == "category":
            groups.setdefault(encoding.column, []).append(i)
    return groups
