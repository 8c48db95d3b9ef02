"""The typical paired gap: a trimmed mean, with the interval that the sign-flip test leaves.

A tenth of odd runs moves neither. The interval holds every shift that the test of `flips.flip_p` does not reject, so
the two never disagree; in simulations (docs/truth.md) it is narrower than Yuen's at the same coverage.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seedbed.analysis.flips import flip_p
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


@np.errstate(over="ignore", invalid="ignore")  # of gaps near the largest number there are no intervals
def typical(gaps: np.ndarray, level: float | None = 0.95) -> Typical:
    """The 20 % trimmed mean of finite gaps (n,), and its interval; without a level none, which takes far less time.

    The interval is that of the sign-flip test. Where no outcome of so few gaps could be significant at this level it
    is Yuen's; of 6 gaps or more, which are too few only where several comparisons share the level, it is at least
    their range, since Yuen's alone would then miss half as often again as it says.

    Source: Tukey and McLaughlin 1963; Yuen 1974; test inversion as in Lehmann, Testing Statistical Hypotheses, 3.5.
    """
    n = len(gaps)
    if not n:
        return Typical(np.nan, np.nan, np.nan)
    if n == 1 or level is None:
        return Typical(float(gaps[kept(gaps)].mean()), np.nan, np.nan)
    estimate, error, freedom = trimmed(gaps)
    share = (1 - level) / 2
    if 0.5**n < share:
        low, high = _end(gaps, share), -_end(-gaps, share)
        return Typical(estimate, min(low, estimate), max(high, estimate))
    half = t_quantile(1 - share, freedom) * error
    low, high = estimate - half, estimate + half
    if n >= ENOUGH:
        low, high = min(low, float(gaps.min())), max(high, float(gaps.max()))
    return Typical(estimate, low, high)


def trimmed(gaps: np.ndarray) -> tuple[float, float, int]:
    """The trimmed mean of gaps (n,), its standard error from the winsorized variance, and its degrees of freedom.

    Source: Yuen 1974, "The two-sample trimmed t for unequal population variances", equations 1 and 2, for one sample.
    """
    middle = gaps[kept(gaps)]
    winsorized = np.clip(np.sort(gaps), middle[0], middle[-1])
    squares = float(np.sum((winsorized - winsorized.mean()) ** 2))
    error = np.sqrt(squares / (len(middle) * (len(middle) - 1))) if len(middle) > 1 else np.nan
    return float(middle.mean()), float(error), len(middle) - 1


def kept(gaps: np.ndarray) -> np.ndarray:
    """The indices of the gaps (n,) that the trimmed mean is of, from the least gap to the largest."""
    cut = int(TRIMMED * len(gaps))
    return np.argsort(gaps, kind="stable")[cut : len(gaps) - cut]


def _end(gaps: np.ndarray, share: float) -> float:
    """The lower end: where the chance of gaps so far above it comes to `share`."""
    low, high = float(gaps.min()), float(gaps.max())
    if low == high:
        return low
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if flip_p(gaps - middle, "greater") < share:
            low = middle
        else:
            high = middle
    return low  # that end of the last step which is rejected: a shift at the very end is kept
