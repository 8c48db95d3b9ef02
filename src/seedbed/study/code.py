"""The code that a study names: what it would run, and its files as they were read at one moment."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from seedbed.files import regular_file, to_json
from seedbed.study.problems import Problem, StudyError
from seedbed.text import enumerated

MOST_KEPT = 1_000_000  # bytes of a file of which a copy is kept
MOST_READ = 100_000_000_000  # bytes of one at all
AT_ONCE = 1 << 20  # bytes read of a file at a time


class ChangedCode(StudyError):
    """Code that is not what it was when its study was begun: its runs would be of two programs."""

    def __init__(self, names: Sequence[str]) -> None:
        has, old = ("has", "file") if len(names) == 1 else ("have", "files")
        message = (
            f"{enumerated(names, last='and')} {has} changed since the study was begun, and its runs would be of two "
            f"programs; put the old {old} back and go on with seedbed resume, or run the study again"
        )
        super().__init__("code", [Problem("", message)])


@dataclass(frozen=True)
class Code:
    """What a study would run that is not Seedbed's own.

    Attributes
    ----------
    what
        All of it in words, a line for each thing, such as `python train.py --lr {lr}`: whoever trusts it trusts these
        words and the files, so whatever decides on what is run stands in one of them.
    files
        The files that it is made of.
    texts
        Source that lies in no file, such as a notebook's, by the name to store it under.
    is_given
        Whether the program that runs the study gave it as an object; that needs no question.
    to_prepare
        Whether it runs already where the study is made ready.
    """

    what: str
    files: tuple[Path, ...] = ()
    texts: Mapping[str, str] = field(default_factory=dict)
    is_given: bool = False
    to_prepare: bool = False


@dataclass(frozen=True)
class Source:
    """A file of code as it was read.

    Attributes
    ----------
    name
        What it is called and stored as: its path from the study's directory, with slashes.
    path
        Where it lies; None of source that lies in no file.
    content
        All of it; None where it is too large for a copy.
    state
        By which the system tells it from the same path at another time.
    """

    name: str
    path: Path | None
    size: int
    sha256: str
    content: bytes | None
    state: tuple[int, ...] = ()


@dataclass(frozen=True)
class Snapshot:
    """Code and its files as they were read at one moment."""

    code: Code
    sources: tuple[Source, ...]

    @property
    def files(self) -> dict[str, str]:
        """The checksum of each file by its name."""
        return {source.name: source.sha256 for source in self.sources}

    @property
    def digest(self) -> str:
        """Hexadecimal, the same where what is run is the same."""
        return hashlib.sha256(to_json([self.code.what, self.files]).encode()).hexdigest()

    def hold(self) -> None:
        """Refuse to use files that are not what they were; cheap where nobody touched them.

        Raises
        ------
        ChangedCode
        """
        names = [source.name for source in self.sources if source.path and not _is_same(source, source.path)]
        if names:
            raise ChangedCode(names)


def snapshot(code: Code, directory: Path) -> Snapshot:
    """Read the files of code.

    Parameters
    ----------
    directory
        The study's, from which files are named.

    Raises
    ------
    OSError
        Where a file cannot be read; its `filename` says which.
    """
    named = dict(zip(_names(code.files, directory), code.files, strict=True))
    sources = [_read(name, directory / path) for name, path in named.items()]
    for name, text in code.texts.items():
        content = text.encode("utf-8", "backslashreplace")
        sources.append(Source(name, None, len(content), hashlib.sha256(content).hexdigest(), content))
    return Snapshot(code, tuple(sources))


def unreadable(origin: str, error: OSError) -> StudyError:
    """What to say of a file of code that cannot be read."""
    reason = f"{error.filename}: {error.strerror or error}"
    return StudyError(origin, [Problem("", f"its code cannot be read: {reason}")])


def _names(files: tuple[Path, ...], directory: Path) -> Iterator[str]:
    """A name for each file: its path where that lies in the directory, else a mark of the path and its last part."""
    for path in files:
        whole = Path(os.path.abspath(directory / path))  # keeps links, by whose names people know the files
        inside = [one for one in (directory, directory.resolve()) if whole.is_relative_to(one)]
        mark = hashlib.sha256(os.fsencode(whole)).hexdigest()[:8]
        name = whole.relative_to(inside[0]).as_posix() if inside else f"elsewhere/{mark}/{whole.name}"
        yield name.encode("utf-8", "backslashreplace").decode()


def _read(name: str, path: Path) -> Source:
    """All of a file, from one opening of it; what the system makes up as it is read may never end."""
    with regular_file(path, MOST_READ) as file:
        state = _state(found := os.fstat(file.fileno()))
        digest, size, kept = hashlib.sha256(), 0, b""
        while piece := file.read(AT_ONCE):
            digest.update(piece)
            size += len(piece)
            if size > found.st_size:
                raise OSError(errno.EIO, "it grows while it is read", str(path))
            if size <= MOST_KEPT:
                kept += piece
    return Source(name, path, size, digest.hexdigest(), kept if size <= MOST_KEPT else None, state)


def _is_same(source: Source, path: Path) -> bool:
    try:
        return _state(path.stat()) == source.state or _read(source.name, path).sha256 == source.sha256
    except OSError:
        return False


def _state(status: os.stat_result) -> tuple[int, ...]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
