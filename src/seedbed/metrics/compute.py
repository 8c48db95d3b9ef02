"""How good the outputs of a group of runs are: one number per run and metric, computed in float64."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import ClassVar, Literal, Protocol

import numpy as np

from seedbed.metrics.base import Metric
from seedbed.metrics.classes import CLASSIFICATION, Classes, confusion, labels_of, probabilities
from seedbed.metrics.names import RECALL
from seedbed.metrics.numbers import REGRESSION, Numbers

__all__ = ["Target", "compute", "confusion", "probabilities"]

Target = Literal["number", "binary", "class"]


class EvaluatedLoss(Protocol):
    """What metrics need to know of a loss, see `nn.losses.Loss`."""

    target: ClassVar[Target]

    def evaluated(self, outputs: np.ndarray, targets: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
        """The metric "loss", (runs,)."""
        ...

    def by_sample(self, outputs: np.ndarray, targets: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
        """Its share of every sample, (runs, m)."""
        ...


def compute(
    loss: EvaluatedLoss,
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
        Of the recipe, see `nn.losses`; what it is about decides whether these are metrics of numbers or of classes.
    outputs
        (runs, m, k) network outputs; for classes logits, of which a loss of two classes has one.
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
    given, truth, finite = _given(loss, outputs, targets, classes)
    of_classes = {}
    if isinstance(given, Classes):
        of_classes = {RECALL + name: given.recall[:, index] for index, name in enumerate(classes)}
    table = REGRESSION if isinstance(given, Numbers) else CLASSIFICATION
    values = {"loss": loss.evaluated(given.outputs, truth, weights)}
    values |= _values(table, given, without) | of_classes
    return {name: np.where(finite, value, np.nan) for name, value in values.items()}


def by_sample(
    loss: EvaluatedLoss,
    outputs: np.ndarray,
    targets: np.ndarray,
    classes: Sequence[str],
    weights: np.ndarray | None,
    names: Collection[str],
) -> dict[str, np.ndarray]:
    """Metrics sample by sample, see `Metric.by_sample`; parameters as for `compute`.

    Returns
    -------
    (runs, m) float64 by name, of those `names` for which there is such; nan for a run whose outputs are not all finite.
    """
    given, truth, finite = _given(loss, outputs, targets, classes)
    table = REGRESSION if isinstance(given, Numbers) else CLASSIFICATION
    values = {name: each(given) for name in names if name in table and (each := table[name].by_sample)}
    if "loss" in names:
        values["loss"] = loss.by_sample(given.outputs, truth, weights)
    return {name: np.where(finite[:, None], value, np.nan) for name, value in values.items()}


def _given(
    loss: EvaluatedLoss, outputs: np.ndarray, targets: np.ndarray, classes: Sequence[str]
) -> tuple[Numbers | Classes, np.ndarray, np.ndarray]:
    """What metrics are made of, the targets as the loss takes them, and (runs,) whether all outputs are finite."""
    finite = np.isfinite(outputs).all(axis=(1, 2))
    outputs = np.where(finite[:, None, None], outputs, 0).astype(np.float64)
    if loss.target == "number":
        numbers = Numbers(outputs, targets.astype(np.float64))
        return numbers, numbers.targets, finite
    answered = Classes(outputs, labels_of(targets), len(classes))
    binary = loss.target == "binary"
    return answered, answered.labels[..., None].astype(np.float64) if binary else answered.labels, finite


def _values(
    table: Mapping[str, Metric], given: Numbers | Classes, without: Collection[str]
) -> dict[str, np.ndarray]:
    return {
        name: metric.compute(given)
        for name, metric in table.items()
        if metric.compute and name not in without
    }
