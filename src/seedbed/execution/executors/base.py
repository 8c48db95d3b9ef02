"""The contract of what computes shards elsewhere: workers that each train one at a time."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from contextlib import suppress
from queue import Empty, LifoQueue
from typing import Any

from seedbed.execution.executors.assignment import Assignment, Ended, Trained
from seedbed.execution.executors.room import Asked, Heard, Room
from seedbed.text import duration

LONGEST_WAIT = 600.0  # seconds without any worker after which a study is given up


class WorkerLost(Exception):
    """A worker ended before its shard did; the message says how. The shard goes on elsewhere."""


class ExecutorError(ValueError):
    """Where shards cannot be computed as asked; the message says why and what to do."""


class Worker(ABC):
    """Trains one shard at a time, in another process."""

    @abstractmethod
    def train(
        self, assignment: Assignment, heard: Heard, is_asked_to_end: Asked, room: Room
    ) -> Trained | Ended:
        """Train a shard; `heard` is told what it says meanwhile, and the last message is returned.

        Of what it sends no more is here at once than there is room for; see `Room.receive`.

        Raises
        ------
        WorkerLost
            Where the worker ended first.
        """

    @abstractmethod
    def close(self) -> None:
        """End the worker."""


class Executor(ABC):
    """Starts workers.

    Attributes
    ----------
    slots
        How many workers there are at the most.
    label
        Where shards are computed, in a few words.
    """

    slots: int
    label: str

    @abstractmethod
    def start(self) -> Worker | None:
        """Start a worker; None where there is no room for another at the moment.

        Raises
        ------
        ExecutorError
            Where none can be started.
        """

    def put(self, piece: bytes) -> Any:
        """What a worker gets a piece of a file by, which may be needed on many nodes."""
        return piece

    @abstractmethod
    def close(self) -> None:
        """End all that was started."""


class Pool:
    """The workers of an executor, each started when it is first needed and replaced when it is lost; thread-safe.

    Attributes
    ----------
    room
        For what workers send; whoever has stored what a shard left gives its bytes back.
    """

    def __init__(self, executor: Executor, room: Room | None = None) -> None:
        self.executor, self.room = executor, room or Room()
        self._idle: LifoQueue[Worker] = LifoQueue()
        self._heard_of = time.monotonic()  # the last time that there was a worker

    def train(self, assignment: Assignment, heard: Heard, is_asked_to_end: Asked) -> Trained | Ended:
        """See `Worker.train`; at most `executor.slots` threads call it at a time.

        Raises
        ------
        ExecutorError
            Where there was no worker for a long time.
        """
        worker = self._worker(is_asked_to_end)
        if worker is None:
            return Ended(None)
        try:
            last = worker.train(assignment, heard, is_asked_to_end, self.room)
        except BaseException:
            worker.close()
            raise
        self._heard_of = time.monotonic()
        self._idle.put(worker)
        return last

    def _worker(self, is_asked_to_end: Asked) -> Worker | None:
        """A worker as soon as there is one; None where the study is to end first."""
        while not is_asked_to_end():
            with suppress(Empty):
                return self._idle.get_nowait()
            if worker := self.executor.start():
                return worker
            if time.monotonic() - self._heard_of > LONGEST_WAIT:
                raise ExecutorError(
                    f"no worker could be started for {duration(LONGEST_WAIT)}; see whether the cluster has free cores, "
                    "then go on with seedbed resume"
                )
        return None

    def close(self) -> None:
        """End all workers."""
        while not self._idle.empty():
            self._idle.get_nowait().close()
        self.executor.close()
