"""Whether the runs bear out each claim that the study wrote down beforehand: supported, refuted or undecided.

A claim names its direction before the runs, so its p is one-sided: small speaks for it, near 1 against it.
A verdict needs both the 95 % interval and p on one side of the claim's margin.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np

from seedbed.analysis.statistics import (
    ALPHA,
    FEWEST_PAIRS,
    Comparison,
    Scale,
    differences,
    gap_bounds,
    p_value,
    paired,
    seeds_to_decide,
    sign_test,
    t_interval,
    t_tail,
)
from seedbed.metrics.names import COSTS, Direction

# what a comparison is held against to show the mean itself
NOTHING: dict[Scale, float] = {"difference": 0.0, "ratio": 1.0}
SUPPORTED, REFUTED, UNDECIDED = "supported", "refuted", "undecided"


class Table(Protocol):
    """What a hypothesis is judged on; `metric` is the study's own."""

    metric: str

    def values(self, variant: str, metric: str) -> np.ndarray:
        """One value a seed; the worst infinity where the run diverged, NaN where there is no run."""

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
        Its form: "better", "not_better", "similar", "above", "below", "exceeds" or "matches".
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


def judge(hypothesis: Mapping[str, Any], table: Table) -> Judgement:
    """The verdict on one hypothesis.

    Parameters
    ----------
    hypothesis
        Its table in the study file, of one of the forms that `hypotheses.Hypothesis` lists.
    table
        The runs.
    """
    facts = {key: value for key, value in hypothesis.items() if value is not None}
    form = next(form for form in _FORMS if form in facts)
    if facts.get("metric", table.metric) in COSTS:  # in an old study; a new one may not ask for it
        seen = Comparison("difference", np.nan, np.nan, np.nan, None, 0, 0)
        subject = facts.get("variant") or facts.get(form)
        return Judgement(facts["claim"], UNDECIDED, form, str(subject), "", facts["metric"], seen, None, None)
    return _worst(_FORMS[form](facts, form, table))


# --- the forms of a claim -------------------------------------------------------------------------------


def _beats(facts: Mapping[str, Any], form: str, table: Table) -> list[Judgement]:
    """`better` and `not_better`: a variant against each of its opponents."""
    metric, margin = facts.get("metric", table.metric), facts.get("margin", 0.0)
    scale: Scale = "difference" if margin else table.scale(metric)  # a margin is in units of the metric
    sign = 1 if table.direction(metric) == "max" else -1
    subject, than = facts[form], facts["than"]
    mine = table.values(subject, metric)
    judgements = []
    for name in [than] if isinstance(than, str) else than:
        seen = _compared(table, (subject, metric), (name, metric), scale)
        if table.same_runs(subject, name):
            judgements.append(_of_same_runs(facts, form, (subject, name, metric), seen))
            continue
        gains = sign * differences(mine, table.values(name, metric), scale) - margin
        verdict, p = (_decide if form == "better" else _decide_not)(gains)
        judgements.append(_judgement(facts, verdict, form, (subject, name, metric), seen, p, gains))
    return judgements


def _is_similar(facts: Mapping[str, Any], form: str, table: Table) -> list[Judgement]:
    """`similar`: two variants differ by no more than `within`, in units of the metric."""
    subject, against = facts["similar"]
    metric = facts.get("metric", table.metric)
    parts = (subject, against, metric)
    if table.same_runs(subject, against):
        return [_of_same_runs(facts, form, parts, _compared(table, (subject, metric), (against, metric)))]
    return [_equivalence(facts, form, parts, table, (subject, metric), (against, metric))]


def _is_beyond(facts: Mapping[str, Any], form: str, table: Table) -> list[Judgement]:
    """`above` and `below`: a variant's mean, for errors that span decades the geometric one, against a number."""
    subject, metric, bound = facts["variant"], facts["metric"], facts[form]
    values = table.values(subject, metric)
    scale: Scale = table.scale(metric) if bound > 0 else "difference"
    gains = differences(values, np.full(len(values), bound), scale) * (1 if form == "above" else -1)
    verdict, p = _decide(gains)
    seen = paired(values, np.full(len(values), NOTHING[scale]), scale, table.ended(subject))
    seen = seen.within(*table.bounds(metric))
    return [_judgement(facts, verdict, form, (subject, f"{bound:g}", metric), seen, p, gains)]


def _exceeds(facts: Mapping[str, Any], form: str, table: Table) -> list[Judgement]:
    """`exceeds`: one metric of a variant above another of its metrics, run by run."""
    subject, metric, other = facts["variant"], facts["metric"], facts["exceeds"]
    first, second = table.values(subject, metric), table.values(subject, other)
    gains = differences(first, second) - facts.get("margin", 0.0)
    verdict, p = _decide(gains)
    seen = _compared(table, (subject, metric), (subject, other))
    return [_judgement(facts, verdict, form, (subject, other, metric), seen, p, gains)]


def _matches(facts: Mapping[str, Any], form: str, table: Table) -> list[Judgement]:
    """`matches`: two metrics of a variant differ by no more than `within`, run by run."""
    subject, metric, other = facts["variant"], facts["metric"], facts["matches"]
    return [_equivalence(facts, form, (subject, other, metric), table, (subject, metric), (subject, other))]


_FORMS: dict[str, Callable[[Mapping[str, Any], str, Table], list[Judgement]]] = {
    "better": _beats,
    "not_better": _beats,
    "similar": _is_similar,
    "above": _is_beyond,
    "below": _is_beyond,
    "exceeds": _exceeds,
    "matches": _matches,
}

# --- deciding -------------------------------------------------------------------------------------------


def _decide(gains: np.ndarray) -> tuple[str, float | None]:
    """Whether gains, positive where they speak for the claim, lie above 0 (supported) or below (refuted)."""
    if len(gains) < FEWEST_PAIRS:
        return UNDECIDED, None
    if not gains.any():  # every pair is equal to the last bit, which leaves nothing to test
        return REFUTED, 1.0
    p, p_against = p_value(gains, "greater"), p_value(-gains, "greater")
    if np.all(np.isfinite(gains)):
        _, low, high = t_interval(gains)
    else:  # runs diverged: signs alone decide, for a mean says nothing
        low, high = np.inf, -np.inf
    if p < ALPHA and low > 0:
        return SUPPORTED, p
    return (REFUTED if p_against < ALPHA and high < 0 else UNDECIDED), p


def _decide_not(gains: np.ndarray) -> tuple[str, float | None]:
    """Whether gains lie above 0 (refuted) or at most there (supported)."""
    verdict, p = _decide(-gains)
    at_most = len(gains) >= FEWEST_PAIRS and np.all(np.isfinite(gains)) and t_interval(gains)[2] <= 0
    return (SUPPORTED if at_most else verdict), p


def _compared(
    table: Table, first: tuple[str, str], second: tuple[str, str], scale: Scale = "difference"
) -> Comparison:
    """The first variant and metric against the second."""
    ended = table.ended(first[0]) & table.ended(second[0])
    seen = paired(table.values(*first), table.values(*second), scale, ended)
    return seen.within(*gap_bounds(table.bounds(first[1]), table.bounds(second[1])))


def _of_same_runs(
    facts: Mapping[str, Any], form: str, parts: tuple[str, str, str], seen: Comparison
) -> Judgement:
    """Runs that are the same to the last bit: none is better, and no test is needed to say so."""
    verdict = REFUTED if form == "better" else SUPPORTED
    if seen.n < FEWEST_PAIRS:  # under another seed there may be a difference
        verdict = UNDECIDED
    return Judgement(facts["claim"], verdict, form, *parts, seen, None, None, True, *_allowed(facts))


def _equivalence(
    facts: Mapping[str, Any],
    form: str,
    parts: tuple[str, str, str],
    table: Table,
    first: tuple[str, str],
    second: tuple[str, str],
) -> Judgement:
    """Two one-sided t tests (Schuirmann 1987): supported where the 90 % interval lies inside +-within."""
    within = facts["within"]
    gaps = differences(table.values(*first), table.values(*second))
    verdict, p = _decide_equivalent(gaps, within)
    nearest_end = np.sign(np.sum(gaps[np.isfinite(gaps)])) * within
    return _judgement(facts, verdict, form, parts, _compared(table, first, second), p, gaps - nearest_end)


def _decide_equivalent(gaps: np.ndarray, within: float) -> tuple[str, float | None]:
    if len(gaps) < FEWEST_PAIRS:
        return UNDECIDED, None
    if not np.all(np.isfinite(gaps)):  # a diverged run is far from one that ended
        outside = int(np.sum(np.abs(gaps) > within))
        p = sign_test(outside, len(gaps), "less")
        against = sign_test(outside, len(gaps), "greater")
        return (REFUTED if against < ALPHA else UNDECIDED), p
    mean, low, high = t_interval(gaps)
    error = float(np.std(gaps, ddof=1) / np.sqrt(len(gaps)))
    room = within - abs(mean)
    p = t_tail(room / error, len(gaps) - 1) if error else float(room < 0)
    if p < ALPHA:
        return SUPPORTED, p
    return (REFUTED if low > within or high < -within else UNDECIDED), p


def _judgement(
    facts: Mapping[str, Any],
    verdict: str,
    form: str,
    parts: tuple[str, str, str],
    seen: Comparison,
    p: float | None,
    gains: np.ndarray,
) -> Judgement:
    seeds = seeds_to_decide(_effect(gains)) if verdict == UNDECIDED else None
    return Judgement(facts["claim"], verdict, form, *parts, seen, p, seeds, False, *_allowed(facts))


def _effect(gains: np.ndarray) -> float:
    """Mean over standard deviation of the finite gains; NaN where there are fewer than two."""
    finite = gains[np.isfinite(gains)]
    if len(finite) < 2:
        return np.nan
    with np.errstate(divide="ignore", invalid="ignore"):  # gains all alike: an infinite effect, or none
        return float(np.mean(finite) / np.std(finite, ddof=1))


def _worst(judgements: list[Judgement]) -> Judgement:
    """What decides a claim against several: a refuted one, else an undecided one, else the weakest."""
    order = (REFUTED, UNDECIDED, SUPPORTED)
    weakest = min(judgements, key=lambda one: (order.index(one.verdict), -1.0 if one.p is None else -one.p))
    return replace(weakest, opponents=len(judgements))


def _allowed(facts: Mapping[str, Any]) -> tuple[float | None, float | None]:
    """What the claim says of the size of a difference: its margin, and how far apart two may be."""
    return facts.get("margin") or None, facts.get("within")
