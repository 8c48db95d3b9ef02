"""Writes a study's directory: created once, never reused, every file whole and announced in the journal.

While a study runs, each group adds a part to every table and to the networks of its variants; they are joined into one
file each afterwards, as often as there are more. So writing takes time in proportion to the runs, and a study that runs
or was killed can be read, and gone on with.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, BinaryIO, Self

from seedbed.files import TEMPORARY, stage_all, sync, to_json
from seedbed.store import checkpoints, journal, locks, partitions, taking_over
from seedbed.store.announcing import Announcing
from seedbed.store.appending import Appending
from seedbed.store.contents import Contents
from seedbed.store.directories import made, names_of, writable
from seedbed.store.groups import Group
from seedbed.store.joining import all_joined
from seedbed.store.journal import Journal
from seedbed.store.models import Trained
from seedbed.store.schema import (
    FORMAT,
    JOURNAL,
    PARTS,
    StoreError,
    WriteError,
    part_path,
)

if TYPE_CHECKING:
    import pyarrow as pa

    from seedbed.store.schema import Columns


class Store(Announcing):
    """The directory of one study while it runs. Close it, or use it as a context, when the study ends.

    The journal is held locked while the store is open, so there is one writer, and readers tell a study that runs from
    one whose process is gone, without a status that could go stale.

    Attributes
    ----------
    groups
        The `group` events of all groups that are committed, in order, also those of earlier processes.
    """

    def __init__(self, directory: Path, journal_file: BinaryIO, known: Journal | None = None) -> None:
        known = known or journal.Journal(FORMAT, [], 0, 0)
        super().__init__(directory, Appending(journal_file, known))
        self._take_groups(known)
        self._joined = 0  # partitions
        self._named: Path | None = None
        try:
            self._named = taking_over.hold(journal_file, directory)
        except BaseException:
            journal_file.close()
            raise

    @classmethod
    def create(cls, runs_dir: str | os.PathLike[str], study: str, fingerprint: str) -> Self:
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
        created = {"event": "created", "format": FORMAT, "study": study, "fingerprint": fingerprint}
        with writable(runs_dir):
            directory = made(parent, fingerprint)
            try:
                sync(parent)
                return cls._begun(directory, {**created, **locks.me()})
            except BaseException:
                shutil.rmtree(directory, ignore_errors=True)
                raise

    @classmethod
    def _begun(cls, directory: Path, created: Mapping[str, object]) -> Self:
        """The store of a new directory. Its journal gets its name once it is locked and has its first event.

        So whoever finds a journal finds one that tells what it is of, and whether its study runs.
        """
        unnamed = directory / f".{JOURNAL}{TEMPORARY}"
        store = cls(directory, unnamed.open("ab", buffering=0))
        try:
            store._journal.append([created])
            store._journal.rename(unnamed, directory / JOURNAL)
        except BaseException:
            store.close()
            raise
        return store

    @staticmethod
    def check(directory: Path) -> Journal:
        """Whether a study can be gone on with, as far as looking tells; its journal. Raises what `open` raises."""
        return taking_over.check(directory)

    @classmethod
    def open(cls, directory: str | os.PathLike[str], seen: Journal | None = None) -> Self:
        """Open the directory of a study to go on with it; what a crash left half written is removed.

        Parameters
        ----------
        seen
            The journal that whoever opens it has read.

        Raises
        ------
        StoreError
            Where another process writes it, or has since the journal was seen, it cannot be written, its journal is
            damaged, or it is of format 1, which kept no checkpoints, or of a newer one.
        """
        directory = Path(directory)
        known = cls.check(directory)
        with writable(directory, "copy it to a directory that you may write, and go on there"):
            store = cls(directory, (directory / JOURNAL).open("ab", buffering=0), known)
            try:
                store._take_over(seen or known)
            except BaseException:
                store.close()
                raise
        return store

    def _take_over(self, seen: Journal) -> None:
        """Once no other process writes: read the journal as it is now, and remove what was not finished."""
        known = journal.read(self.directory)
        if known.end != seen.end:
            raise StoreError(f"another process went on with {self.directory} meanwhile; try again")
        self._take_groups(known)
        self._journal.take_up(known)
        self._journal.cut()
        self.journal({"event": "opened", **locks.me()})
        committed = {event["group"] for event in self.groups}
        taking_over.remove_unfinished(self.directory, committed)
        for number in committed:
            self.drop_checkpoint(number)

    def _take_groups(self, known: Journal) -> None:
        self.groups: list[dict[str, Any]] = known.groups
        self._runs = sum(event.get("runs", 0) for event in known.groups)

    @staticmethod
    def parent(runs_dir: str | os.PathLike[str], study: str) -> Path:
        """Make the directory that holds all executions of a study; raises what `create` raises."""
        directory = Path(runs_dir).joinpath(*names_of(study))
        with writable(runs_dir):
            directory.mkdir(parents=True, exist_ok=True)
        return directory

    @property
    def id(self) -> str:
        """What people call this execution of the study: the name of its directory."""
        return self.directory.name

    @property
    def elapsed(self) -> float:
        """Seconds that this process and those before it have spent on the study."""
        return self._journal.elapsed

    def finish(self, status: str, **facts: object) -> None:
        """Write the last event, "complete" or "failed", and close; a study without it was interrupted."""
        self._append([{"event": "finished", "status": status, **facts}], durable=True)
        self.close()

    def close(self) -> None:
        """Close the journal and release its lock."""
        self._journal.file.close()
        if self._named:
            self._named.unlink(missing_ok=True)
            self._named = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, Exception) and not self._journal.file.closed:
            with contextlib.suppress(WriteError):  # the first error tells more
                self.finish("failed", error=f"{type(error).__name__}: {error}")
        self.close()

    # --- groups -----------------------------------------------------------------------------------------

    def add_group(
        self,
        number: int,
        rows: Sequence[Mapping[str, object]],
        tables: Mapping[str, Columns | pa.Table],
        models: Sequence[Trained] = (),
        **facts: object,
    ) -> None:
        """Write what group `number` adds to tables and models, and commit it; its checkpoint is removed.

        A group is committed by its `group` event in the journal, the last thing that is written of it. Parts of a group
        that is not do not count; they are written again.

        Parameters
        ----------
        rows
            As `schema.runs_table` takes them.
        tables
            The columns of the other tables by name, as docs/architecture.md lists them.
        models
            The networks of its runs, by variant.
        facts
            What the event says beside its number and the names of its parts.
        """
        self.add_groups([Group(number, rows, tables, models, facts)])

    def add_groups(self, groups: Sequence[Group]) -> None:
        """Write and commit several groups, in hardly more time than one; see `add_group`."""
        parts = {group.number: group.parts() for group in groups}
        with self._kept(self.directory / PARTS):
            staged = stage_all(
                (part_path(self.directory, file, number), write)
                for number, of_group in parts.items()
                for file, write in of_group.items()
            )
            self._announce_and_rename(staged)
        events, runs = [], self._runs
        for group in groups:
            index = runs // partitions.RUNS_IN_FILE
            where = {partitions.INDEX: index} if index else {}
            told = {"parts": list(parts[group.number]), **where, "runs": len(group.rows), **group.facts}
            events.append(json.loads(to_json({"event": "group", "group": group.number, **told})))
            runs += events[-1]["runs"]
        self._append(events, durable=True)
        self.groups += events
        self._runs = runs
        for group in groups:
            self.drop_checkpoint(group.number)

    def join_groups(self, variants: Sequence[str]) -> None:
        """Make files of each table and of each variant's models of all parts; runs in the order of variants and seeds.

        It can be ended anywhere and repeated, also after more groups were added: readers take the files and the parts
        that are not in them yet.
        """
        self._join(variants, range(sys.maxsize))
        with contextlib.suppress(OSError):  # there is none, or something is left in it
            (self.directory / checkpoints.DIRECTORY).rmdir()

    def join_full(self, variants: Sequence[str]) -> None:
        """The same of the partitions to which no more groups will be added, once for each: see `partitions`."""
        full = self._runs // partitions.RUNS_IN_FILE
        if full > self._joined:
            self._join(variants, range(self._joined, full))
            self._joined = full

    def _join(self, variants: Sequence[str], indices: range) -> None:
        with self._kept(self.directory / PARTS):
            for joined in all_joined(Contents(self.directory), indices, variants):
                self._announce_and_rename(joined.staged)
                for path in joined.superseded:
                    path.unlink(missing_ok=True)
            for directory in (self.directory / PARTS / "models", self.directory / PARTS):
                with contextlib.suppress(OSError):  # there is none
                    directory.rmdir()
