"""What earlier executions of a study in the same directory of runs mean for this one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from seedbed.analysis.deciding import at_any_time
from seedbed.analysis.verdicts import judge
from seedbed.execution.progress import Observer
from seedbed.files import to_json
from seedbed.results.result import Result
from seedbed.results.tested import hypotheses
from seedbed.store import seals
from seedbed.store.executions import others
from seedbed.store.reader import events
from seedbed.store.schema import StoreError
from seedbed.store.writer import Store


def seal(store: Store, study: Mapping[str, Any], observer: Observer) -> None:
    """Record what the verdicts will depend on before anything is trained, and what of it is new since the last time.

    Parameters
    ----------
    study
        What `resolved.json` holds.
    """
    sealed = seals.seal(study)
    store.journal({"event": "sealed", **sealed})
    before = _last_sealed(store.directory)
    if before is None:
        return
    directory, last = before
    if changed := seals.changes(last, sealed):
        store.journal({"event": "changed", "since": directory.name, "changes": changed})
        for line in changed:
            observer.message(f"claim changed since {directory.name}: {line}")


def _last_sealed(directory: Path) -> tuple[Path, dict[str, Any]] | None:
    """The last other execution whose journal has a seal, and that."""
    for other in reversed(others(directory)):
        with suppress(StoreError):  # a journal that cannot be read tells nothing
            if sealed := seals.sealed_in(other):
                return other, sealed
    return None


def peek(store: Store, study: Mapping[str, Any], seen_here: Sequence[int] = ()) -> None:
    """Where the same claims were seen with other numbers of seeds before, record which look this is, with e-values.

    The same seed gives the same run, so every such execution looked at a part of the same growing results.

    Parameters
    ----------
    study
        What `resolved.json` holds.
    seen_here
        The numbers of seeds with which this one was complete before seeds were added.
    """
    if study.get("paired") is False:  # independent runs have no e-values here
        return
    before = {other.name: seeds for other, seeds in _seen_before(store.directory, study)}
    before |= {f"this study, round {number}": seeds for number, seeds in enumerate(seen_here, 1)}
    looks = len({*before.values(), study["seeds"]})
    if looks == 1:
        return
    with at_any_time():
        judged = judge(hypotheses(study), Result(store.directory))
    claims = [
        {"claim": one.claim, "e": 1 / one.p, "e_against": 1 / one.p_against}
        for one in judged
        if one.p is not None and one.p_against is not None
    ]
    if claims:
        store.journal({"event": "peeked", "look": looks, "before": before, "claims": claims})


def _seen_before(directory: Path, study: Mapping[str, Any]) -> Iterator[tuple[Path, int]]:
    """The executions with runs of the same variants and the same claims, and how many seeds each had."""
    own = json.loads(to_json(study))
    for other in others(directory):
        with suppress(OSError, ValueError, KeyError, TypeError):  # what cannot be read tells nothing
            stored = json.loads((other / "resolved.json").read_text(encoding="utf-8"))
            seeds = int(stored["seeds"])
            if _is_same(own, stored) and any(event.get("event") == "group" for event in events(other)):
                yield other, seeds


def _is_same(study: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two executions asked the same of the same runs; one may have variants more.

    Runs with crossed seeds are other runs, and nothing is tested with them.
    """
    if study.get("levels") or other.get("levels"):
        return False
    mine, theirs = ({one["name"]: one["recipe"] for one in of["variants"]} for of in (study, other))
    shared = mine.keys() & theirs.keys()
    asked = (seals.changes(seals.seal(study), seals.seal(other)), study["study_seed"] != other["study_seed"])
    return not any(asked) and all(mine[name] == theirs[name] for name in shared)
