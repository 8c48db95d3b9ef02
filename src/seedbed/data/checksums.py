"""The sha256 of files, remembered while they stay as they are."""

from __future__ import annotations

import hashlib
import os
import zipfile
from pathlib import Path
from typing import IO

from seedbed.data import bounded
from seedbed.data.base import DataError

_known: dict[tuple[str, int, int, str | None], str] = {}


def checksum(path: Path, member: str | None = None) -> str:
    """sha256 of a file, or of one member of a zip archive; remembered while the file's size and time stay.

    Raises
    ------
    DataError
        Where it is no file, or cannot be read.
    """
    with bounded.opened(path) as file:
        status = os.fstat(file.fileno())
        key = (str(path.resolve()), status.st_mtime_ns, status.st_size, member)
        try:
            if key not in _known:
                with _opened(file, member) as content:
                    _known[key] = hashlib.file_digest(content, "sha256").hexdigest()  # type: ignore[arg-type]
        except OSError as error:
            raise DataError(f"{path} cannot be read: {error.strerror}") from None
    return _known[key]


def _opened(file: IO[bytes], member: str | None) -> IO[bytes]:
    return zipfile.ZipFile(file).open(member) if member else file
