"""The executions of a study: which others there are, and in words which one its name stands for."""

from __future__ import annotations

from pathlib import Path

from seedbed.store.reader import age, began, is_path, read_table, status
from seedbed.store.schema import JOURNAL, StoreError


def others(directory: Path) -> list[Path]:
    """The other executions of the same study in the same directory of runs, the oldest first."""
    found = (path.parent for path in directory.parent.glob(f"*/{JOURNAL}"))
    return sorted((one for one in found if one != directory), key=age)


def chosen(directory: Path, name: str) -> str | None:
    """What `reader.find` chose for a study's name: the latest, when it began, its status, and whether it has runs.

    None where the name is an id, the beginning of one or a path, which leave no choice.
    """
    if directory.name.startswith(name) or is_path(name):
        return None
    latest = f"{name}: the latest is {_described(directory)}"
    if _has_finished_runs(directory):
        return latest
    earlier = max(filter(_has_finished_runs, others(directory)), key=lambda other: other.name, default=None)
    if earlier is None:
        return f"{latest}, and no run of it finished"
    return f"{latest}, and no run of it finished; {_described(earlier)} has some: name it by its id"


def _described(directory: Path) -> str:
    time = began(directory)[: len("YYYY-MM-DD HH:MM")].replace("T", " ")
    return f"{directory.name} ({', '.join(filter(None, (time, status(directory))))})"


def _has_finished_runs(directory: Path) -> bool:
    try:
        statuses = read_table(directory, "runs", columns=["status"])["status"].to_pylist()
    except StoreError:
        return False
    return any(one != "interrupted" for one in statuses)
