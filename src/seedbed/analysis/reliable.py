"""How often runs fail: the share with its interval, and one variant against another."""

from __future__ import annotations

import numpy as np

from seedbed.analysis.p_values import sign_test

MOST_FAILED = 0.2  # of the runs of a variant: above it there is no typical value


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


def too_often(failed: int, runs: int) -> bool:
    """Whether over a fifth of a variant's runs failed, so that no value is typical of it."""
    return failed > MOST_FAILED * runs
