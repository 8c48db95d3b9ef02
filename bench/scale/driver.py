"""The process that runs a study, simulated: it cuts shards by the product's own rule, and stores them."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, replace

from bench.scale.clock import Clock, Line, Then
from bench.scale.costs import Cost, Costs
from bench.scale.situation import Load
from seedbed.execution.cutting import Cutting
from seedbed.execution.together import AHEAD, MOST
from seedbed.study.shards import Block, Runs, Shard


@dataclass(eq=False)
class Piece:
    """A shard on its way.

    Attributes
    ----------
    saved
        How much of it is, in seconds of a worker of speed one.
    before, sent, took
        Seconds that earlier workers trained what is saved, when it was sent to the last one, and seconds in all.
    """

    shard: Shard
    saved: float = 0.0
    before: float = 0.0
    sent: float = 0.0
    took: float = 0.0


class Driver:
    """Hands shards over as workers need them and stores what they leave, as `execution.together` and `trainer` do.

    Its processor does one thing at a time, however many threads ask for it. One thread cuts and stores, and waits
    for the disk meanwhile.

    Attributes
    ----------
    waiting
        Shards that waited to be stored, at the most.
    """

    def __init__(self, clock: Clock, load: Load, workers: int, costs: Costs) -> None:
        self.processor, self.writer = Line(clock), Line(clock)
        self.stored: Counter[tuple[str, int, int]] = Counter()
        self.runs_stored = self.waiting = 0
        self._clock, self._load, self._workers, self._costs = clock, load, workers, costs
        self._cutting = Cutting(workers)
        names = [f"{index}" for index in range(load.variants)]
        self._waiting = deque(
            Shard(0, Runs(names, [Block(index, index + 1, 0, load.seeds)])) for index in range(load.variants)
        )
        self._left = load.runs
        self._lost: deque[Piece] = deque()
        self._ended: deque[Piece] = deque()

    def begin(self, give: Callable[[Piece], None]) -> None:
        """Hand over the first shards, and all others to the same."""
        self._give = give
        for _ in range(AHEAD * self._workers):
            self._hand_over()

    def seconds(self, cost: Cost, piece: Piece) -> float:
        """What something takes of the processor."""
        return cost.seconds(len(piece.shard.runs), self._workers, self.runs_stored, self._load.runs)

    def receive(self, piece: Piece) -> None:
        """Store a shard, together with others that wait for it, and cut another for each."""
        piece.took = piece.before + self._clock.now - piece.sent
        self._ended.append(piece)
        self.waiting = max(self.waiting, len(self._ended))
        self.writer.ask(self._store, lambda: None)

    def _store(self, done: Then) -> None:
        pieces = [self._ended.popleft() for _ in range(min(MOST, len(self._ended)))]
        if not pieces:  # stored with an earlier one
            self._clock.after(0.0, done)
            return
        began = self._clock.now

        def stored() -> None:
            for piece in pieces:
                runs = piece.shard.runs
                self.stored[runs[0].variant, runs[0].seed, runs[-1].seed + 1] += 1
                self.runs_stored += len(runs)
                self._cutting.measured(piece.shard, piece.took)
                self._cutting.stored((self._clock.now - began) / len(pieces))
                self._hand_over()
            done()

        disk = max(self.seconds(self._costs.disk, piece) for piece in pieces)
        disk += sum(self.seconds(self._costs.file, piece) for piece in pieces[1:])
        store = sum(self.seconds(self._costs.store, piece) for piece in pieces)
        self.processor.take(store, lambda: self._clock.after(disk, stored))

    def lose(self, piece: Piece) -> None:
        """Hand over a shard whose worker was lost to another."""
        self._lost.append(piece)
        self._hand_over()

    def _hand_over(self) -> None:
        if not (piece := self._next()):
            return
        seconds = self.seconds(self._costs.cut, piece)
        self.writer.ask(lambda done: self.processor.take(seconds, done), lambda: self._give(piece))

    def _next(self) -> Piece | None:
        if self._lost:
            return self._lost.popleft()
        if not self._waiting:
            return None
        whole = self._waiting.popleft()
        size = self._cutting.size(whole, self._left)
        self._left -= size
        if size < len(whole.runs):
            self._waiting.appendleft(replace(whole, runs=whole.runs[size:]))
        return Piece(replace(whole, runs=whole.runs[:size]))
