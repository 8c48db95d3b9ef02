"""What is simulated, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf


@dataclass(frozen=True)
class Load:
    """The runs of a study.

    Attributes
    ----------
    variants, seeds
        How many there are of each; before it is cut, each variant is a shard.
    seconds
        What a run takes a worker of speed one.
    told_every
        Seconds between the events of a shard.
    """

    variants: int
    seeds: int
    seconds: float
    told_every: float = 0.5

    @property
    def runs(self) -> int:
        """Of all variants."""
        return self.variants * self.seeds


@dataclass(frozen=True)
class Nodes:
    """The machines that train.

    Attributes
    ----------
    nodes, workers
        How many, and how many workers each has.
    spread
        The standard deviation of the logarithm of a node's speed.
    stragglers
        The share of nodes that have a quarter of their speed.
    hours_to_failure
        How long a node lasts on average.
    noticed, back
        Seconds until a node's failure is known, and from then until there is another one.
    start
        Seconds until a worker can train, and until the first one of another node can.
    """

    nodes: int
    workers: int = 1
    spread: float = 0.0
    stragglers: float = 0.0
    hours_to_failure: float = inf
    noticed: float = 15.0
    back: float = 60.0
    start: float = 0.0

    @property
    def count(self) -> int:
        """Of all workers."""
        return self.nodes * self.workers


@dataclass(frozen=True)
class Outcome:
    """What came of a study.

    Attributes
    ----------
    seconds
        Until the last shard was stored.
    ideal
        What it would take if nothing took time but training, and runs could be cut.
    utilisation
        The share of all workers' time in which they trained what was not lost.
    processor, storing
        The shares of the time in which the processor of the process that runs the study was busy, and in which its
        thread that stores was.
    queue
        Shards that waited to be stored, at the most.
    failures
        Of nodes.
    stored
        How often each shard was stored, by its variant, its first seed and the end of its seeds.
    """

    seconds: float
    ideal: float
    utilisation: float
    processor: float
    storing: float
    queue: int
    failures: int
    stored: Mapping[tuple[str, int, int], int]
