"""Threads that work for an engine: all of them run before any is given work, and all have ended when work is done."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from concurrent.futures import Future, as_completed, wait
from queue import SimpleQueue
from threading import Thread
from typing import Any

from seedbed.engines.interrupts import held_back

Tasks = SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None]


class Workers:
    """A fixed number of threads.

    Parameters
    ----------
    count
        How many there shall be. Where the system lets no more start there are fewer, see `count`.
    prepare
        Called first in every thread.

    Attributes
    ----------
    count
        How many there are.
    """

    def __init__(self, count: int, prepare: Callable[[], None] = lambda: None) -> None:
        self._tasks: Tasks = SimpleQueue()
        self._threads = _started(count, self._tasks, prepare)
        self.count = len(self._threads)
        self._end = weakref.finalize(self, _end, self._tasks, self.count)

    def run(self, calls: Sequence[Callable[[], Any]], stop: Callable[[], None] = lambda: None) -> list[Any]:
        """Make all calls, as many at once as there are threads, or one after another in the caller's if there are none.

        Of an error in one of them, or an interrupt, the others are told by `stop`; it is raised once all have ended.
        """
        if not self.count:
            return [call() for call in calls]
        running: list[Future[Any]] = [Future() for _ in calls]
        at_work = False
        try:
            with held_back():
                for task in zip(running, calls, strict=True):
                    self._tasks.put(task)
                at_work = True
            for done in as_completed(running):
                done.result()
        except BaseException:
            with held_back():
                if at_work:
                    stop()
                    wait(running)
            raise
        return [done.result() for done in running]

    def close(self) -> None:
        """End the threads."""
        self._end()
        for thread in self._threads:
            thread.join()


def _started(count: int, tasks: Tasks, prepare: Callable[[], None]) -> list[Thread]:
    threads: list[Thread] = []
    for _ in range(count):
        thread = Thread(target=_work, args=(tasks, prepare), daemon=True)
        try:
            thread.start()
        except RuntimeError:  # can't start new thread
            break
        threads.append(thread)
    return threads


def _work(tasks: Tasks, prepare: Callable[[], None]) -> None:
    """What a thread does; it holds nothing of its workers, so that they end when nobody needs them."""
    prepare()
    while (task := tasks.get()) is not None:
        future, call = task
        try:
            future.set_result(call())
        except BaseException as error:
            future.set_exception(error)
        del task, future, call


def _end(tasks: Tasks, count: int) -> None:
    for _ in range(count):
        tasks.put(None)
