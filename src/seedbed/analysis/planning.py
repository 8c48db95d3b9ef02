"""How many seeds are likely to decide, before they are run: from the smallest effect that matters and a spread."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seedbed.analysis.p_values import ALPHA
from seedbed.analysis.power import fewest_pairs, seeds_to_decide
from seedbed.analysis.typical import EFFECTIVE, trimmed
from seedbed.text import counted

SHARE = 0.8  # of the interval of a spread, and of the studies that are to decide
HALF, MOST = 0.5, 0.9  # of the studies, where the spread is known
FEWEST_GAPS = 5  # of a spread that is worth planning by


@dataclass(frozen=True)
class Spread:
    """How much paired gaps vary from seed to seed: a standard deviation, on the scale on which they are compared.

    Attributes
    ----------
    value
        The estimate, or what was stated.
    low, high
        Its 80 % interval; equal where it was stated.
    """

    value: float
    low: float
    high: float

    @classmethod
    def stated(cls, value: float) -> Spread:
        """One that is taken as known."""
        return cls(value, value, value)

    @classmethod
    def of(cls, gaps: np.ndarray) -> Spread | None:
        """That of finite gaps (n,), in which a few odd runs count little; None of too few or where all are alike.

        It is that of a normal variable whose mean is as hard to tell as the trimmed mean of the gaps.
        """
        from scipy import special

        if len(gaps) < FEWEST_GAPS:
            return None
        _, error, kept = trimmed(gaps)
        freedom = EFFECTIVE * kept
        value = float(error * np.sqrt(len(gaps)))
        if not value:
            return None
        least, most = (special.chdtri(freedom, tail) for tail in ((1 + SHARE) / 2, (1 - SHARE) / 2))
        return cls(value, float(value * np.sqrt(freedom / most)), float(value * np.sqrt(freedom / least)))


@dataclass(frozen=True)
class Likely:
    """How many seeds are likely to decide: about `seeds`, between `low` and `high`; None is more than a million."""

    seeds: int | None
    low: int | None
    high: int | None

    @property
    def in_words(self) -> str:
        """As in "24 to 70 seeds"."""
        if self.low is None:
            return "over a million seeds"
        if self.high is None:
            return f"{self.low:,} or more seeds"
        return f"{self.low:,} to {self.high:,} seeds" if self.low < self.high else counted(self.low, "seed")


def likely_seeds(effect: float, spread: Spread, tests: int = 1, ends: int = 1) -> Likely:
    """The seeds with which four of five studies decide, where the true effect is the smallest that matters.

    Parameters
    ----------
    effect
        The smallest that matters, on the scale of the spread: a difference, or the log of a factor.
    spread
        Its interval gives the range; of a stated one the range is from where half of the studies decide to where
        nine of ten do.
    tests
        How many comparisons or claims are corrected together.
    ends
        2 where a gap that is nil is to be shown to lie within the effect on either side.
    """
    alpha, fewest = ALPHA / tests, fewest_pairs(tests)

    def seeds(own: float, power: float) -> int | None:
        number = seeds_to_decide(effect / own, 1 - (1 - power) / ends, alpha)
        return number and max(number, fewest)

    powers = (HALF, MOST) if spread.low == spread.high else (SHARE, SHARE)
    return Likely(seeds(spread.value, SHARE), seeds(spread.low, powers[0]), seeds(spread.high, powers[1]))
