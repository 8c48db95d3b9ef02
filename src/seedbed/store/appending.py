"""Appends events to a study's journal, whole lines only, and keeps count of them and of time."""

from __future__ import annotations

import contextlib
import os
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from seedbed.store import journal, locks
from seedbed.store.journal import Journal


class Appending:
    """An open journal, by the one process that writes it.

    Attributes
    ----------
    file
        Opened to append, without a buffer; whoever opened it closes it.
    """

    def __init__(self, file: BinaryIO, known: Journal) -> None:
        self.file = file
        self._opened = time.monotonic()
        self.take_up(known)

    def take_up(self, known: Journal) -> None:
        """Go on after what the journal holds."""
        self._end, self._checksum, self._earlier = known.end, known.checksum, known.elapsed
        self._happened = Counter(str(event.get("event")) for event in known.events)

    @property
    def elapsed(self) -> float:
        """Seconds that this process and those before it have spent on the study."""
        return self._earlier + time.monotonic() - self._opened

    def happened(self, kind: str) -> int:
        """How many events of a kind there are."""
        return self._happened[kind]

    def rename(self, unnamed: Path, path: Path) -> None:
        """Give the journal its name; it stays open, and locked."""
        if not locks.fcntl:  # Windows renames no open file; without locks there is none to lose
            self.file.close()
        unnamed.replace(path)
        if self.file.closed:
            self.file = path.open("ab", buffering=0)

    def cut(self) -> None:
        """Cut off what a crash left of a last line."""
        self.file.truncate(self._end)

    def append(self, events: Sequence[Mapping[str, object]], durable: bool = False) -> None:
        """Append events, each with the time and the seconds since this process opened the journal.

        Parameters
        ----------
        durable
            Return only once they have reached the disk.

        Raises
        ------
        OSError
            Where they cannot be written; the journal is as before.
        """
        now = datetime.now().astimezone().isoformat(timespec="milliseconds")
        elapsed, checksum, content = round(time.monotonic() - self._opened, 3), self._checksum, b""
        for event in events:
            line, checksum = journal.line({"time": now, "elapsed": elapsed, **event}, checksum)
            content += line
        try:
            view = memoryview(content)
            while view:
                view = view[self.file.write(view) or 0 :]
            if durable:
                os.fsync(self.file.fileno())
        except BaseException:
            with contextlib.suppress(OSError):
                self.cut()
            raise
        self._end, self._checksum = self._end + len(content), checksum
        self._happened.update(str(event["event"]) for event in events)
