"""The lock on a study's journal, by which readers see whether the process that writes it still lives."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TextIO

try:
    import fcntl
except ImportError:  # Windows has no flock; a study that still runs there is shown as interrupted
    fcntl = None  # type: ignore[assignment]


def hold(file: TextIO) -> None:
    """Lock an open file until it is closed or the process ends; without effect where there are no locks."""
    if fcntl:
        with contextlib.suppress(OSError):  # a file system without locks
            fcntl.flock(file, fcntl.LOCK_EX)


def is_held(path: Path) -> bool:
    """Whether some process holds the lock on a file."""
    if not fcntl:
        return False
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
    return False
