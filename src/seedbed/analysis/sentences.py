"""What the runs say of a claim, in sentences, the same in the terminal and in the report."""

from __future__ import annotations

import math
from collections.abc import Sequence

from seedbed.analysis.comparing import Comparison
from seedbed.analysis.deciding import UNDECIDED
from seedbed.analysis.forms import FORMS
from seedbed.analysis.judgements import Judgement
from seedbed.analysis.power import fewest_pairs, fewest_runs
from seedbed.analysis.wording import on_new_data, p_phrase, p_text, unit
from seedbed.metrics.names import COSTS
from seedbed.text import counted, enumerated


def sentence(judgement: Judgement) -> str:
    """What was seen, and what is missing where that decides nothing."""
    seen, form = judgement.seen, FORMS[judgement.form]
    if judgement.same_runs:
        return (
            f"The runs of “{judgement.subject}” and “{judgement.against}” are the same in every metric: what differs "
            "between the two has no effect here."
        )
    if not seen.n:
        return _nothing_seen(judgement)
    told = f"Over {_counted(judgement)}, {form.describe(judgement)}{_facts(judgement)}"
    sentences = [told + form.beside(judgement), _undefined(seen), _asked(judgement)]
    if judgement.look:
        sentences.append(judgement.look.in_words.capitalize())
    return ". ".join(filter(None, sentences)) + "." + _what_is_missing(judgement) + _on_new_data(judgement)


def _counted(judgement: Judgement) -> str:
    """How many seeds, or runs of each variant where these are not paired, it is judged by."""
    seen = judgement.seen
    if seen.sides:
        return f"{enumerated(map(str, seen.sides), 'and')} runs"
    return counted(seen.n + seen.both_failed, judgement.unit)


def _on_new_data(judgement: Judgement) -> str:
    """The verdict on new data, of a claim that is decided on the data at hand."""
    new = judgement.new_data
    if new is None or judgement.verdict == UNDECIDED:
        return ""
    told = on_new_data(new, judgement.verdict, judgement.seen)
    return told and f" {told}."


def _facts(judgement: Judgement) -> str:
    """The interval and p, in brackets."""
    ends = FORMS[judgement.form].ends(judgement.seen)
    facts = [f"95\u00a0%\u00a0interval {ends}"] if ends else []
    if judgement.corrected_p is not None:
        facts.append(p_phrase(judgement.corrected_p))
    if judgement.look and judgement.p is not None and judgement.p_against is not None:
        p = p_phrase(min(judgement.p, judgement.p_against))
        against = f", held against {p_text(judgement.look.boundary)}" if judgement.look.boundary else ""
        facts.append(f"{p} one-sided{against}")
    return f" ({', '.join(facts)})" if facts else ""


def _undefined(seen: Comparison) -> str:
    return f"In {counted(seen.undefined, unit(seen))} the metric is undefined" if seen.undefined else ""


def _asked(judgement: Judgement) -> str:
    """What the claim says beyond the direction, and which of several parts is told about."""
    told = [asked] if (asked := _size(judgement)) else []
    if judgement.opponents > 1:
        which = FORMS[judgement.form].parts.format(subject=judgement.subject, against=judgement.against)
        told.append(f"of {judgement.opponents} {which} decides the verdict")
    text = "; ".join(told)
    return text[:1].upper() + text[1:]


def _size(judgement: Judgement) -> str:
    """How large a gap the claim is about, or allows."""
    form, factor = FORMS[judgement.form], judgement.factor
    difference = judgement.margin if judgement.margin else judgement.within
    if form.holds == "range" and isinstance(judgement.value, Sequence):
        low, high = (f"{end:g}" for end in judgement.value)
        is_ratio = judgement.seen.scale == "ratio"
        size = f"{low} to {high} times" if is_ratio else f"a difference of {low} to {high}"
    elif "within" in form.may and (factor is not None or difference is not None):
        return f"the claim allows a {'difference' if factor is None else 'factor'} of up to {factor or difference:g}"
    elif factor is not None:
        size = f"{form.margin} {factor:g} times"
    elif difference is not None:
        size = f"a difference of {form.margin} {difference:g}"
    else:
        return ""
    return f"the claim is about {size} in {judgement.metric}"


def _nothing_seen(judgement: Judgement) -> str:
    """Why there is no pair of runs to judge by."""
    if judgement.metric in COSTS:
        return f"{judgement.metric} is a cost that all runs of a group share: it is reported, not tested."
    if judgement.seen.undefined:
        return f"{judgement.metric} is undefined in the runs that it would be judged by."
    if judgement.seen.both_failed and judgement.form == "epochs_to":
        return f"No run of either reaches {judgement.metric} {judgement.value:g}."
    if judgement.seen.both_failed:
        return "All runs that it would be judged by failed."
    return "No runs to judge it by."


def _what_is_missing(judgement: Judgement) -> str:
    if judgement.verdict != UNDECIDED or judgement.same_runs:
        return ""
    if not judgement.is_tested:
        return " Not tested: crossed seeds."
    if not judgement.look and not judgement.seen.can_decide(judgement.claims):
        return f" A verdict needs at least {_fewest(judgement)}."
    if judgement.likely:
        if judgement.seen.n >= (judgement.likely.high or math.inf):
            return " The smallest effect that matters (study.matters) would probably have been decided."
        seeds = judgement.likely.in_words
        return f" If the effect is the smallest that matters (study.matters), {seeds} are likely to decide."
    return ""


def _fewest(judgement: Judgement) -> str:
    if judgement.seen.sides:
        return f"{fewest_runs(judgement.claims)} runs of each variant"
    return f"{fewest_pairs(judgement.claims)} {judgement.unit}s"


def corrections(judgements: Sequence[Judgement]) -> str:
    """What p and the intervals of several claims are; empty for one."""
    if len(judgements) < 2 or not all(judgement.is_tested for judgement in judgements):
        return ""
    if any(judgement.look for judgement in judgements):
        return (
            "p is held against the boundary of its look, which spends 2.5 % a side once over all looks and all "
            f"{len(judgements)} claims (Hwang, Shih and DeCani; Holm); intervals hold for all of them at once, "
            "so they may be wider than a verdict needs."
        )
    return (
        f"p is two-sided and adjusted for all {len(judgements)} claims (Holm); intervals hold for all of them at once, "
        "so they may be wider than a verdict needs."
    )
