"""Shards: the runs that are computed together in one place, as plain data that names them by variants and seeds."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any, NamedTuple, Self, overload


@dataclass(frozen=True)
class PlannedRun:
    """One variant under one seed, and what it costs: steps and parameters, None where nobody can say."""

    variant: str
    seed: int
    steps: int | None = None
    parameters: int | None = None


class Block(NamedTuple):
    """Variants, as a range of their indices, each under the same range of seeds, in this order; all cost the same."""

    first: int
    end: int
    seed: int
    last: int  # the one after the last seed
    steps: int | None = None
    parameters: int | None = None

    @property
    def seeds(self) -> int:
        """How many each variant has."""
        return self.last - self.seed

    @property
    def runs(self) -> int:
        """How many it has."""
        return (self.end - self.first) * self.seeds

    def part(self, start: int, stop: int) -> Iterator[Block]:
        """Some of its runs, by their indices: the rest of a variant, whole variants, the beginning of one."""
        while start < stop:
            row, column = divmod(start, self.seeds)
            whole = (stop - start) // self.seeds if column == 0 else 0
            count = whole * self.seeds or min(self.seeds - column, stop - start)
            first, seed = self.first + row, self.seed + column
            yield self._replace(
                first=first, end=first + (whole or 1), seed=seed, last=seed + (count // (whole or 1))
            )
            start += count


class Runs(Sequence[PlannedRun]):
    """Runs in order, kept as blocks: there may be a million, and they are cut ten thousand times.

    Parameters
    ----------
    names
        Of the variants that blocks name by index.
    """

    def __init__(self, names: Sequence[str], blocks: Iterable[Block]) -> None:
        self.names, self.blocks = tuple(names), tuple(blocks)
        self._ends = list(accumulate(block.runs for block in self.blocks))

    @classmethod
    def of(cls, runs: Iterable[PlannedRun], names: Iterable[str] = ()) -> Self:
        """Runs as blocks, which are few where seeds or variants follow one another.

        Parameters
        ----------
        names
            Of variants, in their order; by default as they come.
        """
        index = {name: place for place, name in enumerate(names)}
        blocks = list(_stacked(_rows(runs, index)))
        return cls(tuple(index), blocks)

    @property
    def variants(self) -> list[str]:
        """The variants that they are of, in order."""
        of_all = (self.names[place] for one in self.blocks for place in range(one.first, one.end))
        return list(dict.fromkeys(of_all))

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def __iter__(self) -> Iterator[PlannedRun]:
        for one in self.blocks:
            for place in range(one.first, one.end):
                for seed in range(one.seed, one.last):
                    yield PlannedRun(self.names[place], seed, one.steps, one.parameters)

    @overload
    def __getitem__(self, index: int) -> PlannedRun: ...
    @overload
    def __getitem__(self, index: slice) -> Runs: ...
    def __getitem__(self, index: int | slice) -> PlannedRun | Runs:
        if isinstance(index, slice):
            start, stop, step = index.indices(len(self))
            if step != 1:
                raise ValueError(f"expected runs one after another, got every {step}")
            return Runs(self.names, _stacked(self._between(start, stop)))
        place = range(len(self))[index]
        (one,) = self._between(place, place + 1)
        return PlannedRun(self.names[one.first], one.seed, one.steps, one.parameters)

    def _between(self, start: int, stop: int) -> Iterator[Block]:
        place = bisect_right(self._ends, start)
        while start < stop:
            block = self.blocks[place]
            before = self._ends[place] - block.runs
            yield from block.part(start - before, min(stop, self._ends[place]) - before)
            start, place = self._ends[place], place + 1

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence):
            return NotImplemented
        return len(self) == len(other) and all(one == two for one, two in zip(self, other, strict=True))

    def __repr__(self) -> str:
        return f"Runs({list(self)})"

    def __reduce__(self) -> tuple[Any, ...]:
        """What travels names no other variants."""
        names = tuple(self.variants)
        return Runs, (names, self.over(names))

    def over(self, names: Sequence[str]) -> list[Block]:
        """Blocks that speak of variants by their indices among other names."""
        names = tuple(names)
        if names == self.names:
            return list(self.blocks)
        index = {name: place for place, name in enumerate(names)}
        moved = []
        for one in self.blocks:
            for place in range(one.first, one.end):
                new = index[self.names[place]]
                moved.append(one._replace(first=new, end=new + 1))
        return list(_stacked(moved))


def _rows(runs: Iterable[PlannedRun], index: dict[str, int]) -> Iterator[Block]:
    """Blocks of one variant each; variants that have no index get one."""
    start: tuple[Any, ...] = ()
    seed = last = 0
    for run in runs:
        own = index.setdefault(run.variant, len(index)), run.steps, run.parameters
        if own == start and run.seed == last:
            last += 1
            continue
        if start:
            yield _row(start, seed, last)
        start, seed, last = own, run.seed, run.seed + 1
    if start:
        yield _row(start, seed, last)


def _row(start: tuple[Any, ...], seed: int, last: int) -> Block:
    place, steps, parameters = start
    return Block(place, place + 1, seed, last, steps, parameters)


def _stacked(blocks: Iterable[Block]) -> Iterator[Block]:
    """The same runs in the same order; blocks of variants that follow one another under the same seeds are one."""
    whole: Block | None = None
    for one in blocks:
        if whole and whole.end == one.first and whole._replace(first=one.first, end=one.end) == one:
            whole = whole._replace(end=one.end)
            continue
        if whole:
            yield whole
        whole = one
    if whole:
        yield whole


@dataclass(frozen=True)
class Shard:
    """What is computed together in one place: plain data.

    Attributes
    ----------
    number
        Its index among the shards of the study.
    runs
        In their order; given as any sequence.
    label
        What computes it, in a few words for whoever looks on.
    epochs
        The most that a run of it takes.
    facts
        What the study's journal says of it once it is trained, such as "engine".
    """

    number: int
    runs: Runs
    label: str = ""
    epochs: int = 1
    facts: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not isinstance(self.runs, Runs):
            object.__setattr__(self, "runs", Runs.of(self.runs))

    @property
    def variants(self) -> list[str]:
        """The variants that it has runs of."""
        return self.runs.variants
