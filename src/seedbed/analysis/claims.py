"""A claim with the runs that it is judged by, and the judgement of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from seedbed.analysis.deciding import UNDECIDED, Decision, effect_of
from seedbed.analysis.pairs import Comparison, Scale, gap_bounds, paired
from seedbed.analysis.power import FEWEST_PAIRS, seeds_to_decide
from seedbed.metrics.names import Direction

Column = tuple[str, str]  # a variant and one of its metrics


class Table(Protocol):
    """What a hypothesis is judged on; `metric` is the study's own."""

    metric: str

    def values(self, variant: str, metric: str) -> np.ndarray:
        """One value per seed; the worst infinity where the run diverged, NaN where there is no run."""

    def ended(self, variant: str) -> np.ndarray:
        """(seeds,) bool: where there is a run that ended without diverging."""

    def same_runs(self, variant: str, other: str) -> bool:
        """Whether two variants have the same runs: every metric is the same under every seed."""

    def direction(self, metric: str) -> Direction:
        """Whether less or more of a metric is better."""

    def bounds(self, metric: str) -> tuple[float, float]:
        """The least and the largest value that a metric can have, infinite where that is not known."""

    def scale(self, metric: str) -> Scale:
        """How variants are compared on a metric."""


@dataclass(frozen=True)
class Judgement:
    """The verdict on one hypothesis.

    Attributes
    ----------
    claim, verdict
        As written; "supported", "refuted" or "undecided".
    form
        Its form, one of `forms.FORMS`.
    subject, against, metric
        What was held against what: two variants on a metric, or one variant's metric against a number or
        another metric.
    seen
        Subject against `against`: a difference or ratio with its 95 % interval. For above and below, the mean
        itself, on the ratio scale the geometric one. Of several opponents, the one that decided the verdict.
    p
        One-sided; None under 5 pairs.
    seeds_to_decide
        Where undecided, the seeds that would decide if the effect is the one seen; None where it is nil.
    same_runs
        Whether the two variants have the same runs: then there is no difference, and nothing is tested.
    margin, within
        By how much the claim says that the subject is ahead, or at most apart; None where it does not say.
    opponents
        How many variants the subject was held against.
    """

    claim: str
    verdict: str
    form: str
    subject: str
    against: str
    metric: str
    seen: Comparison
    p: float | None
    seeds_to_decide: int | None
    same_runs: bool = False
    margin: float | None = None
    within: float | None = None
    opponents: int = 1


@dataclass(frozen=True)
class Claim:
    """A claim as the function of its form gets it.

    Attributes
    ----------
    form
        One of `forms.FORMS`.
    keys
        The claim's keys with their values, as in the study file.
    table
        The runs.
    """

    form: str
    keys: Mapping[str, Any]
    table: Table

    @property
    def value(self) -> Any:
        """What the key of its form holds."""
        return self.keys[self.form]

    @property
    def metric(self) -> str:
        """The metric it is about: the study's own unless it names one."""
        return self.keys.get("metric", self.table.metric)

    @property
    def margin(self) -> float:
        """By how much the subject is ahead."""
        return self.keys.get("margin", 0.0)

    @property
    def opponents(self) -> list[str]:
        """The variants under `than`."""
        than = self.keys["than"]
        return [than] if isinstance(than, str) else list(than)

    def seen(self, first: Column, second: Column, scale: Scale = "difference") -> Comparison:
        """One metric of a variant against another, or against that of another variant."""
        table = self.table
        ended = table.ended(first[0]) & table.ended(second[0])
        compared = paired(table.values(*first), table.values(*second), scale, ended)
        return compared.within(*gap_bounds(table.bounds(first[1]), table.bounds(second[1])))

    def judged(
        self, subject: str, against: str, seen: Comparison, decision: Decision, gains: np.ndarray
    ) -> Judgement:
        """The judgement: a decision made from gains, positive where they speak for the claim."""
        verdict, p = decision
        seeds = seeds_to_decide(effect_of(gains)) if verdict == UNDECIDED else None
        return self._judgement(subject, against, seen, verdict, p, seeds)

    def of_same_runs(self, subject: str, against: str, seen: Comparison, verdict: str) -> Judgement:
        """The judgement of runs that are the same to the last bit: no test is needed.

        With few seeds it is undecided: under another seed there may be a difference.
        """
        verdict = UNDECIDED if seen.n < FEWEST_PAIRS else verdict
        return self._judgement(subject, against, seen, verdict, None, None, same_runs=True)

    def not_tested(self, subject: str) -> Judgement:
        """The judgement of a claim about a metric that is reported and not tested."""
        nothing = Comparison("difference", np.nan, np.nan, np.nan, None, 0, 0)
        return Judgement(
            self.keys["claim"], UNDECIDED, self.form, subject, "", self.metric, nothing, None, None
        )

    def _judgement(
        self,
        subject: str,
        against: str,
        seen: Comparison,
        verdict: str,
        p: float | None,
        seeds: int | None,
        same_runs: bool = False,
    ) -> Judgement:
        margin, within = self.margin or None, self.keys.get("within")
        text, form, metric = self.keys["claim"], self.form, self.metric
        return Judgement(
            text, verdict, form, subject, against, metric, seen, p, seeds, same_runs, margin, within
        )
