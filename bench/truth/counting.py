"""How often something happens in simulated studies: counted over many, each drawn from a seed of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from zlib import crc32

import numpy as np

PROCESSES = 2
CHUNK = 100  # studies that a process is given at once

Outcome = Mapping[
    str, bool | tuple[int, int] | None
]  # what happened in one study, or in so many cases of so many
Study = Callable[[np.random.Generator], Outcome]


@dataclass(frozen=True)
class Cell:
    """One situation.

    Attributes
    ----------
    row, column
        Where its rates stand in the tables of its question.
    study
        Draws one study and judges it; a value of None does not count.
    share
        Which part of the usual number of studies is drawn: less where a study takes long.
    """

    row: str
    column: str
    study: Study
    share: float = 1.0


@dataclass(frozen=True)
class Rate:
    """How often something happened: in `hits` of `of` cases."""

    hits: int
    of: int

    @property
    def share(self) -> float:
        """The rate itself."""
        return self.hits / self.of if self.of else np.nan

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Where the true rate lies, by Wilson's formula."""
        from seedbed.analysis.reliable import wilson

        return wilson(self.hits, self.of, level)

    def __add__(self, other: Rate) -> Rate:
        return Rate(self.hits + other.hits, self.of + other.of)


Rates = dict[str, Rate]


def counted(cells: Sequence[Cell], studies: int, processes: int = PROCESSES) -> list[Rates]:
    """The rates of every cell, from so many studies each times its share; the same however many processes count."""
    tasks = [
        (place, cell, start, min(start + CHUNK, round(studies * cell.share)))
        for place, cell in enumerate(cells)
        for start in range(0, round(studies * cell.share), CHUNK)
    ]
    rates: list[Rates] = [{} for _ in cells]
    with ProcessPoolExecutor(processes) as pool:
        for (place, *_), chunk in zip(tasks, pool.map(_chunk, tasks), strict=True):
            for name, rate in chunk.items():
                rates[place][name] = rates[place].get(name, Rate(0, 0)) + rate
    return rates


def _chunk(task: tuple[int, Cell, int, int]) -> Rates:
    _, cell, start, end = task
    return rates_of(cell, range(start, end))


def rates_of(cell: Cell, studies: Iterable[int]) -> Rates:
    """The rates of some numbered studies of one cell; the random numbers of each depend on no other cell."""
    key = crc32(f"{cell.row}, {cell.column}".encode())
    rates: Rates = {}
    for number in studies:
        for name, seen in cell.study(np.random.default_rng((key, number))).items():
            if seen is not None:
                hits, of = seen if isinstance(seen, tuple) else (int(seen), 1)
                rates[name] = rates.get(name, Rate(0, 0)) + Rate(hits, of)
    return rates
