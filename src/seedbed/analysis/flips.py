"""The sign-flip test of paired gaps: exact up to 100 gaps, and the gaps clipped so that no single run decides.

If nothing distinguishes the two members of a pair, every gap is as likely to have the other sign; p is the share of
sign patterns whose sum is at least as extreme as the one seen (Fisher 1935, section 21).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import numpy as np

from seedbed.analysis.intervals import median
from seedbed.analysis.rows import medians

Alternative = Literal["two-sided", "greater"]

CLIP = 1.5  # times the median size of the gaps
LISTED_UP_TO = 12  # 2**12 = 4,096 sign flips are listed
LISTED_AT_ONCE = 64  # rows of gaps, whose sums keep within a processor's cache
COUNTED_UP_TO = 100  # of more gaps the sum is taken as normal
HUGE = 2.0**900
CERTAIN = 1e-15  # a p below it decides, however many there are
LEVELS = 4000  # of all gaps together, to which they are rounded where patterns are counted


def flip_p(gaps: np.ndarray, alternative: Alternative = "two-sided") -> float:
    """p of the sign-flip test of gaps (n,) centred on 0, clipped first; see `clipped` and `sign_flip`."""
    return float(flip_ps(gaps[None], alternative)[0])


def flip_ps(gaps: np.ndarray, alternative: Alternative = "two-sided") -> np.ndarray:
    """The same of several rows of gaps (rows, n): (rows,)."""
    return sign_flips(clipped(gaps), alternative)


def flip_ps_or_less(gaps: np.ndarray) -> np.ndarray:
    """Two-sided p of rows of gaps (rows, n) or, where it is known to be below `CERTAIN`, that, which takes far less."""
    found, cut = np.full(len(gaps), CERTAIN), clipped(gaps)
    open_rows = np.flatnonzero(_bounds(cut) >= CERTAIN)
    found[open_rows] = sign_flips(cut[open_rows])
    return found


def _bounds(gaps: np.ndarray) -> np.ndarray:
    """What p of rows of gaps (rows, n) is below, also where they are rounded to be counted.

    Source: Hoeffding 1963, theorem 2.
    """
    n, sizes = gaps.shape[1], np.abs(gaps)
    rounded = sizes.max(axis=1, initial=0.0) / max(1, LEVELS // max(n, 1)) / 2
    least = np.maximum(0.0, np.abs(gaps.sum(axis=1)) - n * rounded)
    squares = np.sum((sizes + rounded[:, None]) ** 2, axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(squares > 0, 2 * np.exp(-(least**2) / (2 * squares)), 1.0)


def clipped(gaps: np.ndarray) -> np.ndarray:
    """Gaps (..., n) cut at 1.5 times their median size; where most are 0, that of the others.

    The bound does not depend on signs, so the test stays exact. Infinite gaps are cut like any other.
    """
    if gaps.ndim == 1:
        return clipped(gaps[None])[0]
    if not gaps.size:
        return gaps
    sizes = np.abs(gaps)
    if sizes.max() > HUGE:  # p does not depend on the unit, and sums have to be finite
        unit = np.where(sizes.max(axis=1, keepdims=True) > HUGE, HUGE, 1.0)
        gaps, sizes = gaps / unit, sizes / unit
    bounds = CLIP * medians(sizes)
    for row in np.flatnonzero((bounds == 0) | ~np.isfinite(bounds)):
        bounds[row] = _bound(sizes[row])
    return np.clip(gaps, -bounds[:, None], bounds[:, None])


def _bound(sizes: np.ndarray) -> float:
    """Where sizes (n,) are cut of which most are 0 or infinite."""
    bound = CLIP * median(sizes[sizes > 0]) if sizes.any() else 0.0
    if np.isfinite(bound):
        return bound
    finite = sizes[np.isfinite(sizes)]  # the signs of the infinite ones count, and more than all the others
    return 2 * float(finite.max(initial=0.0)) or 1.0


def sign_flip(gaps: np.ndarray, alternative: Alternative = "two-sided") -> float:
    """p of the sign-flip test of finite gaps (n,) centred on 0; never 0.

    Up to 12 gaps all patterns are listed. Up to 100 they are counted, the gaps rounded to a fine grid: an exact test of
    the rounded gaps. Above it the sum is taken as normal, with a correction for continuity.
    """
    return float(sign_flips(gaps[None], alternative)[0])


def sign_flips(gaps: np.ndarray, alternative: Alternative = "two-sided") -> np.ndarray:
    """The same of several rows of gaps (rows, n): (rows,)."""
    sizes, up = np.abs(gaps), gaps > 0
    if alternative == "greater":
        return _tails(sizes, up)
    falls = np.where(up, sizes, 0.0).sum(axis=1) < np.where(up, 0.0, sizes).sum(axis=1)
    return np.minimum(1.0, 2 * _tails(sizes, up ^ falls[:, None]))


def _tails(sizes: np.ndarray, up: np.ndarray) -> np.ndarray:
    """The chance that gaps of these sizes, signed at random, have a sum of at least that where `up` are positive."""
    n, totals = sizes.shape[1], sizes.sum(axis=1)
    found, some = np.ones(len(sizes)), np.flatnonzero(totals)
    if not len(some):
        return found
    if len(some) < len(sizes):
        sizes, up, totals = sizes[some], up[some], totals[some]
    if n <= LISTED_UP_TO:
        found[some] = _listed(sizes, up, totals)
    elif n <= COUNTED_UP_TO:
        found[some] = _counted(sizes, up)
    else:
        found[some] = _normal(sizes, up, totals)
    return found


def _listed(sizes: np.ndarray, up: np.ndarray, totals: np.ndarray) -> np.ndarray:
    """`_tails` by all patterns."""
    n = sizes.shape[1]
    least = np.where(up, sizes, 0.0).sum(axis=1) - 1e-12 * totals
    first, second = sizes[:, : n // 2], sizes[:, n // 2 :]
    found = np.empty(len(sizes))
    for start in range(0, len(sizes), LISTED_AT_ONCE):
        some = slice(start, start + LISTED_AT_ONCE)
        sums = (first[some] @ _all_choices(n // 2).T)[:, :, None] + (
            second[some] @ _all_choices(n - n // 2).T
        )[:, None, :]
        found[some] = np.count_nonzero(sums >= least[some, None, None], axis=(1, 2))
    return found / 2**n


def _normal(sizes: np.ndarray, up: np.ndarray, totals: np.ndarray) -> np.ndarray:
    """`_tails` as the normal distribution has it."""
    from scipy import special

    least = np.where(sizes > 0, sizes, np.inf).min(axis=1)
    above = 2 * np.where(up, sizes, 0.0).sum(axis=1) - totals - least
    p = special.ndtr(-above / np.sqrt(np.sum(sizes**2, axis=1)))
    return np.maximum(p, np.finfo(float).tiny)


def _counted(sizes: np.ndarray, up: np.ndarray) -> np.ndarray:
    """`_tails` of sizes rounded to whole numbers, row by row; see `_ways`."""
    n = sizes.shape[1]
    units = sizes.max(axis=1, keepdims=True) / (LEVELS // n)
    whole = np.rint(sizes / units).astype(int)
    down = np.where(up, 0, whole).sum(axis=1).tolist()
    ways = [_ways(row, most) for row, most in zip(np.sort(whole, axis=1).tolist(), down, strict=True)]
    return np.minimum(1.0, np.array(ways) * 0.5**n)


def _ways(sizes: list[int], most: int) -> float:
    """In how many ways some of whole numbers, in rising order, are chosen whose sum is at most `most`.

    One number is added after the other, but for the largest: many gaps are clipped and so share it.
    """
    if most >= sum(sizes):  # in all there are, without rounding
        return 2.0 ** len(sizes)
    largest = sizes.count(sizes[-1])
    ways = np.zeros(most + 1)  # to choose some of the numbers, by their sum
    ways[0] = 1.0
    for size in sizes[:-largest]:
        if size <= most:
            ways[size:] += ways[: most + 1 - size].copy()
    sums, found, chosen = np.cumsum(ways), 0.0, 1.0
    for count in range(min(largest, most // sizes[-1]) + 1):
        found += chosen * float(sums[most - count * sizes[-1]])
        chosen *= (largest - count) / (count + 1)
    return found


@lru_cache
def _all_choices(n: int) -> np.ndarray:
    """All ways to take some of n gaps: (2**n, n) of 0 and 1."""
    return ((np.arange(2**n)[:, None] >> np.arange(n)) & 1).astype(float)
