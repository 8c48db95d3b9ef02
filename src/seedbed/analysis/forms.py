"""The forms of a claim: each is one function that judges it, and one row of `FORMS`.

Study files, their JSON Schema, the reference, figures and reports take what they need to know of a form from its row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from seedbed.analysis.claims import Claim, Column, Judgement, Part
from seedbed.analysis.deciding import REFUTED, SUPPORTED, Evidence, ahead, equivalent, of_median, opposite
from seedbed.analysis.intervals import present
from seedbed.analysis.pairs import Pairs, of_median_seen
from seedbed.analysis.wording import gap_in_words, gap_of_metrics_in_words, number

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
        The tests that a claim is made of: one, or one for each opponent.
    describe
        What was seen, in words that follow "Over 8 seeds, ".
    needs, may
        The keys that a claim has beside it, and those that it may have: of than, variant, metric, margin,
        factor and within.
    is_paired
        Whether pairs of runs are compared; else single runs are held against a number.
    margin
        How the sentence words a margin.
    needs_margin
        Whether no run could bear it out without a margin, which may be `study.matters`.
    any_part
        Whether one of its tests is enough; else all of them have to hold.
    """

    holds: Holds
    meaning: str
    judge: Callable[[Claim], list[Part]]
    describe: Callable[[Judgement], str]
    needs: tuple[str, ...] = ()
    may: tuple[str, ...] = ()
    is_paired: bool = True
    margin: str = "more than"
    needs_margin: bool = False
    any_part: bool = False


# --- one variant against others -------------------------------------------------------------------------


def _better(claim: Claim) -> list[Part]:
    return _against_each(claim, REFUTED, lambda pairs: ahead(pairs, claim.sign, claim.margin))


def _not_better(claim: Claim) -> list[Part]:
    margin = claim.margin or claim.within
    return _against_each(claim, SUPPORTED, lambda pairs: opposite(ahead(pairs, claim.sign, margin)))


def _against_each(claim: Claim, of_same_runs: str, tested: Callable[[Pairs], Evidence]) -> list[Part]:
    """A variant against each of its opponents."""
    subject, metric = claim.value, claim.metric
    parts = []
    for name in claim.opponents:
        first, second = (subject, metric), (name, metric)
        if claim.table.same_runs(subject, name):
            parts.append(claim.of_same_runs(subject, name, of_same_runs))
        else:
            parts.append(claim.tested(first, second, tested))
    return parts


def _similar(claim: Claim) -> list[Part]:
    (subject, against), metric = claim.value, claim.metric
    if claim.table.same_runs(subject, against):
        return [claim.of_same_runs(subject, against, SUPPORTED)]
    return [_equivalence(claim, (subject, metric), (against, metric))]


def _equivalence(claim: Claim, first: Column, second: Column) -> Part:
    """Whether two columns are typically apart by no more than `within`."""
    return claim.tested(first, second, lambda pairs: equivalent(pairs, claim.within))


def _gap_of_variants(judgement: Judgement) -> str:
    return gap_in_words(judgement.seen, judgement.metric, judgement.subject, judgement.against)


# --- one variant by itself ------------------------------------------------------------------------------


def _above(claim: Claim) -> list[Part]:
    return _against_number(claim, 1)


def _below(claim: Claim) -> list[Part]:
    return _against_number(claim, -1)


def _against_number(claim: Claim, sign: int) -> list[Part]:
    """The median of a variant, runs that diverged counting as the worst, against a number."""
    subject, bound = claim.keys["variant"], claim.value
    values = present(claim.table.values(subject, claim.metric))
    seen = of_median_seen(values, claim.level)
    return [Part(subject, f"{bound:g}", seen, of_median(sign * (values - bound)))]


def _median(judgement: Judgement) -> str:
    value = number(judgement.seen.estimate)
    return f"the median {judgement.metric} of “{judgement.subject}” is {value}, compared with {judgement.against}"


def _exceeds(claim: Claim) -> list[Part]:
    first, second = (claim.keys["variant"], claim.metric), (claim.keys["variant"], claim.value)
    return [claim.tested(first, second, lambda pairs: ahead(pairs, 1, claim.margin))]


def _matches(claim: Claim) -> list[Part]:
    subject = claim.keys["variant"]
    return [_equivalence(claim, (subject, claim.metric), (subject, claim.value))]


def _gap_of_metrics(judgement: Judgement) -> str:
    return gap_of_metrics_in_words(judgement.seen, judgement.metric, judgement.subject, judgement.against)


# --- the table ------------------------------------------------------------------------------------------

FORMS: dict[str, Form] = {
    "better": Form(
        "variant",
        "The variant that beats those in than.",
        _better,
        _gap_of_variants,
        needs=("than",),
        may=("metric", "margin", "factor"),
    ),
    "not_better": Form(
        "variant",
        "The variant that does not beat those in than.",
        _not_better,
        _gap_of_variants,
        needs=("than",),
        may=("metric", "margin", "factor"),
        margin="no more than",
        needs_margin=True,
    ),
    "similar": Form(
        "variants",
        "Two variants that differ by no more than within.",
        _similar,
        _gap_of_variants,
        may=("metric", "within", "factor"),
        needs_margin=True,
    ),
    "above": Form(
        "number",
        "The number that the median of metric lies above.",
        _above,
        _median,
        needs=("variant", "metric"),
        is_paired=False,
    ),
    "below": Form(
        "number",
        "The number that the median of metric lies below.",
        _below,
        _median,
        needs=("variant", "metric"),
        is_paired=False,
    ),
    "exceeds": Form(
        "metric",
        "Another metric of the variant, which metric lies above.",
        _exceeds,
        _gap_of_metrics,
        needs=("variant", "metric"),
        may=("margin", "factor"),
    ),
    "matches": Form(
        "metric",
        "Another metric of the variant, from which metric differs by no more than within.",
        _matches,
        _gap_of_metrics,
        needs=("variant", "metric"),
        may=("within", "factor"),
        needs_margin=True,
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
