"""Numbers, p values and verdicts in plain words, the same in the terminal and in the report."""

from __future__ import annotations

import math

from seedbed.analysis.statistics import ALPHA, FEWEST_PAIRS, Comparison, Scale
from seedbed.analysis.verdicts import NOTHING, REFUTED, UNDECIDED, Judgement
from seedbed.metrics.names import COSTS

ABSENT = "–"


def number(value: float | None, digits: int = 4) -> str:
    """A number to so many significant digits; a dash where there is none."""
    if value is None or not math.isfinite(value):
        return ABSENT
    if value and not 1e-4 <= abs(value) < 1e6:
        mantissa, exponent = f"{value:.{digits - 2}e}".split("e")
        return f"{mantissa}e{int(exponent)}".replace("-", "−")
    decimals = digits - 1 - (math.floor(math.log10(abs(value))) if value else 0)
    return f"{value:.{min(max(decimals, 0), 6)}f}".replace("-", "−")


def signed(value: float | None, digits: int = 3) -> str:
    """A difference, with its sign."""
    text = number(value, digits)
    return text if text[0] in (ABSENT, "−") or not value else f"+{text}"


def between(low: float, high: float, digits: int = 4) -> str:
    """An interval, or a dash where there is none."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return ABSENT
    return f"{number(low, digits)} to {number(high, digits)}"


def p_text(p: float | None) -> str:
    """A p value as people write it."""
    if p is None:
        return ABSENT
    return "<\u00a00.0001" if p < 1e-4 else f"{p:.2g}" if p < 0.1 else f"{p:.2f}"


def p_phrase(p: float) -> str:
    """A p value in a sentence, kept on one line."""
    return f"p\u00a0{p_text(p)}" if p < 1e-4 else f"p\u00a0=\u00a0{p_text(p)}"


def effect(comparison: Comparison) -> str:
    """An estimate: "×0.31" or "−0.012"."""
    if not math.isfinite(comparison.estimate):
        return ABSENT
    if comparison.scale == "ratio":
        return f"×{number(comparison.estimate, 3)}"
    return signed(comparison.estimate)


def effect_interval(comparison: Comparison) -> str:
    """The 95 % interval of an estimate."""
    if not math.isfinite(comparison.low):
        return ABSENT
    if comparison.scale == "ratio":
        return between(comparison.low, comparison.high, 3)
    return f"{signed(comparison.low)} to {signed(comparison.high)}"


def scale_in_words(scale: Scale) -> str:
    """What the estimates of a comparison are."""
    if scale == "ratio":
        return "× is the ratio of geometric means over paired seeds, taken for errors that span more than a decade"
    return "differences are of the means over paired seeds"


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
    if judgement.form in ("above", "below"):  # a mean, not a difference
        facts = [fact.replace("+", "") for fact in facts]
    told = f"Over {counted}, {_observation(judgement)}" + (f" ({', '.join(facts)})" if facts else "")
    sentences = [told, _note(judgement), _asked(judgement)]
    return ". ".join(filter(None, sentences)) + "." + _what_would_decide(judgement)


def _note(judgement: Judgement) -> str:
    """What is to be added of runs that diverged or have no value."""
    seen, note = judgement.seen, judgement.seen.note or ""
    if judgement.form in ("above", "below") and seen.diverged:  # runs, held against a number
        note = f"{seen.diverged} of {seen.n} runs diverged, the worst outcome there is: p is the sign test's"
    return note[:1].upper() + note[1:]


def _asked(judgement: Judgement) -> str:
    """What the claim says beyond the direction, and which of several opponents is told about."""
    metric, told = judgement.metric, []
    if judgement.margin:
        than = "no more than" if judgement.form == "not_better" else "more than"
        told.append(f"the claim is about a difference of {than} {judgement.margin:g} in {metric}")
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
    seen, metric = judgement.seen, judgement.metric
    subject, against = f"“{judgement.subject}”", f"“{judgement.against}”"
    if not math.isfinite(seen.estimate):
        ended = "run" if judgement.form in ("above", "below") else "pair of runs"
        return f"{metric} of {subject} cannot be compared: no {ended} ended"
    if judgement.form in ("above", "below"):
        mean = "in geometric mean" if seen.scale == "ratio" else "on average"
        return f"{metric} of {subject} is {number(seen.estimate)} {mean}, held against {judgement.against}"
    if seen.estimate == NOTHING[seen.scale] and seen.low == seen.high:
        return f"{metric} is the same with {subject} as with {against}"
    if seen.scale == "ratio":
        return f"{metric} with {subject} is {number(seen.estimate, 3)} times that with {against}"
    more = "higher" if seen.estimate > 0 else "lower"
    size = number(abs(seen.estimate), 3)
    if judgement.form in ("exceeds", "matches"):
        return f"{metric} of {subject} is {size} {more} than its {judgement.against}"
    return f"{metric} is {size} {more} with {subject} than with {against}"


def _what_would_decide(judgement: Judgement) -> str:
    if judgement.verdict != UNDECIDED:
        return ""
    if judgement.seen.n < FEWEST_PAIRS:
        return f" Fewer than {FEWEST_PAIRS} seeds decide nothing."
    if judgement.p is not None and judgement.p < ALPHA:
        return " p speaks for the claim and the interval does not, so it stays open."
    if judgement.seeds_to_decide is None:
        return " No number of seeds in reach would decide an effect this small."
    return f" If the effect is what it seems, about {judgement.seeds_to_decide:,} seeds would decide."
