"""Findings as a study stores them, for reading: without advice that contradicts itself, and grouped by kind."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from seedbed.analysis.findings import CHECKS

DETAIL = re.compile(r" \(([^()]*)\)")  # what is said of one variant stands in brackets
FIRST = "First deal with"
OF_RUNS = re.compile(r"(\d+ of \d+ runs) (.*)", re.DOTALL)


@dataclass(frozen=True)
class _Told:
    """A message taken apart: "3 of 9 runs", what is wrong with them, and what to do.

    Of a finding on the whole study, variant and count are empty.
    """

    variant: str
    kind: str
    code: str
    runs: int
    counted: str
    what: str
    advice: str

    @classmethod
    def of(cls, finding: Mapping[str, Any]) -> _Told:
        message = str(finding["message"])
        counted, rest = match.groups() if (match := OF_RUNS.match(message)) else ("", message)
        what, _, advice = rest.partition(". ")
        variant, kind, code = (finding.get(key) or "" for key in ("variant", "kind", "code"))
        return cls(variant, kind, code, finding["runs"] or 0, counted, what, advice)

    @property
    def message(self) -> str:
        what = " ".join(filter(None, (self.counted, self.what)))
        return f"{what}. {self.advice}" if self.advice else what

    def contradicts(self, other: _Told) -> bool:
        """Whether the advice of one of the two speaks against that of the other."""
        return other.kind in _at_odds(self.kind) or self.kind in _at_odds(other.kind)


def _at_odds(kind: str) -> tuple[str, ...]:
    """Kinds with the opposite advice; none for a kind that another version of Seedbed stored."""
    return CHECKS[kind].at_odds if kind in CHECKS else ()


def consistent(findings: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Findings as stored, but for advice that contradicts the advice to more runs of the same variant."""
    findings = list(findings)
    by_variant: dict[str | None, list[_Told]] = {}
    for finding in findings:
        by_variant.setdefault(finding["variant"], []).append(_Told.of(finding))
    advised = {variant: iter(_advised(of_variant)) for variant, of_variant in by_variant.items()}
    return [{**finding, "message": next(advised[finding["variant"]]).message} for finding in findings]


def _advised(of_variant: Sequence[_Told]) -> list[_Told]:
    """The findings of a variant, in their order; of equally many runs, the first kind counts."""
    given: list[_Told] = []
    said = {}
    for told in sorted(of_variant, key=lambda one: -one.runs):
        stronger = [other for other in given if told.contradicts(other)]
        if told.advice and stronger:
            kind = stronger[0].kind.replace("_", " ")
            said[id(told)] = replace(told, advice=f"{FIRST} {kind}: {stronger[0].counted}.")
        else:
            given.append(told)
    return [said.get(id(told), told) for told in of_variant]


@dataclass(frozen=True)
class OfKind:
    """All findings of a kind, with what they have in common said once.

    Attributes
    ----------
    code
        By which docs/findings.md explains it; empty for a kind that only another version knows.
    what
        What is wrong, to be read after "Runs"; empty where variants differ in it.
    advice
        What to do; empty where nothing is said.
    variants
        Variant, how many of its runs, and what is to be said of it alone. The first two are empty where it is about
        the whole study.
    """

    kind: str
    code: str
    what: str
    advice: str
    variants: tuple[tuple[str, str, str], ...]


def by_kind(findings: Iterable[Mapping[str, Any]]) -> list[OfKind]:
    """Findings grouped by kind, in the order in which the kinds come up."""
    groups: dict[str, list[_Told]] = {}
    for finding in findings:
        groups.setdefault(finding["kind"], []).append(_Told.of(finding))
    return [_of_kind(kind, group) for kind, group in groups.items()]


def _of_kind(kind: str, group: Sequence[_Told]) -> OfKind:
    common, details = _in_common([told.what for told in group])
    advices = [told.advice for told in group if not told.advice.startswith(FIRST)]
    advice = Counter(advices or [group[0].advice]).most_common(1)[0][0]
    variants = []
    for told, detail in zip(group, details, strict=True):
        own = told.advice if told.advice != advice else ""
        if common:
            own = "; ".join(filter(None, (detail, own and f"{own[0].lower()}{own[1:].rstrip('.')}")))
            said = f"({own})" if own else ""
        else:
            said = ". ".join(filter(None, (told.what, own)))
        variants.append((told.variant, told.counted, said))
    return OfKind(kind, group[0].code, common, advice, tuple(variants))


def _in_common(whats: Sequence[str]) -> tuple[str, list[str]]:
    """What all say, empty where they say different things, and of each the detail that it alone has."""
    nothing = [""] * len(whats)
    if len(whats) == 1:
        return "", nothing
    if len(set(whats)) == 1:
        return whats[0], nothing
    without = {DETAIL.sub("", what, count=1) for what in whats}
    if len(without) > 1:
        return "", nothing
    found = (DETAIL.search(what) for what in whats)
    return without.pop(), [detail.group(1) if detail else "" for detail in found]
