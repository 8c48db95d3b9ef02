"""Studies on clusters of Ray on this machine, whose workers, nodes and drivers are killed at random moments."""

from __future__ import annotations

import math
import os
import random
import shutil
import signal
from collections import Counter
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from faults import strange
from faults.process import Command, Ended, Prepare
from faults.same import differences
from faults.survival import MOST_TIMES, Scene, directories

from seedbed.store import reader

NUMBERED = ["runs: column group"]  # what differs where shards were cut
ROUNDED = ("torch", "module")  # sums of that engine depend on how many runs are trained together
LONGEST = 5.0  # seconds between two kills
Victim = Literal["worker", "node", "driver"]


class Nodes:
    """Nodes of one core each. The first, by which they are a cluster, is never killed.

    Parameters
    ----------
    count
        How many there are.
    """

    def __init__(self, count: int) -> None:
        os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
        from ray.cluster_utils import Cluster

        self._count = count
        self._cluster = Cluster(
            initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False}
        )
        self._head, self._others = self._cluster.head_node, list[Any]()
        self.restore()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._cluster.shutdown()

    @property
    def address(self) -> str:
        """Where programs of this machine reach it."""
        return str(self._cluster.address)

    def restore(self) -> None:
        """Replace the nodes that were killed."""
        while len(self._others) < self._count - 1:
            self._others.append(self._cluster.add_node(num_cpus=1))

    def workers(self) -> list[int]:
        """Processes that train shards on these nodes: children of theirs."""
        raylets = {
            one.process.pid for node in (self._head, *self._others) for one in node.all_processes["raylet"]
        }
        found = []
        for entry in Path("/proc").iterdir():
            with suppress(OSError, ValueError):  # it is no process, or has ended
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                if parent in raylets and (entry / "cmdline").read_bytes().startswith(b"ray::Actor"):
                    found.append(int(entry.name))
        return found

    def strike_worker(self, draw: random.Random, number: signal.Signals = signal.SIGKILL) -> bool:
        """Send one of them a signal; whether there was one."""
        if workers := self.workers():
            with suppress(ProcessLookupError):
                os.kill(draw.choice(workers), number)
                return True
        return False

    def kill_node(self, draw: random.Random) -> bool:
        """Kill all processes of a node but of the first; whether there was one."""
        if self._others:
            node = self._others.pop(draw.randrange(len(self._others)))
            self._cluster.remove_node(node, allow_graceful=False)
        return bool(self._count > 1)


def _join(address: str) -> None:
    os.environ["RAY_ADDRESS"] = address


class ClusterScene(Scene):
    """A scene whose commands compute on a cluster; what they are compared with was computed by one process alone."""

    nodes: Nodes

    def on(self, nodes: Nodes) -> Self:
        """The same, from now on a cluster."""
        self.nodes = nodes
        return self

    def begun(self, runs: Path, *changes: Prepare) -> Command:
        """The command that begins the study or goes on with it, while it runs."""
        words = [*self.words, "--on", "ray", "--runs-dir", str(runs)]
        for directory in directories(runs):
            if not (directory / "plan.json").exists():  # it ended before it was recorded
                shutil.rmtree(directory)
                continue
            trust = ["--trust"] if "--trust" in self.words else []
            words = ["resume", str(directory), "--runs-dir", str(runs), *trust]
        prepare = partial(strange.all_of, partial(_join, self.nodes.address), strange.saving_often, *changes)
        return Command([*words, "--quiet"], self.root / "log", prepare)


def survive(
    scene: ClusterScene, runs: Path, draw: random.Random, most: int, longest: float = LONGEST
) -> Counter[Victim]:
    """Kill workers, nodes and drivers of a study, up to so many, until it is done; gives how many of each."""
    killed: Counter[Victim] = Counter()
    for _ in range(MOST_TIMES):
        command = scene.begun(runs)
        while killed.total() < most:
            if draw.random() < 0.8:
                wait_for_workers(scene.nodes, command)
            command.process.join(draw.uniform(0, longest))
            if command.process.exitcode is not None:
                break
            victim: Victim = draw.choice(("worker", "worker", "node", "driver"))
            if victim == "driver":
                command.signal(signal.SIGKILL)
                killed[victim] += 1
                break
            if scene.nodes.strike_worker(draw) if victim == "worker" else scene.nodes.kill_node(draw):
                killed[victim] += 1
            if draw.random() < 0.5:
                scene.nodes.restore()
        end = command.wait()
        scene.nodes.restore()
        if end.code == 0:
            return killed
        assert end.is_killed or _was_given_up(end), end.output
    raise AssertionError(f"{scene.name} did not end after {MOST_TIMES} times")


def wait_for_workers(nodes: Nodes, command: Command) -> None:
    """Wait until there is one, or the command has ended."""
    while command.process.exitcode is None and not nodes.workers():
        command.process.join(0.2)


def _was_given_up(end: Ended) -> bool:
    """Whether several workers were killed with the same shard, which may have been its fault."""
    return end.code == 1 and "workers ended while they trained" in end.output


def wrong(scene: ClusterScene, runs: Path) -> list[str]:
    """What differs from the study of one process alone; of the torch engine, by more than by rounding."""
    (directory,) = directories(runs)
    found = [line for line in differences(scene.reference, directory) if line not in NUMBERED]
    return _beyond_rounding(scene.reference, directory) if found and scene.name in ROUNDED else found


def _beyond_rounding(one: Path, other: Path) -> list[str]:
    runs = [
        {(row["variant"], row["seed"]): row for row in reader.read_table(directory, "runs").to_pylist()}
        for directory in (one, other)
    ]
    if runs[0].keys() != runs[1].keys():
        return ["runs: others"]
    return [
        f"runs: {name} of variant {key[0]}, seed {key[1]}: {value!r} and {runs[1][key].get(name)!r}"
        for key, row in runs[0].items()
        for name, value in row.items()
        if name not in ("seconds", "group") and not _is_close(value, runs[1][key].get(name))
    ]


def _is_close(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-3, abs_tol=1e-6) or (math.isnan(one) and math.isnan(other))
    return bool(one == other)
