"""Simulated time, and what does one thing at a time."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable
from itertools import count

Then = Callable[[], None]
Job = Callable[[Then], None]  # begins something, and calls what it is given when that is done


class Clock:
    """The time, and what happens when."""

    def __init__(self) -> None:
        self.now = 0.0
        self._order = count()
        self._heap: list[tuple[float, int, Then]] = []

    def after(self, seconds: float, then: Then) -> None:
        """Have something happen."""
        heapq.heappush(self._heap, (self.now + seconds, next(self._order), then))

    def run(self, is_over: Callable[[], bool]) -> None:
        """Let everything happen, in order, until it is over."""
        while not is_over():
            self.now, _, then = heapq.heappop(self._heap)
            then()


class Line:
    """Does one job at a time, in the order in which it is asked to.

    Attributes
    ----------
    busy
        Seconds that it has had something to do.
    """

    def __init__(self, clock: Clock) -> None:
        self.busy = 0.0
        self._clock, self._began = clock, 0.0
        self._jobs: deque[tuple[Job, Then]] = deque()

    def ask(self, job: Job, then: Then) -> None:
        """Do a job, and then something that takes no time."""
        self._jobs.append((job, then))
        if len(self._jobs) == 1:
            self._begin()

    def take(self, seconds: float, then: Then) -> None:
        """Do a job that takes so long."""
        self.ask(lambda done: self._clock.after(seconds, done), then)

    def _begin(self) -> None:
        self._began = self._clock.now
        self._jobs[0][0](self._end)

    def _end(self) -> None:
        self.busy += self._clock.now - self._began
        _, then = self._jobs.popleft()
        if self._jobs:
            self._begin()
        then()
