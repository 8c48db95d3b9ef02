"""The names of metrics, and what a name alone tells: direction, bounds, part, epoch."""

from __future__ import annotations

import difflib
from collections.abc import Container, Sequence
from functools import lru_cache

from seedbed.metrics.base import SHARE, Direction, Metric, Scale
from seedbed.metrics.classes import CLASSIFICATION
from seedbed.metrics.numbers import REGRESSION

PARTS = ("train", "val", "test", "grid")
OF_A_RUN: dict[str, Metric] = {
    "steps": Metric("min", "batches trained on until the run ended"),
    "epochs": Metric("min", "epochs trained until the run ended"),
    # One clock is shared by all runs of a group, so its seconds are no measurements of each.
    "seconds": Metric(
        "min", "wall-clock time, shared by the runs of a group: reported, not compared", tested=False
    ),
}
METRICS: dict[str, Metric] = {**REGRESSION, **CLASSIFICATION, **OF_A_RUN}
SLOW = tuple(name for name, metric in METRICS.items() if metric.slow)
COSTS = tuple(name for name, metric in METRICS.items() if not metric.tested)
MOST_DIGITS = 18  # of an epoch
RECALL = "recall."  # followed by the name of a class
OF_A_CLASS = Metric("max", "share of the samples of that class that were recognised", bounds=SHARE)


def valid_metrics(is_classification: bool, classes: Sequence[str] = ()) -> tuple[str, ...]:
    """The names that `compute.compute` gives, to be put after a part and a dot."""
    if not is_classification:
        return tuple(REGRESSION)
    return (*CLASSIFICATION, *(RECALL + name for name in classes))


def usual_metric(is_classification: bool, parts: Container[str]) -> str:
    """What variants are compared by unless a study says: on validation, without it on test, else on train."""
    part = next(part for part in ("val", "test", "train") if part in parts)
    return f"{part}.{'accuracy' if is_classification else 'mse'}"


def split_epoch(metric: str, classes: Sequence[str] = ()) -> tuple[str, int | None]:
    """A metric and the epoch after its "@", or None: "val.mse@5" is ("val.mse", 5).

    Names of classes may hold an "@" themselves: where "x@5" is one of `classes`, "val.recall.x@5" is its recall.
    """
    name, at, epoch = metric.rpartition("@")
    of_class = metric.partition(f".{RECALL}")[2]
    is_epoch = at and epoch.isascii() and epoch.isdigit() and len(epoch) <= MOST_DIGITS
    if not is_epoch or of_class in classes:
        return metric, None
    return name, int(epoch)


@lru_cache
def bare_name(metric: str) -> str:
    """A metric without its part and epoch: mse for "val.mse@3"."""
    whole, _ = split_epoch(metric)
    part, dot, rest = whole.partition(".")
    return rest if dot and part in PARTS else whole


def row(metric: str) -> Metric:
    """What is known of a metric, by its full name or its bare one; see `direction`."""
    bare = bare_name(metric)
    if bare.startswith(RECALL):
        return OF_A_CLASS
    if bare not in METRICS:
        near = difflib.get_close_matches(bare, METRICS, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(METRICS)} and recall.CLASS"
        raise ValueError(f"unknown metric {metric!r}: {hint}")
    return METRICS[bare]


def is_known(metric: str) -> bool:
    """Whether it is one of the metrics here, with its part and epoch or without."""
    bare = bare_name(metric)
    return bare in METRICS or bare.startswith(RECALL)


def direction(metric: str) -> Direction:
    """Whether less ("min") or more ("max") of a metric is better.

    Knows full names, such as "val.mse", "test.recall.3", "val.accuracy@3" (at epoch 3), "steps" and
    "seconds", and bare ones. Raises ValueError for any other, naming the nearest.
    """
    return row(metric).direction


def bounds(metric: str) -> tuple[float, float]:
    """The least and the largest value that a metric can have."""
    return row(metric).bounds


def scale(metric: str) -> Scale:
    """Whether two values of a metric are compared by their ratio; of one that nobody knows by their difference."""
    return row(metric).scale if is_known(metric) else "difference"
