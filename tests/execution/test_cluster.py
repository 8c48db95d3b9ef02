"""Shards on real clusters of Ray, of several nodes on this machine, of which some are killed."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from execution.test_executors import NUMBERED, RECIPE, Once
from faults.same import differences

import seedbed
from seedbed.api import Result, Study
from seedbed.execution.progress import Silent
from seedbed.store import reader

ray = pytest.importorskip("ray")
cluster_utils = pytest.importorskip("ray.cluster_utils")
os.environ["RAY_USAGE_STATS_ENABLED"] = "0"


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Two nodes of one core each, to which this process is connected."""
    made = cluster_utils.Cluster(
        initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False}
    )
    made.add_node(num_cpus=1)
    ray.init(made.address, log_to_driver=False, logging_level="ERROR")
    yield made
    ray.shutdown()
    made.shutdown()


Run = Callable[..., Result]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    def run(on: str, observer: Silent | None = None) -> Result:
        directory = tmp_path_factory.mktemp("cluster")
        study = Study.parse(RECIPE).override(seeds=12)
        return study.run(runs_dir=directory, on=on, engine="numpy", observer=observer or Silent())

    return run


@pytest.fixture(scope="module")
def alone(run: Run) -> Result:
    return run("local")


def nodes(result: Result) -> set[str]:
    return {event["node"] for event in reader.events(result.directory) if event["event"] == "group"}


def test_two_nodes_give_the_bits_of_one_process(cluster: Any, alone: Result, run: Run) -> None:
    there = run("ray")
    assert differences(alone.directory, there.directory) == NUMBERED
    assert len(nodes(there)) == 2


def workers() -> list[int]:
    """Processes that train shards."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if words.startswith(b"ray::Actor"):
                found.append(int(entry.name))
    return found


def test_a_killed_worker_and_a_killed_node_lose_nothing(cluster: Any, alone: Result, run: Run) -> None:
    killed = []

    def kill() -> None:
        killed.extend(workers()[:1])
        os.kill(killed[0], signal.SIGKILL)

    assert differences(alone.directory, run("ray", Once(kill)).directory) == NUMBERED
    assert killed
    third = cluster.add_node(num_cpus=1)
    ended = run("ray", Once(lambda: cluster.remove_node(third, allow_graceful=False)))
    assert differences(alone.directory, ended.directory) == NUMBERED


def test_a_study_that_was_interrupted_on_a_cluster_goes_on_there(
    cluster: Any, alone: Result, run: Run
) -> None:
    result = run("ray", Once(lambda: signal.raise_signal(signal.SIGINT)))
    assert result.status == "interrupted"
    assert seedbed.resume(result.directory).status == "complete"
    assert differences(alone.directory, result.directory) == NUMBERED
