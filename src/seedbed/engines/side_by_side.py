"""Several engines as one: each trains its share of a group's runs, in a thread of its own."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from threading import Event
from typing import Any

import numpy as np

from seedbed.engines.base import Batches, Engine, GroupData
from seedbed.engines.workers import Workers


class Stopped(Exception):
    """Raised in a part that was told to stop."""


class SideBySide:
    """See `engines.base.Engine` for the contract.

    Parameters
    ----------
    make
        Makes the engine of a part from its data, params, state, dropout keys and augment keys. In that engine,
        `Stopped` is to be raised soon after `stop` was set.
    stop
        See `make`.
    parts, threads
        How many there shall be; never more parts than runs, nor threads than parts.
    start_thread
        Called first in every thread.
    data, per_run
        What `make` takes, of all runs.
    never_here
        Whether also a single part has a thread of its own.
    """

    def __init__(
        self,
        make: Callable[..., Engine],
        stop: Event,
        parts: int,
        threads: int,
        start_thread: Callable[[], None],
        data: GroupData,
        *per_run: np.ndarray,
        never_here: bool = False,
    ) -> None:
        runs = np.arange(len(data.dataset))
        self._rows = np.array_split(runs, min(parts, len(runs)))  # the places of each part's runs, ascending
        self._stop = stop
        # A single part needs no thread of its own, and may then use all those of its library.
        own = len(self._rows) > 1 or never_here
        self._workers = Workers(min(threads, len(self._rows)) if own else 0, start_thread)
        self._parts: list[Engine] = []
        self._parts = self._each(
            lambda rows: make(data.of_runs(rows), *(array[rows] for array in per_run)), self._rows
        )

    def _each(self, call: Callable[..., Any], *arguments: Sequence[Any]) -> list[Any]:
        """The call on every part's arguments, all at once; an interrupt or a part's error stops them all."""
        try:
            return self._workers.run(
                [partial(call, *own) for own in zip(*arguments, strict=True)], self._stop.set
            )
        finally:
            self._stop.clear()

    def _places(self, runs: np.ndarray) -> list[np.ndarray]:
        """Where among the named runs each part's own are."""
        return [np.flatnonzero(np.isin(runs, rows)) for rows in self._rows]

    def train(
        self,
        batches: Batches,
        hyper: Mapping[str, np.ndarray],
        first_step: int,
        frozen: np.ndarray | None = None,
    ) -> np.ndarray:
        """See `engines.base.Engine.train`."""

        def of_part(part: Engine, rows: np.ndarray) -> np.ndarray:
            own = Batches(batches.indices[rows], batches.offsets)
            numbers = {name: values[:, rows] for name, values in hyper.items()}
            return part.train(own, numbers, first_step, None if frozen is None else frozen[rows])

        return _joined(self._rows, self._each(of_part, self._parts, self._rows))

    def predict(self, indices: np.ndarray, runs: np.ndarray | None = None) -> np.ndarray:
        """See `engines.base.Engine.predict`."""
        asked = np.arange(len(indices)) if runs is None else runs
        places = self._places(asked)

        def of_part(part: Engine, rows: np.ndarray, own: np.ndarray) -> np.ndarray:
            return part.predict(indices[own], None if runs is None else np.searchsorted(rows, asked[own]))

        return _joined(places, self._each(of_part, self._parts, self._rows, places))

    def read(self, names: Collection[str] | None = None) -> dict[str, np.ndarray]:
        """See `engines.base.Engine.read`."""
        found = [part.read(names) for part in self._parts]
        return {name: _joined(self._rows, [arrays[name] for arrays in found]) for name in found[0]}

    def write(self, arrays: Mapping[str, np.ndarray]) -> None:
        """See `engines.base.Engine.write`."""
        for part, rows in zip(self._parts, self._rows, strict=True):
            part.write({name: array[rows] for name, array in arrays.items()})

    def keep(self, runs: np.ndarray) -> None:
        """See `engines.base.Engine.keep`."""
        places = self._places(runs)
        left = [number for number, kept in enumerate(places) if len(kept)]
        for number in left:
            self._parts[number].keep(np.searchsorted(self._rows[number], runs[places[number]]))
        self._parts = [self._parts[number] for number in left]
        self._rows = [places[number] for number in left]

    def close(self) -> None:
        """See `engines.base.Engine.close`."""
        self._workers.close()
        for part in self._parts:
            part.close()


def _joined(places: Sequence[np.ndarray], arrays: Sequence[np.ndarray]) -> np.ndarray:
    """The parts' arrays as one, one row per run."""
    whole = np.empty((sum(map(len, places)), *arrays[0].shape[1:]), arrays[0].dtype)
    for own, array in zip(places, arrays, strict=True):
        whole[own] = array
    return whole
