"""Claims on one variant by itself against a number: its median, how many of its runs fail, what one run may give."""

from __future__ import annotations

import math

import numpy as np

from seedbed.analysis.claims import Claim
from seedbed.analysis.comparing import Comparison, of_median_seen
from seedbed.analysis.deciding import UNDECIDED, amid, of_median, of_prediction, of_share
from seedbed.analysis.intervals import prediction, present
from seedbed.analysis.judgements import Judgement, Part
from seedbed.analysis.p_values import ALPHA
from seedbed.analysis.reliable import wilson
from seedbed.analysis.runs import on_scale
from seedbed.analysis.wording import between as interval
from seedbed.analysis.wording import number
from seedbed.text import counted

# --- the median, runs that diverged or crashed counting as the worst ------------------------------------


def above(claim: Claim) -> list[Part]:
    """The median lies above a number."""
    values = _values(claim)
    return [_of_median(claim, values, of_median(values - claim.value))]


def below(claim: Claim) -> list[Part]:
    """The median lies below a number."""
    values = _values(claim)
    return [_of_median(claim, values, of_median(claim.value - values))]


def near(claim: Claim) -> list[Part]:
    """The median lies within so much of a number: two one-sided sign tests."""
    values, (low, high) = _values(claim), claim.around(claim.value)
    return [_of_median(claim, values, amid(of_median(values - low), of_median(values - high)))]


def median(judgement: Judgement) -> str:
    """The median, and the number."""
    if math.isinf(judgement.seen.estimate):
        return f"at least half of the runs of “{judgement.subject}” diverged or crashed"
    value = number(judgement.seen.estimate)
    return f"the median {judgement.metric} of “{judgement.subject}” is {value}, compared with {judgement.against}"


def median_ends(seen: Comparison) -> str:
    """The order statistics that the median lies between."""
    return interval(seen.low, seen.high) if math.isfinite(seen.low) and math.isfinite(seen.high) else ""


def diverged(judgement: Judgement) -> str:
    """How many runs count as the worst."""
    failed = judgement.seen.failed
    return f"; {counted(failed, 'run')} diverged or crashed" if failed else ""


def _of_median(claim: Claim, values: np.ndarray, evidence: tuple[float, float] | None) -> Part:
    return Part(claim.keys["variant"], f"{claim.value:g}", of_median_seen(values, claim.level), evidence)


def _values(claim: Claim) -> np.ndarray:
    return present(claim.table.values(claim.keys["variant"], claim.metric))


# --- how many runs do not fail --------------------------------------------------------------------------


def converges(claim: Claim) -> list[Part]:
    """At least such a share of the runs do not fail: the exact binomial test (Clopper and Pearson 1934)."""
    variant, share = claim.keys["variant"], claim.value
    failed = claim.table.failed(variant)
    runs, fails = int(np.sum(failed | claim.table.ended(variant))), int(np.sum(failed))
    seen = Comparison(
        "difference",
        (runs - fails) / runs if runs else np.nan,
        *wilson(runs - fails, runs, claim.level),
        None,
        runs,
        wins=runs - fails,
        failed=fails,
    )
    return [Part(variant, f"{share:g}", seen, of_share(runs - fails, runs, share))]


def reliability(judgement: Judgement) -> str:
    """How many runs did not fail, and the share that is claimed."""
    seen = judgement.seen
    told = f"{seen.wins} of {counted(seen.n, 'run')} of “{judgement.subject}” did not fail"
    told += f": a share of {number(seen.estimate, 2)}, compared with {judgement.against}"
    fewest = math.ceil(math.log(ALPHA / 2 / judgement.claims) / math.log(float(judgement.against)))
    return (
        f"{told}, which takes at least {fewest:,} runs to show"
        if judgement.verdict == UNDECIDED and seen.n < fewest
        else told
    )


def nothing(judgement: Judgement) -> str:
    """Failed runs are told already."""
    return ""


def share_ends(seen: Comparison) -> str:
    """Wilson's interval."""
    return interval(seen.low, seen.high, 2) if seen.n else ""


# --- what one run may give ------------------------------------------------------------------------------


def agrees(claim: Claim) -> list[Part]:
    """A number is one that a run may give: it lies in the prediction interval of a single new run.

    Runs that failed are left out; on the ratio scale the logs are taken as normal, else the values.
    """
    runs = claim.runs((claim.keys["variant"], claim.metric))
    scaled = on_scale(runs.values[~runs.failed], claim.scale)
    values = scaled[np.isfinite(scaled)]
    (asked,) = on_scale(np.array([claim.value], dtype=float), claim.scale)
    ends = np.array(prediction(values, claim.level))
    middle, low, high = np.exp(ends) if claim.scale == "ratio" else ends
    seen = Comparison(
        "difference", middle, low, high, None, len(values), failed=int(np.sum(runs.failed))
    ).within(*claim.table.bounds(claim.metric))
    return [Part(claim.keys["variant"], f"{claim.value:g}", seen, of_prediction(values, float(asked)))]


def may_give(judgement: Judgement) -> str:
    """Where 95 % of new runs are expected, and the number."""
    seen = judgement.seen
    middle = f"{judgement.metric} of “{judgement.subject}” is around {number(seen.estimate)}"
    if math.isfinite(seen.low) and math.isfinite(seen.high):
        middle += f", and a new run is expected from {interval(seen.low, seen.high)}"
    return f"{middle}, compared with {judgement.against}"


def left_out(judgement: Judgement) -> str:
    """How many runs failed."""
    failed = judgement.seen.failed
    verb = "is" if failed == 1 else "are"
    return f"; {counted(failed, 'run')} that failed {verb} left out" if failed else ""


def no_ends(seen: Comparison) -> str:
    """No interval beside what is seen, which tells it."""
    return ""
