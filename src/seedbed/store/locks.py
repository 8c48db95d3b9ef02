"""The one writer of a study: a lock on its journal or, where the file system has none, a file that names it."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import socket
import time
from pathlib import Path
from typing import Any, BinaryIO

from seedbed.files import regular_file, to_json
from seedbed.store.schema import JOURNAL, StoreError

try:
    import fcntl
except ImportError:  # Windows has no flock
    fcntl = None  # type: ignore[assignment]

WRITER = "writer.json"
WITHOUT_LOCKS = (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS)
TRIES, PAUSE = 100, 0.02  # a reader that looks whether the lock is held holds it for a moment itself


def me() -> dict[str, Any]:
    """This process: its number and its host."""
    return {"pid": os.getpid(), "host": socket.gethostname()}


def hold(journal: BinaryIO, directory: Path) -> Path | None:
    """Become the one writer of a study until its journal is closed or the process ends.

    Returns the file that says so, to be removed at the end, where the file system has no locks.

    Raises
    ------
    BlockingIOError
        Where another process is.
    """
    for left in reversed(range(TRIES)):
        try:
            _flock(journal, shared=False)
            return None
        except BlockingIOError:
            if not left:
                raise
            time.sleep(PAUSE)
        except OSError as error:
            if error.errno not in WITHOUT_LOCKS:
                raise
            return _name_writer(directory / WRITER)
    return None


def is_held(directory: Path) -> bool:
    """Whether some process writes a study."""
    with contextlib.suppress(OSError), regular_file(directory / JOURNAL) as file:
        try:
            _flock(file, shared=True)
        except BlockingIOError:
            return True
        except OSError:
            pass  # without locks
    return _lives(_writer(directory / WRITER))


def _flock(file: BinaryIO, shared: bool) -> None:
    if not fcntl:
        raise OSError(errno.ENOSYS, "there are no locks")
    fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)


def _name_writer(path: Path) -> Path:
    """Make the file that names the writer; one whose process on this host has ended is taken over."""
    while True:
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        except FileExistsError:
            _give_way(path)
            continue
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(to_json({**me(), "since": time.strftime("%Y-%m-%dT%H:%M:%S%z")}))
        return path


def _give_way(path: Path) -> None:
    """Move a file out of the way that names a writer which has ended; raises StoreError where it may live."""
    writer = _writer(path)
    if told := named(path.parent):
        raise StoreError(told)
    old = path.with_name(f".{WRITER}.{os.getpid()}.tmp")
    with contextlib.suppress(FileNotFoundError):  # others may have done so
        path.replace(old)
        if _writer(old) != writer:  # another one took over meanwhile: put its file back
            with contextlib.suppress(FileExistsError):
                os.link(old, path)
        old.unlink()


def named(directory: Path) -> str | None:
    """Who writes a study as its file says, in words, and what to do; None where none is named that may live."""
    path = directory / WRITER
    writer = _writer(path)
    if not _lives(writer):
        return None
    return (
        f"{directory} is being written by process {writer.get('pid')} on {writer.get('host')}, as {path} says; "
        "wait until it ends or, if that process is gone, delete this file"
    )


def _writer(path: Path) -> dict[str, Any]:
    """What the file says; empty where there is none, {"pid": None} where it cannot be read."""
    try:
        with regular_file(path, limit=10_000) as file:
            return dict(json.load(file))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, RecursionError):
        return {"pid": None, "host": "an unknown host"}


def _lives(writer: dict[str, Any]) -> bool:
    """Whether a writer lives, as far as can be known: of another host it may."""
    if not writer:
        return False
    if writer.get("host") != socket.gethostname() or not isinstance(writer.get("pid"), int):
        return True
    try:
        os.kill(writer["pid"], 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:  # somebody else's
        return True
    return True
