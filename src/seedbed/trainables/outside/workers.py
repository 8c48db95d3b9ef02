"""Worker processes as the study's process sees them: kept warm from run to run, replaced where one ends."""

from __future__ import annotations

import base64
import json
import secrets
import sys
import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

from seedbed.trainables.outside.outcome import Asked, Outcome
from seedbed.trainables.outside.process import Process, out_of_memory
from seedbed.trainables.outside.work import Job

BOOT = (
    "import json, sys; sys.path[:] = json.loads(sys.argv.pop()); "
    "from seedbed.trainables.outside.worker import main; main()"
)
TO_START = 60.0  # seconds beside the timeout of a run, in which its code is imported
LAST_OUTPUT = 1.0  # seconds to wait for what a run printed


@dataclass(frozen=True)
class Called:
    """What a worker calls, and within which limits.

    Attributes
    ----------
    call
        MODULE:FUNCTION; of a function that is sent only its name.
    pickled
        The function where it is sent.
    directory
        Where it runs and where modules are looked for first.
    """

    call: str
    pickled: bytes | None
    directory: Path
    environment: Mapping[str, str]
    memory: int | None

    @property
    def key(self) -> tuple[str, int | None]:
        """Equal where a worker of one will do for the other, within a study."""
        return self.call, self.memory


class Worker:
    """A process that calls one function, for one run after another."""

    def __init__(self, called: Called) -> None:
        self.called = called
        path = [str(called.directory), *(one for one in sys.path if one)]
        self.process = Process(
            [sys.executable, "-P", "-c", BOOT, json.dumps(path)],
            directory=called.directory,
            environment={
                "PYTHONHASHSEED": "0",
                "PYTHONIOENCODING": "utf-8:backslashreplace",
                **called.environment,
            },
            memory=called.memory,
            takes_lines=True,
            keeps_lines=False,
        )
        sent = {"call": called.call}
        if called.pickled is not None:
            sent = {"pickle": base64.b64encode(called.pickled).decode()}
        self._write(**sent)
        self._is_ready = False
        self._token = secrets.token_hex(16)
        self._runs = 0

    def start(self, timeout: float | None, outcome: Outcome) -> Generator[None, None, bool]:
        """Wait until it has loaded the function; False where it cannot, as the outcome then says."""
        if self._is_ready:
            return True
        for line in self.process.lines(timeout and timeout + TO_START):
            if line is None:
                yield
                continue
            message = json.loads(line)
            self._is_ready = "ready" in message
            if not self._is_ready:
                self._crash(outcome, message["crashed"], message["traceback"])
            return self._is_ready
        self._crash(outcome, self._how)
        return False

    def run(self, job: Job[Any], outcome: Outcome, asked: Asked) -> Generator[None]:
        """Do a run and tell its outcome, as `OutsideWork.run`; a worker that is left midway has to be ended."""
        options, began = job.options, time.monotonic()
        if not (yield from self.start(options.timeout, outcome)):
            return
        self._runs += 1
        mark = f"{self._token}-{self._runs}\n"
        self.process.output.clear()
        memory = None if options.memory is None else out_of_memory(options.memory)
        order = {"settings": job.settings, "seed": job.random_seed, "directory": str(job.directory)}
        self._write(**order, mark=mark, waits=bool(options.stop), memory=memory)
        began = time.monotonic()
        for line in self.process.lines(options.timeout):
            if line is None:
                yield
                continue
            message = json.loads(line)
            if "epoch" in message:
                ends = outcome.status == "stopped" or outcome.epoch(message["epoch"], asked, options.stop)
                if options.stop:
                    self._write(go=not ends)
                yield
                continue
            self.process.output.cut_at(mark.encode(), LAST_OUTPUT)
            outcome.output, outcome.seconds = str(self.process.output), message["seconds"]
            if "done" in message:
                outcome.metrics.update(message["done"])
            else:
                self._crash(outcome, message["crashed"], message["traceback"])
            return
        outcome.seconds = time.monotonic() - began
        self._crash(outcome, self._how)

    @property
    def _how(self) -> str:
        """How it ended, though it should not have."""
        return self.process.ended or "exited with code 0 before it had returned its metrics"

    def _crash(self, outcome: Outcome, reason: str, traceback: str = "") -> None:
        """A run has crashed: whatever it left in its process, no other one is to find."""
        self.process.end("crashed")
        outcome.output = outcome.output or str(self.process.output)
        if outcome.status != "stopped":
            outcome.crash(reason, traceback)

    def _write(self, **message: Any) -> None:
        self.process.write(json.dumps(message).encode() + b"\n")


class Workers:
    """The workers of a study; several threads take and give back.

    Parameters
    ----------
    most
        How many there are at the most, those that wait included.
    """

    def __init__(self, most: int, start: Callable[[Called], Worker] = Worker) -> None:
        self._most, self._start = most, start
        self._lock = Lock()
        self._waiting: list[Worker] = []
        self._busy = 0

    def take(self, called: Called) -> Worker:
        """One that waits, or a new one."""
        with self._lock:
            self._busy += 1
            fitting = [one for one in self._waiting if one.called.key == called.key]
            if fitting:
                self._waiting.remove(fitting[-1])
                return fitting[-1]
            too_many = self._waiting[: max(0, self._busy + len(self._waiting) - self._most)]
            del self._waiting[: len(too_many)]
        for one in too_many:
            one.process.end("not needed any more")
        try:
            return self._start(called)
        except BaseException:
            with self._lock:
                self._busy -= 1
            raise

    def give_back(self, worker: Worker) -> None:
        """Let it wait for the next run, unless it has ended."""
        with self._lock:
            self._busy -= 1
            if worker.process.ended is None:
                self._waiting.append(worker)

    def close(self) -> None:
        """End those that wait."""
        with self._lock:
            waiting, self._waiting = self._waiting, []
        for one in waiting:
            one.process.end("not needed any more")
