"""Shards that train side by side, each in a thread, and what a person sees of all of them as one group."""

from __future__ import annotations

import math
import time
from array import array
from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Lock

from seedbed.execution.progress import GroupStart, Observer, events_of
from seedbed.metrics.base import Direction
from seedbed.study.checkpoints import Stopped
from seedbed.study.events import Epoch, Event, Events
from seedbed.study.trainable import Finished, Shard

TICK = 0.5  # seconds after which a waiting thread looks whether a signal came that another was given
AHEAD = 2  # times as many shards as train are handed over, so that no thread waits while the caller stores
TOLD_EVERY = 0.1  # seconds between two times that an observer is told, at the least
SHARE = 0.02  # of the time that telling may take
Train = Callable[[Shard, Events], Finished]
Cut = Callable[[Shard, int], Sequence[Shard]]


class View:
    """Tells an observer of several shards as of one group, whose epochs are runs.

    It tells no more often than it can be read, since shards may be thousands and runs a million.

    Parameters
    ----------
    total
        Runs of all shards together.
    """

    def __init__(self, observer: Observer, total: int, metric: str, direction: Direction) -> None:
        self._observer, self._total = observer, total
        self._metric, self._direction = metric, direction
        self._last: dict[int, tuple[int, Epoch]] = {}  # shard -> its runs, and its last event
        self._values = array("d")
        self._done = 0
        self._next = 0.0  # when the observer is told again
        self._lock = Lock()

    def events(self, shard: Shard) -> Events:
        """What a shard tells its events to."""
        tell = events_of(self._observer)

        def told(event: Event) -> None:
            with self._lock:
                if isinstance(event, Epoch):
                    self._last[shard.number] = len(shard.runs), event
                    self._tell()
                else:
                    tell(event)

        return told

    def finished(self, shard: Shard, finished: Finished) -> None:
        """Count a shard as done."""
        values = (run.metrics.get(self._metric, math.nan) for run in finished.runs)
        with self._lock:
            self._last.pop(shard.number, None)
            self._done += len(shard.runs)
            self._values.extend(filter(math.isfinite, values))
            self._tell()

    def ended(self, shard: Shard) -> None:
        """Forget a shard that did not finish."""
        with self._lock:
            self._last.pop(shard.number, None)

    def end(self) -> None:
        """Tell how it stands now that no shard trains any more."""
        with self._lock:
            self._next = 0.0
            self._tell()

    def _tell(self) -> None:
        now = time.monotonic()
        if now < self._next:
            return
        under_way = sum(runs * event.epoch / max(event.epochs, 1) for runs, event in self._last.values())
        active = sum(runs for runs, _ in self._last.values())
        done = min(self._done + int(under_way), self._total)
        self._observer.epoch(Epoch(done, self._total, active, *self._best_and_median(), self._metric))
        self._next = now + max(TOLD_EVERY, (time.monotonic() - now) / SHARE)

    def _best_and_median(self) -> tuple[float | None, float | None]:
        import numpy as np

        known = [event.best for _, event in self._last.values() if event.best is not None]
        median = None
        if self._values:
            values, middle = np.frombuffer(self._values), len(self._values) // 2
            known += [float(values.min()), float(values.max())]
            median = float(np.partition(values, middle)[middle])
        return (min if self._direction == "min" else max)(known, default=None), median


class Together:
    """Trains shards in threads, as many at once as a trainable says.

    Parameters
    ----------
    train
        Trains a shard to its end, or raises.
    cut
        Given a shard and how many runs wait in all, that shard or its pieces, of which the first is trained next.
    """

    def __init__(
        self, at_once: int, train: Train, view: View, shards: Iterable[Shard], cut: Cut | None = None
    ) -> None:
        self._at_once, self._train, self._view = at_once, train, view
        self._waiting: deque[Shard] = deque()
        self._left = 0  # runs of these
        self._cut = cut or (lambda shard, left: (shard,))
        self.again(shards)

    def again(self, shards: Iterable[Shard]) -> None:
        """Train more shards, before those that wait."""
        shards = list(shards)
        self._waiting.extendleft(reversed(shards))
        self._left += sum(len(shard.runs) for shard in shards)

    def outcomes(self, is_asked_to_end: Callable[[], bool]) -> Generator[tuple[Shard, Future[Finished]]]:
        """Every shard as soon as it ends, with what it left or raised; no further one is begun once asked to end.

        Those that are training when the caller leaves are waited for: so that ends soon, `is_asked_to_end` must be what
        their checkpoints heed.
        """

        def train(shard: Shard) -> Finished:
            if is_asked_to_end():  # since it was handed over
                raise Stopped
            return self._train(shard, self._view.events(shard))

        running: dict[Future[Finished], Shard] = {}
        done: SimpleQueue[Future[Finished]] = SimpleQueue()
        with ThreadPoolExecutor(self._at_once, "shard") as pool:
            while True:
                while self._waiting and len(running) < AHEAD * self._at_once and not is_asked_to_end():
                    future = pool.submit(train, shard := self._next())
                    running[future] = shard
                    future.add_done_callback(done.put)
                if not running:
                    break
                with suppress(Empty):
                    future = done.get(timeout=TICK)
                    shard = running.pop(future)
                    if isinstance(future.exception(), Stopped):
                        self._view.ended(shard)
                    else:
                        yield shard, future
        self._view.end()

    def _next(self) -> Shard:
        waiting = self._left
        whole = self._waiting.popleft()
        self._left -= len(whole.runs)
        first, *others = self._cut(whole, waiting)
        self.again(others)
        return first


def group_of(shards: Iterable[Shard], at_once: int, where: str = "") -> GroupStart:
    """What an observer is told of shards that train side by side."""
    shards = list(shards)
    runs = sum(len(shard.runs) for shard in shards)
    label = next((shard.label for shard in shards if shard.label), "")
    where = where or (f"{at_once} at a time" if at_once > 1 else "")
    return GroupStart(0, 1, runs, runs, ", ".join(filter(None, (label, where))), "run")
