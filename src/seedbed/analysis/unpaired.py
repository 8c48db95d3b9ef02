"""Independent sets of runs against one another: the difference of their typical values, ranks where many failed.

Where runs under the same seed have nothing in common there are no pairs. Then a trimmed mean of each side takes the
place of that of gaps, with Welch's t for their difference. Permutations of the runs would give an exact test of sides
that are alike in everything; where one side only varies more, they reject far too often, also studentised ones
(docs/truth.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from seedbed.analysis.estimate import Estimate, welch
from seedbed.analysis.pairs import Pairs
from seedbed.analysis.power import FEWEST_RUNS, least_p
from seedbed.analysis.reliable import fisher, newcombe, too_often
from seedbed.analysis.runs import Runs, on_scale
from seedbed.analysis.typical import EFFECTIVE, Typical, trimmed
from seedbed.metrics.base import Scale


@dataclass(frozen=True)
class Side:
    """Runs that are independent of those of other sides, with their weight in a sum over sides.

    Attributes
    ----------
    values
        (n,): finite, on the scale of the comparison, of the runs that did not fail.
    failed
        The values of those that did, infinite where a run diverged, NaN where there is no such value.
    undefined
        The runs that did not fail and have no value.
    """

    weight: float
    values: np.ndarray
    failed: np.ndarray
    undefined: int = 0

    @classmethod
    def of(cls, weight: float, runs: Runs, scale: Scale) -> Side:
        """The runs of a variant on a metric."""
        values = on_scale(runs.values, scale)
        known = np.isfinite(values) & ~runs.failed
        undefined = int(np.count_nonzero(runs.ended & ~runs.failed)) - int(np.count_nonzero(known))
        return cls(weight, values[known], values[runs.failed], undefined)

    @classmethod
    def of_gaps(cls, weight: float, gaps: Pairs) -> Side:
        """What each run of a variant gives in several metrics together."""
        return cls(weight, gaps.gaps, np.full(gaps.both, np.nan), gaps.undefined)

    @property
    def runs(self) -> int:
        """How many say something."""
        return len(self.values) + len(self.failed)

    def ranked(self, sign: int) -> np.ndarray:
        """All of them, the larger the better; a failed run without a value is the worst."""
        worst = np.where(np.isnan(self.failed), -sign * np.inf, self.failed)
        return sign * np.concatenate([self.values, worst])


@dataclass(frozen=True)
class Unpaired:
    """A weighted sum over independent sides, such as one variant less another.

    It answers what `pairs.Pairs` does; `sign` is 1 where more is better, -1 where less is.
    """

    scale: Scale
    all_sides: tuple[Side, ...]
    new_data: None = None

    @classmethod
    def of(cls, a: Runs, b: Runs, scale: Scale) -> Unpaired:
        """One set of runs less another."""
        return cls(scale, (Side.of(1.0, a, scale), Side.of(-1.0, b, scale)))

    @property
    def sides(self) -> tuple[int, ...]:
        """The runs of each side that say something."""
        return tuple(side.runs for side in self.all_sides)

    @property
    def counting(self) -> int:
        """Their number; 0 where one side has none, or none has a value."""
        return sum(self.sides) if all(self.sides) and not self.both else 0

    @property
    def both(self) -> int:
        """All runs where every one failed."""
        return sum(self.sides) if not any(len(side.values) for side in self.all_sides) else 0

    @property
    def failed(self) -> tuple[int, int]:
        """The runs that failed of the sides that are added, and of those that are taken away."""
        first, second = (
            sum(len(side.failed) for side in self.all_sides if (side.weight > 0) == added)
            for added in (True, False)
        )
        return first, second

    @property
    def undefined(self) -> int:
        """The runs that did not fail and have no value."""
        return sum(side.undefined for side in self.all_sides)

    @property
    def has_typical(self) -> bool:
        """Whether few enough runs of every side failed."""
        return all(len(side.values) and not too_often(len(side.failed), side.runs) for side in self.all_sides)

    @property
    def can_test(self) -> bool:
        """Whether every side has enough runs; of more than two, few enough of which failed."""
        if not self.has_typical:
            return len(self.all_sides) == 2 and min(self.sides) >= FEWEST_RUNS
        return min(len(side.values) for side in self.all_sides) >= FEWEST_RUNS

    # --- the typical gap --------------------------------------------------------------------------------

    @cached_property
    @np.errstate(over="ignore", invalid="ignore")  # of values near the largest number there are no intervals
    def estimate(self) -> Estimate:
        """The weighted sum of trimmed means: Yuen's test, with the effective degrees of freedom of its errors.

        Source: Yuen 1974, "The two-sample trimmed t for unequal population variances".
        """
        means, parts = [], []
        for side in self.all_sides:
            mean, error, freedom = trimmed(side.values)
            means.append(side.weight * mean)
            parts.append((abs(side.weight) * error, EFFECTIVE * freedom))
        return welch(float(sum(means)), parts, self._least)

    @property
    def _least(self) -> float:
        first, second = (
            sum(side.runs for side in self.all_sides if (side.weight > 0) == added) for added in (True, False)
        )
        return least_p(first, second)

    def typical(self, level: float | None) -> Typical:
        """The difference of typical values, with its interval unless there is no level."""
        found = self.estimate
        if level is None or min(len(side.values) for side in self.all_sides) < 2:
            return Typical(found.estimate, np.nan, np.nan)
        return Typical(found.estimate, *found.interval(level))

    # --- ranks ------------------------------------------------------------------------------------------

    def rank_effect(self, sign: int, margin: float = 0.0) -> Estimate:
        """The chance that a run of the first side is ahead of one of the second by over `margin`, less a half.

        A tie counts as a half, and a run that failed as its value, which is the worst where it has none. The test is
        that of Brunner and Munzel, with fewer degrees of freedom, since theirs are too many for few runs.

        Source: Brunner and Munzel 2000, "The nonparametric Behrens-Fisher problem".
        """
        first, second = (side.ranked(sign) for side in self.all_sides)
        first = first - margin
        count, other = len(first), len(second)
        ranks = _midranks(np.concatenate([first, second]))
        ahead = ranks[:count] - _midranks(first)  # of how many runs of the second, a tie counting as a half
        behind = ranks[count:] - _midranks(second)
        parts = [
            (float(np.std(places, ddof=1) / np.sqrt(len(places))) / of, EFFECTIVE * (len(places) - 1))
            for places, of in ((ahead, other), (behind, count))
        ]
        return welch(float(ahead.sum()) / (count * other) - 0.5, parts, self._least)

    def lead(self, sign: int) -> int:
        """1 where a run of the first side is more likely to be the better, -1 where one of the second is, else 0."""
        if len(self.all_sides) != 2 or min(self.sides) < 2:
            return 0
        return int(np.sign(self.rank_effect(sign).estimate))

    def wins(self, sign: int) -> None:
        """None: there are no pairs."""
        return None

    # --- tests ------------------------------------------------------------------------------------------

    def ahead(self, sign: int, margin: float = 0.0) -> tuple[float, float]:
        """One-sided p for and against a lead by over `margin`: of the typical gap, else of ranks."""
        if self.has_typical:
            return self.estimate.ahead(sign, margin)
        return self.rank_effect(sign, margin).ahead(1, 0.0)

    def equivalent(self, within: float) -> tuple[float, float]:
        """One-sided p for and against a typical gap of at most `within`; else failures alone speak against it."""
        if self.has_typical:
            return self.estimate.equivalent(within)
        return 1.0, self.failures_p() or 1.0

    def p(self, sign: int) -> float:
        """Two-sided."""
        return min(1.0, 2 * min(self.ahead(sign)))

    def failures_p(self) -> float | None:
        """Two-sided p that both sides fail as often (Fisher); None under 6 runs of either, or of more than two."""
        if len(self.all_sides) != 2 or min(self.sides) < FEWEST_RUNS:
            return None
        return fisher(*self._counts)

    def failures_interval(self, level: float) -> tuple[float, float] | None:
        """Of the difference of the shares that fail (Newcombe); None of more than two sides."""
        return newcombe(*self._counts, level) if len(self.all_sides) == 2 else None

    @property
    def _counts(self) -> tuple[int, int, int, int]:
        first, second = self.all_sides
        return len(first.failed), first.runs, len(second.failed), second.runs


def _midranks(values: np.ndarray) -> np.ndarray:
    """The rank of each value (n,) from 1, those that are equal sharing the mean of theirs."""
    _, which, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[which]
