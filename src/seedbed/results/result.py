"""What a stored study says: its summaries, ranking, comparisons, verdicts and findings."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from seedbed.analysis.advice import consistent
from seedbed.analysis.claims import Judgement
from seedbed.analysis.findings import as_stored, find_in
from seedbed.analysis.intervals import Interval, interval
from seedbed.analysis.p_values import ALPHA, holm
from seedbed.analysis.pairing import Pairing
from seedbed.analysis.pairs import Comparison, Pairs, Runs, compared, gap_bounds, verdict
from seedbed.analysis.ranking import ranked, selection_metric
from seedbed.analysis.reliable import wilson
from seedbed.analysis.spread import Spread
from seedbed.analysis.verdicts import judge
from seedbed.metrics.names import COSTS
from seedbed.results.sources import pairings, spreads
from seedbed.results.stored import Stored


@dataclass(frozen=True)
class VersusBase:
    """A variant against the base on the study's metric; `p` is adjusted for all comparisons of the study."""

    comparison: Comparison
    p: float | None
    verdict: str


@dataclass(frozen=True)
class Failures:
    """How many of a variant's runs failed, the share with its interval, and the value beyond which a run has failed."""

    runs: int
    of: int
    low: float
    high: float
    beyond: float | None


class Result(Stored):
    """A stored study with its statistics."""

    def __init__(self, directory: str | os.PathLike[str]) -> None:
        super().__init__(directory)
        self._summaries: dict[tuple[str, str], Interval] = {}

    def summary(self, variant: str, metric: str) -> Interval:
        """Mean, interval and median of a metric of a variant; a cost has no interval, nor have crossed seeds."""
        key = variant, metric
        if key not in self._summaries:
            seen = interval(self.values(variant, metric)).within(*self.bounds(metric))
            self._summaries[key] = (
                replace(seen, low=np.nan, high=np.nan, median_low=np.nan, median_high=np.nan)
                if metric in COSTS or self.levels
                else seen
            )
        return self._summaries[key]

    @property
    def selected_by(self) -> str:
        """The metric that variants are ranked by: the study's, on validation where that is the test part's."""
        return selection_metric(self.metric, self.metrics)

    @property
    def reported_metrics(self) -> list[str]:
        """The study's metric, by which variants are selected, and the same on the test part, if any."""
        test = "test." + self.metric.partition(".")[2]
        return [self.metric, test] if test in self.metrics and test != self.metric else [self.metric]

    @cached_property
    def ranking(self) -> list[str]:
        """Variants from the best to the worst; see `ranking.ranked`."""
        values = {name: self.values(name, self.selected_by) for name in self.variants}
        return ranked(values, self.direction(self.selected_by))

    @cached_property
    def failures(self) -> dict[str, Failures]:
        """How often the runs of each variant failed."""
        return {name: self._failures(name) for name in self.variants}

    def _failures(self, variant: str) -> Failures:
        runs, failed = len(self.finished(variant)), int(np.sum(self.failed(variant)))
        low, high = (np.nan, np.nan) if self.levels else wilson(failed, runs)
        return Failures(failed, runs, low, high, self.fails_beyond(variant))

    @cached_property
    def versus_base(self) -> dict[str, VersusBase]:
        """Every other variant against the base, on the study's metric; intervals hold for all of them at once."""
        others = [name for name in self.variants if name != self.base]
        compared = [self.compared(name, self.base, len(others)) for name in others]
        same = [self.same_runs(name, self.base) for name in others]
        tested = [
            None if equal or self.metric in COSTS else comparison.p
            for equal, comparison in zip(same, compared, strict=True)
        ]
        ps = holm(tested)
        return {
            name: VersusBase(comparison, p, self._verdict(comparison, p, equal))
            for name, comparison, p, equal in zip(others, compared, ps, same, strict=True)
        }

    def compared(self, variant: str, other: str, comparisons: int = 1) -> Comparison:
        """A variant against another on the study's metric, with an interval that holds for so many at once."""
        mine, theirs = (
            Runs(self.values(name, self.metric), self.failed(name), self.ended(name))
            for name in (variant, other)
        )
        pairs = Pairs.of(mine, theirs, self.scale(self.metric))
        ends = gap_bounds(self.bounds(self.metric), self.bounds(self.metric))
        seen = compared(pairs, self.direction(self.metric), 1 - ALPHA / comparisons).within(*ends)
        return seen.untested if self.levels else seen

    def _verdict(self, comparison: Comparison, p: float | None, same: bool) -> str:
        if same:
            return "same runs"
        if self.levels:
            return "not tested: crossed seeds"
        if self.metric in COSTS:  # an old study; a new one may not ask for it
            return "not tested"
        return verdict(comparison, p, self.direction(self.metric), len(self.variants) - 1)

    @cached_property
    def among_the_best(self) -> list[str]:
        """Variants not distinguishable from the best: the first of the ranking and those not shown to be worse.

        Each is compared with the first by the study's metric, corrected for the number of variants, so the truly best
        is among them in 95 % of studies (the union bound form of Hsu's multiple comparisons with the best, 1981).
        """
        if self.metric in COSTS:
            return list(self.variants)
        first, *others = self.ranking
        count = len(others)

        def is_worse(name: str) -> bool:
            if self.same_runs(name, first):
                return False
            seen = self.compared(name, first, max(count, 1))
            p = None if seen.p is None else min(1.0, seen.p * count)
            return verdict(seen, p, self.direction(self.metric), count) == "worse"

        return [first, *(name for name in others if not is_worse(name))]

    @cached_property
    def judgements(self) -> list[Judgement]:
        """The verdict on every hypothesis; undecided where seeds are crossed, since such runs are not independent."""
        judged = judge(self.study.get("hypotheses", []), self)
        return [one.untested for one in judged] if self.levels else judged

    @cached_property
    def pairing(self) -> dict[str, Pairing]:
        """What pairing with base was worth, by variant; see `sources.pairings`."""
        return pairings(self)

    @cached_property
    def spread(self) -> dict[str, Spread]:
        """How much of each variant's spread every crossed source carries; see `sources.spreads`."""
        return spreads(self)

    @cached_property
    def findings(self) -> list[dict[str, Any]]:
        """What the records of the runs, as stored, and these results show to be wrong; see `advice.consistent`."""
        stored = [as_stored(event) for event in self.events if event.get("event") == "finding"]
        return consistent([*stored, *map(vars, find_in(self))])
