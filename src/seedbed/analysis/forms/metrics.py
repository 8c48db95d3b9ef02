"""Claims on two metrics of one variant, seed by seed: exceeds and matches."""

from __future__ import annotations

from seedbed.analysis.claims import Claim, Column
from seedbed.analysis.deciding import ahead, equivalent
from seedbed.analysis.judgements import Judgement, Part
from seedbed.analysis.wording import gap_of_metrics_in_words


def exceeds(claim: Claim) -> list[Part]:
    """A metric is typically above another."""
    return [claim.tested(*_columns(claim), lambda gap: ahead(gap, 1, claim.margin))]


def matches(claim: Claim) -> list[Part]:
    """A metric is typically apart from another by no more than `within`."""
    return [claim.tested(*_columns(claim), lambda gap: equivalent(gap, claim.within))]


def gap(judgement: Judgement) -> str:
    """How far a metric is from the other."""
    return gap_of_metrics_in_words(judgement.seen, judgement.metric, judgement.subject, judgement.against)


def _columns(claim: Claim) -> tuple[Column, Column]:
    variant = claim.keys["variant"]
    return (variant, claim.metric), (variant, claim.value)
