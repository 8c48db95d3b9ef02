"""Which files of a table, or of the models of a variant, hold which groups: those of large studies have several."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RUNS_IN_FILE = 100_000
INDEX = "file"  # of the partition that a group belongs to, in its event; the first one's do not say so


@dataclass(frozen=True)
class Partition:
    """Groups that share a file of a table, or of the models of a variant.

    Attributes
    ----------
    index
        How many times RUNS_IN_FILE runs were committed before its first group.
    path
        The name of its file in the directory of the study.
    earlier
        The name that this file has while there is no other partition; None where it is not the first.
    groups
        Their numbers, in order.
    """

    index: int
    path: Path
    earlier: Path | None
    groups: list[int]

    def whole(self, directory: Path) -> Path:
        """Where its file is, under either name."""
        path = directory / self.path
        if self.earlier and not path.exists() and (directory / self.earlier).exists():
            return directory / self.earlier
        return path


def partitions(groups: Iterable[Mapping[str, Any]]) -> dict[str, list[Partition]]:
    """The partitions of every table and of the models of every variant, by the name of its file.

    A file that has but one keeps its name. Where it has more they are in a directory of that name.

    Parameters
    ----------
    groups
        The events of the groups that are committed, in the order of the journal.
    """
    found: dict[str, dict[int, list[int]]] = {}
    for event in groups:
        for file in event.get("parts", ()):
            found.setdefault(file, {}).setdefault(event.get(INDEX, 0), []).append(event["group"])
    return {file: _of_file(Path(file), found[file]) for file in sorted(found)}


def _of_file(file: Path, groups: Mapping[int, list[int]]) -> list[Partition]:
    if len(groups) == 1:
        return [Partition(index, file, None, sorted(numbers)) for index, numbers in groups.items()]
    first = min(groups)
    return [
        Partition(
            index,
            file.with_suffix("") / f"{index:03}{file.suffix}",
            file if index == first else None,
            sorted(numbers),
        )
        for index, numbers in sorted(groups.items())
    ]
