"""Turns a table into samples: rows filtered, a target column or expression, chosen features."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from seedbed.data import tablefile
from seedbed.data.base import DataError, Samples
from seedbed.data.columns import Columns

MOST_CLASSES = 1000


def load(
    path: Path,
    *,
    target: str,
    features: tuple[str, ...] | None = None,
    where: str | None = None,
    classification: bool = False,
    derived: Mapping[str, str] | None = None,
) -> Samples:
    """Read a table's rows as samples.

    Parameters
    ----------
    target
        A column, or an expression of columns. Whatever it is made of is no feature.
    features
        Columns to learn from, all others if None; a text column gives one 0/1 column a category.
    where
        An expression; rows where it is 0, or undefined, are left out.
    derived
        Further columns by name, each an expression of the file's.

    Raises
    ------
    DataError
        Naming file, row, column and what to do.
    """
    columns = Columns(path, tablefile.read(path), derived)
    if where is not None:
        columns = _filtered(columns, where)
    used = _used_by(columns, target)
    names = columns.expand(_features(columns, features, target, used))
    targets, classes = _classes(columns, target) if classification else (_numbers(columns, target), ())
    inputs = np.empty((len(columns.rows), len(names)), dtype=np.float32)
    for i, name in enumerate(names):
        inputs[:, i] = columns.finite(name)
    return Samples(inputs=inputs, targets=targets, features=names, classes=classes)


def _filtered(columns: Columns, where: str) -> Columns:
    value = columns.expression(where, "data.where")(columns)
    rows = np.flatnonzero(np.isfinite(value) & (value != 0))
    if len(rows) == 0:
        count = len(columns.rows)
        raise DataError(f"data.where = {where!r} keeps none of the {count:,} rows of {columns.path}")
    return columns.keep(rows)


def _used_by(columns: Columns, target: str) -> set[str]:
    """The file's columns that the target is made of."""
    if target in columns:
        return columns.sources(target)
    names = columns.expression(target, "data.target").names
    return {source for name in names for source in columns.sources(name)}


def _features(
    columns: Columns, features: tuple[str, ...] | None, target: str, used: set[str]
) -> tuple[str, ...]:
    names = features if features is not None else tuple(name for name in columns.raw if name not in used)
    leaks = [name for name in names if name in columns and columns.sources(name) & used]
    if leaks:
        raise DataError(f"data.features: {leaks[0]!r} is part of the target {target!r}; leave it out")
    if not names:
        raise DataError(f"{columns.path} has no column beside the target {target!r}")
    return names


def _value(columns: Columns, target: str) -> np.ndarray:
    values = None if target in columns else columns.expression(target, "data.target")(columns)
    return columns.finite(target, values)


def _numbers(columns: Columns, target: str) -> np.ndarray:
    if target in columns.text:
        columns.check_no_misprint(target)
        raise DataError(
            f"{columns.path}: the target {target!r} is text; classes need loss cross_entropy or bce"
        )
    return _value(columns, target)[:, None]


def _classes(columns: Columns, target: str) -> tuple[np.ndarray, tuple[str, ...]]:
    if target in columns.text:
        labels, classes = columns.labels(target), tuple(columns.text[target])
    else:
        found, labels = np.unique(_value(columns, target), return_inverse=True)
        _check_whole(columns, target, found)
        classes = tuple(str(int(value)) for value in found)
    where = f"{columns.path}: the target {target!r}"
    if len(classes) == 1:
        raise DataError(f"{where} is {classes[0]!r} in every row; there is nothing to tell apart")
    if len(classes) > MOST_CLASSES:
        raise DataError(f"{where} has {len(classes):,} classes, above {MOST_CLASSES:,}; is it a number?")
    return labels.astype(np.int64), classes


def _check_whole(columns: Columns, target: str, found: np.ndarray) -> None:
    fractions = found[found != np.rint(found)]
    if len(fractions):
        raise DataError(
            f"{columns.path}: the target {target!r} holds {fractions[0]:g}, but classes are text or whole "
            "numbers; a number needs loss mse, mae or huber"
        )
