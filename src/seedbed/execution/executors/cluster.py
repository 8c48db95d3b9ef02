"""Workers on a cluster of Ray: one process for each of its nodes, or for each core of them."""

from __future__ import annotations

import os
from collections import deque
from contextlib import suppress
from queue import Empty, Queue
from threading import Thread
from typing import Any

from seedbed.execution.environment import package_version
from seedbed.execution.executors import connecting
from seedbed.execution.executors.assignment import Assignment, Ended, Message, Told, Trained
from seedbed.execution.executors.base import Asked, Executor, ExecutorError, Heard, Worker, WorkerLost
from seedbed.execution.executors.place import Place
from seedbed.text import counted

WAIT = 0.5  # seconds that a worker waits for something to say, before it is asked again
PLACED_IN = 10.0  # seconds that a worker is waited for before it is looked whether another is free
WAITING = 8  # messages that wait to be fetched; who trains waits where there are more


class Cluster(Executor):
    """The cluster at an address or, without one, a cluster of this machine that ends with this process.

    Ray schedules: each worker is an actor that asks for one core. Where `$RAY_ADDRESS` names a cluster, as in a job
    that was submitted to one, it is taken instead of one of its own.
    """

    def __init__(self, address: str | None = None) -> None:
        address = address or os.environ.get(connecting.ADDRESS)
        self._ray = ray = connecting.imported(address)
        self._began = not ray.is_initialized()
        if self._began:
            connecting.connect(ray, address)
        self.slots = max(1, int(ray.cluster_resources().get("CPU", 1)))
        self._own = package_version("seedbed")
        nodes = [node for node in ray.nodes() if node["Alive"]]
        self.label = f"{self.slots} workers on {counted(len(nodes), 'node')}"
        self._actor = ray.remote(num_cpus=1, max_concurrency=3, max_restarts=0)(Actor)

    def start(self) -> Worker | None:
        """See `Executor.start`; Ray waits for a free core."""
        actor = self._actor.remote()
        ready = actor.ready.remote()
        try:
            if self._ray.wait([ready], timeout=PLACED_IN)[0]:
                self._check(self._ray.get(ready))
                return RayWorker(self._ray, actor)
        except self._ray.exceptions.RayActorError:  # it ended at once, as where its node did
            return None
        except self._ray.exceptions.RayError as error:  # what it is made of cannot be imported there
            raise ExecutorError(
                f"a node of the cluster has no Seedbed that works; install seedbed=={self._own} there: {error}"
            ) from error
        self._ray.kill(actor)
        return None

    def _check(self, found: str | None) -> None:
        if found != self._own:
            raise ExecutorError(
                f"a node of the cluster has Seedbed {found}, and this machine {self._own}; install the same on both"
            )

    def close(self) -> None:
        """See `Executor.close`; a cluster that was there before stays."""
        if self._began:
            self._ray.shutdown()


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

    def ready(self) -> str | None:
        """Answer once it has been started: the version of Seedbed there."""
        return package_version("seedbed")

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
