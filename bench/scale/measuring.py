"""Measures on this machine what the process that runs a study takes for each thing that it does."""

from __future__ import annotations

import os
import pickle
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

from bench.scale.sleeping import Sleeper, finished, study, workers_that_sleep
from seedbed.execution.cutting import Cutting
from seedbed.execution.executors.assignment import Assignment, Round, Trained
from seedbed.execution.executors.room import Room
from seedbed.execution.progress import GroupStart, Silent
from seedbed.execution.together import View
from seedbed.store.writer import Store
from seedbed.study.events import Epoch
from seedbed.study.shards import PlannedRun, Runs, Shard
from seedbed.study.trainable import Compute, Finished

SIZES = (1, 100, 1000)  # runs of a shard
PARAMETERS = (1_000, 1_000_000)  # of a checkpoint, four bytes each
SHAPES = (  # workers, variants, seeds, runs of a shard
    (1, 10, 20, 1),
    (1, 10, 1_000, 100),
    (1, 10, 10_000, 1_000),
    (1, 10, 100_000, 10_000),
    (1, 1_000, 100, 100),
    (100, 10, 1_000, 10),
    (1_000, 10, 2_000, 10),
)


@dataclass(frozen=True)
class Times:
    """Milliseconds of something that was done so many times: of the processor, and on the clock with quartiles."""

    what: str
    processor: float
    clock: float
    low: float
    high: float
    count: int


def small(repeats: int) -> list[Times]:
    """What is done often: messages, events, checkpoints."""
    rows = []
    for size in SIZES:
        assignment, trained = _assignment(size), _trained(size)
        sent = pickle.dumps(trained)
        rows += [
            _timed(f"send a shard of {size:,} runs", lambda a=assignment: pickle.dumps(a), repeats),
            _timed(f"receive a shard of {size:,} runs", lambda s=sent: pickle.loads(s), repeats),
            _timed(
                f"a worker that sleeps, {size:,} runs",
                lambda a=assignment: Sleeper(0.0, 1.0).train(a, print, bool, Room(1)),
                repeats,
            ),
        ]
    view = View(Silent(), 10**6, "score", "max")
    view.finished(_shard(0), Finished([finished("a", seed) for seed in range(10**6)]))
    tell, epoch = view.events(_shard(1)), Epoch(1, 10, 1, 0.5, 0.5, "score")
    rows.append(_timed("an event, 1,000,000 runs finished", lambda: tell(epoch), repeats))
    with tempfile.TemporaryDirectory() as place, Store.create(place, "checkpoints", "5eed") as store:
        for size in PARAMETERS:
            arrays = {"parameters": np.zeros(size, np.float32)}
            rows.append(
                _timed(
                    f"store a checkpoint of {size * 4 / 1e6:g} MB",
                    lambda a=arrays: store.save_checkpoint(0, a, {"shard": {}, "seconds": 1.0}),
                    repeats,
                )
            )
    return rows


def _timed(what: str, do: Callable[[], object], count: int) -> Times:
    clock, processor = [], []
    do()
    for _ in range(count):
        started, before = time.perf_counter(), time.process_time()
        do()
        processor.append(time.process_time() - before)
        clock.append(time.perf_counter() - started)
    low, middle, high = 1e3 * np.quantile(clock, (0.25, 0.5, 0.75))
    return Times(what, 1e3 * float(np.median(processor)), float(middle), float(low), float(high), count)


def _shard(size: int) -> Shard:
    return Shard(0, Runs.of(PlannedRun("skill = 1", seed) for seed in range(size)))


def _assignment(size: int) -> Assignment:
    part = Round("text" * 100, Path("study.toml"), b"x" * 1000, ["skill = 1"], (0, size), Compute(), None)
    return Assignment(_shard(size), part, None, None)


def _trained(size: int) -> Trained:
    return Trained(Finished([finished("skill = 1", seed) for seed in range(size)]), {"node": "here"})


# --- a whole study ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Driven:
    """What a study of runs that take no time took for each shard: milliseconds.

    Attributes
    ----------
    processor, disk, clock
        Of the processor, waiting until something has reached the disk, and in all.
    before, after
        Seconds of the processor before the first shard and after the last.
    """

    workers: int
    runs: int
    size: int
    shards: int
    processor: float
    disk: float
    clock: float
    before: float
    after: float


def driven(workers: int, variants: int, seeds: int, size: int) -> Driven:
    """Run a study in shards of so many runs by workers that answer at once."""
    watching = _Watching()
    with (
        tempfile.TemporaryDirectory() as place,
        workers_that_sleep(workers, 0.0) as on,
        patch.object(Cutting, "size", lambda self, shard, left: min(size, len(shard.runs))),
        patch.object(os, "fsync", watching.fsync),
    ):
        asked = study(variants, seeds)
        started = time.process_time()
        asked.run(runs_dir=place, on=on, observer=watching)
        ended = time.process_time()
    (_, first, _), (_, last, _) = watching.times
    shards = -(-seeds // size) * variants
    clock, processor, disk = 1e3 / shards * np.subtract(*reversed(watching.times))
    runs = variants * seeds
    return Driven(workers, runs, size, shards, processor, disk, clock, first - started, ended - last)


class _Watching(Silent):
    """Notes clock, processor and the time that was waited for the disk before and after the shards."""

    def __init__(self) -> None:
        self.times: list[tuple[float, float, float]] = []
        self._disk, self._fsync = 0.0, os.fsync

    def fsync(self, file: Any) -> None:
        """The system's, timed."""
        started = time.perf_counter()
        self._fsync(file)
        self._disk += time.perf_counter() - started

    def group_started(self, group: GroupStart) -> None:
        """See `Observer`."""
        self._note()

    def group_finished(self) -> None:
        """See `Observer`."""
        if len(self.times) == 1:
            self._note()

    def _note(self) -> None:
        self.times.append((time.perf_counter(), time.process_time(), self._disk))


def rows(repeats: int) -> Iterator[tuple[str, ...]]:
    """All that is measured, in milliseconds; first the heads."""
    yield "", "processor", "disk", "clock", "quartiles", "times"
    for one in small(repeats):
        times = f"{one.processor:.3f}", "", f"{one.clock:.3f}", f"{one.low:.3f} to {one.high:.3f}"
        yield one.what, *times, f"{one.count}"
    for shape in SHAPES:
        whole = driven(*shape)
        what = f"a shard of {whole.size:,} of {whole.runs:,} runs, {whole.workers:,} workers"
        times = f"{whole.processor:.2f}", f"{whole.disk:.2f}", f"{whole.clock:.2f}"
        yield what, *times, "", f"{whole.shards}"
