"""How good the outputs of a group of runs are: one number per run and metric, computed in float64."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from seedbed.metrics.base import Metric
from seedbed.metrics.classes import CLASSIFICATION, Classes, confusion, labels_of, probabilities
from seedbed.metrics.names import RECALL
from seedbed.metrics.numbers import REGRESSION, Numbers

__all__ = ["compute", "confusion", "probabilities"]


def compute(
    loss: str,
    outputs: np.ndarray,
    targets: np.ndarray,
    classes: Sequence[str] = (),
    weights: np.ndarray | None = None,
    without: Collection[str] = (),
) -> dict[str, np.ndarray]:
    """All metrics of one part.

    Parameters
    ----------
    loss
        Of the recipe: "mse", "mae" and "huber" make it regression, "bce" and "cross_entropy" classification.
    outputs
        (runs, m, k) network outputs; logits for classes, for "bce" one.
    targets
        (runs or 1, m, k) numbers, or (runs or 1, m) or (runs or 1, m, 1) class indices.
    classes
        Names of the classes in order; needed for classification.
    weights
        (runs, classes): how much samples of each class count in the training loss; None where all count the same.
    without
        Of `names.SLOW`, what is not asked for.

    Returns
    -------
    (runs,) float64 by the names of `valid_metrics`. A number that is not defined is nan: everything for a run
    whose outputs are not all finite, r2 for a constant target, mape where a target is 0, the relative error
    of a mean of 0, the recall of a class that the part does not hold, auc where it lacks any class.
    """
    finite = np.isfinite(outputs).all(axis=(1, 2))
    outputs = np.where(finite[:, None, None], outputs, 0).astype(np.float64)
    if loss in ("bce", "cross_entropy"):
        answered = Classes(outputs, labels_of(targets), len(classes), loss, weights)
        values = _values(CLASSIFICATION, answered, without)
        values |= {RECALL + name: answered.recall[:, index] for index, name in enumerate(classes)}
    else:
        values = _values(REGRESSION, Numbers(outputs, targets.astype(np.float64), loss), without)
    return {name: np.where(finite, value, np.nan) for name, value in values.items()}


def _values(
    table: Mapping[str, Metric], given: Numbers | Classes, without: Collection[str]
) -> dict[str, np.ndarray]:
    return {
        name: metric.compute(given)
        for name, metric in table.items()
        if metric.compute and name not in without
    }
