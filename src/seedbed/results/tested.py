"""The tests behind the claims of a study and its comparisons with base, as a rule over several looks needs them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from seedbed.analysis.forms import variants_of
from seedbed.analysis.looks import Tested as Sides
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
    """

    name: str
    variants: tuple[str, ...]
    seeds: int
    p: Sides
    settled: str | None = None


def claims(result: Result) -> list[Tested]:
    """The study's claims, in its order."""
    tests = []
    for judgement, hypothesis in zip(result.judgements, result.study.get("hypotheses", []), strict=True):
        variants = tuple(dict.fromkeys(variants_of(hypothesis)))
        settled = judgement.verdict if judgement.same_runs else None
        p = (None, None) if judgement.p is None else (judgement.p, 1 - judgement.p)
        tests.append(Tested(judgement.claim, variants, _seeds(result, variants), p, settled))
    return tests


def comparisons(result: Result) -> list[Tested]:
    """The variants against base on the study's metric, in its order; for it means that the variant is better."""
    tests = []
    for name, versus in result.versus_base.items():
        seen = versus.comparison
        better = (seen.side > 0) == (result.direction(result.metric) == "max")
        p = (None, None) if seen.p is None else (seen.p / 2, 1 - seen.p / 2)
        sides = p if better else p[::-1]
        settled = "same runs" if versus.verdict == "same runs" else None
        tests.append(Tested(name, (name,), _seeds(result, (result.base, name)), sides, settled))
    return tests


def _seeds(result: Result, variants: Iterable[str]) -> int:
    return min(len(result.status_of(name)) for name in variants)
