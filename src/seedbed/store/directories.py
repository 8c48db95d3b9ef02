"""Makes the directories of studies: their names, and what to say where they cannot be written."""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from seedbed.store.schema import StoreError

HASH_LENGTH = 8


def names_of(study: str) -> list[str]:
    """The directories that a study's name stands for."""
    names = study.split("/")
    if any(name in ("", ".", "..") or not re.fullmatch(r"[\w .+=,-]+", name) for name in names):
        raise StoreError(
            f"{study!r} is not a valid study name: use letters, digits, spaces, dots, dashes and "
            "underscores, with slashes between parts"
        )
    return names


@contextlib.contextmanager
def writable(
    runs_dir: str | os.PathLike[str],
    advice: str = "choose a writable directory with --runs-dir or SEEDBED_RUNS",
) -> Iterator[None]:
    """Say what to do where a directory cannot be written."""
    try:
        yield
    except OSError as error:
        raise StoreError(f"cannot write runs to {runs_dir}: {error.strerror or error}; {advice}") from error


def made(parent: Path, fingerprint: str) -> Path:
    """Make the first name that is free: a longer hash, then a later second."""
    while True:
        stamp = datetime.now().strftime("%Y%m%d-%H%M%S")
        for length in range(min(HASH_LENGTH, len(fingerprint)), len(fingerprint) + 1):
            with contextlib.suppress(FileExistsError):
                directory = parent / f"{stamp}-{fingerprint[:length]}"
                directory.mkdir()
                return directory
        time.sleep(0.1)
