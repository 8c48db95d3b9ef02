"""Threads that work for an engine: all of them run before any is given work, and all have ended when work is done."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from concurrent.futures import Future, as_completed, wait
from functools import partial
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Any

Tasks = SimpleQueue[Callable[[], None] | None]


class Workers:
    """A fixed number of threads.

    Parameters
    ----------
    count
        How many there shall be. Where the system lets no more start there are fewer, see `count`.
    prepare
        Called first in every thread; an error of it is raised here.

    Attributes
    ----------
    count
        How many there are.
    """

    def __init__(self, count: int, prepare: Callable[[], None] = lambda: None) -> None:
        self._tasks: Tasks = SimpleQueue()
        self._threads, prepared = _started(count, self._tasks, prepare)
        self.count = len(self._threads)
        self._end = weakref.finalize(self, _end, self._tasks, self.count)
        for one in prepared:
            one.result()

    def run(self, calls: Sequence[Callable[[], Any]], stop: Callable[[], None] = lambda: None) -> list[Any]:
        """Make all calls, as many at once as there are threads, or one after another in the caller's if there are none.

        Of an error in one of them, or an interrupt, the others are told by `stop`; it is raised once all have ended.
        """
        if not self.count or not calls:
            return [call() for call in calls]
        running: list[Future[Any]] = [Future() for _ in calls]
        begun, tasks = Lock(), self._tasks

        def begin() -> None:
            """Hand out all calls, which may wait for each other, in a thread: no interrupt is raised there midway."""
            if begun.acquire(blocking=False):
                for task in zip(running, calls, strict=True):
                    tasks.put(partial(_do, *task))

        try:
            tasks.put(begin)
            for done in as_completed(running):
                done.result()
        except BaseException:
            stop()
            if not begun.acquire(blocking=False):
                wait(running)
            raise
        return [done.result() for done in running]

    def close(self) -> None:
        """End the threads."""
        self._end()
        for thread in self._threads:
            thread.join()


def _started(
    count: int, tasks: Tasks, prepare: Callable[[], None]
) -> tuple[list[Thread], list[Future[None]]]:
    """The threads that could be started, and what came of preparing each."""
    threads, prepared = list[Thread](), list[Future[None]]()
    for _ in range(count):
        ready: Future[None] = Future()
        thread = Thread(target=_work, args=(tasks, ready, prepare), daemon=True)
        try:
            thread.start()
        except RuntimeError:  # can't start new thread
            break
        threads.append(thread)
        prepared.append(ready)
    return threads, prepared


def _work(tasks: Tasks, ready: Future[None], prepare: Callable[[], None]) -> None:
    """What a thread does; it holds nothing of its workers, so that they end when nobody needs them."""
    _do(ready, prepare)
    del ready
    while (task := tasks.get()) is not None:
        task()
        del task


def _do(future: Future[Any], call: Callable[[], Any]) -> None:
    try:
        future.set_result(call())
    except BaseException as error:
        future.set_exception(error)


def _end(tasks: Tasks, count: int) -> None:
    for _ in range(count):
        tasks.put(None)
