"""Reads stored studies: finds them, and reads journal, status and tables, also while they run."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

from seedbed.store import journal, locks
from seedbed.store.contents import Contents
from seedbed.store.schema import JOURNAL, StoreError

if TYPE_CHECKING:
    import pyarrow as pa


MARKS = frozenset((JOURNAL, "resolved.json"))  # by either of which a study's directory is known
DAMAGED = "damaged"  # the status of a study in the listing whose journal cannot be read


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
    """The journal's events in order; what a crash left of a last line is skipped.

    Raises
    ------
    StoreError
        Where the journal is missing, damaged or of a newer format.
    """
    yield from journal.read(Path(directory)).events


def status(directory: str | os.PathLike[str]) -> str:
    """ "complete", "failed", "interrupted", or "running" while the process that writes it lives; raises as `events`."""
    return Contents(Path(directory)).status


def began(directory: Path) -> str:
    """When a study was begun, as its journal has it; empty where that is damaged."""
    return str(journal.first(directory).get("time", ""))


def age(directory: Path) -> tuple[str, str]:
    """What executions of a study are sorted by, the oldest first: the second in the id, then the journal's time."""
    return directory.name[: len("YYYYMMDD-HHMMSS")], began(directory)


def read_table(
    directory: Path,
    name: str,
    columns: Sequence[str] | None = None,
    filters: Sequence[tuple[str, str, object]] | None = None,
) -> pa.Table:
    """A table as far as it is committed: its file, and the parts that are not in it yet.

    Parameters
    ----------
    name
        Such as "runs", see `schema.COLUMNS`.
    columns
        The names of those to read; by default all.
    filters
        Conditions (column, operator, value) that all rows meet, see `pyarrow.parquet.read_table`.

    Raises
    ------
    StoreError
        Where a file of it is missing or damaged.
    """
    return Contents(directory).table(name, columns, filters)


# --- many studies ---------------------------------------------------------------------------------------


def listing(runs_dir: str | os.PathLike[str]) -> list[Listed]:
    """All studies below a directory, oldest first; of one whose journal is damaged, that and where it stands."""
    entries = [_entry(directory, Path(runs_dir)) for directory in _studies(Path(runs_dir))]
    return sorted(entries, key=lambda entry: (entry["created"], entry["id"]))


def find(runs_dir: str | os.PathLike[str], name: str) -> Path:
    """The directory of a study by its path, its id, the beginning of that, or the study's name (the latest).

    Raises
    ------
    StoreError
        Where nothing, or more than one id, fits.
    """
    if is_path(name):
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


def is_path(name: str) -> bool:
    """Whether a name is the path of a study's directory."""
    return bool(name) and any((Path(name) / mark).exists() for mark in MARKS)


def _studies(root: Path) -> Iterator[Path]:
    for directory, inner, files in os.walk(root):
        if not MARKS.isdisjoint([*files, *inner]):
            inner.clear()
            yield Path(directory)


def _study_name(directory: Path, root: Path) -> str:
    return _name(journal.first(directory), directory, root)


def _name(created: Mapping[str, Any], directory: Path, root: Path) -> str:
    return str(created.get("study") or directory.parent.relative_to(root).as_posix())


def _entry(directory: Path, root: Path) -> Listed:
    try:
        contents = Contents(directory)
    except StoreError:
        status, events = _without_journal(directory), [journal.first(directory)]
    else:
        status, events = contents.status, contents.journal.events
    counted = [event for event in events if isinstance(event.get("runs"), int)]
    return {
        "id": directory.name,
        "study": _name(events[0], directory, root),
        "status": status,
        "runs": _planned(counted),
        "stored": sum(event["runs"] for event in counted if event.get("event") == "group"),
        "created": str(events[0].get("time", "")),
    }


def _without_journal(directory: Path) -> str:
    """The status of a study whose journal cannot be read: "damaged", but for what an older version had only begun."""
    left = {path.name for path in directory.iterdir()} - {locks.WRITER}
    is_begun = left == {JOURNAL} and not (directory / JOURNAL).stat().st_size
    return "interrupted" if is_begun else DAMAGED


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
