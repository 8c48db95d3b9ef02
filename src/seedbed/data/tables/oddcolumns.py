"""Columns of a table that look like a mistake: ids, constants, and those that order the rows as the target does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from seedbed.data.base import Encoding
from seedbed.data.tables.columns import Columns
from seedbed.text import first_few

FEWEST_ROWS = 3  # with fewer, nothing can be concluded
FEWEST_ORDERED = 20  # rows that another feature than a copy of the target orders alike only by a rare chance
EXPECTED_REPEATS = (
    10.0  # of whole numbers by chance, from which on none is a sign: its chance is below exp(-10)
)


def notes(columns: Columns, encodings: Iterable[Encoding], targets: np.ndarray) -> Iterator[str]:
    """Sentences about columns that are features.

    Parameters
    ----------
    targets
        (rows, 1) float32 numbers, or (rows,) int64 classes.
    """
    kinds = {encoding.column: encoding.kind for encoding in encodings if encoding.kind != "missing"}
    if len(columns.rows) < FEWEST_ROWS:
        return
    numbers = {name: columns[name] for name, kind in kinds.items() if kind == "number"}
    text = {name: len(columns.text[name]) for name, kind in kinds.items() if kind == "category"}
    ordered = []
    if len(kinds) > 1 and targets.ndim == 2 and len(np.unique(targets)) >= FEWEST_ORDERED:
        ordered = [name for name, values in numbers.items() if _orders(values, targets[:, 0])]
    if ordered:
        yield (
            f"{_named(ordered, 'orders', 'order')} the rows exactly as the target does; leave out columns made of "
            "the target, and row numbers of rows sorted by it (data.exclude)"
        )
    unique = [name for name, values in numbers.items() if name not in ordered and _is_id(values)]
    unique += [name for name, values in text.items() if values == len(columns.rows)]
    if unique:
        yield (
            f"{_named(unique, 'has', 'have')} a different value in every row; leave out ids (data.exclude)"
        )
    same = [name for name, values in numbers.items() if values.min() == values.max()]
    same += [name for name, values in text.items() if values == 1 and not columns.blank(name).any()]
    if same:
        yield f"{_named(same, 'has', 'have')} the same value in every row; leave out constants (data.exclude)"


def _named(names: list[str], one: str, several: str) -> str:
    return (
        f"{first_few(map(repr, names))}: the {f'column {one}' if len(names) == 1 else f'columns {several}'}"
    )


def _is_id(values: np.ndarray) -> bool:
    """Whether values are whole numbers that never repeat: consecutive ones, or where chance would repeat some.

    n numbers out of a range of R repeat n (n - 1) / 2R times on average if they are drawn evenly, more often if not
    (the birthday problem). So prices or years need not repeat, and ids stay ids where rows are left out.
    """
    if not np.isfinite(values).all() or (values != np.rint(values)).any():
        return False
    count, reach = len(values), values.max() - values.min() + 1
    repeats = count * (count - 1) / 2 / reach
    return bool((repeats > EXPECTED_REPEATS or reach == count) and len(np.unique(values)) == count)


def _orders(values: np.ndarray, targets: np.ndarray) -> bool:
    """Whether the target never falls, or never rises, as a column of many values rises."""
    if not np.isfinite(values).all() or len(np.unique(values)) < FEWEST_ORDERED:
        return False
    rising = targets[np.lexsort((targets, values))]
    falling = targets[np.lexsort((-targets, values))]
    return bool((np.diff(rising) >= 0).all() or (np.diff(falling) <= 0).all())
