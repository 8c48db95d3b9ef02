"""Finds the targets of a table of new rows, which has them or not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from seedbed.data.base import DataError
from seedbed.data.tables.columns import Columns
from seedbed.results.inputs.base import class_indices, source_of, unknown
from seedbed.store.models import Trained


def target_name(trained: Trained) -> str | None:
    """The target's column or expression; None where the networks' data give it no name."""
    name = source_of(trained).target
    if name in trained.features:
        return None
    return name or trained.recipe["data"].get("target")


def columns_as_numbers(columns: Columns, trained: Trained) -> set[str]:
    """The file's columns that the target needs as numbers."""
    target = target_name(trained)
    if target is None or (target in columns.raw and trained.classes):
        return set()
    try:
        names = [target] if target in columns else columns.expression(target, "data.target").names
    except DataError:
        return set()
    return {source for name in names for source in columns.sources(name)}


def targets_of(columns: Columns, trained: Trained) -> np.ndarray | str:
    """(N,) float64 with NaN where a row has none, or why there are none.

    Raises
    ------
    DataError
        Where a class is unknown to the networks, or a number is not one.
    """
    target = target_name(trained)
    if target is None:
        return f'data.source = "{trained.recipe["data"]["source"]}" has no column that is the target'
    if target in columns.raw and trained.classes:
        return _classes(columns, target, columns.strings(target).to_pylist(), trained)
    if target in columns.text:
        columns.refuse_text(target)
    try:
        values = columns[target] if target in columns else columns.expression(target, "data.target")(columns)
    except DataError:
        return f"the table has no target {target!r}"
    if trained.classes:
        labels = [None if np.isnan(value) else f"{value:g}" for value in values]
        return _classes(columns, target, labels, trained)
    return np.where(np.isfinite(values), values, np.nan)


def _classes(columns: Columns, target: str, labels: Sequence[str | None], trained: Trained) -> np.ndarray:
    known = class_indices([label for label in dict.fromkeys(labels) if label], trained.classes)
    rows: dict[str, list[int]] = defaultdict(list)
    for row, label in enumerate(labels):
        if label and label not in known:
            rows[label].append(row + 1)
    if rows:
        remedy = "correct or remove these rows, or leave the column out"
        raise DataError(unknown(f"{columns.path}: target {target!r}", rows, trained.classes, remedy))
    return np.array([known.get(label or "", np.nan) for label in labels], dtype=np.float64)
