"""Which columns of a table of results are metrics, which are settings, and which are neither."""

from __future__ import annotations

from typing import Any

import numpy as np

from seedbed.metrics.names import split_epoch
from seedbed.store.schema import RUN_COLUMNS
from seedbed.study.problems import Problem
from seedbed.study.suggestions import instead_of
from seedbed.text import first_few, short
from seedbed.trainables.judged.columns import Labels, Numbers, labels, numbers
from seedbed.trainables.judged.rows import Rows, Source, Wrong


def metrics_in(
    source: Source, rows: Rows, variant: np.ndarray, count: int, metric: str
) -> tuple[dict[str, Numbers], list[str], dict[str, list[Any]]]:
    """The metrics, notes on columns that are neither, and the columns that are settings."""
    for name in rows.metrics:
        if name == metric and (problem := _unfit(name)):
            raise Wrong(Problem("study.metric", problem))
    metrics = {name: one for name, one in rows.metrics.items() if not _unfit(name)}
    if metric not in metrics:
        raise Wrong(
            Problem("study.metric", f'"{short(metric)}" is not a metric; {instead_of(metric, metrics)}')
        )
    settings: dict[str, list[Any]] = {}
    text, odd = [], [name for name in rows.metrics if _unfit(name)]
    for name, column in rows.others.items():
        one = numbers(column, source.layout)
        is_same = one.wrong.any() or _is_same_in_each(one.values, variant, count)
        if is_same and (same := _same_in_each(labels(column, source.layout), variant, count)):
            settings[name] = same
        elif rows.metric is not None or one.wrong.any():
            text.append(name)
        elif _unfit(name):
            odd.append(name)
        elif one.there.any():
            metrics[name] = one
    if rows.epoch is not None:
        odd += _drop_epochs_of_others(metrics, metric)
    notes = [*source.notes]
    if text:
        notes.append(
            f"left out, since they differ between the runs of a variant and are no numbers: {first_few(text)}"
        )
    if odd:
        notes.append(
            f"left out, since no metric can be called so: {first_few(odd)}; rename them to have them"
        )
    return metrics, notes, settings


def _unfit(name: str) -> str | None:
    """Why no metric can be called so; None where one can."""
    if name in RUN_COLUMNS or name.startswith("setting:"):
        return f'a metric cannot be called "{name}", which is a column of every run; rename it'
    if not name.strip() or not name.isprintable():
        return "a metric needs a name of visible characters"
    return None


def _drop_epochs_of_others(metrics: dict[str, Numbers], metric: str) -> list[str]:
    """Take out those that are called as another one at an epoch, hit@5 beside the curve of hit; their names."""
    parted = {name: split_epoch(name) for name in metrics}
    odd = [name for name, (other, epoch) in parted.items() if epoch is not None and other in metrics]
    if metric in odd:
        other, epoch = parted[metric]
        message = f'a metric cannot be called "{metric}", which is "{other}" at epoch {epoch}; rename it'
        raise Wrong(Problem("study.metric", message))
    for name in odd:
        del metrics[name]
    return odd


def _same_in_each(one: Labels, variant: np.ndarray, count: int) -> list[Any] | None:
    """The value of a column in each variant, where all rows of a variant have the same; None of another column."""
    if (one.codes < 0).any() or not _is_same_in_each(one.codes, variant, count):
        return None
    code = np.zeros(count, np.int64)
    code[variant] = one.codes
    return [one.values[index] for index in code]


def _is_same_in_each(values: np.ndarray, variant: np.ndarray, count: int) -> bool:
    """Whether all rows of a variant have the same number, which nan is not."""
    of_each = np.zeros(count, values.dtype)
    of_each[variant] = values
    return bool((of_each[variant] == values).all())
