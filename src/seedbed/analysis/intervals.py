"""The median and the mean of a handful of seeds and where they lie: order-statistic and t intervals.

Values are one per seed. A run that diverged stands as the worst infinity (inf for errors, -inf for scores)
and is never dropped; a run that does not exist is NaN.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from seedbed.analysis.rows import by_length, medians


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
    return intervals(np.asarray(values, dtype=float)[None])[0]


def intervals(values: np.ndarray) -> list[Interval]:
    """The same of each row of values (rows, seeds)."""
    of_means = np.full((3, len(values)), np.nan)
    of_medians = np.full((3, len(values)), np.nan)
    is_finite = np.isfinite(values)
    for rows, own in by_length(values, is_finite):
        of_means[:, rows] = _t_intervals(own, 0.95)
    for rows, own in by_length(values, ~np.isnan(values)):
        of_medians[:, rows] = _median_intervals(own, 0.95)
    finite = np.count_nonzero(is_finite, axis=1).tolist()
    return [
        Interval(mean, low, high, median, n, *ends)
        for (mean, low, high), (median, *ends), n in zip(
            of_means.T.tolist(), of_medians.T.tolist(), finite, strict=True
        )
    ]


def median_interval(values: np.ndarray, level: float = 0.95) -> tuple[float, float, float]:
    """Median of values (n,), which may be infinite, and the two order statistics that it lies between.

    They leave out exactly the medians that the sign test rejects. With too few values for the level they are NaN.

    Source: David and Nagaraja, Order Statistics, section 7.1.
    """
    median, low, high = _median_intervals(values[None], level)[:, 0].tolist()
    return median, low, high


def _median_intervals(values: np.ndarray, level: float) -> np.ndarray:
    """The same of each row of values (rows, n): (3, rows)."""
    n = values.shape[1]
    if not n:
        return np.full((3, len(values)), np.nan)
    ordered, beyond = np.sort(values, axis=1), _outside(n, (1 - level) / 2)
    middle = ordered[:, (n - 1) // 2] / 2 + ordered[:, n // 2] / 2
    if not beyond:
        return np.array([middle, *np.full((2, len(values)), np.nan)])
    return np.array([middle, ordered[:, beyond - 1], ordered[:, n - beyond]])


@lru_cache
def _outside(n: int, share: float) -> int:
    """How many of n values may lie outside, on a side."""
    from scipy import special

    return int(np.sum(special.bdtr(np.arange(n // 2), n, 0.5) <= share))


def median(values: np.ndarray) -> float:
    """The median of at least one value (n,), none of them NaN: the same as NumPy's, which takes far longer for few."""
    return float(medians(values[None])[0])


def t_interval(values: np.ndarray, level: float = 0.95) -> tuple[float, float, float]:
    """Mean and the two ends of its t interval; NaN ends for one value, NaN throughout for none."""
    mean, low, high = _t_intervals(values[None], level)[:, 0].tolist()
    return mean, low, high


@np.errstate(over="ignore", invalid="ignore")  # of values beyond 1e154 the ends are infinite
def _t_intervals(values: np.ndarray, level: float) -> np.ndarray:
    """The same of each row of values (rows, n): (3, rows)."""
    rows, n = values.shape
    if n < 2:
        return np.array([values[:, 0] if n else np.full(rows, np.nan), *np.full((2, rows), np.nan)])
    mean = values.sum(axis=1) / n
    error = np.sqrt(((values - mean[:, None]) ** 2).sum(axis=1) / (n - 1) / n)
    half = t_quantile(0.5 + level / 2, n - 1) * error
    return np.array([mean, mean - half, mean + half])


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
