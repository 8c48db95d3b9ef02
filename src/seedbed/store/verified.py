"""The files of a study as they are read: each held to what the journal says of it, also while a process writes."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

from seedbed.files import regular_file
from seedbed.store import journal, locks
from seedbed.store.journal import Announced, Journal
from seedbed.store.schema import JOURNAL, StoreError, damaged

if TYPE_CHECKING:
    import pyarrow as pa

T = TypeVar("T")
DEEPEST = 100  # levels of plain data
ATTEMPTS = 20  # while a writer joins parts under the reader's eyes


class Verified:
    """The files of a study's directory, by its journal as it stood when it was last looked at.

    Directories of format 1 have no checksums: of their files it notices what cannot be read at all.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.journal: Journal = journal.read(directory)
        self._verified: dict[str, tuple[int, int, int]] = {}  # name -> the file that was

    @property
    def status(self) -> str:
        """ "complete", "failed", "interrupted", or "running" while the process that writes it lives."""
        if finished := self.journal.finished:
            return str(finished.get("status", "complete"))
        if locks.is_held(self.directory):
            return "running"
        went_on = len(journal.read(self.directory).events) > len(
            self.journal.events
        )  # to its end, since it was read
        return "running" if went_on else "interrupted"

    # --- whole files ------------------------------------------------------------------------------------

    def json(self, name: str) -> dict[str, Any]:
        """A JSON file; raises StoreError where it is missing or damaged."""
        return self.steadily(lambda: self._json(name))

    def optional_json(self, name: str) -> dict[str, Any]:
        """The same; empty where it was not written yet."""
        if (self.directory / name).exists() or self._must_exist(name):
            return self.json(name)
        return {}

    def text(self, name: str) -> str:
        """A text file; raises StoreError where it is missing or damaged."""
        return self.steadily(lambda: self._text(name))

    def path(self, name: str) -> Path:
        """Where a file is that is what the journal says; raises StoreError where it is missing or damaged."""
        with self.opened(self.directory / name):
            return self.directory / name

    def _text(self, name: str) -> str:
        with self.opened(self.directory / name) as file:
            return file.read().decode("utf-8")

    def _json(self, name: str) -> dict[str, Any]:
        with self.opened(self.directory / name) as file:
            document = json.load(file)
            if not isinstance(document, dict):
                raise ValueError("it is not what was expected")
            if _is_deep(document):
                raise RecursionError
            return document

    def _must_exist(self, name: str) -> bool:
        """Whether a file was written for certain: something followed its announcement."""
        if self.journal.format == 1:  # which announced nothing, and wrote all others before the first group
            return any(self.journal.of_kind("group"))
        return any(
            event.get("event") == "wrote" and event["file"] == name and following.get("event") != "opened"
            for event, following in pairwise(self.journal.events)
        )

    # --- verifying --------------------------------------------------------------------------------------

    @contextmanager
    def opened(self, path: Path) -> Iterator[BinaryIO]:
        """A file for reading that is what the journal says; whatever goes wrong meanwhile is a StoreError."""
        with damaged(path), regular_file(path) as file:
            self._verify(path.relative_to(self.directory).as_posix(), file)
            yield file

    @contextmanager
    def opened_by_arrow(self, path: Path) -> Iterator[pa.NativeFile]:
        """The same, for libraries that read only what they need of it, and in threads of their own.

        Those let go of Python's files some time after they have read them. Where Python has ended by then, the process
        is aborted.
        """
        import pyarrow as pa

        with self.opened(path) as file, pa.OSFile(os.fspath(path)) as content:
            if _identity(os.fstat(file.fileno())) != _identity(path.stat()):
                raise ValueError("it was replaced while it was opened")
            yield content

    def _verify(self, name: str, file: BinaryIO) -> None:
        if self.journal.format == 1:
            return
        status = os.fstat(file.fileno())
        same = _identity(status)
        if self._verified.get(name) == same:
            return
        found = Announced(status.st_size, hashlib.file_digest(file, "sha256").hexdigest())  # type: ignore[arg-type]
        file.seek(0)
        announced = self.journal.announced.get(name)
        if not announced:
            raise ValueError(f"it is not among the files that {JOURNAL} names")
        if found not in announced:
            expected = f"{JOURNAL} has {announced[-1].bytes:,} bytes for it, it has {found.bytes:,}"
            other = found.bytes != announced[-1].bytes
            raise ValueError(expected if other else f"{JOURNAL} has another checksum for it")
        self._verified[name] = same

    def steadily(self, read: Callable[[], T]) -> T:
        """What is read; again from the start where it was no good since a writer went on meanwhile.

        Once also where the journal is as it was: what that announced last may have replaced other files meanwhile.
        """
        unchanged = 0
        for _ in range(ATTEMPTS):
            try:
                return read()
            except StoreError:
                unchanged = 0 if self._went_on() else unchanged + 1
                if unchanged > 1:
                    raise
        return read()

    def _went_on(self) -> bool:
        """Look at the journal again; whether there is more in it."""
        before, self.journal = self.journal, journal.read(self.directory)
        return self.journal.end != before.end


def _identity(status: os.stat_result) -> tuple[int, int, int]:
    """What changes where a file is replaced or written to."""
    return status.st_ino, status.st_size, status.st_mtime_ns


def _is_deep(document: dict[str, Any]) -> bool:
    """Whether plain data are nested deeper than any study's: what walks through them later may come to no end."""
    level: list[Any] = [document]
    for _ in range(DEEPEST):
        inner = (value for one in level for value in (one.values() if isinstance(one, dict) else one))
        level = [value for value in inner if isinstance(value, dict | list)]
        if not level:
            return False
    return True
