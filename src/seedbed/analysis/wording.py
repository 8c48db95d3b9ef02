"""Numbers, intervals and p values as people read them, the same in the terminal and in the report."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import replace

from seedbed.analysis.comparing import Comparison
from seedbed.analysis.new_data import Kind, NewData
from seedbed.analysis.p_values import ALPHA
from seedbed.analysis.runs import NOTHING
from seedbed.metrics.base import Scale
from seedbed.text import counted

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


def scale_in_words(scale: Scale, paired: bool = True) -> str:
    """What the estimates of a comparison are."""
    if not paired:
        what = "× is the ratio" if scale == "ratio" else "differences are those"
        of_logs = " of logs" if scale == "ratio" else ""
        return f"{what} of typical values, runs not paired: trimmed means{of_logs}"
    if scale == "ratio":
        return "× is the typical ratio over paired seeds: the trimmed mean of its logs"
    return "differences are typical ones over paired seeds: trimmed means"


def unit(seen: Comparison) -> str:
    """What a comparison counts: pairs, or runs that are not paired."""
    return "run" if seen.sides else "pair"


# --- in sentences ---------------------------------------------------------------------------------------


def gap_in_words(seen: Comparison, metric: str, subject: str, against: str) -> str:
    """How far a metric of a variant typically is from that of another."""
    if not seen.is_typical:
        whose = subject if seen.fails_more >= 0 else against
        return f"no {metric} is typical of “{whose}”, of which over a fifth of the runs failed"
    if is_nil(seen):
        return f"{metric} is typically the same with “{subject}” as with “{against}”"
    return f"{metric} is typically {how_far(seen)} with “{subject}” than with “{against}”"


def gap_of_metrics_in_words(seen: Comparison, metric: str, subject: str, other: str) -> str:
    """How far a metric of a variant typically is from another metric of its own."""
    if not seen.is_typical:
        return f"no {metric} is typical of “{subject}”, of which over a fifth of the runs failed"
    gap = "the same as" if is_nil(seen) else f"{how_far(seen)} than"
    return f"{metric} of “{subject}” is typically {gap} its {other}"


def gap_interval(seen: Comparison, higher: str = "higher", lower: str = "lower") -> str:
    """The interval of a gap, as `gap_in_words` tells it; empty where there is none."""
    if not math.isfinite(seen.low) or is_nil(seen):
        return ""
    if seen.scale == "difference":
        return effect_interval(seen)
    if seen.high <= 1 or seen.low >= 1:
        least, most = (1 / seen.high, 1 / seen.low) if seen.high <= 1 else (seen.low, seen.high)
        return f"{factor(least, 2)} to {factor(most, 2)}"
    return f"{times(seen.low, higher, lower)} to {times(seen.high, higher, lower)}"


def wins(seen: Comparison) -> str:
    """In how many seeds the first is better."""
    return f"better in {seen.wins} of {counted(seen.n, 'seed')}"


def failures(seen: Comparison) -> str:
    """How many runs failed on either side, and whether that is a difference; empty where none did."""
    if not (seen.failed or seen.failed_other):
        return ""
    if seen.sides:
        return _unpaired_failures(seen, seen.sides)
    both = f", both in {counted(seen.both_failed, 'pair')}" if seen.both_failed else ""
    if seen.failed == seen.failed_other:
        return f"{counted(seen.failed, 'run')} failed on either side{both}"
    count = counted(seen.failed, "run") if seen.failed else "no run"
    told = f"{count} failed against {seen.failed_other or 'none'}{both}"
    if seen.failures_p is None:
        return told
    return f"{told} ({p_phrase(seen.failures_p)}: {_shown(seen.failures_p)})"


def _unpaired_failures(seen: Comparison, runs: Sequence[int]) -> str:
    """The same of runs that are not paired, with the interval of the difference of both shares."""
    if len(runs) != 2:
        return f"{counted(seen.failed + seen.failed_other, 'run')} failed"
    told = f"{seen.failed} of {counted(runs[0], 'run')} failed against {seen.failed_other} of {runs[1]}"
    if seen.failures_p is None:
        return told
    facts = f"{p_phrase(seen.failures_p)}: {_shown(seen.failures_p)}"
    if math.isfinite(seen.failures_low):
        facts += f"; share {signed(seen.failures_low, 2)} to {signed(seen.failures_high, 2)}"
    return f"{told} ({facts})"


def _shown(p: float) -> str:
    return "shown" if p < ALPHA else "not yet shown"


# What seeds have in common, so that by themselves they do not say how it would be on new data.
SHARED: dict[Kind, str] = {
    "split": "every seed splits the same samples",
    "fixed": "all seeds are evaluated on the same samples, and those trained on were not redrawn",
}


def on_new_data(new: NewData, here: str, seen: Comparison) -> str:
    """What is said of new data beside the verdict here; empty where every seed has data of its own anyway."""
    if new.kind not in SHARED:
        return ""
    ends = gap_interval(replace(seen, low=new.low, high=new.high))
    interval = f" (95\u00a0%\u00a0interval {ends})" if ends else ""
    return f"On new data: {'also ' if new.verdict == here else ''}{new.verdict}{interval}"


def about(told: Collection[NewData]) -> str:
    """What the verdicts of a study are about, given what they say of new data; empty where they say nothing."""
    kinds = {new.kind for new in told}
    if kinds == {"drawn"}:
        return "Every seed draws its own data, so verdicts are about new data of this kind too."
    reasons = [SHARED[kind] for kind in SHARED if kind in kinds]
    if drawn := {new.drawn for new in told if new.drawn}:
        reasons.append(f"the spread over samples is that of {min(drawn):,} drawn ones")
    return (
        f"Verdicts are about these data under new seeds; on new data they may differ: {'; '.join(reasons)}."
        if reasons
        else ""
    )


def is_nil(seen: Comparison) -> bool:
    """Whether there is no gap in any pair."""
    return seen.estimate == NOTHING[seen.scale] and seen.low == seen.high


def how_far(seen: Comparison) -> str:
    """How large a typical gap is, and which way: "0.0120 lower", "6.6 times lower"."""
    if seen.scale == "ratio":
        return times(seen.estimate)
    return f"{number(abs(seen.estimate), 3)} {'higher' if seen.estimate > 0 else 'lower'}"


def times(ratio: float, higher: str = "higher", lower: str = "lower") -> str:
    """A ratio as a factor and its direction, such as 6.6 times lower."""
    size = ratio if ratio >= 1 else 1 / ratio if ratio else math.inf
    return f"{factor(size, 2 if size >= 2 else 3)} times {higher if ratio >= 1 else lower}"


def factor(value: float, digits: int) -> str:
    """A factor of at least 1; near 1 with as many digits as tell it from 1."""
    over = value - 1
    if 0 < over < 0.1:
        return f"{value:.{min(1 - math.floor(math.log10(over)), 6)}f}"
    return number(value, digits)
