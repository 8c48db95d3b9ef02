"""How many seeds a verdict needs: the fewest that allow one, and those with which an effect would be found."""

from __future__ import annotations

import math

import numpy as np

from seedbed.analysis.intervals import t_quantile
from seedbed.analysis.p_values import ALPHA

FEWEST_PAIRS = 6  # below it no exact test can reach 0.025 on one side: 2**-5 = 0.031
MOST_SEEDS = 1_000_000
MOST_EFFECT = 10.0  # the fewest pairs find it for certain; far larger ones are too large for scipy's nct


def fewest_pairs(comparisons: int = 1) -> int:
    """Pairs with which all of so many comparisons can come under 0.05 at once, after Holm's adjustment."""
    return max(FEWEST_PAIRS, math.floor(math.log2(2 * comparisons / ALPHA)) + 1)


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
