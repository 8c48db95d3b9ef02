"""Whether the runs bear out a claim that the study wrote down beforehand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from seedbed.analysis.claims import Claim, Judgement, Table
from seedbed.analysis.deciding import REFUTED, SUPPORTED, UNDECIDED
from seedbed.analysis.forms import FORMS, form_of, variants_of
from seedbed.metrics.names import COSTS


def judge(hypothesis: Mapping[str, Any], table: Table) -> Judgement:
    """The verdict on one hypothesis.

    Parameters
    ----------
    hypothesis
        Its table in the study file, of one of the forms in `forms.FORMS`.
    table
        The runs.
    """
    keys = {key: value for key, value in hypothesis.items() if value is not None}
    claim = Claim(form_of(keys), keys, table)
    if claim.metric in COSTS:  # in an old study; a new one may not ask for it
        return claim.not_tested(variants_of(keys)[0])
    return _worst(FORMS[claim.form].judge(claim))


def _worst(judgements: list[Judgement]) -> Judgement:
    """What decides a claim against several: a refuted one, else an undecided one, else the weakest."""
    order = (REFUTED, UNDECIDED, SUPPORTED)
    weakest = min(judgements, key=lambda one: (order.index(one.verdict), -1.0 if one.p is None else -one.p))
    return replace(weakest, opponents=len(judgements))
