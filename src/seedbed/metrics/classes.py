"""Metrics of classes: a function and a row of `CLASSIFICATION` each."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from seedbed.metrics import roc
from seedbed.metrics.base import LOSS, SHARE, Metric, ratio


class Classes:
    """What was answered for one part, and what several metrics share.

    Attributes
    ----------
    outputs
        (runs, m, classes) float64 logits, or (runs, m, 1) for two classes.
    labels
        (runs or 1, m) class indices.
    count
        How many classes there are.
    """

    def __init__(self, outputs: np.ndarray, labels: np.ndarray, count: int) -> None:
        self.outputs, self.labels, self.count = outputs, labels, count

    @cached_property
    def answered(self) -> np.ndarray:
        """(runs, m) class indices."""
        return answers(self.outputs)

    @cached_property
    def table(self) -> np.ndarray:
        """(runs, classes, classes) float64, see `confusion`."""
        return confusion(self.outputs, self.labels, self.count).astype(np.float64)

    @cached_property
    def right(self) -> np.ndarray:
        """(runs, classes): samples of each class that were recognised."""
        return np.diagonal(self.table, axis1=1, axis2=2)

    @cached_property
    def recall(self) -> np.ndarray:
        """(runs, classes): their share; nan for a class that the part does not hold."""
        return ratio(self.right, self.table.sum(axis=2))

    @cached_property
    def log_losses(self) -> np.ndarray:
        """(runs, m), see `log_losses`."""
        return log_losses(self.outputs, self.labels)


def labels_of(targets: np.ndarray) -> np.ndarray:
    """(runs or 1, m) int64 class indices from such, or from (runs or 1, m, 1)."""
    return (targets[..., 0] if targets.ndim == 3 else targets).astype(np.int64, copy=False)


def answers(outputs: np.ndarray) -> np.ndarray:
    """The class that each sample is taken for, (runs, m): one logit above 0 means class 1."""
    return outputs[..., 0] > 0 if outputs.shape[-1] == 1 else outputs.argmax(axis=-1)


def confusion(outputs: np.ndarray, targets: np.ndarray, count: int) -> np.ndarray:
    """How many samples of each class (rows) were taken for each class (columns): (runs, count, count) int64.

    `outputs` and `targets` as for `compute.compute`. A run whose outputs are not all finite has zeros.
    """
    finite = np.isfinite(outputs).all(axis=(1, 2))
    runs = np.arange(len(outputs))[:, None]
    cell = (runs * count + labels_of(targets)) * count + answers(outputs)
    table = np.bincount(cell.ravel(), minlength=len(outputs) * count * count)
    return table.reshape(len(outputs), count, count) * finite[:, None, None]


def probabilities(logits: np.ndarray) -> np.ndarray:
    """(..., classes) float64 from one logit per class, or from one that speaks for the second of two."""
    wide = logits.astype(np.float64)
    if wide.shape[-1] == 1:
        wide = np.concatenate([np.zeros_like(wide), wide], axis=-1)
    odds = np.exp(wide - wide.max(axis=-1, keepdims=True))
    # Added in order of size, so that the same logits in another order give the same bits, and ties stay ties.
    return odds / np.sort(odds, axis=-1).sum(axis=-1, keepdims=True)


def log_losses(outputs: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The negative logarithm of the probability given to the right class.

    Parameters
    ----------
    outputs
        (runs, m, classes) float64 logits, or (runs, m, 1) of the second of two classes.
    labels
        (runs or 1, m) class indices.

    Returns
    -------
    (runs, m).
    """
    if outputs.shape[-1] == 1:
        logits = outputs[..., 0]
        return np.logaddexp(0, logits) - labels * logits
    shifted = outputs - outputs.max(axis=-1, keepdims=True)
    index = np.broadcast_to(labels, outputs.shape[:2])[..., None]
    chosen = np.take_along_axis(shifted, index, axis=-1)[..., 0]
    return np.log(np.exp(shifted).sum(axis=-1)) - chosen


def auc(given: Classes) -> np.ndarray:
    """Of two classes by the margin between them, of several each against the rest by its probability."""
    outputs = given.outputs
    labels = np.broadcast_to(given.labels, outputs.shape[:2])
    if outputs.shape[-1] > 2:
        return roc.area(probabilities(outputs), labels[..., None] == np.arange(outputs.shape[-1]))
    margin = outputs[..., -1:] - (outputs[..., :1] if outputs.shape[-1] == 2 else 0)
    return roc.area(margin, labels[..., None] == 1)


def balanced_by_sample(given: Classes) -> np.ndarray:
    """Of the mean of the recalls by their slopes: a right answer counts more in a rare class."""
    labels = np.broadcast_to(given.labels, given.outputs.shape[:2])
    own = np.arange(len(labels))[:, None], labels  # the class of every sample
    sizes = given.table.sum(axis=2)
    held, shares = (sizes > 0).sum(axis=1)[:, None], sizes / labels.shape[1]
    return _mean_of_defined(given.recall)[:, None] + (right(given) - given.recall[own]) / (held * shares[own])


def right(given: Classes) -> np.ndarray:
    """(runs, m): 1 where the class is right."""
    return (given.answered == given.labels).astype(np.float64)


def macro_f1(given: Classes) -> np.ndarray:
    """2 right / (truly + answered) of each class, averaged."""
    truly, answered = given.table.sum(axis=2), given.table.sum(axis=1)
    return _mean_of_defined(ratio(2 * given.right, truly + answered))


def _mean_of_defined(values: np.ndarray) -> np.ndarray:
    """Mean over classes but those that are neither truth nor answer, as scikit-learn's macro average."""
    defined = ~np.isnan(values)
    return ratio(np.where(defined, values, 0).sum(axis=1), defined.sum(axis=1))


# The order of the rows is that of the columns in which metrics are stored.
CLASSIFICATION: dict[str, Metric] = {
    "loss": LOSS,
    "accuracy": Metric(
        "max",
        "share of samples whose class is right",
        lambda given: given.right.sum(axis=1) / given.labels.shape[1],
        SHARE,
        by_sample=right,
    ),
    "balanced_accuracy": Metric(
        "max",
        "recall of each class, averaged over classes: 1 / classes is no better than chance",
        lambda given: _mean_of_defined(given.recall),
        SHARE,
        by_sample=balanced_by_sample,
    ),
    "auc": Metric(
        "max",
        "area under the ROC curve, of several classes each against the rest, averaged: 0.5 is no better than chance",
        auc,
        SHARE,
        slow=True,  # sorts the samples of every class
    ),
    "log_loss": Metric(
        "min",
        "mean negative logarithm of the probability given to the right class",
        lambda given: given.log_losses.mean(axis=1),
        scale="ratio",
        by_sample=lambda given: given.log_losses,
    ),
    "macro_f1": Metric("max", "F1 of each class, averaged over classes", macro_f1, SHARE),
}
