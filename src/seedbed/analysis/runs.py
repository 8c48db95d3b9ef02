"""The runs of a variant on a metric, and the scale on which those of two are compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seedbed.metrics.base import Scale

NOTHING: dict[Scale, float] = {"difference": 0.0, "ratio": 1.0}  # the estimate where there is no gap


@dataclass(frozen=True)
class Runs:
    """One metric of one variant, an entry per seed; of several variants a row each.

    Attributes
    ----------
    values
        (seeds,): the worst infinity where a run diverged, NaN where there is no run or no such number.
    failed
        (seeds,) bool: where a run diverged, crashed or lies beyond the study's bound.
    ended
        (seeds,) bool: where a run ended without diverging, so that NaN means a value that is not defined.
    """

    values: np.ndarray
    failed: np.ndarray
    ended: np.ndarray

    @classmethod
    def of(cls, values: Sequence[float] | np.ndarray) -> Runs:
        """Runs of which those with an infinite value failed; where there is none, there was no run."""
        array = np.asarray(values, dtype=float)
        return cls(array, np.isinf(array), np.isfinite(array))

    @property
    def as_row(self) -> Runs:
        """The same as the one row of several sets of runs, (1, seeds)."""
        return Runs(self.values[None], self.failed[None], self.ended[None])


def on_scale(values: np.ndarray, scale: Scale) -> np.ndarray:
    """Values as they are compared: their logs on the ratio scale, NaN of what is negative.

    A 0, such as the error of a perfect fit, counts as the smallest positive number.
    """
    if scale == "difference":
        return values
    positive = np.where(values < 0, np.nan, np.maximum(values, np.finfo(float).tiny))
    return np.log(positive)


def gap_of(size: float, scale: Scale) -> float:
    """How large a gap is that stands for a difference or, on the ratio scale, for a factor: its log."""
    return float(np.log(size)) if scale == "ratio" else size
