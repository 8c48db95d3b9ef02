"""The mean of a handful of seeds and where it lies: t intervals, and the t distribution behind them.

Values are one per seed. A run that diverged stands as the worst infinity (inf for errors, -inf for scores)
and is never dropped; a run that does not exist is NaN.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np


@dataclass(frozen=True)
class Interval:
    """Where the mean of one metric of one variant lies; NaN where too few runs say so.

    Attributes
    ----------
    mean, low, high
        Over the `n` runs that ended, with the 95 % t interval.
    median
        Over all runs, a diverged one counting as worst.
    n
        Runs with a finite value.
    """

    mean: float
    low: float
    high: float
    median: float
    n: int

    def within(self, low: float, high: float) -> Interval:
        """The same, cut where the metric ends: an accuracy above 1 would be nonsense."""
        return replace(self, low=cut(self.low, low, high), high=cut(self.high, low, high))


def cut(end: float, low: float, high: float) -> float:
    """One end of an interval, cut where values end."""
    return float(np.clip(end, low, high))


def interval(values: Sequence[float] | np.ndarray) -> Interval:
    """Mean with its 95 % t interval, and median, of one value per seed."""
    there = present(values)
    finite = there[np.isfinite(there)]
    mean, low, high = t_interval(finite)
    return Interval(mean, low, high, float(np.median(there)) if len(there) else np.nan, len(finite))


def t_interval(values: np.ndarray, level: float = 0.95) -> tuple[float, float, float]:
    """Mean and the two ends of its t interval; NaN ends for one value, NaN throughout for none."""
    n = len(values)
    if n < 2:
        return (float(values[0]) if n else np.nan), np.nan, np.nan
    error = np.std(values, ddof=1) / np.sqrt(n)
    mean, half = float(np.mean(values)), float(t_quantile(0.5 + level / 2, n - 1) * error)
    return mean, mean - half, mean + half


@lru_cache
def t_quantile(share: float, freedom: int) -> float:
    """The value that Student's t stays below with this probability."""
    from scipy import special  # late, since `check` needs none of it; scipy.stats takes far longer to load

    return float(special.stdtrit(freedom, share))


def t_tail(value: float, freedom: int) -> float:
    """The chance that Student's t exceeds a value."""
    from scipy import special

    return float(special.stdtr(freedom, -value))


def present(values: Sequence[float] | np.ndarray) -> np.ndarray:
    """The values that are there: all but NaN."""
    array = np.asarray(values, dtype=float)
    return array[~np.isnan(array)]
