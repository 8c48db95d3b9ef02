"""Where compiled kernels are kept: directories that hold what was put in them, whole, or are not looked at."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pooch

SEAL = "sha256"  # the file with the digest of all others


def digest(root: Path, files: Iterable[Path]) -> str:
    """Digest of the names below `root` and the contents of files; in their order."""
    found = hashlib.sha256()
    for file in files:
        content = file.read_bytes()
        found.update(f"{file.relative_to(root).as_posix()}\0{len(content)}\0".encode() + content)
    return found.hexdigest()


def places() -> Iterator[Path]:
    """Where kernels may be kept: under NUMBA_CACHE_DIR, in the user's cache, in a temporary directory of the user's."""
    if asked := os.environ.get("NUMBA_CACHE_DIR"):
        yield Path(asked)
    yield Path(pooch.os_cache("seedbed"))
    user = os.getuid() if os.name == "posix" else ""
    temporary = Path(tempfile.gettempdir()) / f"seedbed-{user}"
    if _is_own(temporary):
        yield temporary


def _is_own(directory: Path) -> bool:
    """Whether nobody else can have put anything there; what is kept is run."""
    try:
        directory.mkdir(mode=0o700, exist_ok=True)
        status = directory.lstat()
    except OSError:
        return False
    return os.name != "posix" or (status.st_uid == os.getuid() and not status.st_mode & 0o022)


def is_whole(directory: Path) -> bool:
    """Whether a directory holds what was put in it, nothing else, and can be read and written."""
    try:
        tempfile.TemporaryFile(dir=directory).close()  # where Numba cannot write it does not read either
        return (directory / SEAL).read_text(encoding="ascii") == _digest_of(directory)
    except (OSError, ValueError):
        return False


def find(name: str) -> Path | None:
    """The first directory of that name that is whole."""
    return next((place / name for place in places() if is_whole(place / name)), None)


def damaged(name: str) -> Path | None:
    """The first directory of that name, where none is whole."""
    return None if find(name) else next((place / name for place in places() if (place / name).exists()), None)


@contextmanager
def added(name: str) -> Iterator[Path | None]:
    """An empty directory, kept under that name if the block seals it; None where no place can be written to.

    Whoever looks finds all of it or nothing, whatever other processes add meanwhile.
    """
    directory = _empty(name)
    try:
        yield directory
        if directory and is_whole(directory):
            with suppress(OSError):
                _put(directory, directory.with_name(name))
    finally:
        if directory:
            shutil.rmtree(directory, ignore_errors=True)


def seal(directory: Path) -> None:
    """Let what a directory holds now be the whole of it; nothing where the disk is full."""
    with suppress(OSError):
        (directory / SEAL).write_text(_digest_of(directory), encoding="ascii")


def _empty(name: str) -> Path | None:
    for place in places():
        with suppress(OSError):
            place.mkdir(parents=True, exist_ok=True)
            return Path(tempfile.mkdtemp(prefix=f".{name}-", dir=place))
    return None


def _put(directory: Path, target: Path) -> None:
    """Rename a directory, unless another process was faster."""
    if is_whole(target):
        return
    if os.path.lexists(target):
        aside = Path(tempfile.mkdtemp(prefix=".damaged-", dir=target.parent))
        target.rename(aside / target.name)
        shutil.rmtree(aside, ignore_errors=True)
    directory.rename(target)


def _digest_of(directory: Path) -> str:
    files = (path for path in directory.rglob("*") if path.is_file() and path != directory / SEAL)
    return digest(directory, sorted(files))
