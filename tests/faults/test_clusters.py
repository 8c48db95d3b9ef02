"""A few of the kills of `python -m bench.faults --on ray`, and workers that hang."""

from __future__ import annotations

import random
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from faults import strange
from faults.clusters import ClusterScene, Nodes, survive, wait_for_workers, wrong

from seedbed.execution.executors.cluster import Actor

pytest.importorskip("ray.cluster_utils")


@pytest.fixture(scope="module")
def nodes() -> Iterator[Nodes]:
    with Nodes(2) as made:
        yield made


def test_a_study_whose_workers_nodes_and_drivers_are_killed_gives_the_same(
    nodes: Nodes, tmp_path: Path
) -> None:
    scene = ClusterScene(tmp_path, "numpy").on(nodes)
    killed = 0
    for number in range(10):  # it takes a second, and may have ended before it is struck
        runs = tmp_path / f"runs-{number}"
        killed += survive(scene, runs, random.Random(number), 3, longest=0.5).total()
        assert wrong(scene, runs) == []
        if killed:
            return
    pytest.fail("nothing was killed")


def test_a_worker_that_hangs_is_given_up(nodes: Nodes, tmp_path: Path) -> None:
    scene, runs = ClusterScene(tmp_path, "function").on(nodes), tmp_path / "runs"
    command = scene.begun(runs, strange.impatient)
    wait_for_workers(nodes, command)
    assert nodes.strike_worker(random.Random(1), signal.SIGSTOP)
    end = command.wait(120)
    assert end.code == 0, end.output
    assert wrong(scene, runs) == []


def test_a_worker_keeps_to_the_core_that_it_asks_for(nodes: Nodes) -> None:
    class Threads(Actor):
        """Tells how many threads its kernels have; local, so that all of it is sent."""

        def threads(self) -> int:
            from numba import get_num_threads

            return int(get_num_threads())

    ray = pytest.importorskip("ray")
    ray.init(nodes.address, log_to_driver=False, logging_level="ERROR")
    try:
        actor = ray.remote(num_cpus=1)(Threads).remote()
        assert ray.get(actor.threads.remote()) == 1
    finally:
        ray.shutdown()
