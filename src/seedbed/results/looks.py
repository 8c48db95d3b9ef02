"""The looks of a study that adds seeds until its claims are decided, as its journal has them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seedbed.analysis.looks import Look, Rule

if TYPE_CHECKING:
    from seedbed.results.stored import Stored

LEAST = 1e-6  # of a side of an interval, where no interval of so few pairs would be wide enough


def looks_at_claims(stored: Stored) -> list[Look | None]:
    """For every claim, in the order of the study, the look whose verdict stands; None where it was never tested."""
    count = len(stored.study.get("hypotheses", []))
    return [_last_tested(stored, "claims", index) for index in range(count)]


def looks_at_variants(stored: Stored) -> dict[str, Look | None]:
    """The same for every comparison with base."""
    others = [name for name in stored.variants if name != stored.base]
    return {name: _last_tested(stored, "variants", index) for index, name in enumerate(others)}


def _last_tested(stored: Stored, kind: str, index: int) -> Look | None:
    rule, found = Rule(tuple(stored.study["until"]["looks"])), None
    for event in looks(stored):
        one = event[kind][index]
        if one["boundary"] is not None:
            boundary = rule.boundary(event["look"] - 1, len(event[kind]))
            level = 1 - 2 * max(boundary, LEAST)
            found = Look(
                event["look"], len(rule.looks), event["seeds"], one["boundary"], level, one["verdict"]
            )
    return found


def looks(stored: Stored) -> list[dict[str, Any]]:
    """The events of the looks."""
    return [event for event in stored.events if event.get("event") == "look"]
