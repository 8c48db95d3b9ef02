"""p values of paired differences: by sign flips or signs alone, and adjusted for being several.

They equal those of `scipy.stats` (`permutation_test`, `binomtest`), as tests show. Those are not used: they take half a
second more to load and 30 to 400 times as long to run, and a sampled p there is at least 1 / (samples + 1), however
many gaps agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

import numpy as np

from seedbed.draws import generator

Alternative = Literal["two-sided", "greater"]

ALPHA = 0.05
EXACT_UP_TO = 12  # 2**12 = 4,096 sign flips are listed; more seeds are sampled
FLIPS = 100_000
WORD = 12  # signs that are looked up together: a table of 4,096 sums stays in a core's cache


def p_value(gaps: np.ndarray, alternative: Alternative = "two-sided") -> float:
    """p of gaps centred on 0: by sign flips, or by signs alone where any gap is infinite."""
    if np.all(np.isfinite(gaps)):
        return sign_flip(gaps, alternative)
    wins, losses = int(np.sum(gaps > 0)), int(np.sum(gaps < 0))
    return sign_test(wins, wins + losses, alternative)


def sign_test(wins: int, pairs: int, alternative: Literal["two-sided", "greater", "less"]) -> float:
    """p of so many wins in so many pairs where either side is as likely to win: the exact binomial test."""
    from scipy import special

    at_most, at_least = special.bdtr(wins, pairs, 0.5), special.bdtr(pairs - wins, pairs, 0.5)
    both = min(1.0, 2 * min(at_most, at_least))
    return float({"less": at_most, "greater": at_least, "two-sided": both}[alternative])


def sign_flip(gaps: np.ndarray, alternative: Alternative = "two-sided") -> float:
    """p of the sign-flip test of a zero mean, never 0: above 12 values of both signs it is sampled.

    If nothing distinguishes the two members of a pair, every gap is as likely to have the other sign; p is
    the share of sign patterns whose sum is at least as extreme as the one seen (Fisher 1935, section 21).
    """
    if np.all(gaps >= 0) or np.all(gaps <= 0):
        return _of_one_sign(gaps, alternative)
    observed, slack = float(np.sum(gaps)), 1e-12 * float(np.sum(np.abs(gaps)))
    if len(gaps) <= EXACT_UP_TO:
        return float(np.mean(_extreme(_all_signs(len(gaps)) @ gaps, observed, slack, alternative)))
    count = int(np.sum(_extreme(_sampled_sums(gaps), observed, slack, alternative)))
    return (count + 1) / (FLIPS + 1)  # the pattern seen is one of them


def _of_one_sign(gaps: np.ndarray, alternative: Alternative) -> float:
    """p where all gaps point one way: no pattern but their own, and its mirror, is as extreme.

    So it is known without sampling, which could come to no less than 1 / (FLIPS + 1) however many pairs agree.
    """
    if alternative == "greater" and np.any(gaps < 0):
        return 1.0
    mirrors = 2 if alternative == "two-sided" else 1
    p = mirrors * 0.5 ** np.count_nonzero(gaps)
    return float(np.clip(p, np.finfo(float).tiny, 1.0))


def _sampled_sums(gaps: np.ndarray) -> np.ndarray:
    """The sums of FLIPS random sign patterns of the gaps, (FLIPS,): looked up, so many gaps at a time."""
    sums = np.zeros(FLIPS)
    for start, patterns in zip(range(0, len(gaps), WORD), _sampled_signs(len(gaps)), strict=True):
        word = gaps[start : start + WORD]
        # "clip" spares a check of bounds that takes twice as long as the rest
        sums += np.take(_all_signs(WORD)[:, : len(word)] @ word, patterns, mode="clip")
    return sums


@lru_cache(maxsize=4)
def _sampled_signs(n: int) -> np.ndarray:
    """FLIPS random sign patterns of n values, (words, FLIPS) uint16: a word is a row of `_all_signs(WORD)`.

    Bit i of a word stands for value i, as there: 1 where the sign is flipped.
    """
    random = generator(0, 0, "statistics")
    words = np.zeros((-(-n // WORD), FLIPS), dtype=np.uint16)
    for part in range(0, FLIPS, FLIPS // 10):  # in parts, which bounds the memory
        keeps = random.integers(0, 2, (FLIPS // 10, n), dtype=np.int8).astype(bool)
        for value in range(n):
            flips = ~keeps[:, value]
            words[value // WORD, part : part + len(flips)] |= flips.astype(np.uint16) << value % WORD
    return words


def _extreme(sums: np.ndarray, observed: float, slack: float, alternative: Alternative) -> np.ndarray:
    if alternative == "greater":
        return sums >= observed - slack
    return np.abs(sums) >= abs(observed) - slack


@lru_cache
def _all_signs(n: int) -> np.ndarray:
    return 1.0 - 2.0 * ((np.arange(2**n)[:, None] >> np.arange(n)) & 1)


def holm(ps: Sequence[float | None]) -> list[float | None]:
    """p values adjusted for being several (Holm 1979), in their order; None stays None and does not count."""
    known = sorted((p, index) for index, p in enumerate(ps) if p is not None)
    adjusted: list[float | None] = [None] * len(ps)
    largest = 0.0
    for rank, (p, index) in enumerate(known):
        largest = max(largest, min(1.0, p * (len(known) - rank)))
        adjusted[index] = largest
    return adjusted
