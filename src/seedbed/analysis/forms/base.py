"""What a form of claim is: one row of the table of forms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from seedbed.analysis.claims import Claim
from seedbed.analysis.comparing import Comparison
from seedbed.analysis.judgements import Judgement, Part
from seedbed.analysis.wording import failures, gap_interval, is_nil, wins
from seedbed.text import counted

Holds = Literal["variant", "variants", "order", "factors", "metric", "number", "range", "share", "epoch"]
OF_VARIANTS = ("variant", "variants", "order", "factors")
OF_NUMBERS = ("number", "range", "share", "epoch")


def wins_and_failures(judgement: Judgement) -> str:
    """In how many seeds a variant is ahead of another, of pairs, and how many runs of either failed."""
    won = "" if is_nil(judgement.seen) or judgement.seen.sides else f", {wins(judgement.seen)}"
    return won + failures_only(judgement)


def failures_only(judgement: Judgement) -> str:
    """How many runs of either side failed."""
    failed = failures(judgement.seen)
    but = "but " if judgement.seen.fails_more > 0 else ""
    return f"; {but}{failed}" if failed else ""


def seeds_left_out(judgement: Judgement) -> str:
    """In how many seeds what is seen is true, and in how many it cannot be said since a run failed."""
    seen = judgement.seen
    if seen.sides:
        return failures_only(judgement)
    won = "" if is_nil(seen) else f", better than that in {seen.wins} of {counted(seen.n, judgement.unit)}"
    if not seen.both_failed:
        return won
    lost = f"in {counted(seen.both_failed, 'seed')} a run failed"
    return f"{won}; {lost if judgement.paired else f'{counted(seen.both_failed, judgement.unit)} failed'}"


@dataclass(frozen=True)
class Form:
    """A form of a claim. In a study file it is a key of [[hypothesis]], called as its row is.

    Attributes
    ----------
    holds
        What its key holds: one variant, two, two or more in an order, or the four of two factors; another metric of
        the claim's variant; a number, two numbers, a share or an epoch.
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
    stands
        Whether it is supported unless the runs speak against it.
    opponents
        Exactly how many variants `than` has; None where any number will do.
    parts
        How the sentence names one of the tests that it is made of, after their number.
    curve
        The epochs of the curve of `metric`, given the value of its key, that have to be stored; `metric` names none.
    beside, ends
        What is told after that which was seen, such as failed runs, and its interval.
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
    stands: bool = False
    opponents: int | None = None
    parts: str = "opponents “{against}”"
    curve: Callable[[Any], tuple[int, ...]] | None = None
    beside: Callable[[Judgement], str] = wins_and_failures
    ends: Callable[[Comparison], str] = gap_interval

    def metrics(self, keys: Mapping[str, Any], of_form: Any) -> tuple[str, ...]:
        """The metrics that a claim names, with the epochs at which it needs them."""
        metric = keys.get("metric")
        if self.curve and metric:
            return tuple(f"{metric}@{epoch}" for epoch in self.curve(of_form))
        other = of_form if self.holds == "metric" else None
        return tuple(name for name in (metric, other) if name)
