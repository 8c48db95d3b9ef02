"""Workers on a cluster of Ray: one process for each core and each GPU of it."""

from __future__ import annotations

import os
import pickle
import time
import traceback
from collections import deque
from contextlib import suppress
from functools import partial
from pathlib import Path
from threading import Lock, Thread
from typing import Any

from seedbed.execution.environment import THREAD_VARIABLES, package_version
from seedbed.execution.executors import connecting
from seedbed.execution.executors.assignment import Assignment, Ended, Message, Round, Told, Trained
from seedbed.execution.executors.base import Executor, ExecutorError, Worker, WorkerLost
from seedbed.execution.executors.outbox import Outbox
from seedbed.execution.executors.place import Place
from seedbed.execution.executors.room import Asked, Heard, Room
from seedbed.study.checkpoints import State
from seedbed.study.events import Event
from seedbed.study.trainable import Shard
from seedbed.text import counted

PLACED_IN = 10.0  # seconds that a worker is waited for before it is looked whether another is free
ASKED_EVERY, LONGEST = (
    0.5,
    10.0,
)  # seconds between two questions what a worker has to say, at the least and at the most
QUESTIONS = 200  # a second, to all workers together: one takes this process half a millisecond
ANSWERS_IN = 30.0  # seconds after which a worker that was asked to end and says nothing is given up
SILENT = 120.0  # and one that was not: it hangs, or its node does


class Cluster(Executor):
    """The cluster at an address or, without one, a cluster of this machine that ends with this process.

    Ray schedules: each worker is an actor that asks for one core and, as long as the cluster has some, a GPU. Where
    `$RAY_ADDRESS` names a cluster, as in a job that was submitted to one, it is taken instead of one of its own.

    Parameters
    ----------
    device
        "cpu" asks for no GPU, and "cuda" for workers that have one alone.
    """

    def __init__(self, address: str | None = None, device: str = "auto") -> None:
        address = address or os.environ.get(connecting.ADDRESS)
        self._ray = ray = connecting.imported(address)
        self._began = not ray.is_initialized()
        if self._began:
            connecting.connect(ray, address)
        there = ray.cluster_resources()
        cores, gpus = max(1, int(there.get("CPU", 1))), int(there.get("GPU", 0))
        self._gpus = 0 if device == "cpu" else min(gpus, cores)
        self.slots = self._gpus if device.startswith("cuda") else cores
        if not self.slots:
            raise ExecutorError(
                "the cluster has no GPU that Ray knows of; use --device auto, or see ray status"
            )
        self._own = package_version("seedbed")
        nodes = [node for node in ray.nodes() if node["Alive"]]
        self.label = f"{counted(self.slots, 'worker')} on {counted(len(nodes), 'node')}"
        if self._gpus:
            self.label += f", {counted(self._gpus, 'GPU')}"
        self._actor = ray.remote(num_cpus=1, max_concurrency=3, max_restarts=0)(Actor)
        self._coming: deque[tuple[Any, Any, int]] = deque()
        self._round: tuple[Round, Any] | None = None
        self._lock = Lock()

    def start(self) -> Worker | None:
        """See `Executor.start`; Ray waits for a free core, and starting takes seconds."""
        actor, ready, gpus = self._placed()
        try:
            if not self._ray.wait([ready], timeout=PLACED_IN)[0]:
                self._coming.append((actor, ready, gpus))  # it may be there when somebody looks again
                return None
            self._check(self._ray.get(ready))
        except self._ray.exceptions.RayActorError:  # it ended at once, as where its node did
            self.give_back(gpus)
            return None
        except self._ray.exceptions.RayError as error:  # what it is made of cannot be imported there
            raise ExecutorError(
                f"a node of the cluster has no Seedbed that works; install seedbed=={self._own} there: {error}"
            ) from error
        return RayWorker(self, actor, gpus)

    def _placed(self) -> tuple[Any, Any, int]:
        """An actor that is to be a worker, the answer that it is there, and how many GPUs it has."""
        with suppress(IndexError):
            return self._coming.popleft()
        with self._lock:
            gpus = min(self._gpus, 1)
            self._gpus -= gpus
        actor = self._actor.options(num_gpus=gpus).remote()
        return actor, actor.ready.remote(), gpus

    def give_back(self, gpus: int) -> None:
        """A worker has ended: another may have its GPUs."""
        with self._lock:
            self._gpus += gpus

    def _check(self, found: str | None) -> None:
        if found != self._own:
            raise ExecutorError(
                f"a node of the cluster has Seedbed {found}, and this machine {self._own}; install the same on both"
            )

    @property
    def ray(self) -> Any:
        """Ray's module."""
        return self._ray

    @property
    def pause(self) -> float:
        """Seconds that a worker waits for something to say, before it is asked again."""
        return min(max(ASKED_EVERY, self.slots / QUESTIONS), LONGEST)

    def shared(self, part: Round) -> Any:
        """A round in Ray's object store, which takes it to each node once; its reference."""
        with self._lock:
            if self._round is None or self._round[0] is not part:
                self._round = part, self._ray.put(part)
            return self._round[1]

    def put(self, piece: bytes) -> Any:
        """A piece in Ray's object store, which takes it to each node once."""
        return self._ray.put(piece)

    def close(self) -> None:
        """See `Executor.close`; a cluster that was there before stays."""
        for actor, *_ in self._coming:
            self._ray.kill(actor)
        self._round = None
        if self._began:
            self._ray.shutdown()


class RayWorker(Worker):
    """An actor, asked again and again for what its shard has said meanwhile."""

    def __init__(self, cluster: Cluster, actor: Any, gpus: int) -> None:
        self._cluster, self._ray, self._actor, self._gpus = cluster, cluster.ray, actor, gpus

    def train(
        self, assignment: Assignment, heard: Heard, is_asked_to_end: Asked, room: Room
    ) -> Trained | Ended:
        """See `Worker.train`."""
        part = self._cluster.shared(assignment.round)
        try:
            begun = assignment.shard, assignment.resume_from, assignment.directory, [part]
            self._answer(self._actor.begin.remote(*begun), is_asked_to_end)
            while True:
                told = self._actor.told.remote(self._cluster.pause, is_asked_to_end())
                events, number, size = self._answer(told, is_asked_to_end)
                for event in events:
                    heard(Told(event))
                if not size:
                    continue
                taken = partial(self._taken, number)
                if last := room.receive(size, taken, heard, is_asked_to_end):
                    return last
        except self._ray.exceptions.RayActorError as error:
            raise WorkerLost(f"a worker of the cluster ended ({str(error).splitlines()[0]})") from error
        except ConnectionError as error:
            raise ExecutorError(
                f"the connection to the cluster is lost ({error}); what was finished is kept: go on with seedbed resume"
            ) from error

    def _taken(self, number: int) -> Message | None:
        content = self._ray.get(self._actor.take.remote(number))
        message: Message | None = pickle.loads(content) if content else None
        return message

    def _answer(self, answer: Any, is_asked_to_end: Asked) -> Any:
        """What the worker answers; it does so also while it trains, so one that does not hangs, or its node does."""
        asked = time.monotonic()
        while not self._ray.wait([answer], timeout=self._cluster.pause + min(ANSWERS_IN, SILENT))[0]:
            if is_asked_to_end() or time.monotonic() - asked > SILENT:
                raise WorkerLost("a worker of the cluster does not answer")
        return self._ray.get(answer)

    def close(self) -> None:
        """See `Worker.close`."""
        with suppress(Exception):  # it is gone already
            self._ray.kill(self._actor)
        self._cluster.give_back(self._gpus)
        self._gpus = 0


class Actor:
    """What runs on the cluster: trains a shard in a thread, and hands over what it says when it is asked."""

    def __init__(self) -> None:
        import ray

        # One core is what it asked for; Ray itself sees to OpenMP alone. Numba and PyTorch are imported later.
        os.environ.update(dict.fromkeys(THREAD_VARIABLES, "1"))
        self._ray, context = ray, ray.get_runtime_context()
        if not context.get_accelerator_ids().get("GPU"):  # those of the node are for other workers
            os.environ["CUDA_VISIBLE_DEVICES"] = ""
        self._place = Place(f"{context.get_node_id()[:8]} {os.uname().nodename}", ray.get)
        self._outbox = Outbox()
        self._round: tuple[Any, Round] | None = None

    def ready(self) -> str | None:
        """Answer once it has been started: the version of Seedbed there."""
        return package_version("seedbed")

    def begin(self, shard: Shard, resume_from: State | None, directory: Path | None, part: list[Any]) -> None:
        """Begin to train a shard of a round, whose reference lies in a list since Ray would else fetch it each time."""
        if self._round is None or self._round[0] != part[0]:
            self._round = part[0], self._ray.get(part[0])
        self._place.asked_to_end, self._outbox = False, Outbox()
        assignment = Assignment(shard, self._round[1], resume_from, directory)
        Thread(target=self._train, args=(assignment, self._outbox), daemon=True).start()

    def told(self, seconds: float, asked_to_end: bool) -> tuple[list[Event], int, int]:
        """See `Outbox.told`."""
        self._place.asked_to_end |= asked_to_end
        return self._outbox.told(seconds)

    def take(self, number: int) -> bytes | None:
        """See `Outbox.take`."""
        return self._outbox.take(number)

    def _train(self, assignment: Assignment, outbox: Outbox) -> None:
        try:
            self._place.train(assignment, outbox.put)
        except BaseException:  # not even that could be said: whoever waits sees that this process ends
            traceback.print_exc()
            os._exit(1)
