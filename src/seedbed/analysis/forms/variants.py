"""Claims on a metric of some variants against that of others: better, ordered, between, similar."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable

from seedbed.analysis.claims import Claim
from seedbed.analysis.comparing import Gap
from seedbed.analysis.deciding import REFUTED, SUPPORTED, Evidence, ahead, equivalent, inside, opposite
from seedbed.analysis.judgements import Judgement, Part
from seedbed.analysis.wording import gap_in_words


def better(claim: Claim) -> list[Part]:
    """A variant is ahead of each of its opponents; or of any of them, as the row of the form says."""
    return _each(claim, claim.against(claim.value), REFUTED, _is_ahead(claim))


def not_better(claim: Claim) -> list[Part]:
    """A variant is ahead of none of its opponents by more than the margin."""
    margin = claim.margin or claim.within
    return _each(
        claim,
        claim.against(claim.value),
        SUPPORTED,
        lambda gap: opposite(ahead(gap, claim.sign, margin)),
    )


def ordered(claim: Claim) -> list[Part]:
    """Each variant is ahead of the next one."""
    return _each(claim, itertools.pairwise(claim.value), REFUTED, _is_ahead(claim))


def between(claim: Claim) -> list[Part]:
    """A variant is ahead of another by at least so much, and by at most so much."""
    low, high = (claim.on_scale(end) for end in claim.value)
    return _each(
        claim,
        claim.against(claim.keys["variant"]),
        REFUTED,
        lambda gap: inside(gap, claim.sign, low, high),
    )


def similar(claim: Claim) -> list[Part]:
    """Two variants are typically apart by no more than `within`."""
    return _each(claim, [claim.value], SUPPORTED, lambda gap: equivalent(gap, claim.within))


def gap(judgement: Judgement) -> str:
    """How far a variant is from another."""
    return gap_in_words(judgement.seen, judgement.metric, judgement.subject, judgement.against)


def _is_ahead(claim: Claim) -> Callable[[Gap], Evidence]:
    return lambda gap: ahead(gap, claim.sign, claim.margin)


def _each(
    claim: Claim,
    couples: Iterable[tuple[str, str]],
    of_same_runs: str,
    test: Callable[[Gap], Evidence],
) -> list[Part]:
    """A part for each couple of variants; where the two have the same runs, it is decided without a test."""
    parts = []
    for first, second in couples:
        if claim.table.same_runs(first, second):
            parts.append(claim.of_same_runs(first, second, of_same_runs))
        else:
            parts.append(claim.tested((first, claim.metric), (second, claim.metric), test))
    return parts
