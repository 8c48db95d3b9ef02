"""A study on disk: its own directory, created once, never reused, every file whole, readable by anyone."""

from __future__ import annotations

import contextlib
import difflib
import json
import mmap
import os
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from seedbed.files import slug, to_json, write_whole
from seedbed.store import tables
from seedbed.store.models import Trained

try:
    import fcntl
except ImportError:  # Windows has no flock; a study that still runs there is shown as interrupted
    fcntl = None  # type: ignore[assignment]

JOURNAL = "journal.jsonl"
HASH_LENGTH = 8


class StoreError(ValueError):
    """A study directory that cannot be made, found or read; the message names it and says what to do."""


class Store:
    """The directory of one study while it runs. Close it, or use it as a context, when the study ends.

    The journal is held locked while the store is open, so that readers tell a study that runs from one whose
    process is gone, without a status that could go stale.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._journal = (directory / JOURNAL).open("a", encoding="utf-8")
        if fcntl:
            with contextlib.suppress(OSError):  # a file system without locks
                fcntl.flock(self._journal, fcntl.LOCK_EX)

    @classmethod
    def create(cls, runs_dir: str | os.PathLike[str], study: str, fingerprint: str) -> Store:
        """Make `runs_dir/<study>/<YYYYMMDD-HHMMSS>-<hash>/`, which did not exist before.

        Parameters
        ----------
        runs_dir
            Where studies are kept; made where absent.
        study
            The study's name; each part between slashes becomes a directory.
        fingerprint
            Hexadecimal digest of what is run; its first letters are the hash, more of them where taken.

        Raises
        ------
        StoreError
            Where the name leads out of `runs_dir` or the directory cannot be written.
        """
        parent = cls.parent(runs_dir, study)
        with _kept_in(runs_dir):
            store = cls(_new_directory(parent, fingerprint))
        store.journal({"event": "created", "study": study, "fingerprint": fingerprint})
        return store

    @staticmethod
    def parent(runs_dir: str | os.PathLike[str], study: str) -> Path:
        """Make the directory that holds all executions of a study; raises what `create` raises."""
        directory = Path(runs_dir).joinpath(*_parts(study))
        with _kept_in(runs_dir):
            directory.mkdir(parents=True, exist_ok=True)
        return directory

    @property
    def id(self) -> str:
        """What people call this execution of the study: the name of its directory."""
        return self.directory.name

    def journal(self, event: Mapping[str, Any]) -> None:
        """Append one event, with the time, as one line."""
        now = datetime.now().astimezone().isoformat(timespec="milliseconds")
        self._journal.write(to_json({"time": now, **event}) + "\n")
        self._journal.flush()

    def finish(self, status: str, **facts: Any) -> None:
        """Write the last event, "complete" or "failed", and close; a study without it was interrupted."""
        self.journal({"event": "finished", "status": status, **facts})
        self.close()

    def close(self) -> None:
        """Let go of the journal."""
        self._journal.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, Exception) and not self._journal.closed:
            self.finish("failed", error=f"{type(error).__name__}: {error}")
        self.close()

    def write_text(self, name: str, text: str) -> None:
        """Write a whole text file."""
        write_whole(self.directory / name, text.encode())

    def write_copy(self, path: Path) -> None:
        """Keep a whole copy of a file under its own name."""
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            write_whole(self.directory / path.name, content)

    def write_json(self, name: str, document: Any) -> None:
        """Write plain data as a whole JSON file; see `to_json`."""
        self.write_text(name, to_json(document, indent=2) + "\n")

    def add_group(
        self, number: int, rows: Sequence[Mapping[str, Any]], columns: Mapping[str, Mapping[str, Any] | None]
    ) -> None:
        """Write what group `number` adds to the tables, each part whole.

        Parameters
        ----------
        rows
            As `tables.of_runs` takes them.
        columns
            By the names of the other tables, as docs/architecture.md lists their columns; None where there are none.
        """
        found = {name: tables.of_columns(table) for name, table in columns.items() if table}
        for name, table in (found | {"runs": tables.of_runs(rows)}).items():
            tables.add(self.directory, name, number, table)

    def join_groups(self, variants: Sequence[str]) -> None:
        """Make one file a table of what `add_group` wrote; runs in the order of `variants` and seeds."""
        rank = {name: place for place, name in enumerate(variants)}
        for name in tables.COLUMNS:
            tables.join(self.directory, name, rank if name == "runs" else None)

    def write_models(self, trained: Trained) -> None:
        """Write `models/<slug of the variant>.safetensors`."""
        write_whole(self.directory / "models" / f"{slug(trained.variant)}.safetensors", trained.to_bytes())


def runs_root(runs_dir: str | os.PathLike[str] | None = None) -> Path:
    """Where studies are kept: the directory given, else $SEEDBED_RUNS, else ./runs."""
    return Path(runs_dir or os.environ.get("SEEDBED_RUNS") or "runs")


# --- reading --------------------------------------------------------------------------------------------


def events(directory: str | os.PathLike[str]) -> Iterator[dict[str, Any]]:
    """The journal's events in order; a line cut short by a crash is passed over."""
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
    return "running" if _is_locked(Path(directory) / JOURNAL) else "interrupted"


def began(directory: Path) -> str:
    """When a study was begun, as its journal has it; empty where that is damaged."""
    try:
        return str(next(events(directory), {}).get("time", ""))
    except OSError:
        return ""


def listing(runs_dir: str | os.PathLike[str]) -> list[dict[str, Any]]:
    """All studies below a directory, oldest first: id, study, status, runs, stored and created of each.

    `runs` is how many there are to be, `stored` how many are.

    What cannot be read, or is something else, is passed over.
    """
    rows = []
    for directory in _studies(Path(runs_dir)):
        with contextlib.suppress(OSError):
            rows.append(_row(directory, Path(runs_dir)))
    return sorted(rows, key=lambda row: (row["created"], row["id"]))


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
    fitting = exact or [directory for directory in directories if name and directory.name.startswith(name)]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        ids = ", ".join(directory.name for directory in fitting)
        raise StoreError(f"{name!r} fits {len(fitting)} studies: {ids}; give more letters, or the path")
    of_study = [directory for directory in directories if _study_name(directory, Path(runs_dir)) == name]
    if of_study:
        return max(of_study, key=lambda one: (one.name[: len("YYYYMMDD-HHMMSS")], began(one)))
    raise StoreError(_nothing_called(name, directories, Path(runs_dir)))


# --- helpers --------------------------------------------------------------------------------------------


def _parts(study: str) -> list[str]:
    parts = study.split("/")
    if any(part in ("", ".", "..") or not re.fullmatch(r"[\w .+=,-]+", part) for part in parts):
        raise StoreError(
            f"a study cannot be called {study!r}: take letters, digits, spaces, dots, dashes and "
            "underscores, with slashes between parts"
        )
    return parts


@contextlib.contextmanager
def _kept_in(runs_dir: str | os.PathLike[str]) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"cannot keep runs in {runs_dir}: {error.strerror or error}; "
            "name a writable directory with --runs-dir or SEEDBED_RUNS"
        ) from error


def _new_directory(parent: Path, fingerprint: str) -> Path:
    """Make the first name that is free: a longer hash, then a later second."""
    while True:
        stamp = datetime.now().strftime("%Y%m%d-%H%M%S")
        for length in range(min(HASH_LENGTH, len(fingerprint)), len(fingerprint) + 1):
            with contextlib.suppress(FileExistsError):
                directory = parent / f"{stamp}-{fingerprint[:length]}"
                directory.mkdir()
                return directory
        time.sleep(0.1)


def _is_locked(path: Path) -> bool:
    if not fcntl:
        return False
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
    return False


def _studies(root: Path) -> Iterator[Path]:
    for place, directories, files in os.walk(root):
        if JOURNAL in files:
            directories.clear()
            yield Path(place)


def _study_name(directory: Path, root: Path) -> str:
    try:
        name = next(events(directory), {}).get("study")
    except OSError:
        name = None
    return str(name or directory.parent.relative_to(root).as_posix())


def _row(directory: Path, root: Path) -> dict[str, Any]:
    counted = [event for event in events(directory) if isinstance(event.get("runs"), int)]
    return {
        "id": directory.name,
        "study": _study_name(directory, root),
        "status": status(directory),
        "runs": next((event["runs"] for event in counted), None),
        "stored": sum(event["runs"] for event in counted if event.get("event") == "group"),
        "created": began(directory),
    }


def _nothing_called(name: str, directories: Sequence[Path], root: Path) -> str:
    known = [directory.name for directory in directories]
    known += [_study_name(directory, root) for directory in directories]
    close = difflib.get_close_matches(name, known, n=1)
    if close:
        return f"no study {name!r} in {root}; did you mean {close[0]!r}?"
    if not known:
        return f"no study {name!r}: {root} holds none yet; `seedbed run` makes one; or give --runs-dir"
    return f"no study {name!r} in {root}; `seedbed ls` lists them"
