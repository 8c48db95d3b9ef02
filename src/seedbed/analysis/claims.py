"""A claim with the runs that it is judged by."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from seedbed.analysis.comparing import Comparison, Gap, compared, gap_bounds
from seedbed.analysis.contrasts import contrast, independent
from seedbed.analysis.deciding import Evidence
from seedbed.analysis.judgements import Part, PartOnNewData
from seedbed.analysis.new_data import Basis
from seedbed.analysis.pairs import Pairs
from seedbed.analysis.power import FEWEST_PAIRS
from seedbed.analysis.runs import Runs, gap_of
from seedbed.analysis.unpaired import Unpaired
from seedbed.metrics.base import Direction, Scale
from seedbed.metrics.names import bare_name

Column = tuple[str, str]  # a variant and one of its metrics
Term = tuple[float, Column]  # of a sum, with its weight


class Table(Protocol):
    """What a hypothesis is judged on; `metric` is the study's own."""

    metric: str

    @property
    def paired(self) -> bool:
        """Whether runs under the same seed are compared with one another."""

    @property
    def matters(self) -> float | None:
        """The smallest effect on that metric that matters, on its scale; None where nobody says."""

    def values(self, variant: str, metric: str) -> np.ndarray:
        """One value per seed; the worst infinity where the run diverged or crashed, NaN where there is no run."""

    def epochs_to(self, variant: str, metric: str, level: float) -> np.ndarray:
        """(seeds,): the first epoch as good as a level, on the curve; infinite where none is, NaN without a run."""

    def failed(self, variant: str) -> np.ndarray:
        """(seeds,) bool: where a run diverged, crashed or lies beyond the study's bound."""

    def ended(self, variant: str) -> np.ndarray:
        """(seeds,) bool: where there is a run that ended without diverging."""

    def same_runs(self, variant: str, other: str) -> bool:
        """Whether two variants have the same runs: every metric is the same under every seed."""

    def direction(self, metric: str) -> Direction:
        """Whether less or more of a metric is better."""

    def bounds(self, metric: str) -> tuple[float, float]:
        """The least and the largest value that a metric can have, infinite where that is not known."""

    def scale(self, metric: str) -> Scale:
        """How two values of a metric are compared."""

    def new_data(self, terms: Sequence[Term], gap: Gap) -> Basis | None:
        """What gaps that are a weighted sum of columns let one say of new data; None where nothing."""


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
    level
        Of its intervals.
    """

    form: str
    keys: Mapping[str, Any]
    table: Table
    level: float = 0.95

    @property
    def value(self) -> Any:
        """What the key of its form holds."""
        return self.keys[self.form]

    @property
    def metric(self) -> str:
        """The metric it is about: the study's own unless it names one."""
        return self.keys.get("metric", self.table.metric)

    @property
    def sign(self) -> int:
        """1 where more of the metric is better, -1 where less is."""
        return 1 if self.table.direction(self.metric) == "max" else -1

    @cached_property
    def scale(self) -> Scale:
        """The metric's; difference where an older study states a margin in units of a metric of ratios."""
        in_units = self.keys.get("margin") or self.keys.get("within") is not None
        return "difference" if in_units else self.table.scale(self.metric)

    @property
    def margin(self) -> float:
        """By how much the subject is ahead, on the claim's scale."""
        return self._on_scale(self.keys.get("margin", 0.0))

    @property
    def within(self) -> float:
        """The largest gap that still counts as none, on the claim's scale: its own, else the least that matters."""
        own = self._on_scale(self.keys.get("within"))
        matters = self.table.matters if bare_name(self.metric) == bare_name(self.table.metric) else None
        if own is not None or matters is None:
            return own or 0.0
        return self.on_scale(matters)

    def _on_scale(self, difference: float | None) -> Any:
        factor = self.keys.get("factor")
        return difference if factor is None else gap_of(factor, "ratio")

    def on_scale(self, size: float) -> float:
        """A difference, or a factor, as the gaps of the claim are."""
        return gap_of(size, self.scale)

    def around(self, number: float) -> tuple[float, float]:
        """From where to where a value still counts as a number: within so much of it, or by a factor either way."""
        is_factor = "factor" in self.keys or ("within" not in self.keys and self.scale == "ratio")
        if is_factor:
            ends = number * np.exp(-self.within), number * np.exp(self.within)
            return float(ends[0]), float(ends[1])
        return number - self.within, number + self.within

    @property
    def opponents(self) -> list[str]:
        """The variants under `than`."""
        than = self.keys["than"]
        return [than] if isinstance(than, str) else list(than)

    def against(self, subject: str) -> list[tuple[str, str]]:
        """A variant with each of its opponents."""
        return [(subject, name) for name in self.opponents]

    def runs(self, column: Column) -> Runs:
        """The runs of a variant on a metric."""
        variant, metric = column
        values = self.table.values(variant, metric)
        # the bound of failure is on the study's metric: of another, such as steps, it says nothing
        is_own = bare_name(metric) == bare_name(self.table.metric)
        failed = self.table.failed(variant) if is_own else np.isinf(values)
        return Runs(values, failed, self.table.ended(variant))

    def gap(self, first: Column, second: Column) -> Gap:
        """One metric of a variant against another, run by run, or against that of another variant."""
        of = Pairs.of if first[0] == second[0] else self.gap_of_runs
        return of(self.runs(first), self.runs(second), self.scale)

    def gap_of_runs(self, mine: Runs, theirs: Runs, scale: Scale) -> Gap:
        """Runs of a variant against those of another, in pairs where the study compares them so."""
        of = Pairs.of if self.table.paired else Unpaired.of
        return of(mine, theirs, scale)

    def contrast(self, terms: Sequence[Term]) -> Gap:
        """A weighted sum of columns, run by run; of several variants whose runs are not paired, of each by itself."""
        by_variant: dict[str, list[tuple[float, Runs]]] = {}
        for weight, column in terms:
            by_variant.setdefault(column[0], []).append((weight, self.runs(column)))
        if self.table.paired or len(by_variant) == 1:
            return contrast([(weight, self.runs(column)) for weight, column in terms], self.scale)
        return independent(list(by_variant.values()), self.scale)

    def seen(self, first: Column, second: Column, gap: Gap) -> Comparison:
        """What two columns show."""
        table = self.table
        shown = compared(gap, table.direction(first[1]), self.level)
        return shown.within(*gap_bounds(table.bounds(first[1]), table.bounds(second[1])))

    def tested(self, first: Column, second: Column, test: Callable[[Gap], Evidence]) -> Part:
        """The part of a claim that tests one column against another, on this data and on new data."""
        gap = self.gap(first, second)
        against = second[1] if first[0] == second[0] else second[0]
        part = Part(first[0], against, self.seen(first, second, gap), test(gap))
        return self.on_new_data(part, [(1.0, first), (-1.0, second)], gap, test)

    def on_new_data(
        self, part: Part, terms: Sequence[Term], gap: Gap, test: Callable[[Gap], Evidence]
    ) -> Part:
        """A part with what the test of its gaps, a weighted sum of columns, says of new data."""
        basis = self.table.new_data(terms, gap)
        if part.evidence is None or basis is None or not isinstance(gap, Pairs):
            return part
        there = test(replace(gap, new_data=basis.estimate)) or part.evidence
        evidence = max(part.evidence[0], there[0]), max(part.evidence[1], there[1])
        ends = basis.interval(part.seen.low, part.seen.high, self.scale, self.level)
        return replace(part, new_data=PartOnNewData(basis, *ends, evidence))

    def of_same_runs(self, subject: str, against: str, verdict: str) -> Part:
        """The part whose runs are the same to the last bit: no test is needed.

        With few seeds it is undecided: under another seed there may be a difference.
        """
        first, second = (subject, self.metric), (against, self.metric)
        seen = self.seen(first, second, self.gap(first, second))
        enough = seen.n + seen.both_failed >= FEWEST_PAIRS
        return Part(subject, against, seen, None, verdict if enough else None, same_runs=True)
