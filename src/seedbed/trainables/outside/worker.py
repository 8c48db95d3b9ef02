"""The process that calls functions: it takes runs as lines of JSON, one after another, and tells of each.

Its standard output and error both are what the study's process keeps as the run's output; the lines go through copies
of what they were at the beginning, so nothing that is printed gets between them.
"""

from __future__ import annotations

import base64
import faulthandler
import importlib
import inspect
import json
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

from seedbed.trainables.outside.numbers import WrongMetrics, numbers_of
from seedbed.trainables.outside.run import Enough, Run
from seedbed.trainables.outside.seeding import Seeding

LONGEST = 60_000  # characters of a traceback
LONGEST_REASON = 1000
OURS = (Path(__file__).parent, Path(importlib.__file__).parent)


class Lines:
    """Lines of JSON from and to the study's process."""

    def __init__(self) -> None:
        self._orders = os.fdopen(os.dup(0), "rb")
        self._answers = os.fdopen(os.dup(1), "wb", buffering=0)
        self._output = os.dup(2)
        with open(os.devnull, "rb") as nothing:
            os.dup2(nothing.fileno(), 0)
        self._pid = os.getpid()
        self.open_output()
        faulthandler.enable(self._output)

    def open_output(self) -> None:
        """Have standard output and error be the output of a run, whatever an earlier one did to them."""
        os.dup2(self._output, 1)
        os.dup2(self._output, 2)
        sys.stdout, sys.stderr = _printing_to(1), _printing_to(2)

    def take(self) -> dict[str, Any]:
        """The next one; without any more this process ends."""
        line = self._orders.readline()
        if not line:
            os._exit(0)
        return json.loads(line)

    def tell(self, **message: Any) -> None:
        """Send one."""
        self._end_fork()
        self._answers.write(json.dumps(message).encode() + b"\n")

    def _end_fork(self) -> None:
        """End here where this is a process that the function has forked and not ended."""
        if os.getpid() != self._pid:
            os._exit(1)

    def mark(self, mark: str) -> None:
        """Write where the output of a run ends."""
        self._end_fork()
        for stream in (sys.stdout, sys.stderr):
            with suppress(Exception):  # the function may have closed or replaced it
                stream.flush()
        os.write(self._output, mark.encode())


def _printing_to(number: int) -> TextIO:
    return open(number, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False)


def main() -> None:
    """Load the function that the first line names, then do one run for each further line."""
    lines = Lines()
    seeding = Seeding()
    try:
        function = _loaded(lines.take())
        takes_run = _takes_run(function)
    except BaseException as error:
        lines.tell(**_crash(error, None))
        return
    lines.tell(ready=True)
    directory, environment = os.getcwd(), dict(os.environ)
    while True:
        order = lines.take()
        lines.open_output()
        os.chdir(directory)
        if os.environ != environment:
            os.environ.clear()
            os.environ.update(environment)
        seeding.begin(order["seed"])
        began = time.perf_counter()
        answer = _answer(function, takes_run, order, lines)
        seconds = time.perf_counter() - began
        lines.mark(order["mark"])
        lines.tell(**answer, seconds=seconds)


def _loaded(order: Mapping[str, Any]) -> Callable[..., Any]:
    """The function that is sent, or that a call such as "train:run" names."""
    if "pickle" in order:
        import cloudpickle

        return cloudpickle.loads(base64.b64decode(order["pickle"]))
    module, _, name = order["call"].partition(":")
    found: Any = importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    return found


def _takes_run(function: Callable[..., Any]) -> bool:
    """Whether a function takes the object `run`, too.

    Raises
    ------
    TypeError
        Where it takes neither (settings, seed) nor (settings, seed, run).
    """
    if not callable(function):
        raise TypeError(f"expected a function, got {type(function).__name__}")
    try:
        signature = inspect.signature(function)
    except ValueError:  # of what is compiled nobody knows
        return False
    takes_run = "run" in signature.parameters
    try:
        signature.bind({}, 0, **({"run": None} if takes_run else {}))
    except TypeError as error:
        name = getattr(function, "__name__", "run")
        wanted = f"{name}(settings, seed) or {name}(settings, seed, run)"
        raise TypeError(f"expected a function {wanted}, got {name}{signature} ({error})") from None
    return takes_run


def _answer(
    function: Callable[..., Any], takes_run: bool, order: Mapping[str, Any], lines: Lines
) -> dict[str, Any]:
    """Do a run, and what to tell of how it ended."""
    told, is_over = 0, False

    def tell(metrics: dict[str, float]) -> bool:
        nonlocal told
        if is_over:  # in a thread that was left behind
            raise RuntimeError("this run has ended, and nothing more can be told of it")
        told += 1
        lines.tell(epoch=metrics)
        return not order["waits"] or lines.take()["go"]

    try:
        more = {"run": Run(Path(order["directory"]), tell)} if takes_run else {}
        returned = function(order["settings"], order["seed"], **more)
        if isinstance(returned, Iterator):
            returned = _followed(returned, tell)
            if not told and returned is None:
                raise WrongMetrics("yielded nothing; expected a dict of metrics for each epoch")
        return {"done": {} if returned is None and told else numbers_of(returned)}
    except Enough:
        return {"done": {}}
    except BaseException as error:
        return _crash(error, order.get("memory"))
    finally:
        is_over = True


def _followed(epochs: Iterator[Any], tell: Callable[[dict[str, float]], bool]) -> Any:
    """Tell the metrics of every epoch; what a generator returns at its end."""
    while True:
        try:
            metrics = next(epochs)
        except StopIteration as end:
            return end.value
        if not tell(numbers_of(metrics)):
            if hasattr(epochs, "close"):
                epochs.close()
            raise Enough


# --- what went wrong ------------------------------------------------------------------------------------


def _crash(error: BaseException, memory: str | None) -> dict[str, Any]:
    """What to tell of an error: the reason in one line, and where it happened in the user's own code."""
    if isinstance(error, MemoryError):
        traceback.clear_frames(error.__traceback__)  # gives back what it held
    told = traceback.TracebackException.from_exception(error)
    told.stack = traceback.StackSummary.from_list(step for step in told.stack if not _is_ours(step.filename))
    shown = "".join(told.format()) if told.stack or not isinstance(error, WrongMetrics) else ""
    return {"crashed": _reason(error, memory), "traceback": shown[-LONGEST:]}


def _is_ours(file: str) -> bool:
    """Whether a step of a traceback is ours or of Python's imports, which explain nothing."""
    return file.startswith("<frozen importlib") or Path(file).parent in OURS


def _reason(error: BaseException, memory: str | None) -> str:
    if isinstance(error, WrongMetrics):
        return str(error)
    if isinstance(error, MemoryError) and memory:
        return memory
    if isinstance(error, SystemExit):
        if isinstance(error.code, int | None):
            code = error.code or 0
            return f"exited with code {code}" + ("" if code else " before it had returned its metrics")
        return f"exited with code 1: {error.code}"[:LONGEST_REASON]
    (*_, last) = traceback.format_exception_only(error)
    return " ".join(last[:LONGEST_REASON].split())
