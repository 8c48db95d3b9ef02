"""Whether the runs bear out the claims that a study wrote down beforehand, all of them corrected together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from seedbed.analysis.claims import Claim, Table
from seedbed.analysis.comparing import Comparison
from seedbed.analysis.deciding import REFUTED, SUPPORTED, UNDECIDED, Evidence
from seedbed.analysis.forms import FORMS, form_of, variants_of
from seedbed.analysis.forms.base import OF_NUMBERS
from seedbed.analysis.judgements import Judgement, Part
from seedbed.analysis.new_data import NewData
from seedbed.analysis.p_values import ALPHA, holm
from seedbed.metrics.names import COSTS


def judge(
    hypotheses: Sequence[Mapping[str, Any]], table: Table, level: float | None = None
) -> list[Judgement]:
    """The verdicts on the hypotheses of a study.

    A claim is tested on both sides, and p is twice the smaller one, adjusted for all claims (Holm 1979): so the chance
    that any verdict of the study is wrong is at most 5 %. Intervals hold for all claims at once (Bonferroni).

    Parameters
    ----------
    hypotheses
        Their tables in the study file, each of one of the forms in `forms.FORMS`.
    table
        The runs.
    level
        Of the intervals, and of tests on new data, where another is asked for.
    """
    alpha = ALPHA if level is None else 1 - level
    level = 1 - ALPHA / max(1, len(hypotheses)) if level is None else level
    claims = [_claim(hypothesis, table, level) for hypothesis in hypotheses]
    parts = [_parts(claim) for claim in claims]
    evidence = [_combined(claim, of_claim) for claim, of_claim in zip(claims, parts, strict=True)]
    corrected = holm([_two_sided(one) for one in evidence])
    judgements = [
        _judgement(claim, of_claim, one, p, len(claims))
        for claim, of_claim, one, p in zip(claims, parts, evidence, corrected, strict=True)
    ]
    return _on_new_data(claims, parts, evidence, judgements, alpha)


def _on_new_data(
    claims: Sequence[Claim],
    parts: Sequence[Sequence[Part]],
    evidence: Sequence[Evidence],
    judgements: Sequence[Judgement],
    alpha: float,
) -> list[Judgement]:
    """The judgements with what they say of new data, where all parts of a claim do; corrected for all claims alike."""
    there = [_evidence_there(claim, of_claim) for claim, of_claim in zip(claims, parts, strict=True)]
    corrected = holm([_two_sided(one or here) for one, here in zip(there, evidence, strict=True)])
    told = []
    for claim, of_claim, one, p, judgement in zip(claims, parts, there, corrected, judgements, strict=True):
        deciding = _deciding(claim, of_claim, judgement.verdict).new_data
        if one and deciding:
            kind, drawn = deciding.basis.kind, deciding.basis.drawn
            new = NewData(kind, deciding.low, deciding.high, _verdict(one, p, alpha), drawn)
            judgement = replace(judgement, new_data=new)
        told.append(judgement)
    return told


def _evidence_there(claim: Claim, parts: Sequence[Part]) -> Evidence:
    """The evidence on new data; None unless all parts that are tested say something of them."""
    if any(part.new_data is None for part in parts if not part.settled):
        return None
    there = [part.new_data.evidence if part.new_data else None for part in parts]
    return _combined(claim, [replace(part, evidence=one) for part, one in zip(parts, there, strict=True)])


def _two_sided(evidence: Evidence) -> float | None:
    return None if evidence is None else min(1.0, 2 * min(evidence))


def _claim(hypothesis: Mapping[str, Any], table: Table, level: float) -> Claim:
    keys = {key: value for key, value in hypothesis.items() if value is not None}
    return Claim(form_of(keys), keys, table, level)


def _parts(claim: Claim) -> list[Part]:
    if claim.metric in COSTS:  # in an old study; a new one may not ask for it
        nothing = Comparison("difference", np.nan, np.nan, np.nan, None, 0)
        return [Part(variants_of(claim.keys)[0], "", nothing, None)]
    return FORMS[claim.form].judge(claim)


def _combined(claim: Claim, parts: Sequence[Part]) -> Evidence:
    """The evidence on a claim of several parts, all of which have to hold or, of some forms, any.

    That all hold needs no correction (Berger 1982); that one of them does not is one of several chances.
    """
    tested = [part.evidence for part in parts if not part.settled]
    known = [one for one in tested if one]
    if _settled(claim, parts) or not known:
        return None
    hold, fail = ([one[side] for one in known] + [1.0] * (len(tested) - len(known)) for side in (0, 1))
    if FORMS[claim.form].any_part:
        return min(1.0, len(hold) * min(hold)), max(fail)
    return max(hold), min(1.0, len(fail) * min(fail))


def _settled(claim: Claim, parts: Sequence[Part]) -> str | None:
    """The verdict where parts of the same runs leave nothing to test."""
    breaks, otherwise = (SUPPORTED, REFUTED) if FORMS[claim.form].any_part else (REFUTED, SUPPORTED)
    verdicts = [part.settled for part in parts]
    if breaks in verdicts:
        return breaks
    return otherwise if all(verdicts) else None


def _judgement(
    claim: Claim, parts: Sequence[Part], evidence: Evidence, corrected: float | None, claims: int
) -> Judgement:
    verdict = _settled(claim, parts) or _verdict(evidence, corrected)
    if FORMS[claim.form].stands and evidence is not None and verdict == UNDECIDED:
        verdict = SUPPORTED
    told = _deciding(claim, parts, verdict)
    if told.evidence is None:  # what decides has too few pairs, or needs no test
        evidence = corrected = None
    factor, within = _allowed(claim)
    return Judgement(
        claim.keys["claim"],
        verdict,
        claim.form,
        told.subject,
        told.against,
        claim.metric,
        told.seen,
        evidence and evidence[0],
        evidence and evidence[1],
        corrected,
        told.same_runs,
        claim.keys.get("margin") or None,
        factor,
        within,
        len(parts),
        claims,
        paired=claim.table.paired,
        value=claim.value if FORMS[claim.form].holds in OF_NUMBERS else None,
    )


def _allowed(claim: Claim) -> tuple[float | None, float | None]:
    """The factor and the difference that a claim names, or the study for it."""
    factor, within = claim.keys.get("factor"), claim.keys.get("within")
    is_silent = factor is None and within is None and not claim.keys.get("margin")
    if FORMS[claim.form].needs_margin and is_silent and claim.within:
        matters = claim.table.matters
        return (matters, None) if claim.scale == "ratio" else (None, matters)
    return factor, within


def _verdict(evidence: Evidence, corrected: float | None, alpha: float = ALPHA) -> str:
    if evidence is None or corrected is None or corrected >= alpha:
        return UNDECIDED
    return SUPPORTED if evidence[0] < evidence[1] else REFUTED


def _deciding(claim: Claim, parts: Sequence[Part], verdict: str) -> Part:
    """The part that decides a claim: the one that breaks it, else the weakest; of any that may hold, the strongest.

    Of parts with the same p, which the least p there can be often is, the gap tells which.
    """
    strongest = FORMS[claim.form].any_part
    if verdict == REFUTED and not strongest:
        return min(parts, key=lambda part: (part.settled != REFUTED, *_weight(part, 1)))

    def weight(part: Part) -> tuple[float, float]:
        return (-1.0 if part.settled == SUPPORTED else 3.0, 0.0) if part.settled else _weight(part, 0)

    return min(parts, key=weight) if strongest else max(parts, key=weight)


def _weight(part: Part, side: int) -> tuple[float, float]:
    """The evidence for a claim (0) or against it (1), and how far what was seen is from nothing: less first."""
    if part.evidence is None:
        return 2.0, 0.0
    seen = part.seen
    with np.errstate(divide="ignore", invalid="ignore"):
        far = abs(np.log(seen.estimate) if seen.scale == "ratio" else seen.estimate)
    return part.evidence[side], -float(far) if np.isfinite(far) else 0.0
