"""What to know of claims beside their verdicts: whether they are the sealed ones, and how often one looked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from seedbed.analysis.looks import ALPHA_A_SIDE
from seedbed.analysis.wording import number
from seedbed.results.looks import looks
from seedbed.store import seals
from seedbed.text import counted, first_few

if TYPE_CHECKING:
    from seedbed.results.stored import Stored

ENDED = {
    "decided": "all were decided",
    "at_most": "the most seeds were reached",
    "untestable": "what is undecided cannot be tested",
    "budget": "the budget had no time for another round",
}


def notices(result: Stored) -> list[str]:
    """Sentences for terminal and report; empty where there is nothing to know."""
    sealed = sealed_document(result)
    lines = _pairing(result)
    if sealed and not sealed["matches"]:
        told = "; ".join(sealed["broken"])
        lines.append(f"These are not the claims that were sealed before the runs: {told}.")
    if sealed and sealed["changed"]:
        since, told = sealed["changed"]["since"], "; ".join(sealed["changed"]["changes"])
        lines.append(f"Changed since the study was run before ({since}): {told}.")
    if by_looks := looks_document(result):
        done, most = by_looks["looks"], by_looks["planned"]
        ended = ENDED.get(by_looks["ended"], f"the study is {result.status}")
        lines.append(
            f"Seeds were added until claims were decided: {len(done)} of at most {len(most)} looks; {ended}."
        )
    lines += _one_by_one(result)
    return lines + [line for peeked in [_last(result.events, "peeked")] if peeked for line in _peeked(peeked)]


def _one_by_one(result: Stored) -> Iterator[str]:
    """Why the runs of some variants were trained one by one, which takes longer."""
    reasons: dict[str, list[str]] = {}
    for variant in result.study["variants"]:
        if why := variant.get("one_by_one"):
            reasons.setdefault(why, []).append(f"“{variant['name']}”")
    for why, names in reasons.items():
        yield f"Runs of {first_few(names)} were trained one by one, since they cannot be one program: {why}."


def _pairing(result: Stored) -> list[str]:
    """Whether runs are paired, where that is not as usual."""
    note = result.study.get("pairing_note")
    if not result.paired:
        because = f"{note}; " if note else ""
        return [
            f"Not paired: {because}runs under the same seed are not comparable, so variants are compared as "
            "independent sets of runs, and it takes more of them to show the same difference."
        ]
    return [f"Paired by seed: {note}."] if note else []


def _peeked(event: dict[str, Any]) -> Iterator[str]:
    """That one looked before, and what may be said in spite of it."""
    before = ", ".join(f"{counted(seeds, 'seed')} in {name}" for name, seeds in event["before"].items())
    enough = round(len(event["claims"]) / ALPHA_A_SIDE)
    yield (
        f"This is look {event['look']} at the same claims ({before}), not planned: p does not allow for that. "
        f"e-values do, and {enough:,} or more is evidence. --until decided plans its looks."
    )
    for claim in event["claims"]:
        yield f"“{claim['claim']}”: e-value {_number(claim['e'])} for it, {_number(claim['e_against'])} against it."


def _number(e: float) -> str:
    return number(e, 3) if e > 1 else "at most 1"


def sealed_document(result: Stored) -> dict[str, Any] | None:
    """The seal of a study and whether what is stored still fits it; None for studies of older versions."""
    sealed = _last(result.events, "sealed")
    if sealed is None:
        return None
    broken, changed = seals.broken(sealed, result.study), _last(result.events, "changed")
    return {
        **{key: value for key, value in sealed.items() if key not in ("event", "time")},
        "matches": not broken,
        "broken": broken,
        "changed": changed and {"since": changed.get("since"), "changes": changed.get("changes", [])},
    }


def looks_document(result: Stored) -> dict[str, Any] | None:
    """The looks of a study that added seeds until its claims were decided; None for others."""
    plan = result.study.get("until")
    if not plan:
        return None
    ended = _last(result.events, "rounds_ended") or {}
    return {
        "rule": {name: plan.get(name) for name in ("rule", "gamma", "alpha_a_side")},
        "planned": plan["looks"],
        "budget": plan.get("budget"),
        "ended": ended.get("reason"),
        "looks": [
            {key: value for key, value in look.items() if key not in ("event",)} for look in looks(result)
        ],
    }


def _last(events: Iterable[dict[str, Any]], kind: str) -> dict[str, Any] | None:
    return next((event for event in reversed(list(events)) if event.get("event") == kind), None)
