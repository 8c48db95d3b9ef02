"""Rows of numbers of which some are left out: those of one length together, so that arrays are computed on whole."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np


def by_length(values: np.ndarray, kept: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The rows of values (rows, columns) without what is not kept: the indices of some, and these rows (of them, n).

    Each row comes once, those with as many values kept together. Sums over their last axis are those of each row alone,
    to the last bit.
    """
    counts = np.count_nonzero(kept, axis=1)
    for n in np.unique(counts).tolist():
        rows = np.flatnonzero(counts == n)
        yield rows, values[rows][kept[rows]].reshape(len(rows), n)


def stacked(rows: list[np.ndarray]) -> Iterator[tuple[list[int], np.ndarray]]:
    """The same of rows (n,) that are arrays of their own: indices, and the rows of one length as (of them, n)."""
    lengths: dict[int, list[int]] = {}
    for index, row in enumerate(rows):
        lengths.setdefault(len(row), []).append(index)
    for indices in lengths.values():
        yield indices, np.stack([rows[index] for index in indices])


def medians(values: np.ndarray) -> np.ndarray:
    """The median of each row of values (rows, n), n at least 1, none of them NaN: (rows,)."""
    n = values.shape[1]
    below, above = (n - 1) // 2, n // 2
    ordered = np.partition(values, (below, above), axis=1)
    return ordered[:, below] / 2 + ordered[:, above] / 2


def medians_present(values: np.ndarray) -> np.ndarray:
    """The median of what is not NaN in each row of values (rows, columns): (rows,), NaN where nothing is."""
    found = np.full(len(values), np.nan)
    for rows, own in by_length(values, ~np.isnan(values)):
        if own.shape[1]:
            found[rows] = medians(own)
    return found
