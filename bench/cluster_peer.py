"""One execution of `population` in a fresh program: `python -m bench.cluster_peer ON EPOCHS` prints what it took.

ON is a word of `--on`, or `nodes` for two Ray nodes of one core each, which are there before.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median

from seedbed.api import Study
from seedbed.execution.progress import Silent
from seedbed.store import reader
from seedbed.study.events import Epoch

STUDY = """
name = "bench/cluster"
[data]
source = "function"
expression = "sin(x) + cos(x) + sin(x)*cos(x)"
domain = [0, 6.283185307179586]
samples = 1000
split = [0.6, 0.2, 0.2]
scale = "standard"
powers = 2
[model]
kind = "mlp"
hidden = [10, 100, 10]
norm = "batch"
[training]
lr = 0.1
momentum = 0.9
epochs = {epochs}
batch_size = 64
[study]
seeds = 64
[ablate]
"training.lr" = [0.03, 0.01, 0.003]
"""
SLOTS = 2  # by whose number the journal divides a shard's seconds


class First(Silent):
    """Notes when the first event comes."""

    at: float | None = None

    def epoch(self, epoch: Epoch) -> None:
        """See `Observer`."""
        self.at = self.at or time.time()


@contextmanager
def nodes() -> Iterator[None]:
    """A cluster of two nodes, to which this process is connected."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    import ray
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    cluster.add_node(num_cpus=1)
    ray.init(cluster.address, log_to_driver=False, logging_level="ERROR")
    yield
    ray.shutdown()
    cluster.shutdown()


def main(on: str, epochs: str, began: str) -> None:
    """Run it and print one line of JSON."""
    if on == "nodes":
        with nodes():
            took = taken("ray", epochs)
    else:
        took = taken(on, epochs)
    print(json.dumps({**took, "first": took["first"] - float(began)}))


def taken(on: str, epochs: str) -> dict[str, float]:
    """What `bench.cluster.Taken` says; of the first event the time of day."""
    first = First()
    with tempfile.TemporaryDirectory() as place:
        study = Study.parse(STUDY.format(epochs=epochs))
        directory = study.run(runs_dir=place, on=on, engine="fused", observer=first).directory
        events = [*reader.events(directory)]
    began = next(event["elapsed"] for event in events if event["event"] == "round")
    shards = [event for event in events if event["event"] == "group"]
    overheads = [
        1 - event["own_seconds"] / (SLOTS * event["seconds"]) for event in shards if "own_seconds" in event
    ]
    assert first.at
    return {
        "seconds": shards[-1]["elapsed"] - began,
        "runs": sum(event["runs"] for event in shards),
        "shards": len(shards),
        "overhead": median(overheads) if overheads else 0.0,
        "first": first.at,
    }


if __name__ == "__main__":
    main(*sys.argv[1:])
