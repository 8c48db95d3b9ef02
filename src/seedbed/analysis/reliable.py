"""How often runs fail: the share with its interval, and one variant against another."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from seedbed.analysis.p_values import sign_test
from seedbed.analysis.rows import medians_present
from seedbed.metrics.base import Direction, Scale

TIMES = 10.0  # the median: errors beyond it are of runs that failed
FAR_WORSE = 3.0  # times the median of base: only then a variant is held against its own
MOST_FAILED = 0.2  # of the runs of a variant: above it there is no typical value


@lru_cache
def wilson(count: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """The interval of a share of which `count` of `n` were seen; NaN where n is 0 (Wilson 1927)."""
    if not n:
        return np.nan, np.nan
    from scipy import special

    z = float(special.ndtri(0.5 + level / 2))
    share, weight = count / n, 1 + z**2 / n
    middle = (share + z**2 / (2 * n)) / weight
    half = z * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2)) / weight
    low, high = float(middle - half), float(middle + half)
    return (0.0 if not count else low), (1.0 if count == n else high)


def mcnemar(only_first: int, only_second: int) -> float:
    """Two-sided p that as many pairs have only the first failed as only the second (exact; McNemar 1947)."""
    return sign_test(only_first, only_first + only_second, "two-sided")


def fisher(failed: int, runs: int, failed_other: int, runs_other: int) -> float:
    """Two-sided p that runs of two independent sets fail as often: the exact test (Fisher 1935, section 21.02)."""
    from scipy import special

    total = failed + failed_other
    counts = np.arange(max(0, total - runs_other), min(runs, total) + 1)

    def ways(of: int, chosen: np.ndarray) -> np.ndarray:
        return special.gammaln(of + 1) - special.gammaln(chosen + 1) - special.gammaln(of - chosen + 1)

    logs = ways(runs, counts) + ways(runs_other, total - counts)
    chances = np.exp(logs - logs.max())
    seen = chances[failed - counts[0]]
    return float(min(1.0, chances[chances <= seen * (1 + 1e-9)].sum() / chances.sum()))


def newcombe(
    failed: int, runs: int, failed_other: int, runs_other: int, level: float = 0.95
) -> tuple[float, float]:
    """The interval of the first share less the second, of independent runs; NaN without runs.

    Source: Newcombe 1998, "Interval estimation for the difference between independent proportions", method 10.
    """
    if not (runs and runs_other):
        return np.nan, np.nan
    share, other = failed / runs, failed_other / runs_other
    (low, high), (low_other, high_other) = (
        wilson(failed, runs, level),
        wilson(failed_other, runs_other, level),
    )
    gap = share - other
    below = float(np.hypot(share - low, high_other - other))
    return gap - below, gap + float(np.hypot(high - share, other - low_other))


def too_often(failed: int, runs: int) -> bool:
    """Whether over a fifth of a variant's runs failed, so that no value is typical of it."""
    return failed > MOST_FAILED * runs


def bounds_of_failure(
    values: np.ndarray, direction: Direction, scale: Scale, chance: float | None, own: float | None
) -> np.ndarray:
    """The value beyond which a run has failed, of each variant: (variants,), NaN where there is none.

    Unless the study says so, for errors ten times the median of base or, where that of the variant itself is over three
    times as large, of the variant, which is then bad and not unreliable; nearer ones are held against the same bound,
    since a wider one for whichever has the larger median by chance would make it look worse. For scores halfway from
    the median to chance, of base or the variant, whichever is worse.

    Parameters
    ----------
    values
        (variants, seeds), base first; infinite where a run diverged, NaN where there is none.
    chance
        What a constant answer gets; None where that is not known.
    own
        What the study says.
    """
    if own is not None:
        return np.full(len(values), own)
    medians = medians_present(values)
    base = medians[0] if np.isfinite(medians[0]) else medians
    with np.errstate(invalid="ignore", over="ignore"):
        if direction == "min":
            medians = np.where(medians > FAR_WORSE * base, medians, base)
            found = TIMES * medians if scale == "ratio" else np.full(len(values), np.nan)
        elif chance is None:
            found = np.full(len(values), np.nan)
        else:
            medians = np.minimum(medians, base)
            found = np.where(medians > chance, (medians + chance) / 2, np.nan)
    return np.where(np.isfinite(found), found, np.nan)
