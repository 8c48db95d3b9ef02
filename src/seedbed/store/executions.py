"""Which of the times that a study was run its name stands for, in words."""

from __future__ import annotations

from pathlib import Path

from seedbed.store import store, tables


def chosen(directory: Path, name: str) -> str | None:
    """What `store.find` took for a study's name: the latest, when it began, its status, and whether it has runs.

    None where the name is an id, the beginning of one or a path, which leave no choice.
    """
    if directory.name.startswith(name) or (Path(name) / store.JOURNAL).is_file():
        return None
    said = f"{name}: the latest is {_in_words(directory)}"
    if _has_finished_runs(directory):
        return said
    others = (one.parent for one in directory.parent.glob(f"*/{store.JOURNAL}") if one.parent != directory)
    earlier = sorted(filter(_has_finished_runs, others), key=lambda one: one.name)
    if not earlier:
        return f"{said}, and no run of it finished"
    return f"{said}, and no run of it finished; {_in_words(earlier[-1])} has some: name it by its id"


def _in_words(directory: Path) -> str:
    began = store.began(directory)[: len("YYYY-MM-DD HH:MM")].replace("T", " ")
    return f"{directory.name} ({', '.join(filter(None, (began, store.status(directory))))})"


def _has_finished_runs(directory: Path) -> bool:
    statuses = tables.read(directory, "runs", columns=["status"])["status"].to_pylist()
    return any(status != "interrupted" for status in statuses)
