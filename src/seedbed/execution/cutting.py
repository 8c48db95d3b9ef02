"""Of what size shards go to workers: seconds to minutes each, by what the first ones took, and finer near the end."""

from __future__ import annotations

from math import sqrt

from seedbed.study.trainable import Shard

FIRST = 32  # runs, before anything is measured, at the most
SHORTEST, LONGEST = 2.0, 60.0  # seconds that a shard should take
SLACK = 1.25  # of the time that storing a shard takes, so that whoever stores keeps up
SHARES = 2  # shards of what is left for each worker: guided self-scheduling (Polychronopoulos and Kuck 1987)


class Cutting:
    """Says how many runs of a shard go to the next worker.

    Parameters
    ----------
    workers
        How many there are.
    """

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._per_run: dict[str, float] = {}  # seconds, by what the trainable calls a shard
        self._last: float | None = None
        self._storing = 0.0  # seconds, on average
        self._stored = 0

    def stored(self, seconds: float) -> None:
        """Note what storing a shard took, of which one is stored at a time."""
        self._stored += 1
        self._storing += (seconds - self._storing) / self._stored

    def measured(self, shard: Shard, seconds: float) -> None:
        """Note what a shard took."""
        self._last = self._per_run[shard.label] = seconds / len(shard.runs)

    def size(self, shard: Shard, left: int) -> int:
        """How many runs to cut off a shard, of so many that are left in all shards."""
        share = -(-left // (SHARES * self._workers))
        per_run = self._per_run.get(shard.label, self._last)
        if per_run is None:
            wanted = min(share, FIRST)
        else:
            per_run = max(per_run, 1e-6)
            shortest = max(SHORTEST, self._kept_up_with(left * per_run))
            longest = max(LONGEST, shortest)
            wanted = min(max(share, round(shortest / per_run)), round(longest / per_run))
        return max(1, min(wanted, len(shard.runs)))

    def _kept_up_with(self, work: float) -> float:
        """Seconds that a shard should take so that storing is not what all wait for, given seconds of work left.

        All workers together should end no more shards than can be stored meanwhile. Near the end, when each worker
        trains one more at the most, a shard's time and that of storing all of them add up: least at the root below.
        """
        return min(SLACK * self._workers * self._storing, sqrt(work * self._storing))


def between_variants(shard: Shard, size: int) -> int:
    """So many runs of a shard or fewer, so that no piece has the end of one variant and a part of the next.

    A worker makes all variants of a piece ready under all of its seeds.
    """
    if size == len(shard.runs) or shard.runs[size].variant != shard.runs[size - 1].variant:
        return size
    cut = shard.runs[size].variant
    return next(index for index in range(size) if shard.runs[index].variant == cut) or size
