"""The simulation against real studies of workers that sleep: what it says they take, and what they took."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.scale.costs import Cost, Costs
from bench.scale.measuring import driven
from bench.scale.simulation import simulate
from bench.scale.situation import Load, Nodes
from bench.scale.sleeping import study, workers_that_sleep

SITUATIONS = (  # workers, variants, seeds, seconds of a run
    (10, 10, 100, 0.1),
    (100, 10, 1_000, 0.1),
    (100, 10, 1_000, 0.01),
    (1_000, 10, 2_000, 1.0),
    (1_000, 10, 10_000, 0.1),
)


def costs_here() -> Costs:
    """What workers that sleep cost this process, measured in studies of runs that take no time."""
    one, many, several = driven(1, 10, 20, 1), driven(1, 10, 3_000, 1_000), driven(100, 10, 200, 10)
    run = max(0.0, many.processor - one.processor) / (many.size - one.size)
    nothing = Cost()
    return Costs(
        cut=nothing,
        send=nothing,
        receive=nothing,
        event=Cost(2e-5),
        save=nothing,
        store=Cost(several.processor / 1e3, run=run / 1e3),
        disk=Cost(one.disk / 1e3),
        file=Cost(max(0.0, several.clock - several.processor) / 1e3),
    )


def rows() -> Iterator[tuple[str, ...]]:
    """Seconds until the last shard, and shards, as the simulation says and as they were; first the heads."""
    yield "workers", "runs", "a run", "ideal", "said", "took", "shards said", "shards"
    for workers, variants, seeds, seconds in SITUATIONS:
        costs = costs_here()  # anew each time: what else this machine does changes
        load = Load(variants, seeds, seconds)
        said = simulate(load, Nodes(workers), costs)
        took, shards = _took(workers, variants, seeds, seconds)
        times = (f"{seconds:g}", f"{said.ideal:.1f}", f"{said.seconds:.1f}", f"{took:.1f}")
        yield f"{workers:,}", f"{load.runs:,}", *times, f"{sum(said.stored.values()):,}", f"{shards:,}"


def _took(workers: int, variants: int, seeds: int, seconds: float) -> tuple[float, int]:
    with (
        tempfile.TemporaryDirectory() as place,
        workers_that_sleep(workers, seconds) as on,
    ):
        study(variants, seeds).run(runs_dir=place, on=on, progress=False)
        (journal,) = Path(place).rglob("journal.jsonl")
        events = [json.loads(line) for line in journal.read_text().splitlines()]
    stored = [event["elapsed"] for event in events if event["event"] == "group"]
    begun = next(event["elapsed"] for event in events if event["event"] == "round")
    return stored[-1] - begun, len(stored)
