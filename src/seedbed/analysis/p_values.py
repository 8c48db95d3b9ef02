"""p values of signs alone, and p values adjusted for being several."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

ALPHA = 0.05  # two-sided; 0.025 a side


@lru_cache(maxsize=1024)
def sign_test(wins: int, pairs: int, alternative: Literal["two-sided", "greater", "less"]) -> float:
    """p of so many wins in so many pairs where either side is as likely to win: the exact binomial test."""
    from scipy import special

    at_most, at_least = special.bdtr(wins, pairs, 0.5), special.bdtr(pairs - wins, pairs, 0.5)
    both = min(1.0, 2 * min(at_most, at_least))
    return float({"less": at_most, "greater": at_least, "two-sided": both}[alternative])


def binomial_tail(count: int, n: int, share: float) -> float:
    """The chance of at most `count` of `n` where each has the chance `share`."""
    from scipy import special

    return float(special.bdtr(count, n, share))


def holm(ps: Sequence[float | None]) -> list[float | None]:
    """p values adjusted for being several (Holm 1979), in their order; None stays None and does not count."""
    known = sorted((p, index) for index, p in enumerate(ps) if p is not None)
    adjusted: list[float | None] = [None] * len(ps)
    largest = 0.0
    for rank, (p, index) in enumerate(known):
        largest = max(largest, min(1.0, p * (len(known) - rank)))
        adjusted[index] = largest
    return adjusted
