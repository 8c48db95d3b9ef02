"""A study whose runs do nothing but take time, and workers of this process that sleep while they train."""

from __future__ import annotations

import pickle
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from seedbed.api import Study
from seedbed.execution.executors import choice
from seedbed.execution.executors.assignment import Assignment, Ended, Told, Trained
from seedbed.execution.executors.base import Executor, Worker
from seedbed.execution.executors.room import Asked, Heard, Room
from seedbed.metrics.base import Direction
from seedbed.study.checkpoints import Checkpoints
from seedbed.study.contents import Contents
from seedbed.study.events import Epoch, Events
from seedbed.study.problems import Problem
from seedbed.study.shards import Shard
from seedbed.study.trainable import Finished, FinishedRun, Trainable, Work

TEXT = """
name = "bench/scale"
[sleep]
skill = 0
[study]
seeds = {seeds}
[ablate]
"sleep.skill" = {skills}
"""


class Settings(dict[str, Any]):
    """What a variant sets."""

    def model_dump(self) -> dict[str, Any]:
        """See `Configuration`."""
        return dict(self)


class Sleep(Trainable[Settings]):
    """Runs that score their skill."""

    tables: Mapping[str, str] = {"sleep": "What is scored."}
    keys = ("sleep.skill",)
    metrics: Mapping[str, Direction] = {"score": "max"}

    def configure(self, tables: Mapping[str, Any]) -> tuple[Settings | None, list[Problem]]:
        """See `Trainable.configure`."""
        return Settings(tables.get("sleep", {})), []

    def prepare(self, study: Contents, data_dir: Path | None = None) -> Work:
        """See `Trainable.prepare`."""
        return Sleepers(study)


class Sleepers(Work):
    """The runs, which have nothing to do."""

    def train(self, shard: Shard, events: Events, checkpoints: Checkpoints) -> Finished:
        """See `Work.train`."""
        return Finished([finished(run.variant, run.seed) for run in shard.runs])


def finished(variant: str, seed: int) -> FinishedRun:
    """What a run leaves."""
    return FinishedRun(variant, seed, steps=10, epochs=10, seconds=0.1, metrics={"score": float(seed)})


def study(variants: int, seeds: int) -> Study:
    """Of so many runs."""
    return Study.parse(TEXT.format(seeds=seeds, skills=list(range(1, variants))), trainable=Sleep())


class Sleeping(Executor):
    """Workers that sleep for the time that their shard takes.

    Parameters
    ----------
    seconds
        What a run takes.
    told_every
        Seconds between events.
    """

    def __init__(self, slots: int, seconds: float, told_every: float) -> None:
        self.slots, self.label = slots, f"{slots} workers that sleep"
        self._of_each = seconds, told_every

    def start(self) -> Worker:
        """See `Executor.start`."""
        return Sleeper(*self._of_each)

    def close(self) -> None:
        """See `Executor.close`."""


class Sleeper(Worker):
    """Sends and receives all that a worker in another process would, and sleeps meanwhile."""

    def __init__(self, seconds: float, told_every: float) -> None:
        self._seconds, self._told_every = seconds, told_every

    def train(
        self, assignment: Assignment, heard: Heard, is_asked_to_end: Asked, room: Room
    ) -> Trained | Ended:
        """See `Worker.train`."""
        started = time.monotonic()
        runs = pickle.loads(pickle.dumps(assignment)).shard.runs
        end = started + self._seconds * len(runs)
        while (left := end - time.monotonic()) > 0:
            time.sleep(min(left, self._told_every))
            heard(Told(Epoch(1, 10, len(runs), 0.5, 0.5, "score")))
        left_by = Trained(Finished([finished(run.variant, run.seed) for run in runs]), {"node": "here"})
        return pickle.loads(pickle.dumps(left_by))  # type: ignore[no-any-return]

    def close(self) -> None:
        """See `Worker.close`."""


@contextmanager
def workers_that_sleep(slots: int, seconds: float, told_every: float = 0.5) -> Iterator[str]:
    """What to give as `on` so that these train."""
    with patch.object(choice, "executor_of", lambda *asked: Sleeping(slots, seconds, told_every)):
        yield "processes"
