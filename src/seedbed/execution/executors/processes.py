"""Workers that are processes of this machine."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Client, Connection, Listener
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from queue import Queue
from threading import Lock, Thread
from time import monotonic

from seedbed.execution.environment import THREAD_VARIABLES
from seedbed.execution.executors.assignment import Assignment, Ended, Message, Trained
from seedbed.execution.executors.base import Executor, ExecutorError, Worker, WorkerLost
from seedbed.execution.executors.place import Place
from seedbed.execution.executors.room import Asked, Heard, Room
from seedbed.machine import usable_cores

TICK = 0.2  # seconds between looks at whether the study is to end
STARTS_IN = 120.0  # seconds at the most
END = "end"  # what a worker is sent to save its shard and leave it


class Processes(Executor):
    """One process for each core, each of one thread."""

    def __init__(self, count: int | None = None) -> None:
        self.slots = count or usable_cores()
        self.label = f"{self.slots} processes"
        self._threads = max(1, usable_cores() // self.slots)
        self._folder = tempfile.TemporaryDirectory(prefix="seedbed-")

    def start(self) -> Worker:
        """See `Executor.start`."""
        return ProcessWorker(Path(self._folder.name), self._threads)

    def close(self) -> None:
        """See `Executor.close`."""
        self._folder.cleanup()


class ProcessWorker(Worker):
    """A process that was started with Python's own module of this name, and is told what to do over a local socket."""

    def __init__(self, folder: Path, threads: int) -> None:
        key = secrets.token_bytes(32)
        own = {name: str(threads) for name in THREAD_VARIABLES}
        address = str(folder / secrets.token_hex(8)) if os.name == "posix" else None
        with Listener(address, authkey=key) as listener:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "seedbed.execution.executors.processes", str(listener.address)],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                env={**os.environ, **own, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            )
            assert self._process.stdin is not None
            with suppress(OSError):  # it has ended already, which is seen below
                self._process.stdin.write(key)
                self._process.stdin.close()
            self._connection = self._accepted(listener)

    def _accepted(self, listener: Listener) -> Connection:
        """The worker's connection; an error where it ends before it makes one."""
        found: list[Connection] = []

        def accept() -> None:
            with suppress(OSError, EOFError):
                found.append(listener.accept())

        waiting = Thread(target=accept, daemon=True)
        waiting.start()
        until = monotonic() + STARTS_IN
        while waiting.is_alive() and self._process.poll() is None and monotonic() < until:
            waiting.join(TICK)
        if not found:
            self._process.kill()
            raise ExecutorError("a worker process could not be started; what it printed says why")
        return found[0]

    def train(
        self, assignment: Assignment, heard: Heard, is_asked_to_end: Asked, room: Room
    ) -> Trained | Ended:
        """See `Worker.train`; a worker waits until what it sends is read."""
        told = False
        try:
            self._connection.send(assignment)
            while True:
                if not told and is_asked_to_end():
                    self._connection.send(END)
                    told = True
                if not self._connection.poll(TICK):
                    continue
                size = self._connection.recv()
                if last := room.receive(size, self._connection.recv, heard, is_asked_to_end):
                    return last
        except (EOFError, ConnectionError) as error:
            raise WorkerLost(f"a worker process ended ({_how(self._process)})") from error

    def close(self) -> None:
        """See `Worker.close`."""
        self._connection.close()  # by which it ends
        try:
            self._process.wait(2.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _how(process: subprocess.Popen[bytes]) -> str:
    with suppress(subprocess.TimeoutExpired):
        process.wait(2.0)
    code = process.returncode
    return "it is gone" if code is None else f"signal {-code}" if code < 0 else f"exit code {code}"


# --- in the process -------------------------------------------------------------------------------------


def serve(connection: Connection) -> None:
    """Train what comes over a connection until that is closed."""
    place, tasks, lock = Place(), Queue[Assignment](), Lock()

    def send(message: Message) -> None:
        content = ForkingPickler.dumps(message)
        with lock:
            connection.send(len(content))
            connection.send_bytes(content)

    Thread(target=_hear, args=(connection, place, tasks.put), daemon=True).start()
    while True:
        task = tasks.get()
        place.train(task, send)
        place.asked_to_end = False


def _hear(connection: Connection, place: Place, put: Callable[[Assignment], None]) -> None:
    """Take what is sent; whoever sends is gone where the connection ends, and nobody would read a result."""
    try:
        while True:
            message = connection.recv()
            if isinstance(message, Assignment):
                put(message)
            else:
                place.asked_to_end = True
    except (EOFError, OSError):
        os._exit(0)


if __name__ == "__main__":
    import signal

    for number in (
        signal.SIGINT,
        signal.SIGTERM,
    ):  # they are for whoever writes the study, which ends this process
        signal.signal(number, signal.SIG_IGN)
    # As the module of its name, not as __main__: what is sent names its classes.
    from seedbed.execution.executors import processes

    processes.serve(Client(sys.argv[1], authkey=sys.stdin.buffer.read()))
