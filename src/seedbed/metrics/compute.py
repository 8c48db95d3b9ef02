"""How good the outputs of a group of runs are: one number a run and metric, computed in float64."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Container, Sequence
from typing import Literal

import numpy as np

from seedbed.metrics import roc

Direction = Literal["min", "max"]

# "loss" is the training loss, class weights included, without label smoothing and penalties.
REGRESSION: dict[str, Direction] = {
    "loss": "min",
    "mse": "min",
    "rmse": "min",
    "mae": "min",
    "r2": "max",
    "mape": "min",
    "relative_error_of_mean": "min",
    "max_error": "min",
    "min_error": "min",
    "max_squared_error": "min",
    "min_squared_error": "min",
}
CLASSIFICATION: dict[str, Direction] = {
    "loss": "min",
    "accuracy": "max",
    "balanced_accuracy": "max",
    "auc": "max",
    "log_loss": "min",
    "macro_f1": "max",
}
SLOW = ("auc",)  # sorts the samples of every class
RECALL = "recall."  # followed by the name of a class
OF_A_RUN: dict[str, Direction] = {"steps": "min", "epochs": "min", "seconds": "min"}
# Reported, never tested: one clock is shared by all runs of a group, so its seconds are no measurements of each.
COSTS = ("seconds",)
DIRECTIONS: dict[str, Direction] = {**REGRESSION, **CLASSIFICATION, **OF_A_RUN}
MEANINGS = {
    "loss": "the training loss, class weights included, without label smoothing and penalties",
    "mse": "mean squared error",
    "rmse": "square root of the mean squared error",
    "mae": "mean absolute error",
    "r2": "share of the variance that is explained: 1 is perfect, 0 is as good as the mean",
    "mape": "mean absolute error relative to the target (0.1 is 10 %)",
    "relative_error_of_mean": "how far the mean output is from the mean target, relative to it",
    "max_error": "largest absolute error",
    "min_error": "smallest absolute error",
    "max_squared_error": "largest squared error",
    "min_squared_error": "smallest squared error",
    "accuracy": "share of samples whose class is right",
    "balanced_accuracy": "recall of each class, averaged over classes: 1 / classes is no better than chance",
    "auc": "area under the ROC curve, of several classes each against the rest, averaged: 0.5 is no better than chance",
    "log_loss": "mean negative logarithm of the probability given to the right class",
    "macro_f1": "F1 of each class, averaged over classes",
    "steps": "batches trained on until the run ended",
    "epochs": "epochs trained until the run ended",
    "seconds": "wall-clock time, shared by the runs of a group: reported, not compared",
}
PARTS = ("train", "val", "test", "grid")


def valid_metrics(is_classification: bool, classes: Sequence[str] = ()) -> tuple[str, ...]:
    """The names `compute` gives, to be put after a part and a dot."""
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
    if not at or not (epoch.isascii() and epoch.isdigit()) or of_class in classes:
        return metric, None
    return name, int(epoch)


def direction(metric: str) -> Direction:
    """Whether less ("min") or more ("max") of a metric is better.

    Knows full names, such as "val.mse", "test.recall.3", "val.accuracy@3" (at epoch 3), "steps" and
    "seconds", and bare ones. Raises ValueError for any other, naming the nearest.
    """
    bare = bare_name(metric)
    if bare.startswith(RECALL):
        return "max"
    if bare not in DIRECTIONS:
        near = difflib.get_close_matches(bare, DIRECTIONS, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(DIRECTIONS)} and recall.CLASS"
        raise ValueError(f"unknown metric {metric!r}: {hint}")
    return DIRECTIONS[bare]


def is_known(metric: str) -> bool:
    """Whether it is one of the metrics here, with its part and epoch or without."""
    bare = bare_name(metric)
    return bare in DIRECTIONS or bare.startswith(RECALL)


def bare_name(metric: str) -> str:
    """A metric without its part and epoch: mse for "val.mse@3"."""
    whole, _ = split_epoch(metric)
    part, dot, rest = whole.partition(".")
    return rest if dot and part in PARTS else whole


def bounds(metric: str) -> tuple[float, float]:
    """The least and the largest value that a metric can have: shares lie in [0, 1], errors are not negative."""
    if bare_name(metric) == "r2":
        return -np.inf, 1.0
    return (0.0, 1.0) if direction(metric) == "max" else (0.0, np.inf)


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
        Of `SLOW`, what is not asked for.

    Returns
    -------
    (runs,) float64 by the names of `valid_metrics`. A number that is not defined is nan: everything for a run
    whose outputs are not all finite, r2 for a constant target, mape where a target is 0, the relative error
    of a mean of 0, the recall of a class that the part does not hold, auc where it lacks any class.
    """
    finite = np.isfinite(outputs).all(axis=(1, 2))
    outputs = np.where(finite[:, None, None], outputs, 0).astype(np.float64)
    if loss in ("bce", "cross_entropy"):
        values = _classification(loss, outputs, _labels(targets), classes, weights, without)
    else:
        values = _regression(loss, outputs, np.asarray(targets, dtype=np.float64))
    return {name: np.where(finite, value, np.nan) for name, value in values.items()}


def confusion(outputs: np.ndarray, targets: np.ndarray, count: int) -> np.ndarray:
    """How many samples of each class (rows) were taken for each class (columns): (runs, count, count) int64.

    `outputs` and `targets` as for `compute`; one logit above 0 means class 1. A run whose outputs are not all
    finite has zeros.
    """
    finite = np.isfinite(outputs).all(axis=(1, 2))
    predicted = outputs[..., 0] > 0 if outputs.shape[-1] == 1 else outputs.argmax(axis=-1)
    runs = np.arange(len(outputs))[:, None]
    cell = (runs * count + _labels(targets)) * count + predicted
    table = np.bincount(cell.ravel(), minlength=len(outputs) * count * count)
    return table.reshape(len(outputs), count, count) * finite[:, None, None]


def probabilities(logits: np.ndarray) -> np.ndarray:
    """(..., classes) float64 from one logit a class, or from one that speaks for the second of two."""
    wide = logits.astype(np.float64)
    if wide.shape[-1] == 1:
        wide = np.concatenate([np.zeros_like(wide), wide], axis=-1)
    odds = np.exp(wide - wide.max(axis=-1, keepdims=True))
    # Added in order of size, so that the same logits in another order give the same bits, and ties stay ties.
    return odds / np.sort(odds, axis=-1).sum(axis=-1, keepdims=True)


# --- numbers --------------------------------------------------------------------------------------------


def _regression(loss: str, outputs: np.ndarray, targets: np.ndarray) -> dict[str, np.ndarray]:
    error = outputs - targets
    size, square = np.abs(error), error**2
    mse, mae = square.mean(axis=(1, 2)), size.mean(axis=(1, 2))
    mean = targets.mean(axis=(1, 2))
    unexplained, total = (
        square.sum(axis=1),
        ((targets - targets.mean(axis=1, keepdims=True)) ** 2).sum(axis=1),
    )
    losses: dict[str, Callable[[], np.ndarray]] = {
        "mse": lambda: mse,
        "mae": lambda: mae,
        "huber": lambda: np.where(size < 1, square / 2, size - 0.5).mean(axis=(1, 2)),
    }
    return {
        "loss": losses[loss](),
        "mse": mse,
        "rmse": np.sqrt(mse),
        "mae": mae,
        "r2": (1 - _ratio(unexplained, total)).mean(axis=1),
        "mape": _ratio(size, np.abs(targets)).mean(axis=(1, 2)),
        "relative_error_of_mean": _ratio(np.abs(outputs.mean(axis=(1, 2)) - mean), np.abs(mean)),
        "max_error": size.max(axis=(1, 2)),
        "min_error": size.min(axis=(1, 2)),
        "max_squared_error": square.max(axis=(1, 2)),
        "min_squared_error": square.min(axis=(1, 2)),
    }


def _ratio(over: np.ndarray, under: np.ndarray) -> np.ndarray:
    """over / under, nan where under is 0."""
    over, under = np.broadcast_arrays(over, under)
    return np.divide(over, under, out=np.full(over.shape, np.nan), where=under != 0)


# --- classes --------------------------------------------------------------------------------------------


def _labels(targets: np.ndarray) -> np.ndarray:
    """(runs or 1, m) class indices."""
    return (targets[..., 0] if targets.ndim == 3 else targets).astype(np.int64)


def _classification(
    loss: str,
    outputs: np.ndarray,
    labels: np.ndarray,
    classes: Sequence[str],
    weights: np.ndarray | None,
    without: Collection[str],
) -> dict[str, np.ndarray]:
    table = confusion(outputs, labels, len(classes)).astype(np.float64)
    right, truly, taken = np.diagonal(table, axis1=1, axis2=2), table.sum(axis=2), table.sum(axis=1)
    losses = _log_losses(outputs, labels)
    recall = _ratio(right, truly)
    return {
        "loss": losses.mean(axis=1) if weights is None else _weighted(loss, losses, labels, weights),
        "accuracy": right.sum(axis=1) / labels.shape[1],
        "balanced_accuracy": _mean_of_defined(recall),
        **({} if "auc" in without else {"auc": _auc(outputs, labels)}),
        "log_loss": losses.mean(axis=1),
        "macro_f1": _mean_of_defined(_ratio(2 * right, truly + taken)),
        **{RECALL + name: recall[:, index] for index, name in enumerate(classes)},
    }


def _weighted(loss: str, losses: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The mean (runs,) of losses (runs, m) as training weighs them, see `nn.losses`."""
    each = np.take_along_axis(weights.astype(np.float64), np.broadcast_to(labels, losses.shape), axis=1)
    total = each.sum(axis=1) if loss == "cross_entropy" else losses.shape[1]
    return (each * losses).sum(axis=1) / total


def _auc(outputs: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """(runs,): of two classes by the margin between them, of several each against the rest by its probability."""
    labels = np.broadcast_to(labels, outputs.shape[:2])
    if outputs.shape[-1] > 2:
        return roc.area(probabilities(outputs), labels[..., None] == np.arange(outputs.shape[-1]))
    margin = outputs[..., -1:] - (outputs[..., :1] if outputs.shape[-1] == 2 else 0)
    return roc.area(margin, labels[..., None] == 1)


def _log_losses(outputs: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """(runs, m)."""
    if outputs.shape[-1] == 1:
        logits = outputs[..., 0]
        return np.logaddexp(0, logits) - labels * logits
    shifted = outputs - outputs.max(axis=-1, keepdims=True)
    index = np.broadcast_to(labels, outputs.shape[:2])[..., None]
    chosen = np.take_along_axis(shifted, index, axis=-1)[..., 0]
    return np.log(np.exp(shifted).sum(axis=-1)) - chosen


def _mean_of_defined(values: np.ndarray) -> np.ndarray:
    """Mean over classes but those that are neither truth nor answer, as scikit-learn's macro average."""
    defined = ~np.isnan(values)
    return _ratio(np.where(defined, values, 0).sum(axis=1), defined.sum(axis=1))
