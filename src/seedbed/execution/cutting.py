"""Of what size shards go to workers: seconds to minutes each, by what the first ones took, and finer near the end."""

from __future__ import annotations

from seedbed.study.trainable import Shard

FIRST = 32  # runs, before anything is measured, at the most
SHORTEST, LONGEST = 2.0, 60.0  # seconds that a shard should take
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
            fewest, most = (max(1, round(seconds / max(per_run, 1e-6))) for seconds in (SHORTEST, LONGEST))
            wanted = min(max(share, fewest), most)
        return max(1, min(wanted, len(shard.runs)))


def between_variants(shard: Shard, size: int) -> int:
    """So many runs of a shard or fewer, so that no piece has the end of one variant and a part of the next.

    A worker makes all variants of a piece ready under all of its seeds.
    """
    if size == len(shard.runs) or shard.runs[size].variant != shard.runs[size - 1].variant:
        return size
    cut = shard.runs[size].variant
    return next(index for index in range(size) if shard.runs[index].variant == cut) or size
