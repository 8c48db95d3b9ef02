"""The tests behind the claims of a study and its comparisons with base, as a rule over several looks needs them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from seedbed.analysis.comparing import Comparison
from seedbed.analysis.forms import FORMS, variants_of
from seedbed.analysis.looks import Tested as Sides
from seedbed.analysis.verdicts import judge
from seedbed.results.result import Result


@dataclass(frozen=True)
class Tested:
    """One claim, or one comparison with base, as far as its runs test it.

    Attributes
    ----------
    name
        The claim, or the variant that is compared with base.
    variants
        Whose runs it is about.
    seeds
        How many seeds all of these have.
    p
        One-sided, for it and against it.
    settled
        Its verdict where no test is needed, since the runs are the same.
    stands
        Whether it is supported unless it is refuted: no more runs could decide it otherwise.
    """

    name: str
    variants: tuple[str, ...]
    seeds: int
    p: Sides
    settled: str | None = None
    stands: bool = False


def hypotheses(study: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The claims of a study, given what `resolved.json` holds; of one without, that each variant beats base."""
    base, *others = (variant["name"] for variant in study["variants"])
    return study.get("hypotheses") or [
        {"claim": f"{name} is better than {base}", "better": name, "than": [base]} for name in others
    ]


def claims(result: Result) -> list[Tested]:
    """The study's claims, in its order."""
    asked = result.study.get("hypotheses", [])
    tests = []
    for judgement, hypothesis in zip(judge(asked, result), asked, strict=True):
        variants = tuple(dict.fromkeys(variants_of(hypothesis)))
        settled = judgement.verdict if judgement.same_runs else None
        sides = judgement.p, judgement.p_against
        stands, seeds = FORMS[judgement.form].stands, _seeds(result, variants)
        tests.append(Tested(judgement.claim, variants, seeds, sides, settled, stands))
    return tests


def comparisons(result: Result) -> list[Tested]:
    """The variants against base on the study's metric, in its order; for it means that the variant is better."""
    others = [name for name in result.variants if name != result.base]
    apart = [name for name in others if not result.same_runs(name, result.base)]
    seen = dict(zip(apart, result.all_compared(apart, result.base), strict=True))
    return [_versus_base(result, name, seen.get(name)) for name in others]


def _versus_base(result: Result, name: str, seen: Comparison | None) -> Tested:
    """The comparison of a variant with base; None where their runs are the same."""
    seeds = _seeds(result, (result.base, name))
    if seen is None:
        return Tested(name, (name,), seeds, (None, None), "same runs")
    if seen.p is None:
        return Tested(name, (name,), seeds, (None, None))
    sides = seen.p / 2, 1 - seen.p / 2
    is_better = (seen.side > 0) == (result.direction(result.metric) == "max")
    return Tested(name, (name,), seeds, sides if is_better else sides[::-1])


def _seeds(result: Result, variants: Iterable[str]) -> int:
    return min(map(result.runs_of, variants))
