"""A study on a cluster, simulated: many workers and the one process that runs the study."""

from __future__ import annotations

import numpy as np

from bench.scale.clock import Clock
from bench.scale.costs import Costs
from bench.scale.driver import Driver
from bench.scale.situation import Load, Nodes, Outcome
from bench.scale.workers import Workers


def simulate(load: Load, nodes: Nodes, costs: Costs, seed: int = 0) -> Outcome:
    """Run a study to its end, or until nothing more can happen."""
    clock = Clock()
    driver = Driver(clock, load, nodes.count, costs)
    workers = Workers(clock, load, nodes, costs, driver, np.random.default_rng(seed))
    driver.begin(workers.give)
    workers.begin()
    clock.run(lambda: driver.runs_stored >= load.runs)
    seconds = max(clock.now, 1e-12)
    return Outcome(
        seconds=clock.now,
        ideal=load.runs * load.seconds / workers.speed,
        utilisation=workers.trained / (seconds * nodes.count),
        processor=driver.processor.busy / seconds,
        storing=driver.writer.busy / seconds,
        queue=driver.waiting,
        failures=workers.failures,
        stored=dict(driver.stored),
    )
