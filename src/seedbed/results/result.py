"""What a stored study says: its summaries, ranking, comparisons, verdicts and findings."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from seedbed.analysis.advice import consistent
from seedbed.analysis.claims import Judgement
from seedbed.analysis.deciding import UNDECIDED
from seedbed.analysis.findings import as_stored, find_in
from seedbed.analysis.intervals import Interval, interval
from seedbed.analysis.p_values import holm
from seedbed.analysis.pairing import Pairing
from seedbed.analysis.pairs import Comparison, gap_bounds, paired, verdict
from seedbed.analysis.ranking import ranked, selection_metric
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


class Result(Stored):
    """A stored study with its statistics."""

    def __init__(self, directory: str | os.PathLike[str]) -> None:
        super().__init__(directory)
        self._summaries: dict[tuple[str, str], Interval] = {}

    def summary(self, variant: str, metric: str) -> Interval:
        """Mean, interval and median of a metric of a variant; a cost has no interval."""
        key = variant, metric
        if key not in self._summaries:
            seen = interval(self.values(variant, metric)).within(*self.bounds(metric))
            self._summaries[key] = replace(seen, low=np.nan, high=np.nan) if metric in COSTS else seen
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
    def versus_base(self) -> dict[str, VersusBase]:
        """Every other variant against the base, on the study's metric."""
        others = [name for name in self.variants if name != self.base]
        scale, base = self.scale(self.metric), self.values(self.base, self.metric)
        ends = gap_bounds(self.bounds(self.metric), self.bounds(self.metric))
        compared = [
            paired(
                self.values(name, self.metric), base, scale, ended=self.ended(name) & self.ended(self.base)
            ).within(*ends)
            for name in others
        ]
        same = [self.same_runs(name, self.base) for name in others]
        tested = [
            None if equal or self.levels or self.metric in COSTS else comparison.p
            for equal, comparison in zip(same, compared, strict=True)
        ]
        ps = holm(tested)
        return {
            name: VersusBase(comparison, p, self._verdict(comparison, p, equal))
            for name, comparison, p, equal in zip(others, compared, ps, same, strict=True)
        }

    def _verdict(self, comparison: Comparison, p: float | None, same: bool) -> str:
        if same:
            return "same runs"
        if self.levels or self.metric in COSTS:  # the latter in an old study; a new one may not ask for it
            return "not tested"
        return verdict(comparison, p, self.direction(self.metric), len(self.variants) - 1)

    @cached_property
    def judgements(self) -> list[Judgement]:
        """The verdict on every hypothesis; none where seeds are crossed, since such runs are not independent."""
        judged = [judge(hypothesis, self) for hypothesis in self.study.get("hypotheses", [])]
        if not self.levels:
            return judged
        return [replace(one, verdict=UNDECIDED, p=None, seeds_to_decide=None) for one in judged]

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
