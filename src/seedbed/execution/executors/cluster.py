"""Workers on a cluster of Ray: one process for each of its nodes, or for each core of them."""

from __future__ import annotations

import os
from collections import deque
from contextlib import suppress
from queue import Empty, Queue
from threading import Thread
from typing import Any

from seedbed.execution.executors.assignment import Assignment, Ended, Message, Told, Trained
from seedbed.execution.executors.base import Asked, Executor, ExecutorError, Heard, Worker, WorkerLost
from seedbed.execution.executors.place import Place
from seedbed.machine import usable_cores
from seedbed.text import counted

WAIT = 0.5  # seconds that a worker waits for something to say, before it is asked again
PLACED_IN = 10.0  # seconds that a worker is waited for before it is looked whether another is free
WAITING = 8  # messages that wait to be fetched; who trains waits where there are more
MISSING = "Ray is not installed here; install seedbed[ray]"


class Cluster(Executor):
    """The cluster at an address or, without one, a cluster of this machine that ends with this process.

    Ray schedules: each worker is an actor that asks for one core. Its usage statistics are off, and a cluster of its
    own listens on the loopback device alone.
    """

    def __init__(self, address: str | None = None) -> None:
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
        try:
            import ray
        except ImportError:
            raise ExecutorError(MISSING) from None
        self._ray = ray
        self._began = not ray.is_initialized()
        if self._began:
            _connect(ray, address)
        self.slots = max(1, int(ray.cluster_resources().get("CPU", 1)))
        nodes = [node for node in ray.nodes() if node["Alive"]]
        self.label = f"{self.slots} workers on {counted(len(nodes), 'node')}"
        self._actor = ray.remote(num_cpus=1, max_concurrency=3, max_restarts=0)(Actor)

    def start(self) -> Worker | None:
        """See `Executor.start`; Ray waits for a free core."""
        actor = self._actor.remote()
        ready = actor.ready.remote()
        try:
            if self._ray.wait([ready], timeout=PLACED_IN)[0]:
                self._ray.get(ready)  # raises where it ended
                return RayWorker(self._ray, actor)
        except self._ray.exceptions.RayActorError:  # it ended at once, as where its node did
            return None
        self._ray.kill(actor)
        return None

    def close(self) -> None:
        """See `Executor.close`; a cluster that was there before stays."""
        if self._began:
            self._ray.shutdown()


def _connect(ray: Any, address: str | None) -> None:
    quiet = {"log_to_driver": False, "logging_level": "ERROR"}
    try:
        if address:
            ray.init(address, **quiet)
        else:
            ray.init(
                "local",
                num_cpus=usable_cores(),
                include_dashboard=False,
                _node_ip_address="127.0.0.1",
                **quiet,
            )
    except Exception as error:
        where = f"the Ray cluster at {address} cannot be reached" if address else "Ray cannot be started here"
        raise ExecutorError(f"{where}: {error}") from error


class RayWorker(Worker):
    """An actor, asked again and again for what its shard has said meanwhile."""

    def __init__(self, ray: Any, actor: Any) -> None:
        self._ray, self._actor = ray, actor

    def train(self, assignment: Assignment, heard: Heard, is_asked_to_end: Asked) -> Trained | Ended:
        """See `Worker.train`."""
        try:
            self._ray.get(self._actor.begin.remote(assignment))
            while True:
                for message in self._ray.get(self._actor.said.remote(is_asked_to_end())):
                    if isinstance(message, Trained | Ended):
                        return message
                    heard(message)
        except self._ray.exceptions.RayActorError as error:
            raise WorkerLost(f"a worker of the cluster ended ({str(error).splitlines()[0]})") from error

    def close(self) -> None:
        """See `Worker.close`."""
        with suppress(Exception):  # it is gone already
            self._ray.kill(self._actor)


class Actor:
    """What runs on the cluster: trains a shard in a thread, and hands over what it says when it is asked."""

    def __init__(self) -> None:
        import ray

        context = ray.get_runtime_context()
        self._place = Place(f"{context.get_node_id()[:8]} {os.uname().nodename}")
        self._said: Queue[Message] = Queue(WAITING)

    def ready(self) -> None:
        """Answer once it has been started."""

    def begin(self, assignment: Assignment) -> None:
        """Begin to train a shard."""
        self._place.asked_to_end = False
        Thread(target=self._place.train, args=(assignment, self._say), daemon=True).start()

    def said(self, asked_to_end: bool) -> list[Message]:
        """What the shard has said since; waits for a moment where that is nothing."""
        self._place.asked_to_end |= asked_to_end
        messages: deque[Message] = deque()
        with suppress(Empty):
            messages.append(self._said.get(timeout=WAIT))
            while True:
                messages.append(self._said.get_nowait())
        return list(messages)

    def _say(self, message: Message) -> None:
        if isinstance(message, Told) and self._said.full():
            return  # only shown: nobody waits for it
        self._said.put(message)
