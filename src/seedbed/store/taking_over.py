"""Going on with a study's directory: whether one may, becoming its writer, and removing what was not finished."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path
from typing import BinaryIO

from seedbed.files import TEMPORARY
from seedbed.store import journal, locks
from seedbed.store.directories import writable
from seedbed.store.journal import Journal
from seedbed.store.schema import FORMAT, PARTS, StoreError


def check(directory: Path) -> Journal:
    """See `writer.Store.check`."""
    known = journal.read(directory)
    if known.format < FORMAT:
        raise StoreError(
            f"{directory} was stored by an older version of Seedbed, which kept no checkpoints; run the study again"
        )
    with writable(directory, "copy it to a directory that you may write, and go on there"):
        if not os.access(directory, os.W_OK):
            raise PermissionError(13, os.strerror(13))
    if not known.finished and locks.is_held(directory):
        raise _is_written(directory)
    return known


def remove_unfinished(directory: Path, committed: Collection[int]) -> None:
    """Remove what a writer did not finish: temporary files, and parts of groups that are not committed."""
    for path in directory.rglob(f".*{TEMPORARY}"):
        if path.is_dir() or path.parent.name == "figures" or "report" in path.name:
            continue  # not made by a writer; somebody may be writing these
        path.unlink()
    for path in (directory / PARTS).rglob("*-*.*"):
        number = path.stem.rpartition("-")[2]
        if number.isdecimal() and int(number) not in committed:
            if path.is_dir():
                raise StoreError(
                    f"expected a file, got a directory: {path}; move it away, and resume the study again"
                )
            path.unlink()


def hold(file: BinaryIO, directory: Path) -> Path | None:
    """Become the writer of a directory; see `locks.hold`."""
    try:
        return locks.hold(file, directory)
    except BlockingIOError:
        raise _is_written(directory) from None


def _is_written(directory: Path) -> StoreError:
    if named := locks.named(directory):
        return StoreError(named)
    opened = [one for one in journal.read(directory).events if one.get("event") in ("created", "opened")]
    process, host = opened[-1].get("pid"), opened[-1].get("host")
    return StoreError(
        f"{directory} is being written by process {process} on {host}; wait until it ends, or stop it"
    )
