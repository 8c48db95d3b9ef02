"""How many seeds a verdict needs: the fewest that allow one, and those with which an effect would be found."""

from __future__ import annotations

import itertools
import math

import numpy as np

from seedbed.analysis.intervals import t_quantile
from seedbed.analysis.p_values import ALPHA

FEWEST_PAIRS = 6  # below it no exact test can reach 0.025 on one side: 2**-5 = 0.031
FEWEST_RUNS = (
    6  # of each of two independent sets: of 5, trimming leaves 3, and ties make nothing of their spread
)
MOST_SEEDS = 1_000_000
MOST_EFFECT = 10.0  # the fewest pairs find it for certain; far larger ones are too large for scipy's nct


def fewest_pairs(comparisons: int = 1) -> int:
    """Pairs with which all of so many comparisons can come under 0.05 at once, after Holm's adjustment."""
    return max(FEWEST_PAIRS, math.floor(math.log2(2 * comparisons / ALPHA)) + 1)


def least_p(first: int, second: int) -> float:
    """The share of all ways to divide runs into so many and so many that one way is: no test can give a smaller p."""
    ways = math.lgamma(first + second + 1) - math.lgamma(first + 1) - math.lgamma(second + 1)
    return math.exp(-ways)


def can_decide(first: int, second: int, comparisons: int = 1) -> bool:
    """Whether so many runs against so many can come under 0.05 in all of so many comparisons at once."""
    return min(first, second) >= FEWEST_RUNS and 2 * comparisons * least_p(first, second) < ALPHA


def fewest_runs(comparisons: int = 1) -> int:
    """Runs of each of two variants with which `can_decide`."""
    return next(n for n in itertools.count(FEWEST_RUNS) if can_decide(n, n, comparisons))


def seeds_to_decide(effect: float, power: float = 0.8, alpha: float = ALPHA) -> int | None:
    """Seeds with which a two-sided paired t test at level `alpha` finds an effect with the given power.

    Parameters
    ----------
    effect
        Mean of the paired differences over their standard deviation.

    Returns
    -------
    None where there is no effect, or one so small that a million seeds would not do.
    """
    if not np.isfinite(effect):
        return FEWEST_PAIRS if np.isinf(effect) else None
    from scipy import special

    effect = min(abs(effect), MOST_EFFECT)

    def decides(n: int) -> bool:
        threshold = t_quantile(1 - alpha / 2, n - 1)
        return bool(special.nctdtr(n - 1, effect * np.sqrt(n), threshold) <= 1 - power)

    # the normal approximation asks for slightly too few, so the search starts there
    rough = ((special.ndtri(1 - alpha / 2) + special.ndtri(power)) / max(effect, 1e-9)) ** 2
    if rough > MOST_SEEDS:
        return None
    n = max(FEWEST_PAIRS, int(rough))
    while not decides(n):
        n += 1
    return n
