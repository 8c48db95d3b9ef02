"""Seedbed's commands in real processes that can be killed, each forked from one that has loaded everything."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from multiprocessing.process import BaseProcess
from pathlib import Path

Prepare = Callable[[], object]  # called in the process before the command; it must be possible to pickle it

LOADED = (  # before a command begins, so that it begins at once; none of these starts a thread
    *("numpy", "pyarrow.parquet", "safetensors.numpy", "matplotlib.figure", "scipy.stats", "numba", "torch"),
    *("seedbed.cli.run", "seedbed.cli.show", "seedbed.cli.report", "seedbed.api.study", "seedbed.api.result"),
    *("seedbed.engines.fused.driver", "seedbed.report.page", "seedbed.trainables.recipe_work"),
    "seedbed.execution.runner",
)
LONGEST = 250.0  # seconds that a command may take


@dataclass(frozen=True)
class Ended:
    """How a command ended.

    Attributes
    ----------
    code
        Its exit code; minus the signal that ended it.
    output
        What it printed on both streams.
    seconds
        How long it took.
    """

    code: int
    output: str
    seconds: float

    @property
    def is_killed(self) -> bool:
        """Whether it was ended by SIGKILL."""
        return self.code == -signal.SIGKILL


class Command:
    """A command while it runs."""

    def __init__(self, words: list[str], log: Path, prepare: Prepare | None = None) -> None:
        processes = context()
        self.log, self.began = log, time.monotonic()
        log.unlink(missing_ok=True)
        self.process: BaseProcess = processes.Process(target=_do, args=(words, log, prepare), daemon=True)
        self.process.start()

    def wait_for_handlers(self) -> None:
        """Wait until its process takes signals as a command does."""
        while not self.log.exists():
            time.sleep(0.001)

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        with suppress(ProcessLookupError):  # it has ended
            os.kill(self.process.pid or 0, number)

    def wait(self, seconds: float = LONGEST) -> Ended:
        """Wait for its end; one that takes longer is killed and is an error."""
        self.process.join(seconds)
        if self.process.exitcode is None:
            self.process.kill()
            self.process.join()
            raise TimeoutError(f"did not end in {seconds:g} s: {self.output}")
        return Ended(self.process.exitcode, self.output, time.monotonic() - self.began)

    @property
    def output(self) -> str:
        """What it has printed so far."""
        return self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""


def ended(words: list[str], log: Path, prepare: Prepare | None = None) -> Ended:
    """A command from beginning to end."""
    return Command(words, log, prepare).wait()


def _do(words: list[str], log: Path, prepare: Prepare | None) -> None:
    """The command in its own process."""
    for number, handler in ((signal.SIGINT, signal.default_int_handler), (signal.SIGTERM, signal.SIG_DFL)):
        signal.signal(number, handler)
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
    for stream in (1, 2):
        os.dup2(file, stream)
    sys.argv = ["seedbed", *words]
    if prepare:
        prepare()
    from seedbed.cli import main

    main()


@cache
def context() -> multiprocessing.context.ForkServerContext:
    """What starts processes; each is forked from one that has loaded what commands need, once this returns."""
    made = multiprocessing.get_context("forkserver")
    made.set_forkserver_preload(["faults.loaded"])
    with _python_path():
        first = made.Process(target=int)
        first.start()
    first.join()
    return made


@contextmanager
def _python_path() -> Iterator[None]:
    """The server that processes are forked from finds modules only where the environment says."""
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
    try:
        yield
    finally:
        os.environ.pop("PYTHONPATH")
        if before is not None:
            os.environ["PYTHONPATH"] = before


def load() -> None:
    """What the server does once. Figures stay empty: they take most of the time, and no result depends on them."""
    for name in LOADED:
        if find_spec(name.partition(".")[0]):
            import_module(name)
    from matplotlib.figure import Figure

    from seedbed.report.picture import Picture

    empty = Picture("empty", Figure(figsize=(1, 1)), "nothing")
    svg, png = empty.svg(), empty.png()
    Picture.svg = lambda self: svg  # type: ignore[method-assign]
    Picture.png = lambda self: png  # type: ignore[method-assign]
