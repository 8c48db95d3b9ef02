"""What the readers of other tools' directories share: which folders are looked at, and the table made of their runs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from seedbed.data.tables.csvfile import PLAIN
from seedbed.study.problems import Problem
from seedbed.study.suggestions import instead_of
from seedbed.trainables.judged.rows import Source, Wrong

NAME, VALUE, STEP = "metric", "value", "step"  # columns of the table that is made
MOST_FOLDERS = 500_000


@dataclass
class Points:
    """Values of metrics at steps of runs, one below the other.

    Attributes
    ----------
    metric
        What variants are compared by; a run without it has a point without a value.
    columns
        What is told of each run, by name, a value for each point.
    """

    metric: str
    names: list[str] = field(default_factory=list)
    steps: list[int] = field(default_factory=list)
    values: list[float | None] = field(default_factory=list)
    columns: dict[str, list[Any]] = field(default_factory=dict)

    def add(self, told: dict[str, Any], points: dict[tuple[str, int], float | None]) -> None:
        """Add a run: what is told of it, and its values by metric and step."""
        if all(name != self.metric for name, _ in points):
            points = {**points, (self.metric, 0): None}
        before, count = len(self.names), len(points)
        self.names += (name for name, _ in points)
        self.steps += (step for _, step in points)
        self.values += points.values()
        for name in told:
            self.columns.setdefault(name, [None] * before)
        for name, cells in self.columns.items():
            cells += [told.get(name)] * count

    def source(self, row: str, notes: tuple[str, ...] = ()) -> Source:
        """The table; raises `Wrong` where no run has the metric."""
        known = {name for name, value in zip(self.names, self.values, strict=True) if value is not None}
        if self.metric not in known:
            near = instead_of(self.metric, sorted(known))
            raise Wrong(Problem("study.metric", f'"{self.metric}" is not a metric; {near}'))
        own = {NAME: pa.array(self.names, pa.string()), STEP: pa.array(self.steps, pa.int64())}
        told = {name: pa.array(cells, pa.string()) for name, cells in self.columns.items() if name not in own}
        own[VALUE] = pa.array(self.values, pa.float64())
        return Source(pa.table({**told, **own}), PLAIN, row, notes)


def folders(root: Path) -> Iterator[tuple[Path, list[str], list[str]]]:
    """Every folder below one, with the names of its folders and files in order; links are not followed."""
    for seen, (place, inner, files) in enumerate(os.walk(root)):
        inner.sort()
        if seen >= MOST_FOLDERS:
            raise Wrong(
                Problem("results.path", f"{root} has more than {MOST_FOLDERS:,} folders; name one of them")
            )
        path = Path(place)
        yield path, inner, sorted(name for name in files if not (path / name).is_symlink())
