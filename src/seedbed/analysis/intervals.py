"""The median and the mean of a handful of seeds and where they lie: order-statistic and t intervals.

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
    """Where the median and the mean of one metric of one variant lie; NaN where too few runs say so.

    Attributes
    ----------
    mean, low, high
        Over the `n` runs that ended, with the 95 % t interval.
    median, median_low, median_high
        Over all runs, a diverged one counting as worst, with its order-statistic interval.
    n
        Runs with a finite value.
    """

    mean: float
    low: float
    high: float
    median: float
    n: int
    median_low: float = np.nan
    median_high: float = np.nan

    def within(self, low: float, high: float) -> Interval:
        """The same, cut where the metric ends: an accuracy above 1 would be nonsense."""
        return replace(self, low=cut(self.low, low, high), high=cut(self.high, low, high))


def cut(end: float, low: float, high: float) -> float:
    """One end of an interval, cut where values end; NaN stays NaN."""
    return min(max(end, low), high)


def interval(values: Sequence[float] | np.ndarray) -> Interval:
    """Mean with its 95 % t interval, and median with its own, of one value per seed."""
    there = present(values)
    finite = there[np.isfinite(there)]
    mean, low, high = t_interval(finite)
    median, *ends = median_interval(there)
    return Interval(mean, low, high, median, len(finite), *ends)


def median_interval(values: np.ndarray, level: float = 0.95) -> tuple[float, float, float]:
    """Median of values (n,), which may be infinite, and the two order statistics that it lies between.

    They leave out exactly the medians that the sign test rejects. With too few values for the level they are NaN.

    Source: David and Nagaraja, Order Statistics, section 7.1.
    """
    n = len(values)
    if not n:
        return np.nan, np.nan, np.nan
    ordered, beyond = np.sort(values), _outside(n, (1 - level) / 2)
    middle = _middle(ordered)
    if not beyond:
        return middle, np.nan, np.nan
    return middle, float(ordered[beyond - 1]), float(ordered[n - beyond])


@lru_cache
def _outside(n: int, share: float) -> int:
    """How many of n values may lie outside, on a side."""
    from scipy import special

    return int(np.sum(special.bdtr(np.arange(n // 2), n, 0.5) <= share))


def median(values: np.ndarray) -> float:
    """The median of at least one value (n,), none of them NaN: the same as NumPy's, which takes far longer for few."""
    return _middle(np.sort(values))


def _middle(ordered: np.ndarray) -> float:
    n = len(ordered)
    return float(ordered[(n - 1) // 2]) / 2 + float(ordered[n // 2]) / 2


@np.errstate(over="ignore")  # of values beyond 1e154 the ends are infinite
def t_interval(values: np.ndarray, level: float = 0.95) -> tuple[float, float, float]:
    """Mean and the two ends of its t interval; NaN ends for one value, NaN throughout for none."""
    n = len(values)
    if n < 2:
        return (float(values[0]) if n else np.nan), np.nan, np.nan
    mean = float(values.sum()) / n
    error = np.sqrt(((values - mean) ** 2).sum() / (n - 1) / n)
    half = float(t_quantile(0.5 + level / 2, n - 1) * error)
    return mean, mean - half, mean + half


def prediction(values: np.ndarray, level: float = 0.95) -> tuple[float, float, float]:
    """Mean of values (n,) and the ends that one more of them lies between: mean -+ t s sqrt(1 + 1 / n).

    NaN ends for one value, NaN throughout for none. The values are taken as normal.

    Source: Hahn and Meeker, Statistical Intervals, section 4.8.
    """
    mean, low, high = t_interval(values, level)
    half = (high - low) / 2 * np.sqrt(len(values) + 1)
    return mean, float(mean - half), float(mean + half)


def beyond_prediction(values: np.ndarray, number: float) -> float:
    """One-sided p that one more of normal values (n,) lies as far out as a number, on its side of their mean."""
    n = len(values)
    apart, spread = abs(number - float(np.mean(values))), float(np.std(values, ddof=1)) * np.sqrt(1 + 1 / n)
    if not spread:
        return 0.5 if not apart else 0.0
    return t_tail(apart / spread, n - 1)


@lru_cache
def t_quantile(share: float, freedom: float) -> float:
    """The value that Student's t stays below with this probability."""
    from scipy import special  # late, since `check` needs none of it; scipy.stats takes far longer to load

    return float(special.stdtrit(freedom, share))


def t_tail(value: float, freedom: float) -> float:
    """The chance that Student's t exceeds a value."""
    from scipy import special

    return float(special.stdtr(freedom, -value))


def present(values: Sequence[float] | np.ndarray) -> np.ndarray:
    """The values that are there: all but NaN."""
    array = np.asarray(values, dtype=float)
    return array[~np.isnan(array)]
