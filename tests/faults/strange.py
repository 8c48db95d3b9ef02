"""Strange places for a process to be in: each function changes the process that calls it."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable
from typing import Any


def without_locks() -> None:
    """File systems that know no locks."""
    import fcntl

    def flock(*_: Any) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    fcntl.flock = flock


def clock_that_jumps() -> None:
    """The wall clock goes an hour back, a day ahead, and so on, at every look at it."""
    jumps, true = [-3600.0, 86400.0, 0.0, -1e6], time.time

    def jumping() -> float:
        jumps.append(jumps.pop(0))
        return true() + jumps[-1]

    time.time = jumping


def out_of_memory_at(call: int) -> None:
    """Memory that runs out when a group is trained for the n-th time, counted from 1."""
    from seedbed.trainables.recipe_work import RecipeWork

    calls, train = [0], RecipeWork.train

    def once(self: RecipeWork, *arguments: Any) -> Any:
        calls[0] += 1
        if calls[0] == call:
            raise MemoryError("Unable to allocate 12.3 GiB")
        return train(self, *arguments)

    RecipeWork.train = once  # type: ignore[method-assign]


def few_addresses(room: int) -> None:
    """From when the first group is trained, the system gives the process only so many bytes more."""
    import resource

    from seedbed.trainables.recipe_work import RecipeWork

    train = RecipeWork.train

    def limited(self: RecipeWork, *arguments: Any) -> Any:
        with open("/proc/self/statm", encoding="ascii") as file:
            has = int(file.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (has + room, resource.RLIM_INFINITY))
        RecipeWork.train = train  # type: ignore[method-assign]
        return train(self, *arguments)

    RecipeWork.train = limited  # type: ignore[method-assign]


def saving_often() -> None:
    """A checkpoint whenever the loop asks for one."""
    from seedbed.execution import saving

    saving.EVERY = saving.AT_END = 0.0
    saving.SHARE = 1e9


def impatient() -> None:
    """A worker of a cluster that says nothing for a few seconds is taken to hang."""
    from seedbed.execution.executors import cluster

    cluster.SILENT = 5.0


def all_of(*changes: Callable[[], None]) -> None:
    """Several of them."""
    for change in changes:
        change()


def few_runs_in_a_file() -> None:
    """Four runs fill a file of a table or of models, as a hundred thousand do otherwise."""
    from seedbed.store import partitions

    partitions.RUNS_IN_FILE = 4
