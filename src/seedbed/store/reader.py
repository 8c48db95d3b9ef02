"""Reads stored studies: finds them, and reads journal, status and tables, also while they run."""

from __future__ import annotations

import contextlib
import difflib
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

from seedbed.store import locks
from seedbed.store.schema import JOURNAL, StoreError, concatenated, empty_table, part_paths, table_path

if TYPE_CHECKING:
    import pyarrow as pa


class Listed(TypedDict):
    """A study in the listing: `runs` is how many there are to be (None where unknown), `stored` how many are."""

    id: str
    study: str
    status: str
    runs: int | None
    stored: int
    created: str


# --- one study ------------------------------------------------------------------------------------------


def events(directory: str | os.PathLike[str]) -> Iterator[dict[str, Any]]:
    """The journal's events in order; a line cut short by a crash is skipped."""
    with (Path(directory) / JOURNAL).open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            with contextlib.suppress(json.JSONDecodeError):
                event = json.loads(line)
                if isinstance(event, dict):
                    yield event


def status(directory: str | os.PathLike[str]) -> str:
    """ "complete", "failed", "interrupted", or "running" while the process that writes it lives."""
    finished = [event for event in events(directory) if event.get("event") == "finished"]
    if finished:
        return str(finished[-1].get("status", "complete"))
    return "running" if locks.is_held(Path(directory) / JOURNAL) else "interrupted"


def began(directory: Path) -> str:
    """When a study was begun, as its journal has it; empty where that is damaged."""
    try:
        return str(next(events(directory), {}).get("time", ""))
    except OSError:
        return ""


def age(directory: Path) -> tuple[str, str]:
    """What executions of a study are sorted by, the oldest first: the second in the id, then the journal's time."""
    return directory.name[: len("YYYYMMDD-HHMMSS")], began(directory)


def read_table(
    directory: Path,
    name: str,
    columns: Sequence[str] | None = None,
    filters: Sequence[tuple[str, str, object]] | None = None,
) -> pa.Table:
    """A table as far as it is written: its file where there is one, else the parts that there are.

    Parameters
    ----------
    name
        Such as "runs", see `schema.COLUMNS`.
    columns
        The names of those to read; by default all.
    filters
        Conditions (column, operator, value) that all rows meet, see `pyarrow.parquet.read_table`.
    """
    import pyarrow.parquet as parquet

    wanted: dict[str, Any] = {"columns": columns, "filters": filters}
    path, parts = table_path(directory, name), part_paths(directory, name)
    try:
        if parts and not path.exists():
            return concatenated([parquet.read_table(part, **wanted) for part in parts])
    except FileNotFoundError:
        pass  # the parts were joined meanwhile
    return parquet.read_table(path, **wanted) if path.exists() else empty_table(name)


# --- many studies ---------------------------------------------------------------------------------------


def listing(runs_dir: str | os.PathLike[str]) -> list[Listed]:
    """All studies below a directory, oldest first; what cannot be read, or is something else, is skipped."""
    entries = []
    for directory in _studies(Path(runs_dir)):
        with contextlib.suppress(OSError):
            entries.append(_entry(directory, Path(runs_dir)))
    return sorted(entries, key=lambda entry: (entry["created"], entry["id"]))


def find(runs_dir: str | os.PathLike[str], name: str) -> Path:
    """The directory of a study by its path, its id, the beginning of that, or the study's name (the latest).

    Raises
    ------
    StoreError
        Where nothing, or more than one id, fits.
    """
    if (Path(name) / JOURNAL).is_file():
        return Path(name)
    directories = sorted(_studies(Path(runs_dir)), key=lambda directory: directory.name)
    exact = [directory for directory in directories if directory.name == name]
    matches = exact or [directory for directory in directories if name and directory.name.startswith(name)]
    if len(matches) == 1:
        return matches[0]
    if matches:
        ids = ", ".join(directory.name for directory in matches)
        raise StoreError(f"{name!r} matches {len(matches)} studies: {ids}; give more letters, or the path")
    of_study = [directory for directory in directories if _study_name(directory, Path(runs_dir)) == name]
    if of_study:
        return max(of_study, key=age)
    raise StoreError(_not_found(name, directories, Path(runs_dir)))


def _studies(root: Path) -> Iterator[Path]:
    for directory, inner, files in os.walk(root):
        if JOURNAL in files:
            inner.clear()
            yield Path(directory)


def _study_name(directory: Path, root: Path) -> str:
    try:
        name = next(events(directory), {}).get("study")
    except OSError:
        name = None
    return str(name or directory.parent.relative_to(root).as_posix())


def _entry(directory: Path, root: Path) -> Listed:
    counted = [event for event in events(directory) if isinstance(event.get("runs"), int)]
    return {
        "id": directory.name,
        "study": _study_name(directory, root),
        "status": status(directory),
        "runs": _planned(counted),
        "stored": sum(event["runs"] for event in counted if event.get("event") == "group"),
        "created": began(directory),
    }


def _planned(counted: Sequence[dict[str, Any]]) -> int | None:
    """How many runs there are to be, as far as the rounds that were begun tell."""
    rounds = [event["runs"] for event in counted if event.get("event") == "round"]
    return sum(rounds) if rounds else next((event["runs"] for event in counted), None)


def _not_found(name: str, directories: Sequence[Path], root: Path) -> str:
    known = [directory.name for directory in directories]
    known += [_study_name(directory, root) for directory in directories]
    close = difflib.get_close_matches(name, known, n=1)
    if close:
        return f"no study {name!r} in {root}; did you mean {close[0]!r}?"
    if not known:
        return (
            f"no study {name!r}: {root} holds no studies yet; make one with `seedbed run`, or give --runs-dir"
        )
    return f"no study {name!r} in {root}; `seedbed ls` lists them"
