"""Writes whole files of a study, each announced in its journal before it gets its name, and checkpoints of shards."""

from __future__ import annotations

import contextlib
import mmap
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seedbed.files import Hashing, Staged, discard, rename, stage, to_json
from seedbed.store import checkpoints
from seedbed.store.appending import Appending
from seedbed.store.schema import JOURNAL, WriteError

if TYPE_CHECKING:
    import numpy as np


class Announcing:
    """A study's directory and its journal, by the one process that writes them.

    Attributes
    ----------
    directory
        Of the study.
    """

    def __init__(self, directory: Path, journal: Appending) -> None:
        self.directory, self._journal = directory, journal

    def happened(self, kind: str) -> int:
        """How many events of a kind the journal has."""
        return self._journal.happened(kind)

    def journal(self, event: Mapping[str, object]) -> None:
        """Append one event as one line: with the time, and the seconds since this process opened the store.

        Raises
        ------
        WriteError
            Where it cannot be written; the journal is as before.
        """
        self._append([event])

    def _append(self, events: Sequence[Mapping[str, object]], durable: bool = False) -> None:
        """Append events; see `Appending.append`."""
        with self._kept(self.directory / JOURNAL):
            self._journal.append(events, durable)

    def write_text(self, name: str, text: str) -> None:
        """Write a whole text file."""
        self.write_bytes(name, text.encode())

    def write_bytes(self, name: str, content: bytes) -> None:
        """Write a whole file."""
        self._write(self.directory / name, lambda file: file.write(content))

    def write_copy(self, path: Path) -> None:
        """Keep a whole copy of a file under its own name."""
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            self._write(self.directory / path.name, lambda file: file.write(content))

    def write_json(self, name: str, document: object) -> None:
        """Write plain data as a whole JSON file; see `to_json`."""
        self.write_text(name, to_json(document, indent=2) + "\n")

    def _write(self, path: Path, write: Callable[[Hashing], object]) -> None:
        with self._kept(path):
            self._announce_and_rename([stage(path, write)])

    def _announce_and_rename(self, staged: Sequence[Staged]) -> None:
        """Give files their names, once the journal has their checksums: so every file that is there can be verified."""
        try:
            self._append([_announcement(one, self.directory) for one in staged], durable=True)
        except BaseException:
            discard(staged)
            raise
        rename(staged)

    @contextlib.contextmanager
    def _kept(self, path: Path) -> Iterator[None]:
        """Say what was kept where something cannot be written, and how to go on."""
        try:
            yield
        except OSError as error:
            raise WriteError(
                f"cannot write {error.filename or path}: {error.strerror or error}; what was finished is kept; "
                f"to go on once it can be written: seedbed resume {self.directory}"
            ) from error

    # --- checkpoints ------------------------------------------------------------------------------------

    def save_checkpoint(
        self, number: int, arrays: Mapping[str, np.ndarray], facts: Mapping[str, Any]
    ) -> None:
        """Keep what shard `number` needs to go on, whole or not at all; it replaces what was kept of it before.

        Parameters
        ----------
        arrays, facts
            Those of a `study.checkpoints.State`.
        """
        path = checkpoints.path_of(self.directory, number)
        with self._kept(path):
            checkpoints.write(path, arrays, facts)

    def checkpoint(self, number: int) -> tuple[dict[str, np.ndarray], dict[str, Any]] | None:
        """The arrays and facts that were kept of shard `number`; None where there are none.

        Raises
        ------
        StoreError
            Where they are damaged.
        """
        return checkpoints.read(checkpoints.path_of(self.directory, number))

    def has_checkpoint(self, number: int) -> bool:
        """Whether something was kept of shard `number`."""
        return checkpoints.path_of(self.directory, number).exists()

    def drop_checkpoint(self, number: int) -> None:
        """Remove what was kept of shard `number`; their directory stays, since another thread may be writing there."""
        with self._kept(self.directory / checkpoints.DIRECTORY):
            checkpoints.path_of(self.directory, number).unlink(missing_ok=True)


def _announcement(staged: Staged, directory: Path) -> dict[str, object]:
    name = staged.path.relative_to(directory).as_posix()
    return {"event": "wrote", "file": name, "bytes": staged.bytes, "sha256": staged.sha256}
