"""The forms of a claim: each is one function that judges it, and one row of `FORMS`.

Study files, their JSON Schema, the reference, figures and reports take what they need to know of a form from its row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from seedbed.analysis.claims import Claim, Column, Judgement
from seedbed.analysis.deciding import (
    REFUTED,
    SUPPORTED,
    Decision,
    decide,
    decide_equivalent,
    decide_not,
)
from seedbed.analysis.pairs import NOTHING, Comparison, Scale, differences, paired
from seedbed.analysis.wording import number

Holds = Literal["variant", "variants", "metric", "number"]


@dataclass(frozen=True)
class Form:
    """A form of a claim. In a study file it is a key of [[hypothesis]], called as its row is.

    Attributes
    ----------
    holds
        What its key holds: a variant, a pair of variants, another metric of the claim's variant, or a number.
    meaning
        What its key means, for the reference.
    judge
        The judgements of a claim: one, or one for each opponent.
    describe
        What was seen, in words that follow "Over 8 seeds, ".
    needs, may
        The keys that a claim has beside it, and those that it may have: of than, variant, metric, margin and within.
    is_paired
        Whether pairs of runs are compared; else single runs are held against a number.
    margin
        How the sentence words a margin.
    """

    holds: Holds
    meaning: str
    judge: Callable[[Claim], list[Judgement]]
    describe: Callable[[Judgement], str]
    needs: tuple[str, ...]
    may: tuple[str, ...] = ()
    is_paired: bool = True
    margin: str = "more than"


# --- one variant against others -------------------------------------------------------------------------


def _better(claim: Claim) -> list[Judgement]:
    return _against_each(claim, decide, REFUTED)


def _not_better(claim: Claim) -> list[Judgement]:
    return _against_each(claim, decide_not, SUPPORTED)


def _against_each(
    claim: Claim, decided: Callable[[np.ndarray], Decision], of_same_runs: str
) -> list[Judgement]:
    """A variant against each of its opponents."""
    table, metric, subject = claim.table, claim.metric, claim.value
    scale: Scale = "difference" if claim.margin else table.scale(metric)  # a margin is in units of the metric
    sign = 1 if table.direction(metric) == "max" else -1
    judgements = []
    for name in claim.opponents:
        seen = claim.seen((subject, metric), (name, metric), scale)
        if table.same_runs(subject, name):
            judgements.append(claim.of_same_runs(subject, name, seen, of_same_runs))
            continue
        gaps = differences(table.values(subject, metric), table.values(name, metric), scale)
        gains = sign * gaps - claim.margin
        judgements.append(claim.judged(subject, name, seen, decided(gains), gains))
    return judgements


def _similar(claim: Claim) -> list[Judgement]:
    (subject, against), metric = claim.value, claim.metric
    if claim.table.same_runs(subject, against):
        seen = claim.seen((subject, metric), (against, metric))
        return [claim.of_same_runs(subject, against, seen, SUPPORTED)]
    return [_equivalence(claim, (subject, metric), (against, metric), against)]


def _equivalence(claim: Claim, first: Column, second: Column, against: str) -> Judgement:
    """Whether two columns differ by no more than `within`, in units of the metric."""
    within = claim.keys["within"]
    gaps = differences(claim.table.values(*first), claim.table.values(*second))
    nearest_end = np.sign(np.sum(gaps[np.isfinite(gaps)])) * within
    decision = decide_equivalent(gaps, within)
    return claim.judged(first[0], against, claim.seen(first, second), decision, gaps - nearest_end)


def _gap_of_variants(judgement: Judgement) -> str:
    seen, metric = judgement.seen, judgement.metric
    subject, against = f"“{judgement.subject}”", f"“{judgement.against}”"
    if _is_nil(seen):
        return f"{metric} is the same with {subject} as with {against}"
    if seen.scale == "ratio":
        return f"{metric} with {subject} is {number(seen.estimate, 3)} times that with {against}"
    return f"{metric} is {_difference(judgement)} with {subject} than with {against}"


def _is_nil(seen: Comparison) -> bool:
    """Whether there is no gap in any pair."""
    return seen.estimate == NOTHING[seen.scale] and seen.low == seen.high


def _difference(judgement: Judgement) -> str:
    """How large a difference is, and which way: 0.0120 lower."""
    estimate = judgement.seen.estimate
    return f"{number(abs(estimate), 3)} {'higher' if estimate > 0 else 'lower'}"


# --- one variant by itself ------------------------------------------------------------------------------


def _above(claim: Claim) -> list[Judgement]:
    return _against_number(claim, 1)


def _below(claim: Claim) -> list[Judgement]:
    return _against_number(claim, -1)


def _against_number(claim: Claim, sign: int) -> list[Judgement]:
    """A variant's mean, for errors that span decades the geometric one, against a number."""
    table, subject, metric, bound = claim.table, claim.keys["variant"], claim.metric, claim.value
    values = table.values(subject, metric)
    scale: Scale = table.scale(metric) if bound > 0 else "difference"
    gains = differences(values, np.full(len(values), bound), scale) * sign
    seen = paired(values, np.full(len(values), NOTHING[scale]), scale, table.ended(subject))
    seen = seen.within(*table.bounds(metric))
    return [claim.judged(subject, f"{bound:g}", seen, decide(gains), gains)]


def _mean(judgement: Judgement) -> str:
    mean = "in geometric mean" if judgement.seen.scale == "ratio" else "on average"
    value = number(judgement.seen.estimate)
    return f"{judgement.metric} of “{judgement.subject}” is {value} {mean}, compared with {judgement.against}"


def _exceeds(claim: Claim) -> list[Judgement]:
    subject, other = claim.keys["variant"], claim.value
    first, second = (subject, claim.metric), (subject, other)
    gains = differences(claim.table.values(*first), claim.table.values(*second)) - claim.margin
    return [claim.judged(subject, other, claim.seen(first, second), decide(gains), gains)]


def _matches(claim: Claim) -> list[Judgement]:
    subject, other = claim.keys["variant"], claim.value
    return [_equivalence(claim, (subject, claim.metric), (subject, other), other)]


def _gap_of_metrics(judgement: Judgement) -> str:
    gap = "the same as" if _is_nil(judgement.seen) else f"{_difference(judgement)} than"
    return f"{judgement.metric} of “{judgement.subject}” is {gap} its {judgement.against}"


# --- the table ------------------------------------------------------------------------------------------

FORMS: dict[str, Form] = {
    "better": Form(
        "variant",
        "The variant that beats those in than.",
        _better,
        _gap_of_variants,
        needs=("than",),
        may=("metric", "margin"),
    ),
    "not_better": Form(
        "variant",
        "The variant that does not beat those in than.",
        _not_better,
        _gap_of_variants,
        needs=("than",),
        may=("metric", "margin"),
        margin="no more than",
    ),
    "similar": Form(
        "variants",
        "Two variants that differ by no more than within.",
        _similar,
        _gap_of_variants,
        needs=("within",),
        may=("metric",),
    ),
    "above": Form(
        "number",
        "The number that the mean of metric lies above.",
        _above,
        _mean,
        needs=("variant", "metric"),
        is_paired=False,
    ),
    "below": Form(
        "number",
        "The number that the mean of metric lies below.",
        _below,
        _mean,
        needs=("variant", "metric"),
        is_paired=False,
    ),
    "exceeds": Form(
        "metric",
        "Another metric of the variant, which metric lies above.",
        _exceeds,
        _gap_of_metrics,
        needs=("variant", "metric"),
        may=("margin",),
    ),
    "matches": Form(
        "metric",
        "Another metric of the variant, from which metric differs by no more than within.",
        _matches,
        _gap_of_metrics,
        needs=("variant", "metric", "within"),
    ),
}


def form_of(keys: Mapping[str, Any]) -> str:
    """The form of a claim, given its keys."""
    return next(form for form in FORMS if keys.get(form) is not None)


def variants_of(keys: Mapping[str, Any]) -> list[str]:
    """The variants that a claim names."""
    of_forms = [name for name, form in FORMS.items() if form.holds in ("variant", "variants")]
    return list(_names(keys, "variant", *of_forms, "than"))


def metrics_of(keys: Mapping[str, Any]) -> list[str]:
    """The metrics that a claim names."""
    return list(_names(keys, "metric", *(name for name, form in FORMS.items() if form.holds == "metric")))


def _names(keys: Mapping[str, Any], *wanted: str) -> Iterator[str]:
    for key in wanted:
        value = keys.get(key) or ()
        yield from [value] if isinstance(value, str) else value
