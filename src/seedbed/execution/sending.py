"""Which files the workers of a study need, and what is sent of them to nodes that lack some."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from seedbed.data.checksums import checksum
from seedbed.execution.executors.assignment import Needed
from seedbed.execution.executors.copies import pieces
from seedbed.study.code import Snapshot
from seedbed.study.trainable import Work

Put = Callable[[bytes], Any]


class Sending:
    """The files of a part of a study.

    Parameters
    ----------
    directory
        What the paths of the stored study are relative to.

    Attributes
    ----------
    needs
        All of them.
    """

    def __init__(self, work: Work, code: Snapshot | None, directory: Path) -> None:
        self._sources = {needed: path for path, needed in _needed(work, code, directory)}
        self.needs = tuple(self._sources)

    def content(self, checksums: Iterable[str], put: Put) -> dict[str, tuple[Any, ...]]:
        """What is sent of files, by their checksums.

        Parameters
        ----------
        put
            Takes a piece, and gives what a worker gets it by.
        """
        paths = {needed.sha256: path for needed, path in self._sources.items()}
        return {sha256: tuple(put(piece) for piece in pieces(paths[sha256], sha256)) for sha256 in checksums}


def _needed(work: Work, code: Snapshot | None, directory: Path) -> Iterator[tuple[Path, Needed]]:
    """Every file, where it lies here, and what a worker needs to know of it."""
    for one in work.files:
        place = Path(one.name) if one.is_public else directory / one.name
        for path in _whole(one.path):
            yield path, Needed(place / path.relative_to(one.path), checksum(path), one.is_public)
    if code and not code.code.is_given:
        for source in code.sources:
            if source.path and not source.name.startswith("elsewhere/"):
                yield source.path, Needed(directory / source.name, source.sha256)


def _whole(path: Path) -> list[Path]:
    """A file, or all in a folder."""
    return sorted(inner for inner in path.rglob("*") if inner.is_file()) if path.is_dir() else [path]
