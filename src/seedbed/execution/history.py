"""What earlier executions of a study in the same directory of runs mean for this one."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from seedbed.execution.progress import Observer
from seedbed.store import seals
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
    for other in reversed(seals.others(directory)):
        with suppress(OSError):  # a journal that cannot be read tells nothing
            if sealed := seals.sealed_in(other):
                return other, sealed
    return None
