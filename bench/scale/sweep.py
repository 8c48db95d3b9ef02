"""A million runs on one to ten thousand nodes: the simulation behind the table and the figure of docs/scale.md."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from bench.scale.costs import Costs
from bench.scale.simulation import simulate
from bench.scale.situation import Load, Nodes

LENGTHS = {0.01: "10 ms", 0.1: "0.1 s", 1.0: "1 s", 10.0: "10 s", 3600.0: "1 h"}
NODES = (1, 10, 100, 300, 1_000, 3_000, 10_000)
RUNS, VARIANTS = 1_000_000, 1_000
SHARDS = (
    10  # of each worker that are simulated at the most, where runs are so long that a study would have more
)
QUESTIONS = 200  # events a second of all workers together, as `executors.cluster` asks


@dataclass(frozen=True)
class Point:
    """A study of runs that take so many seconds, on so many nodes; see `Outcome`."""

    seconds: float
    nodes: int
    ideal: float
    total: float
    utilisation: float
    processor: float
    storing: float
    queue: int


def sweep(
    costs: Costs, nodes: Sequence[int] = NODES, lengths: Sequence[float] = tuple(LENGTHS)
) -> list[Point]:
    """Simulate all of them, on nodes of different speeds of which some fail."""
    with ProcessPoolExecutor(2) as pool:
        return list(pool.map(_point, *zip(*product([costs], lengths, nodes), strict=True)))


def _point(costs: Costs, seconds: float, nodes: int) -> Point:
    seeds = max(1, min(RUNS, _enough(seconds, nodes)) // VARIANTS)
    load = Load(VARIANTS, seeds, seconds, told_every=max(0.5, nodes / QUESTIONS))
    about = Nodes(nodes, spread=0.1, hours_to_failure=24 * 30, start=5.0)
    found = simulate(load, about, costs)
    whole = RUNS / load.runs
    return Point(
        seconds,
        nodes,
        found.ideal * whole,
        found.seconds * whole,
        found.utilisation,
        found.processor,
        found.storing,
        found.queue,
    )


def _enough(seconds: float, nodes: int) -> int:
    """How many runs show how a study goes; those of a long one are so long that it goes on like that."""
    return int(SHARDS * nodes * max(60.0 / seconds, 1.0))


def rows(points: Sequence[Point]) -> Iterator[tuple[str, ...]]:
    """The share of all workers' time that they train, by length of a run and number of nodes; first the heads."""
    nodes = sorted({point.nodes for point in points})
    yield ("a run takes", *(f"{count:,}" for count in nodes))
    for seconds in sorted({point.seconds for point in points}):
        found = {point.nodes: point for point in points if point.seconds == seconds}
        yield (
            LENGTHS.get(seconds, f"{seconds:g} s"),
            *(f"{found[count].utilisation:.0%}" for count in nodes),
        )


def draw(before: Sequence[Point], after: Sequence[Point], path: Path) -> None:
    """Utilisation against nodes, a line for each length of a run, before and after what was changed."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 4), layout="constrained")
    axes = figure.subplots(1, 2, sharey=True)
    for ax, points, title in zip(axes, (before, after), ("before", "after"), strict=True):
        for seconds in sorted({point.seconds for point in points}):
            line = [point for point in points if point.seconds == seconds]
            ax.plot(
                [point.nodes for point in line],
                [100 * point.utilisation for point in line],
                marker="o",
                markersize=3,
                label=LENGTHS[seconds],
            )
        ax.set(xscale="log", xlabel="workers", title=title, ylim=(0, 102))
        ax.grid(alpha=0.3)
    axes[0].set_ylabel("time that workers train, %")
    axes[1].legend(title="a run takes", fontsize="small")
    figure.savefig(path, dpi=120)
