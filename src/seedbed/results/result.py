"""What a stored study says: its summaries, ranking, comparisons, verdicts and findings."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from seedbed.analysis.advice import consistent
from seedbed.analysis.claims import Term
from seedbed.analysis.comparing import Comparison, Gap, all_compared, gap_bounds, verdict
from seedbed.analysis.deciding import UNDECIDED
from seedbed.analysis.findings import as_stored, find_in
from seedbed.analysis.forms import variants_of
from seedbed.analysis.intervals import Interval, intervals
from seedbed.analysis.judgements import Judgement
from seedbed.analysis.looks import Look, Rule
from seedbed.analysis.new_data import Basis, NewData
from seedbed.analysis.p_values import ALPHA, holm
from seedbed.analysis.pairing import Pairing
from seedbed.analysis.ranking import ranked, selection_metric
from seedbed.analysis.reliable import wilson
from seedbed.analysis.spread import Spread
from seedbed.analysis.verdicts import judge
from seedbed.analysis.wording import about
from seedbed.metrics.names import COSTS
from seedbed.results.evidence import TABLE, findings_in
from seedbed.results.leading import told_in_full
from seedbed.results.looks import looks_at_claims, looks_at_variants
from seedbed.results.new_data import basis, versus_on_new_data
from seedbed.results.planning import with_likely
from seedbed.results.sources import pairings, spreads
from seedbed.results.stored import Stored
from seedbed.store.schema import damaged, table_file

NOT_AS_GOOD = ("worse", "undefined", "no finished runs")


@dataclass(frozen=True)
class VersusBase:
    """A variant against the base on the study's metric; `p` is adjusted for all comparisons of the study.

    Where seeds are added until claims are decided, `look` is that whose verdict it is, and there is no such p.
    `new_data` says the same of new data; None where nothing is tested, or the runs cannot say.
    """

    comparison: Comparison
    p: float | None
    verdict: str
    look: Look | None = None
    new_data: NewData | None = None


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

    def __init__(self, directory: str | os.PathLike[str], most: int | None = None) -> None:
        super().__init__(directory, most)
        self._summaries: dict[str, list[Interval]] = {}
        self._with_seeds: dict[int, Result] = {}

    def summary(self, variant: str, metric: str) -> Interval:
        """Mean, interval and median of a metric of a variant; a cost has no interval, nor have crossed seeds."""
        if metric not in self._summaries:
            ends = self.bounds(metric)
            seen = [one.within(*ends) for one in intervals(self._values(metric))]
            if metric in COSTS or self.levels:
                seen = [
                    replace(one, low=np.nan, high=np.nan, median_low=np.nan, median_high=np.nan)
                    for one in seen
                ]
            self._summaries[metric] = seen
        return self._summaries[metric][self.row_of[variant]]

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
        return ranked(self.variants, self._values(self.selected_by), self.direction(self.selected_by))

    @cached_property
    def told_in_full(self) -> list[str]:
        """The variants of which everything is told, the best first: all but of very many, see `leading`."""
        return told_in_full(self)

    @cached_property
    def failures(self) -> dict[str, Failures]:
        """How often the runs of each variant failed."""
        runs = np.count_nonzero(self.statuses.finished, axis=1).tolist()
        failed = np.count_nonzero(self._failed, axis=1).tolist()
        ends = [(np.nan, np.nan) if self.levels else wilson(*one) for one in zip(failed, runs, strict=True)]
        return {
            name: Failures(*of, *low_high, self.fails_beyond(name))
            for name, of, low_high in zip(self.variants, zip(failed, runs, strict=True), ends, strict=True)
        }

    @cached_property
    def versus_base(self) -> dict[str, VersusBase]:
        """Every other variant against the base, on the study's metric; intervals hold for all of them at once.

        Of very many variants only those that are `told_in_full` have one; `compared` gives those of others.
        """
        return self._versus_base(set(self.told_in_full))

    @cached_property
    def versus_base_in_brief(self) -> dict[str, VersusBase]:
        """The same without intervals, unless these are known: they take most of the time."""
        return vars(self).get("versus_base") or self._versus_base(set())

    def _versus_base(self, have_interval: Set[str]) -> dict[str, VersusBase]:
        others = [name for name in self.variants if name != self.base]
        if self.study.get("until"):
            looks = looks_at_variants(self)
            return {
                name: self._versus_base_at(name, look, name in have_interval) for name, look in looks.items()
            }
        level = 1 - ALPHA / max(1, len(others))
        gaps = self.gaps(others, self.base)
        compared = self._all_seen(gaps, level, [name in have_interval for name in others])
        same = [self.same_runs(name, self.base) for name in others]
        tested = [
            None if equal or self.metric in COSTS else comparison.p
            for equal, comparison in zip(same, compared, strict=True)
        ]
        ps = holm(tested)
        found = {
            name: VersusBase(comparison, p, self._verdict(comparison, p, equal))
            for name, comparison, p, equal in zip(others, compared, ps, same, strict=True)
        }
        tried = {
            name: (of, one.comparison)
            for of, (name, one) in zip(gaps, found.items(), strict=True)
            if one.p is not None
        }
        there = versus_on_new_data(self, tried)
        return {name: replace(versus, new_data=there.get(name)) for name, versus in found.items()}

    def new_data(self, terms: Sequence[Term], gap: Gap) -> Basis | None:
        """What gaps that are a weighted sum of columns let one say of new data; see `new_data.basis`."""
        return basis(self, terms, gap)

    def _versus_base_at(self, name: str, look: Look | None, has_interval: bool) -> VersusBase:
        """A variant against the base as its last look saw them, with that look's verdict."""
        if look is None:  # it was never tested
            then = self._first(self._shared_seeds((name, self.base)))
            seen = then.compared(name, self.base, has_interval=has_interval)
            return VersusBase(seen, None, then._verdict(seen, None, then.same_runs(name, self.base)))
        then = self._first(look.seeds)
        seen = then.compared(name, self.base, look.level, has_interval)
        there = versus_on_new_data(then, {name: (then.gap(name, self.base), seen)}, look.level)
        return VersusBase(seen, None, look.verdict, look, there.get(name))

    def _shared_seeds(self, variants: Iterable[str]) -> int:
        """How many seeds all of some variants have."""
        return min(map(self.runs_of, variants))

    def _first(self, seeds: int) -> Result:
        """The same study as it was with so many seeds."""
        if seeds not in self._with_seeds:
            self._with_seeds[seeds] = Result(self.directory, seeds)
        return self._with_seeds[seeds]

    def compared(
        self, variant: str, other: str, level: float | None = 1 - ALPHA, has_interval: bool = True
    ) -> Comparison:
        """A variant against another on the study's metric, with an interval of that level or none."""
        return self._all_seen(self.gaps([variant], other), level, [has_interval])[0]

    def all_compared(self, variants: Sequence[str], other: str) -> list[Comparison]:
        """Some variants against another on the study's metric, without intervals."""
        return self._all_seen(self.gaps(variants, other), None, [False] * len(variants))

    def _all_seen(
        self, gaps: Sequence[Gap], level: float | None, has_interval: Sequence[bool], p_or_less: bool = False
    ) -> list[Comparison]:
        ends = gap_bounds(self.bounds(self.metric), self.bounds(self.metric))
        found = all_compared(gaps, self.direction(self.metric), level, has_interval, p_or_less)
        seen = (one.within(*ends) for one in found)
        return [one.untested for one in seen] if self.levels else list(seen)

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
        if self.levels or self.metric in COSTS:  # which are not tested
            return list(self.ranking)
        first, *others = self.ranking
        apart = [name for name in others if not self.same_runs(name, first)]
        compared = self._all_seen(self.gaps(apart, first), None, [False] * len(apart), p_or_less=True)
        worse = {
            name for name, seen in zip(apart, compared, strict=True) if self._is_worse(name, seen, first)
        }
        return [first, *(name for name in others if name not in worse)]

    def _is_worse(self, variant: str, seen: Comparison, first: str) -> bool:
        """Whether a variant cannot be compared with the first of the ranking, or is shown to be worse."""
        count = len(self.variants) - 1
        p = None if seen.p is None else self._corrected(seen.p, count, (variant, first))
        return verdict(seen, p, self.direction(self.metric), count) in NOT_AS_GOOD

    def _corrected(self, p: float, tests: int, variants: tuple[str, str]) -> float:
        """A two-sided p, so adjusted for several tests and for the looks that ended the study that 0.05 decides."""
        if not self.study.get("until"):
            return min(1.0, p * tests)
        rule = Rule(tuple(self.study["until"]["looks"]))
        done = [look for look, seeds in enumerate(rule.looks) if seeds <= self._shared_seeds(variants)]
        boundary = rule.boundary(done[-1], tests) if done else 0.0
        return min(1.0, p / 2 * ALPHA / boundary) if boundary else 1.0

    @cached_property
    def judgements(self) -> list[Judgement]:
        """The verdict on every hypothesis; undecided where seeds are crossed, since such runs are not independent."""
        hypotheses = self.study.get("hypotheses", [])
        if self.study.get("until"):
            judged = [
                self._judged_at(hypothesis, look, len(hypotheses))
                for hypothesis, look in zip(hypotheses, looks_at_claims(self), strict=True)
            ]
        else:
            judged = judge(hypotheses, self)
        if self.levels:
            return [one.untested for one in judged]
        return [with_likely(one, self, len(hypotheses)) for one in judged]

    def _judged_at(self, hypothesis: dict[str, Any], look: Look | None, claims: int) -> Judgement:
        """The judgement of a claim as its last look saw the runs, with that look's verdict."""
        if look is None:  # it was never tested
            (judged,) = judge([hypothesis], self._first(self._shared_seeds(variants_of(hypothesis))))
            return replace(
                judged, verdict=judged.verdict if judged.same_runs else UNDECIDED, corrected_p=None
            )
        (judged,) = judge([hypothesis], self._first(look.seeds), look.level)
        return replace(judged, verdict=look.verdict, corrected_p=None, claims=claims, look=look)

    @property
    def about(self) -> str:
        """What the verdicts are about, in a sentence; empty where nobody said how the data come about."""
        told = [versus.new_data for versus in self.versus_base_in_brief.values()]
        told += [judgement.new_data for judgement in self.judgements]
        return about([new for new in told if new])

    @property
    def sourced_judgements(self) -> list[tuple[Judgement, str | None]]:
        """The judgements, each with who made the claim; None for those of the study's author."""
        sources = (hypothesis.get("made_by") for hypothesis in self.study.get("hypotheses", []))
        return list(zip(self.judgements, sources, strict=True))

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
        # Older versions stored findings once a study had ended, instead of what they are made of.
        stored = [as_stored(event) for event in self.events if event.get("event") == "finding"]
        table = self.evidence
        with damaged(self.directory / table_file(TABLE)):
            found = findings_in(table, self.variants)
        return consistent([*stored, *map(vars, found), *map(vars, find_in(self))])
