"""What the runs say of a claim, in sentences, the same in the terminal and in the report."""

from __future__ import annotations

import math

from seedbed.analysis.claims import Judgement
from seedbed.analysis.deciding import REFUTED, UNDECIDED
from seedbed.analysis.forms import FORMS
from seedbed.analysis.p_values import ALPHA
from seedbed.analysis.power import FEWEST_PAIRS
from seedbed.analysis.wording import effect_interval, p_phrase
from seedbed.metrics.names import COSTS


def sentence(judgement: Judgement) -> str:
    """What was seen, and what is missing where that decides nothing."""
    seen = judgement.seen
    if judgement.same_runs:
        return (
            f"The runs of “{judgement.subject}” and “{judgement.against}” are the same in every metric: what differs "
            "between the two has no effect here."
        )
    if not seen.n:
        return _nothing_seen(judgement)
    counted = f"{seen.n} seed{'s' if seen.n > 1 else ''}"
    facts = [f"95\u00a0%\u00a0interval {effect_interval(seen)}"] if math.isfinite(seen.low) else []
    if judgement.p is not None and judgement.verdict != REFUTED:  # a one-sided p near 1 would only confuse
        facts.append(p_phrase(judgement.p))
    if not FORMS[judgement.form].is_paired:  # a mean, not a difference
        facts = [fact.replace("+", "") for fact in facts]
    told = f"Over {counted}, {_observation(judgement)}" + (f" ({', '.join(facts)})" if facts else "")
    sentences = [told, _note(judgement), _asked(judgement)]
    return ". ".join(filter(None, sentences)) + "." + _what_would_decide(judgement)


def _note(judgement: Judgement) -> str:
    """What is to be added of runs that diverged or have no value."""
    seen, note = judgement.seen, judgement.seen.note or ""
    if seen.diverged and not FORMS[judgement.form].is_paired:
        note = f"{seen.diverged} of {seen.n} runs diverged, which counts as the worst value: p is from the sign test"
    return note[:1].upper() + note[1:]


def _asked(judgement: Judgement) -> str:
    """What the claim says beyond the direction, and which of several opponents is told about."""
    told = []
    if judgement.margin:
        margin = f"{FORMS[judgement.form].margin} {judgement.margin:g}"
        told.append(f"the claim is about a difference of {margin} in {judgement.metric}")
    if judgement.within is not None:
        told.append(f"the claim allows a difference of up to {judgement.within:g}")
    if judgement.opponents > 1:
        told.append(f"of {judgement.opponents} opponents “{judgement.against}” decides the verdict")
    text = "; ".join(told)
    return text[:1].upper() + text[1:]


def _nothing_seen(judgement: Judgement) -> str:
    """Why there is no pair of runs to judge by."""
    if judgement.metric in COSTS:
        return f"{judgement.metric} is a cost that all runs of a group share: it is reported, not tested."
    if judgement.seen.undefined:
        return f"{judgement.metric} is undefined in the runs that it would be judged by."
    if judgement.seen.both_diverged:
        return "All runs that it would be judged by diverged."
    return "No runs to judge it by."


def _observation(judgement: Judgement) -> str:
    """What was seen."""
    if not math.isfinite(judgement.seen.estimate):
        ended = "pair of runs" if FORMS[judgement.form].is_paired else "run"
        return f"{judgement.metric} of “{judgement.subject}” cannot be compared: no {ended} ended"
    return FORMS[judgement.form].describe(judgement)


def _what_would_decide(judgement: Judgement) -> str:
    if judgement.verdict != UNDECIDED:
        return ""
    if judgement.seen.n < FEWEST_PAIRS:
        return f" A verdict needs at least {FEWEST_PAIRS} seeds."
    if judgement.p is not None and judgement.p < ALPHA:
        return " p supports the claim and the interval does not, so it is undecided."
    if judgement.seeds_to_decide is None:
        return " No practical number of seeds would decide an effect this small."
    return (
        f" If the effect is as large as the one seen, about {judgement.seeds_to_decide:,} seeds would decide."
    )
