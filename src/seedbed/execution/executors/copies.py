"""The files of a study on a node that lacks them: sent once, and kept in the cache of the node by their checksums."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from seedbed.data import mirror
from seedbed.data.base import DataError
from seedbed.data.checksums import checksum
from seedbed.data.public import cache, roots
from seedbed.execution.executors.assignment import FilesLacking, Needed
from seedbed.files import regular_file

PIECE = 1 << 26  # bytes that are sent at once
FILES, STUDIES, WORK = "files", "studies", "work"  # folders of the cache

Fetch = Callable[[Any], bytes]


def pieces(path: Path, sha256: str) -> Iterator[bytes]:
    """The content of a file, to be sent; raises DataError where it is not what it was."""
    digest = hashlib.sha256()
    with regular_file(path) as file:
        while piece := file.read(PIECE):
            digest.update(piece)
            yield piece
    if digest.hexdigest() != sha256:
        raise DataError(f"{path} has changed since the study was begun; put the old file back")


def directory_of(
    needs: Sequence[Needed],
    directory: Path,
    data_dir: Path | None,
    contents: Mapping[str, Sequence[Any]],
    fetch: Fetch,
) -> Path:
    """See that all files of a study are here; the directory that its paths are relative to, which may be a copy.

    Parameters
    ----------
    directory
        The study's where it was begun.
    contents, fetch
        What was sent of files, by their checksums, and what makes bytes of a piece of it.

    Raises
    ------
    FilesLacking
        Where some are neither here nor sent.
    """
    lacking = [one for one in needs if not is_there(one, data_dir)]
    if unknown := {one.sha256 for one in lacking if not _kept(one.sha256) and one.sha256 not in contents}:
        raise FilesLacking(*sorted(unknown))
    for one in lacking:
        content = _copied(one.sha256, contents, fetch)
        if one.is_public:
            _link(content, cache() / one.path)
    own = [one for one in needs if not one.is_public]
    if all(one.is_public for one in lacking):
        mirror.use(None)
        return directory
    root = cache() / STUDIES / _digest(directory, own)
    for one in own:
        kept = _kept(one.sha256)
        _link(kept or one.path, mirror.inside(root, one.path))
    copy = mirror.inside(root, directory)
    copy.mkdir(parents=True, exist_ok=True)
    mirror.use(root)
    return copy


def work_of(directory: Path | None) -> Path | None:
    """Where runs keep files of their own: in the study's directory where this node sees it, else in its cache."""
    if directory is None or directory.parent.is_dir():
        return directory
    return cache() / WORK / directory.parent.name


# --- the cache ------------------------------------------------------------------------------------------


def is_there(one: Needed, data_dir: Path | None) -> bool:
    """Whether this machine has a file, and not another one of its name."""
    places = [root / one.path for root in roots(data_dir)] if one.is_public else [one.path]
    return any(_is(place, one.sha256) for place in places)


def _is(path: Path, sha256: str) -> bool:
    with contextlib.suppress(DataError, OSError):
        return path.is_file() and checksum(path) == sha256
    return False


def _place(sha256: str) -> Path:
    return cache() / FILES / sha256


def _kept(sha256: str) -> Path | None:
    """The copy of a file; None where there is none, or one that was damaged."""
    return _place(sha256) if _is(_place(sha256), sha256) else None


def _copied(sha256: str, contents: Mapping[str, Sequence[Any]], fetch: Fetch) -> Path:
    """The copy of a file, written where there is none; several workers of a node may do so, each a whole one."""
    if kept := _kept(sha256):
        return kept
    path = _place(sha256)
    path.parent.mkdir(parents=True, exist_ok=True)
    with _new(path) as temporary:
        with temporary.open("wb") as file:
            for piece in contents[sha256]:
                file.write(fetch(piece))
        if not _is(temporary, sha256):
            raise DataError(f"{path} did not arrive as it was sent; go on with seedbed resume")
    return path


def _link(content: Path, path: Path) -> None:
    """Have a file appear at a path, as a link where there are such."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with _new(path) as temporary:
        try:
            temporary.symlink_to(content)
        except (OSError, NotImplementedError):
            shutil.copyfile(content, temporary)


@contextlib.contextmanager
def _new(path: Path) -> Iterator[Path]:
    """A path that becomes another one, whole."""
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".new-") as folder:
        yield Path(folder) / path.name
        (Path(folder) / path.name).replace(path)


def _digest(directory: Path, needs: Iterable[Needed]) -> str:
    lines = [os.fsencode(directory), *(f"{one.sha256} ".encode() + os.fsencode(one.path) for one in needs)]
    return hashlib.sha256(b"\n".join(lines)).hexdigest()[:16]
