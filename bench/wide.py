"""How the time of a step grows with runs, width and batch."""

from __future__ import annotations

from dataclasses import dataclass

from bench import machine, seedbed_peer
from bench.measure import compare
from bench.task import Task, made_task

RUNS = (1, 2, 4, 16, 64, 256, 1024, 4096)
WIDTHS = (4, 16, 64, 256, 1024)
BATCHES = (8, 32, 128, 512, 4096)
FLOPS = 2e10  # of one measurement, about a third of a second


@dataclass(frozen=True)
class Point:
    """One measurement: microseconds of one step of one run, and the share of the peak of the threads at work."""

    runs: int
    width: int
    batch: int
    microseconds: float
    share: float


@dataclass(frozen=True)
class Growth:
    """Points along which one thing grows."""

    what: str
    points: list[Point]


def grow(repeats: int) -> list[Growth]:
    """Runs, width and batch growing; what does not is 64 runs of width 64 (8-64-64-1, no norm) and batch 64."""
    peaks = {threads: machine.peak_flops(threads) for threads in range(1, machine.threads() + 1)}
    return [
        Growth("runs", [_point(runs, 64, 64, peaks, repeats) for runs in RUNS]),
        Growth("width", [_point(64, width, 64, peaks, repeats) for width in WIDTHS]),
        Growth("batch", [_point(64, 64, batch, peaks, repeats) for batch in BATCHES]),
    ]


def _point(runs: int, width: int, batch: int, peaks: dict[int, float], repeats: int) -> Point:
    task = _task(runs, width, batch, steps=1)
    steps = max(1, min(2000, int(FLOPS / (task.flops * runs))))
    task = _task(runs, width, batch, steps)
    row = compare([seedbed_peer.fused(task)], repeats)[0]
    share = task.flops * row.steps_per_second / peaks[min(len(peaks), runs)]
    return Point(runs, width, batch, row.microseconds, share)


def _task(runs: int, width: int, batch: int, steps: int) -> Task:
    return made_task(8, 5000, hidden=(width, width), batch=batch, steps=steps, runs=runs)
