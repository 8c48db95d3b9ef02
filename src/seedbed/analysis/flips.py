"""The sign-flip test of paired gaps: exact up to 100 gaps, and the gaps clipped so that no single run decides.

If nothing distinguishes the two members of a pair, every gap is as likely to have the other sign; p is the share of
sign patterns whose sum is at least as extreme as the one seen (Fisher 1935, section 21).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import numpy as np

from seedbed.analysis.intervals import median

Alternative = Literal["two-sided", "greater"]

CLIP = 1.5  # times the median size of the gaps
LISTED_UP_TO = 12  # 2**12 = 4,096 sign flips are listed
COUNTED_UP_TO = 100  # of more gaps the sum is taken as normal
HUGE = 2.0**900
LEVELS = 4000  # of all gaps together, to which they are rounded where patterns are counted


def flip_p(gaps: np.ndarray, alternative: Alternative = "two-sided") -> float:
    """p of the sign-flip test of gaps centred on 0, clipped first; see `clipped` and `sign_flip`."""
    return sign_flip(clipped(gaps), alternative)


def clipped(gaps: np.ndarray) -> np.ndarray:
    """Gaps (n,) cut at 1.5 times their median size; where most are 0, that of the others.

    The bound does not depend on signs, so the test stays exact. Infinite gaps are cut like any other.
    """
    sizes = np.abs(gaps)
    if sizes.max(initial=0.0) > HUGE:  # p does not depend on the unit, and sums have to be finite
        gaps, sizes = gaps / HUGE, sizes / HUGE
    bound = CLIP * median(sizes) if len(sizes) else 0.0
    if not bound and sizes.any():
        bound = CLIP * median(sizes[sizes > 0])
    if not np.isfinite(bound):  # most are infinite: their signs count, and more than all the others
        finite = sizes[np.isfinite(sizes)]
        bound = 2 * float(finite.max(initial=0.0)) or 1.0
    return np.clip(gaps, -bound, bound)


def sign_flip(gaps: np.ndarray, alternative: Alternative = "two-sided") -> float:
    """p of the sign-flip test of finite gaps (n,) centred on 0; never 0.

    Up to 12 gaps all patterns are listed. Up to 100 they are counted, the gaps rounded to a fine grid: an exact test of
    the rounded gaps. Above it the sum is taken as normal, with a correction for continuity.
    """
    sizes, up = np.abs(gaps), gaps > 0
    if alternative == "greater":
        return _tail(sizes, up)
    if sizes[up].sum() < sizes[~up].sum():
        up = ~up
    return min(1.0, 2 * _tail(sizes, up))


def _tail(sizes: np.ndarray, up: np.ndarray) -> float:
    """The chance that gaps of these sizes, signed at random, have a sum of at least that where `up` are positive."""
    n, total, seen = len(sizes), float(sizes.sum()), float(sizes[up].sum())
    if not total:
        return 1.0
    if n <= LISTED_UP_TO:
        return int(np.count_nonzero(_all_choices(n) @ sizes >= seen - 1e-12 * total)) / 2**n
    if n <= COUNTED_UP_TO:
        return _counted(sizes, up)
    from scipy import special

    above = 2 * seen - total - float(np.min(sizes[sizes > 0]))
    p = special.ndtr(-above / np.sqrt(np.sum(sizes**2)))
    return float(max(p, np.finfo(float).tiny))


def _counted(sizes: np.ndarray, up: np.ndarray) -> float:
    """`_tail` of sizes rounded to whole numbers: the distribution of the sum, one gap added after the other."""
    unit = float(sizes.max()) / (LEVELS // len(sizes))
    whole = np.rint(sizes / unit).astype(int)
    ways, end = np.zeros(int(whole.sum()) + 1), 1  # to choose some of the gaps, by their sum
    ways[0] = 1.0
    for size in whole.tolist():
        ways[size : size + end] += ways[:end].copy()
        end += size
    return float(min(1.0, np.sum(ways[int(whole[up].sum()) :]) * 0.5 ** len(whole)))


@lru_cache
def _all_choices(n: int) -> np.ndarray:
    """All ways to take some of n gaps: (2**n, n) of 0 and 1."""
    return ((np.arange(2**n)[:, None] >> np.arange(n)) & 1).astype(float)
