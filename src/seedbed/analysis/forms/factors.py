"""The claim that two settings do more together than each of them alone."""

from __future__ import annotations

from seedbed.analysis.claims import Claim
from seedbed.analysis.comparing import Gap, compared
from seedbed.analysis.deciding import Evidence, ahead
from seedbed.analysis.judgements import Judgement, Part
from seedbed.analysis.wording import how_far, is_nil


def interaction(claim: Claim) -> list[Part]:
    """The gain (both - first) - (second - neither) over seeds, or runs, in which none of the four failed."""
    neither, first, second, both = claim.value
    weights = {both: 1.0, first: -1.0, second: -1.0, neither: 1.0}
    terms = [(weight, (name, claim.metric)) for name, weight in weights.items()]
    gap = claim.contrast(terms)
    seen = compared(gap, claim.table.direction(claim.metric), claim.level)

    def test(gap: Gap) -> Evidence:
        return ahead(gap, claim.sign, claim.margin)

    part = Part(both, f"“{first}” and “{second}”", seen, test(gap))
    return [claim.on_new_data(part, terms, gap, test)]


def beyond_the_sum(judgement: Judgement) -> str:
    """How far both together are from what the two effects alone would give."""
    seen, start = judgement.seen, f"{judgement.metric} with “{judgement.subject}”"
    if not seen.is_typical:
        often = (
            "over a fifth of the runs of one failed"
            if seen.sides
            else "in over a fifth of the seeds one of the four failed"
        )
        return f"no {judgement.metric} is typical: {often}"
    if is_nil(seen):
        return f"{start} is typically what the effects of {judgement.against} alone would give"
    return f"{start} is typically {how_far(seen)} than the effects of {judgement.against} alone would give"
