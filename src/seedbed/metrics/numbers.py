"""Metrics of numbers: a function and a row of `REGRESSION` each."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np

from seedbed.metrics.base import LOSS, Metric, ratio


class Numbers:
    """Outputs and targets of one part, (runs, m, k) and (runs or 1, m, k) float64, and what several metrics share."""

    def __init__(self, outputs: np.ndarray, targets: np.ndarray) -> None:
        self.outputs, self.targets = outputs, targets

    @cached_property
    def error(self) -> np.ndarray:
        """Outputs minus targets."""
        return self.outputs - self.targets

    @cached_property
    def size(self) -> np.ndarray:
        """The absolute error."""
        return np.abs(self.error)

    @cached_property
    def square(self) -> np.ndarray:
        """The squared error."""
        return self.error**2


def mse(given: Numbers) -> np.ndarray:
    """Mean over samples and targets."""
    return given.square.mean(axis=(1, 2))


def mae(given: Numbers) -> np.ndarray:
    """Mean over samples and targets."""
    return given.size.mean(axis=(1, 2))


def r2(given: Numbers) -> np.ndarray:
    """Averaged over targets; nan where a target is constant."""
    truth = given.targets
    total = ((truth - truth.mean(axis=1, keepdims=True)) ** 2).sum(axis=1)
    return (1 - ratio(given.square.sum(axis=1), total)).mean(axis=1)


def mape(given: Numbers) -> np.ndarray:
    """Mean over samples and targets; nan where a target is 0."""
    return ratio(given.size, np.abs(given.targets)).mean(axis=(1, 2))


def rmse_by_sample(given: Numbers) -> np.ndarray:
    """Of the square root by its slope; where all errors are 0, none."""
    squares = given.square.mean(axis=2)
    mean = squares.mean(axis=1, keepdims=True)
    return np.sqrt(mean) + np.nan_to_num(ratio(squares - mean, 2 * np.sqrt(mean)))


def r2_by_sample(given: Numbers) -> np.ndarray:
    """Of a ratio of two means by its slopes."""
    spread = (given.targets - given.targets.mean(axis=1, keepdims=True)) ** 2
    total = spread.mean(axis=1, keepdims=True)
    left = ratio(given.square.mean(axis=1, keepdims=True), total)
    return (1 - left - ratio(given.square - left * spread, total)).mean(axis=2)


def relative_error_of_mean(given: Numbers) -> np.ndarray:
    """Of the mean over samples and targets; nan where that of the targets is 0."""
    mean = given.targets.mean(axis=(1, 2))
    return ratio(np.abs(given.outputs.mean(axis=(1, 2)) - mean), np.abs(mean))


Each = Callable[[Numbers], np.ndarray]


def _error(meaning: str, compute: Each, by_sample: Each | None = None) -> Metric:
    """The row of an error: less is better, and two of them are compared by their ratio."""
    return Metric("min", meaning, compute, scale="ratio", by_sample=by_sample)


REGRESSION: dict[str, Metric] = {
    "loss": LOSS,
    "mse": _error("mean squared error", mse, lambda given: given.square.mean(axis=2)),
    "rmse": _error(
        "square root of the mean squared error", lambda given: np.sqrt(mse(given)), rmse_by_sample
    ),
    "mae": _error("mean absolute error", mae, lambda given: given.size.mean(axis=2)),
    "r2": Metric(
        "max",
        "share of the variance that is explained: 1 is perfect, 0 is as good as the mean",
        r2,
        bounds=(-np.inf, 1.0),
        by_sample=r2_by_sample,
    ),
    "mape": _error(
        "mean absolute error relative to the target (0.1 is 10 %)",
        mape,
        lambda given: ratio(given.size, np.abs(given.targets)).mean(axis=2),
    ),
    "relative_error_of_mean": _error(
        "how far the mean output is from the mean target, relative to it", relative_error_of_mean
    ),
    "max_error": _error("largest absolute error", lambda given: given.size.max(axis=(1, 2))),
    "min_error": _error("smallest absolute error", lambda given: given.size.min(axis=(1, 2))),
    "max_squared_error": _error("largest squared error", lambda given: given.square.max(axis=(1, 2))),
    "min_squared_error": _error("smallest squared error", lambda given: given.square.min(axis=(1, 2))),
}
