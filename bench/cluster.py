"""What it costs to have shards computed elsewhere: throughput beside one process, overhead of a shard, first event."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from importlib.util import find_spec
from statistics import median

import click

EPOCHS = 1000  # half a minute on two cores
FEW = 100  # where only the first event is waited for
PLACES = {  # as `bench.cluster_peer` names them
    "one process on two cores": "local",
    "two processes": "processes",
    "two Ray nodes of one core": "nodes",
}
STARTED = {"two processes": "processes", "two Ray nodes of one core": "ray"}


@dataclass(frozen=True)
class Taken:
    """What one execution took.

    Attributes
    ----------
    seconds
        From when the first runs are handed out, workers not started yet, to when the last are stored.
    overhead
        The share of a shard's time with its worker that is not its training, in the median shard.
    first
        From the start of the program to its first event, in seconds.
    """

    seconds: float
    runs: int
    shards: int
    overhead: float
    first: float


@dataclass(frozen=True)
class Place:
    """Medians over the repeats.

    Attributes
    ----------
    throughput
        Runs per second.
    ratio, low, high
        Of it to that of one process in the same repeat: the median, the least and the largest.
    first
        Where what computes has to be started: one process for each core, or a cluster of Ray.
    """

    name: str
    throughput: float
    ratio: float
    low: float
    high: float
    shards: float
    overhead: float
    first: float | None


def cluster(repeats: int) -> list[Place]:
    """Run `population` in each place, each time in a fresh program, in turn."""
    if not find_spec("ray"):
        raise click.UsageError("Ray is not installed here; install seedbed[ray]")
    _taken("local", FEW)  # compiles what is to be compiled
    turns = [{name: _taken(on, EPOCHS) for name, on in PLACES.items()} for _ in range(repeats)]
    firsts = {name: median(_taken(on, FEW).first for _ in range(repeats)) for name, on in STARTED.items()}
    return [_place(name, turns, firsts.get(name)) for name in PLACES]


def _place(name: str, turns: list[dict[str, Taken]], first: float | None) -> Place:
    mine, alone = [turn[name] for turn in turns], [turn[next(iter(PLACES))] for turn in turns]
    ratios = [other.seconds / one.seconds for one, other in zip(mine, alone, strict=True)]
    return Place(
        name,
        median(one.runs / one.seconds for one in mine),
        median(ratios),
        min(ratios),
        max(ratios),
        median(one.shards for one in mine),
        median(one.overhead for one in mine),
        first,
    )


def _taken(on: str, epochs: int) -> Taken:
    words = [sys.executable, "-m", "bench.cluster_peer", on, str(epochs), str(time.time())]
    printed = subprocess.run(words, stdout=subprocess.PIPE, check=True, text=True).stdout
    return Taken(**json.loads(printed.splitlines()[-1]))
