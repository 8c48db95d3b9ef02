"""Shards that train side by side, each in a thread, and what a person sees of all of them as one group."""

from __future__ import annotations

import math
import time
from array import array
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from statistics import median
from threading import Lock

from seedbed.execution.executors.base import WorkerLost
from seedbed.execution.progress import GroupStart, Observer, events_of
from seedbed.metrics.base import Direction
from seedbed.study.checkpoints import Stopped
from seedbed.study.events import Epoch, Event, Events
from seedbed.study.trainable import Finished, Shard

TICK = 0.5  # seconds after which a waiting thread looks whether a signal came that another was given
MOST = 64  # shards that are stored at once
AHEAD = 2  # times as many shards as train are handed over, so that no thread waits while the caller stores
TOLD_EVERY = 0.1  # seconds between two times that an observer is told, at the least
SHARE = 0.02  # of the time that telling may take
LATE, FACTOR = 10.0, 2.0  # a shard is late after so many seconds, and so many times what others took


@dataclass(eq=False)
class Attempt:
    """One training of a shard; where it is late, another may go on beside it.

    Attributes
    ----------
    began
        Seconds of the monotonic clock; None where it waits for a thread.
    is_second
        Whether it goes on beside a late one.
    is_abandoned
        Whether nobody wants it any more, since another has ended.
    """

    shard: Shard
    began: float | None = None
    is_second: bool = False
    is_abandoned: bool = False


Train = Callable[[Attempt, Events], Finished]
Outcome = tuple[Attempt, Future[Finished]]
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
    repeats
        Whether a shard that is late is trained by an idle thread, too; the first to end counts.
    done
        Told of each attempt once nothing is left to do with it.
    """

    def __init__(
        self,
        at_once: int,
        train: Train,
        view: View,
        shards: Iterable[Shard],
        cut: Cut | None = None,
        repeats: bool = False,
        done: Callable[[Attempt], object] = lambda attempt: None,
    ) -> None:
        self._at_once, self._train, self._view = at_once, train, view
        self._waiting: deque[Shard] = deque()
        self._left = 0  # runs of these
        self._cut = cut or (lambda shard, left: (shard,))
        self._repeats, self._done = repeats, done
        self._running: dict[Future[Finished], Attempt] = {}
        self._seconds: dict[str, list[float]] = defaultdict(list)  # of a run, by labels of shards
        self.again(shards)

    def again(self, shards: Iterable[Shard]) -> None:
        """Train more shards, before those that wait."""
        shards = list(shards)
        self._waiting.extendleft(reversed(shards))
        self._left += sum(len(shard.runs) for shard in shards)

    def outcomes(self, is_asked_to_end: Callable[[], bool]) -> Generator[list[Outcome]]:
        """All shards that have ended since, with what they left or raised, which come last.

        No further one is begun once asked to end.

        Those that are training when the caller leaves are waited for: so that ends soon, `is_asked_to_end` must be what
        their checkpoints heed, and `Attempt.is_abandoned`.
        """
        ended: SimpleQueue[Future[Finished]] = SimpleQueue()

        def train(attempt: Attempt) -> Finished:
            if is_asked_to_end() or attempt.is_abandoned:  # since it was handed over
                raise Stopped
            attempt.began = time.monotonic()
            silent: Events = lambda event: None  # noqa: E731
            return self._train(attempt, silent if attempt.is_second else self._view.events(attempt.shard))

        def begin(shard: Shard, is_second: bool = False) -> None:
            attempt = Attempt(shard, is_second=is_second)
            future = pool.submit(train, attempt)
            self._running[future] = attempt
            future.add_done_callback(ended.put)

        with ThreadPoolExecutor(self._at_once, "shard") as pool:
            while True:
                while self._waiting and len(self._running) < AHEAD * self._at_once and not is_asked_to_end():
                    begin(self._next())
                if not self._running:
                    break
                if not is_asked_to_end() and (late := self._late()):
                    begin(late.shard, is_second=True)
                with suppress(Empty), ExitStack() as stack:
                    futures = [ended.get(timeout=TICK)]
                    while not ended.empty() and len(futures) < MOST:
                        futures.append(ended.get())
                    futures.sort(key=lambda future: future.exception() is not None)
                    attempts = [(stack.enter_context(self._outcome(future)), future) for future in futures]
                    if found := [(attempt, future) for attempt, future in attempts if attempt]:
                        yield found
        self._view.end()

    @contextmanager
    def _outcome(self, future: Future[Finished]) -> Iterator[Attempt | None]:
        """An attempt that has ended; None where nothing follows from that."""
        attempt, error = self._running.pop(future), future.exception()
        shard = attempt.shard
        others = [one for one in self._running.values() if one.shard.number == shard.number]
        if not error and attempt.began:
            self._seconds[shard.label].append((time.monotonic() - attempt.began) / len(shard.runs))
        if attempt.is_abandoned or isinstance(error, Stopped) or (others and isinstance(error, WorkerLost)):
            self._view.ended(shard)
            yield None
        else:
            for other in others:
                other.is_abandoned = True
            yield attempt
        self._done(attempt)

    def _next(self) -> Shard:
        waiting = self._left
        whole = self._waiting.popleft()
        self._left -= len(whole.runs)
        first, *others = self._cut(whole, waiting)
        self.again(others)
        return first

    def _late(self) -> Attempt | None:
        """The shard that has been trained the longest where it is late, a thread is idle and no other trains it."""
        if not self._repeats or self._waiting or len(self._running) >= self._at_once:
            return None
        now = time.monotonic()
        numbers = Counter(one.shard.number for one in self._running.values())
        usual = {label: median(seconds) for label, seconds in self._seconds.items()}
        late = [
            one
            for one in self._running.values()
            if one.began and now - one.began > _allowed(one.shard, usual)
            if not one.is_abandoned and numbers[one.shard.number] == 1
        ]
        return min(late, key=lambda one: one.began or now, default=None)


def _allowed(shard: Shard, usual: Mapping[str, float]) -> float:
    """Seconds that a shard may take before it is late, given what a run usually takes by labels."""
    return max(LATE, FACTOR * usual.get(shard.label, math.inf) * len(shard.runs))


def group_of(shards: Iterable[Shard], at_once: int, where: str = "") -> GroupStart:
    """What an observer is told of shards that train side by side."""
    shards = list(shards)
    runs = sum(len(shard.runs) for shard in shards)
    label = next((shard.label for shard in shards if shard.label), "")
    where = where or (f"{at_once} at a time" if at_once > 1 else "")
    return GroupStart(0, 1, runs, runs, ", ".join(filter(None, (label, where))), "run")
