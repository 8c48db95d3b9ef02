"""The journal of a study: one line per event with a checksum, and what they say of other files and groups."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from seedbed.files import regular_file, to_json
from seedbed.store.partitions import INDEX, Partition, partitions
from seedbed.store.schema import FORMAT, JOURNAL, StoreError, damaged

CHECKSUM = (
    ', "crc": "%08x"}'  # how a line ends from format 2 on; over the line without it, and all lines before
)
LENGTH = len(CHECKSUM % 0)
FILE = re.compile(r"(models/)?[^/\\\0]+\.(parquet|safetensors)")  # of tables and models
LONGEST = 2**16  # bytes of the first line, which is short


@dataclass(frozen=True)
class Announced:
    """What the journal says of a file before it gets its name.

    Attributes
    ----------
    bytes, sha256
        Its size and the hexadecimal digest of its content.
    """

    bytes: int
    sha256: str


@dataclass(frozen=True)
class Journal:
    """A journal as far as it is written.

    Attributes
    ----------
    format
        Of the directory; 1 where nothing has a checksum.
    events
        In order, without their checksums.
    end
        Bytes up to the end of the last whole line; what follows is what a crash left of another.
    checksum
        Of the last line, which that of the next one depends on.
    """

    format: int
    events: list[dict[str, Any]]
    end: int
    checksum: int
    announced: dict[str, list[Announced]] = field(init=False)

    def __post_init__(self) -> None:
        for event in self.groups:
            files = event.get("parts", [])
            if not (
                isinstance(files, list)
                and all(isinstance(file, str) and FILE.fullmatch(file) for file in files)
            ):
                raise ValueError("a group of it has parts of files that no study has")
            if files and not isinstance(event.get("group"), int):
                raise ValueError("a group of it has no number")
            if not all(isinstance(event.get(key, 0), int) for key in ("runs", INDEX)):
                raise ValueError("a group of it does not say how many runs it has, or where they are")
        announced: dict[str, list[Announced]] = {}
        for event in self.of_kind("wrote"):
            announced.setdefault(event["file"], []).append(Announced(event["bytes"], event["sha256"]))
        object.__setattr__(self, "announced", announced)

    def of_kind(self, kind: str) -> Iterator[dict[str, Any]]:
        """The events of one kind."""
        return (event for event in self.events if event.get("event") == kind)

    @cached_property
    def groups(self) -> list[dict[str, Any]]:
        """The events of the groups that are committed."""
        return list(self.of_kind("group"))

    @cached_property
    def partitions(self) -> dict[str, list[Partition]]:
        """What groups added to, and in which files it belongs; see `partitions.partitions`."""
        return partitions(self.groups)

    @property
    def elapsed(self) -> float:
        """Seconds that processes have spent on the study, as far as their events tell."""
        total = last = 0.0
        for event in self.events:
            if event.get("event") == "opened":
                total += last
            last = event.get("elapsed", 0.0)
        return total + last

    @property
    def finished(self) -> dict[str, Any] | None:
        """How the study finished; None where it did not, or was gone on with since."""
        last = None
        for event in self.events:
            if event.get("event") in ("opened", "finished"):
                last = event
        return last if last and last["event"] == "finished" else None


def line(event: Mapping[str, object], checksum: int) -> tuple[bytes, int]:
    """An event as a line with its checksum, and that; given the checksum of the line before, 0 at the beginning."""
    text = to_json(event)
    checksum = zlib.crc32(text.encode(), checksum)
    return f"{text[:-1]}{CHECKSUM % checksum}\n".encode(), checksum


def read(directory: Path) -> Journal:
    """The journal of a study.

    Raises
    ------
    StoreError
        Where it is missing, damaged or of a newer format.
    """
    path = directory / JOURNAL
    with damaged(path), regular_file(path) as file:
        return _parsed(file.read(), directory)


def first(directory: Path) -> dict[str, Any]:
    """The first event of a journal; empty where that cannot be read."""
    path = directory / JOURNAL
    try:
        with damaged(path), regular_file(path) as file:
            return _events([file.readline(LONGEST)])[0]
    except StoreError:
        return {}


def _parsed(content: bytes, directory: Path) -> Journal:
    lines = content.split(b"\n")
    rest = lines.pop()
    if not any(lines):
        raise ValueError("it has no whole line" if content else "it is empty")
    if (
        b'"crc"' not in lines[0] and b'"format"' not in lines[0]
    ):  # neither mark of format 2, one of which may be damaged
        return Journal(1, _events([line for line in lines if line]), len(content) - len(rest), 0)
    checksum, bodies = 0, []
    for number, line in enumerate(lines, 1):
        body = line[:-LENGTH] + b"}"
        checksum = zlib.crc32(body, checksum)
        if line[-LENGTH:] != (CHECKSUM % checksum).encode():
            raise ValueError(f"line {number} does not agree with its checksum")
        bodies.append(body)
        if number == 1:
            _check_format(_events(bodies)[0], directory)
    if rest[-LENGTH - 1 : -1] == (CHECKSUM % zlib.crc32(rest[: -LENGTH - 1] + b"}", checksum)).encode():
        raise ValueError(f"line {len(lines) + 1} is whole but for its end")
    events = _events(bodies)
    return Journal(events[0]["format"], events, len(content) - len(rest), checksum)


def _check_format(created: Mapping[str, Any], directory: Path) -> None:
    if not isinstance(found := created.get("format"), int) or found > FORMAT:
        raise StoreError(
            f"{directory} was stored by a newer version of Seedbed, in format {found}; this one reads up to {FORMAT}: "
            "upgrade Seedbed"
        )


def _events(lines: Sequence[bytes]) -> list[dict[str, Any]]:
    events = json.loads(b"[" + b",\n".join(lines) + b"]")  # at once is several times as fast as one by one
    if len(events) != len(lines) or not all(isinstance(event, dict) for event in events):
        raise ValueError("a line of it is not an event")
    return events
