"""The typical paired gap: a trimmed mean, with the interval that the sign-flip test leaves.

A tenth of odd runs moves neither. The interval holds every shift that the test of `flips.flip_p` does not reject, so
the two never disagree; in simulations (docs/truth.md) it is narrower than Yuen's at the same coverage.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seedbed.analysis.flips import flip_ps
from seedbed.analysis.intervals import t_quantile

TRIMMED = 0.2  # of the gaps on either side
# Of its degrees of freedom: so much does a winsorized deviation of 5 to 60 normal values vary, as measured.
EFFECTIVE = 0.75
ENOUGH = 6  # gaps with which the test can be significant at 95 %
HALVINGS = 18  # of the range of the gaps, to find an end of the interval


@dataclass(frozen=True)
class Typical:
    """A typical gap and the interval that it lies in; NaN ends for one gap, NaN throughout for none."""

    estimate: float
    low: float
    high: float


def typical(gaps: np.ndarray, level: float | None = 0.95) -> Typical:
    """The 20 % trimmed mean of finite gaps (n,), and its interval; without a level none, which takes far less time.

    The interval is that of the sign-flip test. Where no outcome of so few gaps could be significant at this level it
    is Yuen's; of 6 gaps or more, which are too few only where several comparisons share the level, it is at least
    their range, since Yuen's alone would then miss half as often again as it says.

    Source: Tukey and McLaughlin 1963; Yuen 1974; test inversion as in Lehmann, Testing Statistical Hypotheses, 3.5.
    """
    return typical_of_rows(gaps[None], level)[0]


@np.errstate(over="ignore", invalid="ignore")  # of gaps near the largest number there are no intervals
def typical_of_rows(gaps: np.ndarray, level: float | None = 0.95) -> list[Typical]:
    """The same of several rows of gaps (rows, n)."""
    rows, n = gaps.shape
    if not n:
        return [Typical(np.nan, np.nan, np.nan)] * rows
    estimates, errors, freedom = trimmed_rows(gaps)
    low = high = np.full(rows, np.nan)
    if n > 1 and level is not None:
        share = (1 - level) / 2
        if 0.5**n < share:
            ends = _ends(np.concatenate([gaps, -gaps]), share)
            low, high = np.fmin(ends[:rows], estimates), np.fmax(-ends[rows:], estimates)
        else:
            half = t_quantile(1 - share, freedom) * errors
            low, high = estimates - half, estimates + half
            if n >= ENOUGH:
                low, high = np.minimum(low, gaps.min(axis=1)), np.maximum(high, gaps.max(axis=1))
    return [Typical(*row) for row in zip(estimates.tolist(), low.tolist(), high.tolist(), strict=True)]


def trimmed(gaps: np.ndarray) -> tuple[float, float, int]:
    """The trimmed mean of gaps (n,), its standard error from the winsorized variance, and its degrees of freedom.

    Source: Yuen 1974, "The two-sample trimmed t for unequal population variances", equations 1 and 2, for one sample.
    """
    estimates, errors, freedom = trimmed_rows(gaps[None])
    return float(estimates[0]), float(errors[0]), freedom


def trimmed_rows(gaps: np.ndarray) -> tuple[np.ndarray, np.ndarray, int]:
    """The same of several rows of gaps (rows, n): (rows,) each, and the degrees of freedom."""
    n = gaps.shape[1]
    cut = int(TRIMMED * n)
    ordered = np.sort(gaps, axis=1, kind="stable")
    middle = np.ascontiguousarray(ordered[:, cut : n - cut])  # summed as one row alone is
    of = middle.shape[1]
    estimates = middle.mean(axis=1)
    if of < 2:
        return estimates, np.full(len(gaps), np.nan), of - 1
    winsorized = np.clip(ordered, middle[:, :1], middle[:, -1:])
    squares = np.sum((winsorized - winsorized.mean(axis=1, keepdims=True)) ** 2, axis=1)
    return estimates, np.sqrt(squares / (of * (of - 1))), of - 1


def kept(gaps: np.ndarray) -> np.ndarray:
    """The indices of the gaps (n,) that the trimmed mean is of, from the least gap to the largest."""
    cut = int(TRIMMED * len(gaps))
    return np.argsort(gaps, kind="stable")[cut : len(gaps) - cut]


def _ends(gaps: np.ndarray, share: float) -> np.ndarray:
    """The lower end of each row (rows, n): where the chance of gaps so far above it comes to `share`."""
    low, high = gaps.min(axis=1), gaps.max(axis=1)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        rejected = flip_ps(gaps - middle[:, None], "greater") < share
        low, high = np.where(rejected, middle, low), np.where(rejected, high, middle)
    return low  # that end of the last step which is rejected: a shift at the very end is kept
