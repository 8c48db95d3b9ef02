"""One set of runs against another, paired by seed: the typical gap, wins, failures, and what they say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from seedbed.analysis.flips import flip_p
from seedbed.analysis.intervals import cut, median_interval
from seedbed.analysis.new_data import Estimate
from seedbed.analysis.p_values import ALPHA, sign_test
from seedbed.analysis.power import FEWEST_PAIRS, fewest_pairs
from seedbed.analysis.reliable import mcnemar, too_often
from seedbed.analysis.typical import typical
from seedbed.metrics.base import Direction, Scale

NOTHING: dict[Scale, float] = {"difference": 0.0, "ratio": 1.0}  # the estimate where there is no gap


@dataclass(frozen=True)
class Runs:
    """One metric of one variant, an entry per seed.

    Attributes
    ----------
    values
        (seeds,): the worst infinity where a run diverged, NaN where there is no run or no such number.
    failed
        (seeds,) bool: where a run diverged, crashed or lies beyond the study's bound.
    ended
        (seeds,) bool: where a run ended without diverging, so that NaN means a value that is not defined.
    """

    values: np.ndarray
    failed: np.ndarray
    ended: np.ndarray

    @classmethod
    def of(cls, values: Sequence[float] | np.ndarray) -> Runs:
        """Runs of which those with an infinite value failed; where there is none, there was no run."""
        array = np.asarray(values, dtype=float)
        return cls(array, np.isinf(array), np.isfinite(array))


@dataclass(frozen=True)
class Pairs:
    """Two sets of runs, entry i of each being of the same seed.

    Attributes
    ----------
    scale
        "difference": gaps are a - b; "ratio": log a - log b.
    gaps
        Of the pairs in which neither run failed.
    first_failed, second_failed
        Gaps of the pairs in which only the run of a, or of b, failed; infinite where it diverged.
    both
        Pairs in which both failed.
    undefined
        Pairs of runs that did not fail, of which one has no such number, or on the ratio scale no positive one.
    at
        Which of the seeds, by index, the gaps are of.
    new_data
        What tests use in place of the gaps where they are about new data.
    """

    scale: Scale
    gaps: np.ndarray
    first_failed: np.ndarray = field(default_factory=lambda: np.zeros(0))
    second_failed: np.ndarray = field(default_factory=lambda: np.zeros(0))
    both: int = 0
    undefined: int = 0
    at: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=int))
    new_data: Estimate | None = None

    @classmethod
    def of(cls, a: Runs, b: Runs, scale: Scale) -> Pairs:
        """The pairs of two sets of runs.

        Raises
        ------
        ValueError
            Where they are not equally many.
        """
        if a.values.shape != b.values.shape:
            raise ValueError(f"expected as many runs on both sides, got {len(a.values)} and {len(b.values)}")
        first, second = on_scale(a.values, scale), on_scale(b.values, scale)
        told = (a.failed | ~np.isnan(a.values)) & (b.failed | ~np.isnan(b.values))
        neither = ~a.failed & ~b.failed & told
        with np.errstate(invalid="ignore"):  # inf - inf: both diverged
            apart = first - second
        gaps = apart[neither]
        defined = np.isfinite(gaps)
        return cls(
            scale,
            gaps[defined],
            apart[told & a.failed & ~b.failed],
            apart[told & ~a.failed & b.failed],
            int(np.count_nonzero(told & a.failed & b.failed)),
            int(np.count_nonzero(a.ended & b.ended & ~a.failed & ~b.failed)) - int(np.count_nonzero(defined)),
            np.flatnonzero(neither)[defined],
        )

    @property
    def only_first(self) -> int:
        """Pairs in which only the run of a failed."""
        return len(self.first_failed)

    @property
    def only_second(self) -> int:
        """Pairs in which only the run of b failed."""
        return len(self.second_failed)

    @property
    def counting(self) -> int:
        """Pairs that say something: neither run failed, or exactly one."""
        return len(self.gaps) + self.only_first + self.only_second

    @property
    def has_typical(self) -> bool:
        """Whether few enough runs failed on both sides for a typical gap."""
        runs = self.counting + self.both
        failed = max(self.only_first, self.only_second) + self.both
        return bool(len(self.gaps)) and not too_often(failed, runs)

    @property
    def tested(self) -> int:
        """Pairs that a test is made of."""
        return len(self.gaps) if self.has_typical else self.counting

    def ahead(self, sign: int, margin: float = 0.0) -> tuple[int, int]:
        """Pairs in which a is ahead by over `margin`, and in which it is not.

        A run that diverged is behind; of one beyond a bound the value counts, since bounds may differ by variant.

        Parameters
        ----------
        sign
            1 where more is better, -1 where less is.
        """
        gains = sign * self.gaps
        if self.only_first or self.only_second:
            first = np.nan_to_num(sign * self.first_failed, nan=-np.inf, posinf=np.inf, neginf=-np.inf)
            second = np.nan_to_num(sign * self.second_failed, nan=np.inf, posinf=np.inf, neginf=-np.inf)
            gains = np.concatenate([gains, first, second])
        gains = gains - margin
        return int(np.count_nonzero(gains > 0)), int(np.count_nonzero(gains < 0))


def on_scale(values: np.ndarray, scale: Scale) -> np.ndarray:
    """Values as they are compared: their logs on the ratio scale, NaN of what is negative.

    A 0, such as the error of a perfect fit, counts as the smallest positive number.
    """
    if scale == "difference":
        return values
    positive = np.where(values < 0, np.nan, np.maximum(values, np.finfo(float).tiny))
    return np.log(positive)


def gap_of(size: float, scale: Scale) -> float:
    """How large a gap is that stands for a difference or, on the ratio scale, for a factor: its log."""
    return float(np.log(size)) if scale == "ratio" else size


@dataclass(frozen=True)
class Comparison:
    """One set of runs against another, paired by seed.

    Attributes
    ----------
    scale
        "difference": a - b; "ratio": a / b.
    estimate, low, high
        The typical gap, with the interval of the sign-flip test; NaN where there is none: too few pairs, or over a
        fifth of the runs of one failed.
    p
        Two-sided: of sign flips, or of the sign test where there is no typical gap; None under 6 pairs.
    n
        Pairs that count: neither run failed, or exactly one.
    side
        1 where the pairs say that a is the larger, -1 where b is, 0 where neither.
    wins
        Of the `n` pairs, those in which a is better.
    failed, failed_other
        Runs of a and of b that failed, among the pairs.
    both_failed
        Pairs in which both failed, which are not among the `n`.
    failures_p
        Two-sided p that a fails as often as b (McNemar), adjusted for all comparisons that are shown together; None
        where no run failed, or under 6 pairs.
    undefined
        Pairs in which one has no such number: r2 of a constant target, say.
    is_typical
        Whether there are few enough failed runs for a typical gap.
    """

    scale: Scale
    estimate: float
    low: float
    high: float
    p: float | None
    n: int
    side: int = 0
    wins: int = 0
    failed: int = 0
    failed_other: int = 0
    both_failed: int = 0
    failures_p: float | None = None
    undefined: int = 0
    is_typical: bool = True

    def within(self, low: float, high: float) -> Comparison:
        """The same, cut where such a difference ends; a ratio, whose interval is positive anyway, as it is."""
        if self.scale == "ratio":
            return self
        return replace(self, low=cut(self.low, low, high), high=cut(self.high, low, high))

    @property
    def untested(self) -> Comparison:
        """The same of runs that are not independent: without interval and p."""
        return replace(self, low=np.nan, high=np.nan, p=None, failures_p=None)


def gap_bounds(first: tuple[float, float], second: tuple[float, float]) -> tuple[float, float]:
    """The least and the largest difference of two metrics, given those of each metric itself."""
    return first[0] - second[1], first[1] - second[0]


@np.errstate(over="ignore")  # a ratio of the largest to the smallest numbers is infinite
def compared(
    pairs: Pairs, direction: Direction, level: float | None = 0.95, has_interval: bool = True
) -> Comparison:
    """What pairs of runs show of the first against the second.

    Parameters
    ----------
    level
        Of the interval: 0.95, or more where several comparisons share it. The p of failures is adjusted for as many.
        None where no interval is needed: no verdict is, and it takes most of the time.
    has_interval
        Whether the interval of that level is computed.
    """
    is_typical = pairs.has_typical
    seen = typical(pairs.gaps if is_typical else np.empty(0), level if has_interval else None)
    estimate, low, high = seen.estimate, seen.low, seen.high
    sign = 1 if direction == "max" else -1
    wins, losses = pairs.ahead(sign)
    side = np.sign(estimate) if is_typical else sign * np.sign(wins - losses)
    if pairs.scale == "ratio":
        estimate, low, high = (float(np.exp(value)) for value in (estimate, low, high))
    has_failed = pairs.only_first + pairs.only_second + pairs.both
    enough = pairs.counting + pairs.both >= FEWEST_PAIRS
    return Comparison(
        pairs.scale,
        estimate,
        low,
        high,
        _p(pairs, wins, losses),
        pairs.counting,
        int(np.nan_to_num(side)),
        wins,
        pairs.only_first + pairs.both,
        pairs.only_second + pairs.both,
        pairs.both,
        _failures_p(pairs, level) if has_failed and enough else None,
        pairs.undefined,
        is_typical or not has_failed,
    )


def of_median_seen(values: np.ndarray, level: float = 0.95) -> Comparison:
    """What the runs of one variant show by themselves: their median, with its interval."""
    median, low, high = median_interval(values, level)
    return Comparison(
        "difference", median, low, high, None, len(values), failed=int(np.sum(np.isinf(values)))
    )


def _failures_p(pairs: Pairs, level: float | None) -> float:
    """McNemar's p, adjusted for the comparisons that share a level (Bonferroni)."""
    comparisons = 1 if level is None else round(ALPHA / (1 - level))
    return min(1.0, comparisons * mcnemar(pairs.only_first, pairs.only_second))


def _p(pairs: Pairs, wins: int, losses: int) -> float | None:
    if pairs.tested < FEWEST_PAIRS:
        return None
    return flip_p(pairs.gaps) if pairs.has_typical else sign_test(wins, wins + losses, "two-sided")


def verdict(comparison: Comparison, p_holm: float | None, direction: Direction, comparisons: int = 1) -> str:
    """What a comparison of a with b says of a.

    "better", "worse", "no evidence" or "not enough seeds"; where no pair says anything, "undefined", "all failed" or
    "no finished runs".

    Parameters
    ----------
    p_holm
        The comparison's p adjusted for all `comparisons` of the study. Where so few seeds could not have
        brought it under 0.05 whatever they gave, the answer is "not enough seeds".
    """
    if not comparison.n:
        if comparison.undefined:
            return "undefined"
        return "all failed" if comparison.both_failed else "no finished runs"
    if p_holm is None or comparison.n < fewest_pairs(comparisons):
        return "not enough seeds"
    if p_holm >= ALPHA or not comparison.side:
        return "no evidence"
    return "better" if (comparison.side > 0) == (direction == "max") else "worse"
