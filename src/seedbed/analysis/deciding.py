"""Whether paired gains bear out a claim: supported, refuted or undecided, with the p value of the test.

A claim names its direction before the runs, so its p is one-sided: small speaks for it, near 1 against it.
A verdict needs both the 95 % interval and p on one side of the claim's margin.
"""

from __future__ import annotations

import numpy as np

from seedbed.analysis.intervals import t_interval, t_tail
from seedbed.analysis.p_values import ALPHA, p_value, sign_test
from seedbed.analysis.power import FEWEST_PAIRS

SUPPORTED, REFUTED, UNDECIDED = "supported", "refuted", "undecided"

Decision = tuple[str, float | None]  # the verdict, and p where there are pairs enough for one


def decide(gains: np.ndarray) -> Decision:
    """Whether gains, positive where they speak for the claim, lie above 0 (supported) or below (refuted)."""
    if len(gains) < FEWEST_PAIRS:
        return UNDECIDED, None
    if not gains.any():  # every pair is equal to the last bit, which leaves nothing to test
        return REFUTED, 1.0
    p, p_against = p_value(gains, "greater"), p_value(-gains, "greater")
    if np.all(np.isfinite(gains)):
        _, low, high = t_interval(gains)
    else:  # runs diverged: signs alone decide, for there is no mean
        low, high = np.inf, -np.inf
    if p < ALPHA and low > 0:
        return SUPPORTED, p
    return (REFUTED if p_against < ALPHA and high < 0 else UNDECIDED), p


def decide_not(gains: np.ndarray) -> Decision:
    """Whether gains lie above 0 (refuted) or at most there (supported)."""
    verdict, p = decide(-gains)
    at_most = len(gains) >= FEWEST_PAIRS and np.all(np.isfinite(gains)) and t_interval(gains)[2] <= 0
    return (SUPPORTED if at_most else verdict), p


def decide_equivalent(gaps: np.ndarray, within: float) -> Decision:
    """Two one-sided t tests (Schuirmann 1987): supported where the 90 % interval lies inside +-within."""
    if len(gaps) < FEWEST_PAIRS:
        return UNDECIDED, None
    if not np.all(np.isfinite(gaps)):  # a diverged run is far from one that ended
        outside = int(np.sum(np.abs(gaps) > within))
        p = sign_test(outside, len(gaps), "less")
        against = sign_test(outside, len(gaps), "greater")
        return (REFUTED if against < ALPHA else UNDECIDED), p
    mean, low, high = t_interval(gaps)
    error = float(np.std(gaps, ddof=1) / np.sqrt(len(gaps)))
    room = within - abs(mean)
    p = t_tail(room / error, len(gaps) - 1) if error else float(room < 0)
    if p < ALPHA:
        return SUPPORTED, p
    return (REFUTED if low > within or high < -within else UNDECIDED), p


def effect_of(gains: np.ndarray) -> float:
    """Mean over standard deviation of the finite gains; NaN where there are fewer than two."""
    finite = gains[np.isfinite(gains)]
    if len(finite) < 2:
        return np.nan
    with np.errstate(divide="ignore", invalid="ignore"):  # gains all alike: an infinite effect, or none
        return float(np.mean(finite) / np.std(finite, ddof=1))
