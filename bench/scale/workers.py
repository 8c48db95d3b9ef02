"""Workers of a cluster, simulated: of different speeds, on nodes that fail."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bench.scale.clock import Clock, Then
from bench.scale.costs import Cost, Costs
from bench.scale.driver import Driver, Piece
from bench.scale.situation import Load, Nodes
from seedbed.execution.saving import EVERY

LUMPS = 2  # in which a simulated shard tells its events, at the most; they cost as much in any


@dataclass(eq=False)
class Worker:
    """One worker; `life` counts how often it was lost."""

    speed: float
    life: int = 0
    piece: Piece | None = None
    began: float = 0.0


class Workers:
    """All workers, and the shards that wait for one.

    Attributes
    ----------
    trained
        Seconds that they trained what was not lost.
    failures
        Of nodes.
    """

    def __init__(
        self,
        clock: Clock,
        load: Load,
        nodes: Nodes,
        costs: Costs,
        driver: Driver,
        random: np.random.Generator,
    ) -> None:
        self.trained, self.failures = 0.0, 0
        self._clock, self._load, self._costs, self._driver = clock, load, costs, driver
        self._about, self._random = nodes, random
        speeds = np.exp(random.normal(0, nodes.spread, nodes.nodes))
        speeds[random.random(nodes.nodes) < nodes.stragglers] /= 4
        self._nodes = [[Worker(float(speed)) for _ in range(nodes.workers)] for speed in speeds]
        self._ready: deque[Piece] = deque()
        self._idle: deque[tuple[Worker, int]] = deque()

    @property
    def speed(self) -> float:
        """Of all together."""
        return sum(worker.speed for node in self._nodes for worker in node)

    def begin(self) -> None:
        """Start all of them."""
        for node in self._nodes:
            self._start(node)

    def give(self, piece: Piece) -> None:
        """Have a shard trained."""
        while self._idle:
            worker, life = self._idle.popleft()
            if worker.life == life:
                self._send(worker, piece)
                return
        self._ready.append(piece)

    # --- nodes ------------------------------------------------------------------------------------------------

    def _start(self, node: Sequence[Worker]) -> None:
        for worker in node:
            self._clock.after(
                self._about.start, self._of_this_life(worker, lambda worker=worker: self._free(worker))
            )
        if np.isfinite(self._about.hours_to_failure):
            lasts = self._random.exponential(3600 * self._about.hours_to_failure)
            self._clock.after(lasts, lambda: self._fail(node))

    def _fail(self, node: Sequence[Worker]) -> None:
        self.failures += 1
        for worker in node:
            worker.life += 1
            if piece := worker.piece:
                self._lose(worker, piece)
        self._clock.after(self._about.noticed + self._about.back, lambda: self._start(node))

    def _lose(self, worker: Worker, piece: Piece) -> None:
        """Take a shard back that will go on from where it was saved."""
        left = self._work(piece) / worker.speed
        kept = min(max(self._clock.now - worker.began, 0.0), left) // EVERY * EVERY
        piece.saved, piece.before = piece.saved + kept * worker.speed, piece.before + kept
        self.trained += kept
        worker.piece = None
        self._clock.after(self._about.noticed, lambda: self._driver.lose(piece))

    # --- shards -----------------------------------------------------------------------------------------------

    def _free(self, worker: Worker) -> None:
        worker.piece = None
        if self._ready:
            self._send(worker, self._ready.popleft())
        else:
            self._idle.append((worker, worker.life))

    def _send(self, worker: Worker, piece: Piece) -> None:
        worker.piece, worker.began, piece.sent = piece, np.inf, self._clock.now
        train = self._of_this_life(worker, lambda: self._train(worker, piece))
        self._take(self._costs.send, piece, train)

    def _train(self, worker: Worker, piece: Piece) -> None:
        worker.began, seconds = self._clock.now, self._work(piece) / worker.speed
        self._say(worker, piece, seconds)

        def received() -> None:
            self.trained += seconds
            self._free(worker)
            self._driver.receive(piece)

        def trained() -> None:
            self._take(self._costs.receive, piece, self._of_this_life(worker, received))

        self._clock.after(seconds, self._of_this_life(worker, trained))

    def _say(self, worker: Worker, piece: Piece, seconds: float) -> None:
        """Send events and checkpoints of a shard that is about to train for so long.

        An event is dropped while the one before it waits to be heard, as where a worker is asked for them.
        """
        events, saves = int(seconds / self._load.told_every), int(seconds / EVERY)
        lumps = min(LUMPS, events + saves)
        waiting: set[int] = set()

        def say() -> None:
            if not waiting:
                waiting.add(0)
                cost = events * self._driver.seconds(self._costs.event, piece)
                cost += saves * self._driver.seconds(self._costs.save, piece)
                self._driver.processor.take(cost / lumps, waiting.clear)

        for moment in self._random.uniform(0, seconds, lumps):  # not those of all workers at once
            self._clock.after(moment, self._of_this_life(worker, say))

    def _take(self, cost: Cost, piece: Piece, then: Then) -> None:
        self._driver.processor.take(self._driver.seconds(cost, piece), then)

    def _work(self, piece: Piece) -> float:
        """What is left of a shard, in seconds of a worker of speed one."""
        return len(piece.shard.runs) * self._load.seconds - piece.saved

    def _of_this_life(self, worker: Worker, then: Then) -> Then:
        """The same, unless the worker is lost before."""
        life = worker.life

        def unless_lost() -> None:
            if worker.life == life:
                then()

        return unless_lost
