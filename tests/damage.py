"""Damage to the files of a study, as disks, people and attackers do it: what its readers are held against."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

DEEP = b"[" * 200_000
UNREAD = ("report.html", "figures")  # what only browsers read


@dataclass(frozen=True)
class Damage:
    """One thing that happens to one file.

    Attributes
    ----------
    file
        Relative to the directory of the study.
    kind
        "removed", "emptied", "deep" (replaced by JSON of great depth), "directory", "pipe", or "cut" or "flipped" (a
        bit) at a byte.
    at, bit
        Which byte, and which of its bits.
    """

    file: str
    kind: str
    at: int = 0
    bit: int = 0

    def __str__(self) -> str:
        return f"{self.file} {self.kind} at {self.at}.{self.bit}"

    @contextmanager
    def done_to(self, directory: Path) -> Iterator[None]:
        """Damage the file, and make it whole again afterwards."""
        path = directory / self.file
        content, other = path.read_bytes(), path.with_name(f"{path.name}.damaged")
        match self.kind:
            case "directory":
                other.mkdir()
            case "pipe":
                os.mkfifo(other)
            case "removed":
                pass
            case _:
                other.write_bytes(self._changed(content))
        path.unlink()
        if other.exists():
            other.rename(path)
        try:
            yield
        finally:
            if path.is_dir():
                shutil.rmtree(path)
            other.write_bytes(content)
            other.replace(path)

    def _changed(self, content: bytes) -> bytes:
        match self.kind:
            case "emptied":
                return b""
            case "deep":
                return DEEP
            case "cut":
                return content[: self.at]
            case "flipped":
                changed = bytearray(content)
                changed[self.at] ^= 1 << self.bit
                return bytes(changed)
        raise ValueError(f"expected a kind of damage, got {self.kind!r}")


def files(directory: Path) -> list[str]:
    """The files of a study that are read again, relative to its directory."""
    names = sorted(path.relative_to(directory).as_posix() for path in directory.rglob("*") if path.is_file())
    return [name for name in names if not name.startswith(UNREAD)]


def sweep(directory: Path, seed: int, cuts: int, flips: int) -> Iterator[Damage]:
    """Every kind of damage to every file, with so many cuts and flipped bits of each, among them at its ends."""
    for file in files(directory):
        draw, size = random.Random(f"{seed} {file}"), (directory / file).stat().st_size
        yield from (Damage(file, kind) for kind in ("removed", "emptied", "deep", "directory", "pipe"))
        for at in {size - 1, *(draw.randrange(size) for _ in range(cuts - 1))}:
            yield Damage(file, "cut", at)
        for at in {0, size - 1, *(draw.randrange(size) for _ in range(flips - 2))}:
            yield Damage(file, "flipped", at, draw.randrange(8))
