"""Findings as a study stores them, for reading: without advice that contradicts itself, and grouped by kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# Kinds whose advice speaks against each other: more training and less, a larger rate and a smaller one.
AT_ODDS = {
    "still_falling": {"diverged", "overfit", "constant_output", "dead_units"},
    "never_moved": {"diverged", "constant_output", "dead_units"},
}


def consistent(findings: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Findings as stored, without advice that contradicts the advice to more runs of the same variant."""
    findings = list(findings)
    by_variant: dict[str, list[dict[str, Any]]] = {}
    for finding in findings:
        by_variant.setdefault(finding["variant"], []).append(finding)
    return [finding | {"message": _advised(finding, by_variant[finding["variant"]])} for finding in findings]


def _advised(finding: Mapping[str, Any], of_variant: Sequence[Mapping[str, Any]]) -> str:
    """The message of a finding among all those of its variant."""
    seen = sorted(
        of_variant, key=lambda other: -(other["runs"] or 0)
    )  # of equally many runs, the first kind counts
    stronger = seen[: seen.index(finding)]
    kind, message = finding["kind"], finding["message"]
    against = [
        other["kind"]
        for other in stronger
        if other["kind"] in AT_ODDS.get(kind, ()) or kind in AT_ODDS.get(other["kind"], ())
    ]
    what, _, advice = message.partition(". ")
    return (
        f"{what}. See {against[0].replace('_', ' ')} first: at least as many runs of the same variant have it."
        if advice and against
        else message
    )


@dataclass(frozen=True)
class OfKind:
    """All findings of a kind, with what they have in common said once.

    Attributes
    ----------
    what
        What is wrong, to be read after "Runs"; empty where variants differ in it.
    advice
        What to do; empty where nothing is said.
    variants
        Variant, how many of its runs, and what is to be said of it alone.
    """

    kind: str
    what: str
    advice: str
    variants: tuple[tuple[str, str, str], ...]


def by_kind(findings: Iterable[Mapping[str, Any]]) -> list[OfKind]:
    """Findings as stored, grouped by kind in the order in which the kinds come up."""
    groups: dict[str, list[tuple[str, str, str, str]]] = {}
    for finding in findings:
        counted, runs, rest = str(finding["message"]).partition(" runs ")
        what, _, advice = (rest if runs else counted).partition(". ")
        count = counted + runs.rstrip() if runs else ""
        groups.setdefault(finding["kind"], []).append((finding["variant"], count, what, advice))
    return [_of_kind(kind, rows) for kind, rows in groups.items()]


def _of_kind(kind: str, rows: Sequence[tuple[str, str, str, str]]) -> OfKind:
    common = rows[0][2] if len(rows) > 1 and len({what for _, _, what, _ in rows}) == 1 else ""
    advice = Counter(advice for *_, advice in rows).most_common(1)[0][0]
    variants = []
    for variant, count, what, own in rows:
        told = ([] if common else [what]) + ([own] if own != advice else [])
        variants.append((variant, count, ". ".join(told)))
    return OfKind(kind, common, advice, tuple(variants))
