"""A study of other people's code made ready: its shards, how many at once, and the running of one after another."""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, Generic

from seedbed import machine
from seedbed.files import slug
from seedbed.metrics.names import split_epoch
from seedbed.study.checkpoints import Checkpoints
from seedbed.study.code import Snapshot
from seedbed.study.contents import Contents
from seedbed.study.events import Epoch, Events
from seedbed.study.shards import Block, PlannedRun, Runs, Shard
from seedbed.study.trainable import Facts, Finished, Work
from seedbed.trainables.outside.configuration import OutsideConfiguration, OwnOptions
from seedbed.trainables.outside.options import Options
from seedbed.trainables.outside.outcome import Asked, Outcome, outcomes_of, state_of, tables_of
from seedbed.trainables.outside.process import threads_of

MOST_SHARDS = 200  # storing one takes hundredths of a second, which short runs would wait for
SPREAD = 1_000_003  # between the seeds of two studies' runs
TOLD_EVERY = 0.1  # seconds between two events


@dataclass(frozen=True)
class Job(Generic[OwnOptions]):
    """One run to do.

    Attributes
    ----------
    settings
        A copy for this run.
    random_seed
        What the code is given as its seed: below 2**32, different for every seed of a study, the same for all variants.
    directory
        Where it may keep files; not made yet.
    """

    variant: str
    seed: int
    options: OwnOptions
    settings: dict[str, Any]
    random_seed: int
    directory: Path


class OutsideWork(Work, Generic[OwnOptions]):
    """See `study.trainable.Work`. A shard is one run or a few, in the order of seeds, so that pairs complete first."""

    label = ""  # what does the runs, in a word
    gave = "returned"  # how runs tell their metrics

    def __init__(self, study: Contents) -> None:
        super().__init__(study)
        self.asked = Asked(study.metric, study.direction, _claimed_epochs(study))
        self._configurations: dict[str, OutsideConfiguration[OwnOptions]] = {
            variant.name: variant.configuration for variant in study.variants
        }
        self.longest = 0  # epochs of a run, as far as runs have shown
        self._code: Snapshot | None = None

    @abstractmethod
    def run(self, job: Job[OwnOptions], outcome: Outcome) -> Generator[None]:
        """Do one run and tell its outcome; yields at least ten times a second, so that it can be left there.

        Whatever it holds is given back when the generator is closed.
        """

    # --- what would run -----------------------------------------------------------------------------------

    @cached_property
    def shards(self) -> Sequence[Shard]:
        """Runs by seed, a few in each shard where they are many."""
        names = [variant.name for variant in self.study.variants]
        runs = Runs(names, (Block(0, len(names), seed, seed + 1) for seed in self.study.to_train))
        size = max(1, -(-len(runs) // MOST_SHARDS))
        pieces = (runs[first : first + size] for first in range(0, len(runs), size))
        return [Shard(number, piece, self.label) for number, piece in enumerate(pieces)]

    @property
    def options(self) -> Options:
        """Those of base, which hold for the whole study where they are not of single runs."""
        return next(iter(self._configurations.values())).options

    @cached_property
    def at_once(self) -> int:
        """As many runs as there are cores, fewer where they have several threads or would not fit into memory."""
        asked = self.options
        if asked.at_once:
            return asked.at_once
        limits = [machine.usable_cores() // self.threads, len(self.shards)]
        free = machine.available() if asked.memory else None
        if asked.memory and free:
            limits.append(free // asked.memory)
        return max(1, min(limits))

    @property
    def threads(self) -> int:
        """Of each run; neither how many runs are left nor how much memory is free decides, since sums depend on it."""
        cores, asked = machine.usable_cores(), self.options
        return asked.threads or max(1, cores // (asked.at_once or cores))

    @property
    def keeps_files(self) -> bool:
        """See `Work.keeps_files`."""
        return True

    @property
    def environment_of_runs(self) -> dict[str, str]:
        """Variables by which a run keeps to its threads."""
        return threads_of(self.threads, chosen=self.options.threads is not None)

    @property
    def environment(self) -> Facts:
        """See `Work.environment`."""
        return {"at_once": self.at_once, "threads": self.threads}

    def hold_to(self, code: Snapshot) -> None:
        """See `Work.hold_to`."""
        self._code = code

    # --- running ------------------------------------------------------------------------------------------

    def train(self, shard: Shard, events: Events, checkpoints: Checkpoints) -> Finished:
        """Do the runs of a shard one after another; those that a checkpoint holds are not done again."""
        done = outcomes_of(checkpoints.resume_from)
        there = {(one.variant, one.seed) for one in done}
        telling = _Telling(self, shard, events, done)
        with TemporaryDirectory(prefix="seedbed-") as spare:
            directory = checkpoints.directory or Path(spare)
            for planned in shard.runs:
                if (planned.variant, planned.seed) in there:
                    continue
                if self._code:
                    self._code.hold()
                outcome = Outcome(planned.variant, planned.seed)
                began = time.monotonic()
                with closing(self.run(self._job(planned, directory), outcome)) as running:
                    for _ in running:
                        telling.of(outcome)
                        if checkpoints.due():
                            checkpoints.save(state_of(done))
                outcome.end(self.asked, self.gave)
                if outcome.seconds is None:
                    outcome.seconds = time.monotonic() - began
                done.append(outcome)
                telling.of_end()
                self.longest = max(self.longest, outcome.epochs or 0)
        return Finished([one.finished for one in done], tables_of(done))

    def _job(self, planned: PlannedRun, directory: Path) -> Job[OwnOptions]:
        configuration = self._configurations[planned.variant]
        return Job(
            planned.variant,
            planned.seed,
            configuration.options,
            configuration.model_dump()["settings"],
            (self.study.seed * SPREAD + planned.seed) % 2**32,
            directory / slug(planned.variant) / str(planned.seed),
        )


class _Telling:
    """Says how far a shard is, not too often."""

    def __init__(self, work: OutsideWork[Any], shard: Shard, events: Events, done: Sequence[Outcome]) -> None:
        self._work, self._runs, self._events, self._done = work, len(shard.runs), events, done
        self._told = 0.0

    def of(self, running: Outcome) -> None:
        """A run goes on."""
        now = time.monotonic()
        if running.epochs and now - self._told >= TOLD_EVERY:
            self._told = now
            self._tell(running.epochs, running)

    def of_end(self) -> None:
        """Another run is done."""
        self._tell(0, None)

    def _tell(self, epoch: int, running: Outcome | None) -> None:
        asked, each = self._work.asked, max(self._work.longest, epoch + 1)
        outcomes = [*self._done, running] if running else self._done
        values = [one.metrics[asked.metric] for one in outcomes if asked.metric in one.metrics]
        best = min(values, default=None) if asked.direction == "min" else max(values, default=None)
        left = self._runs - len(self._done)
        done = len(self._done) * each + epoch
        self._events(
            Epoch(done, self._runs * each, left, best, median(values) if values else None, asked.metric)
        )


def _claimed_epochs(study: Contents) -> frozenset[int]:
    named = (split_epoch(metric)[1] for hypothesis in study.hypotheses for metric in hypothesis.metrics)
    return frozenset(epoch for epoch in named if epoch is not None)
