"""What one set of runs shows against another: the typical gap, wins, failures, and the verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from seedbed.analysis.flips import flip_ps, flip_ps_or_less
from seedbed.analysis.intervals import cut, median_interval
from seedbed.analysis.p_values import ALPHA
from seedbed.analysis.pairs import Pairs
from seedbed.analysis.power import can_decide, fewest_pairs
from seedbed.analysis.rows import stacked
from seedbed.analysis.typical import Typical, typical_of_rows
from seedbed.analysis.unpaired import Unpaired
from seedbed.metrics.base import Direction, Scale

Gap = Pairs | Unpaired  # one set of runs against another


@dataclass(frozen=True)
class Comparison:
    """One set of runs against another, paired by seed or, where `sides` has their numbers, independent.

    Attributes
    ----------
    scale
        "difference": a - b; "ratio": a / b.
    estimate, low, high
        The typical gap, with the interval of its test; NaN where there is none: too few runs, or over a fifth of
        the runs of one failed.
    p
        Two-sided: of sign flips of pairs or Yuen's test or, where there is no typical gap, of signs or ranks; None
        under 6 pairs, or 6 independent runs of either side.
    n
        Pairs that count: neither run failed, or exactly one. Of independent runs, those of all sides.
    side
        1 where the runs say that a is the larger, -1 where b is, 0 where neither.
    wins
        Of the `n` pairs, those in which a is better; None of independent runs.
    failed, failed_other
        Runs of a and of b that failed, among the pairs.
    both_failed
        Pairs in which both failed, which are not among the `n`; of independent runs all, where all failed.
    failures_p
        Two-sided p that a fails as often as b (McNemar; Fisher), adjusted for all comparisons that are shown together;
        None where no run failed, or where there are too few.
    undefined
        Pairs or runs that have no such number: r2 of a constant target, say.
    is_typical
        Whether there are few enough failed runs for a typical gap.
    sides
        The independent runs of a and of b; of each variant where there are more.
    failures_low, failures_high
        Of independent runs, how much larger the share of a that fails is than that of b: the interval (Newcombe).
    """

    scale: Scale
    estimate: float
    low: float
    high: float
    p: float | None
    n: int
    side: int = 0
    wins: int | None = 0
    failed: int = 0
    failed_other: int = 0
    both_failed: int = 0
    failures_p: float | None = None
    undefined: int = 0
    is_typical: bool = True
    sides: tuple[int, ...] | None = None
    failures_low: float = np.nan
    failures_high: float = np.nan

    def within(self, low: float, high: float) -> Comparison:
        """The same, cut where such a difference ends; a ratio, whose interval is positive anyway, as it is."""
        if self.scale == "ratio":
            return self
        return replace(self, low=cut(self.low, low, high), high=cut(self.high, low, high))

    @property
    def fails_more(self) -> int:
        """Above 0 where a larger share of the runs of a failed than of b, 0 where the same."""
        runs, others = self.sides if self.sides and len(self.sides) == 2 else (1, 1)
        return self.failed * others - self.failed_other * runs

    def can_decide(self, comparisons: int) -> bool:
        """Whether so many runs could come under 0.05, whatever they gave, after Holm's adjustment for so many."""
        if self.sides is None:
            return self.n >= fewest_pairs(comparisons)
        return can_decide(min(self.sides), max(self.sides), comparisons)

    @property
    def untested(self) -> Comparison:
        """The same of runs that are not independent: without interval and p."""
        return replace(self, low=np.nan, high=np.nan, p=None, failures_p=None)


def gap_bounds(first: tuple[float, float], second: tuple[float, float]) -> tuple[float, float]:
    """The least and the largest difference of two metrics, given those of each metric itself."""
    return first[0] - second[1], first[1] - second[0]


def compared(
    gap: Gap, direction: Direction, level: float | None = 0.95, has_interval: bool = True
) -> Comparison:
    """What runs show of the first side against the second.

    Parameters
    ----------
    level
        Of the interval: 0.95, or more where several comparisons share it. The p of failures is adjusted for as many.
        None where no interval is needed: no verdict is, and it takes most of the time.
    has_interval
        Whether the interval of that level is computed.
    """
    return all_compared([gap], direction, level, [has_interval])[0]


@np.errstate(over="ignore")  # a ratio of the largest to the smallest numbers is infinite
def all_compared(
    gaps: Sequence[Gap],
    direction: Direction,
    level: float | None,
    has_interval: Sequence[bool],
    p_or_less: bool = False,
) -> list[Comparison]:
    """The same of many, whose gaps are computed on together.

    Parameters
    ----------
    has_interval
        Of which there is an interval.
    p_or_less
        Whether it is enough to know of a tiny p that it is, see `flips.flip_ps_or_less`.
    """
    sign = 1 if direction == "max" else -1
    typical, ps = _typical(gaps, level, has_interval), _ps(gaps, sign, p_or_less)
    return [_seen(*one, sign, level) for one in zip(gaps, typical, ps, strict=True)]


def _typical(gaps: Sequence[Gap], level: float | None, has_interval: Sequence[bool]) -> list[Typical | None]:
    """The typical gap of each; None where there is none."""
    found: list[Typical | None] = [None] * len(gaps)
    together: dict[bool, list[int]] = {True: [], False: []}
    for index, (gap, asked) in enumerate(zip(gaps, has_interval, strict=True)):
        if not gap.has_typical:
            continue
        if isinstance(gap, Pairs):
            together[asked and level is not None].append(index)
        else:
            found[index] = gap.typical(level if asked else None)
    for asked, indices in together.items():
        for some, rows in stacked([gaps[index].gaps for index in indices]):  # type: ignore[union-attr]
            for index, seen in zip(some, typical_of_rows(rows, level if asked else None), strict=True):
                found[indices[index]] = seen
    return found


def _ps(gaps: Sequence[Gap], sign: int, p_or_less: bool) -> list[float | None]:
    """The two-sided p of each; None where there are too few runs."""
    found: list[float | None] = [None] * len(gaps)
    together, test = [], flip_ps_or_less if p_or_less else flip_ps
    for index, gap in enumerate(gaps):
        if not gap.can_test:
            continue
        if isinstance(gap, Pairs) and gap.has_typical:
            together.append(index)
        else:
            found[index] = gap.p(sign)
    for some, rows in stacked([gaps[index].gaps for index in together]):  # type: ignore[union-attr]
        for index, p in zip(some, test(rows).tolist(), strict=True):
            found[together[index]] = p
    return found


def _seen(gap: Gap, typical: Typical | None, p: float | None, sign: int, level: float | None) -> Comparison:
    is_typical, seen = typical is not None, typical or Typical(np.nan, np.nan, np.nan)
    side = np.sign(seen.estimate) if is_typical else sign * gap.lead(sign)
    estimate, low, high = seen.estimate, seen.low, seen.high
    if gap.scale == "ratio":
        estimate, low, high = np.exp([estimate, low, high]).tolist()
    has_failed = any(gap.failed)
    failures = gap.failures_interval(level) if has_failed and level is not None else None
    return Comparison(
        gap.scale,
        estimate,
        low,
        high,
        p,
        gap.counting,
        0 if np.isnan(side) else int(side),
        gap.wins(sign),
        *gap.failed,
        gap.both,
        _failures_p(gap, level) if has_failed else None,
        gap.undefined,
        is_typical or not has_failed,
        gap.sides,
        *(failures or (np.nan, np.nan)),
    )


def of_median_seen(values: np.ndarray, level: float = 0.95) -> Comparison:
    """What the runs of one variant show by themselves: their median, with its interval."""
    median, low, high = median_interval(values, level)
    return Comparison(
        "difference", median, low, high, None, len(values), failed=int(np.sum(np.isinf(values)))
    )


def _failures_p(gap: Gap, level: float | None) -> float | None:
    """The p of failures, adjusted for the comparisons that share a level (Bonferroni)."""
    p = gap.failures_p()
    comparisons = 1 if level is None else round(ALPHA / (1 - level))
    return None if p is None else min(1.0, comparisons * p)


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
    if p_holm is None or not comparison.can_decide(comparisons):
        return "not enough seeds"
    if p_holm >= ALPHA or not comparison.side:
        return "no evidence"
    return "better" if (comparison.side > 0) == (direction == "max") else "worse"
