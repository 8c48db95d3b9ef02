"""What a person sees while a study runs: a live display on a terminal, occasional lines elsewhere."""

from __future__ import annotations

import math
import os
import sys
import time
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self, TextIO, assert_never

from seedbed.study.events import Epoch, Event, Events, Message
from seedbed.text import counted, duration, visible

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

LINE_EVERY = 5.0  # seconds


@dataclass(frozen=True)
class GroupStart:
    """What is known of a group of runs before it trains.

    Attributes
    ----------
    group, groups
        Its number, counting from 0, and how many there are.
    runs
        How many runs it has.
    epochs
        How many epochs it may take at most.
    label
        What it consists of, in words.
    unit
        What `Epoch` counts, "epoch" or, where runs train one by one, "run".
    """

    group: int
    groups: int
    runs: int
    epochs: int
    label: str
    unit: str = "epoch"


class Observer(Protocol):
    """What is called while a study runs. None of it changes what is computed."""

    def group_started(self, group: GroupStart) -> None:
        """A group of runs begins to train."""
        ...

    def epoch(self, epoch: Epoch) -> None:
        """The runs of the group were evaluated."""
        ...

    def group_finished(self) -> None:
        """The group is done and stored."""
        ...

    def message(self, text: str) -> None:
        """Something a person should know, in one line."""
        ...


def events_of(observer: Observer) -> Events:
    """A callable that hands each event to the observer's method for it."""

    def tell(event: Event) -> None:
        match event:
            case Epoch():
                observer.epoch(event)
            case Message(text):
                observer.message(text)
            case _:
                assert_never(event)

    return tell


class Silent:
    """Shows nothing; for scripts and `--quiet`. The other displays extend it, and it is their context manager."""

    def group_started(self, group: GroupStart) -> None:
        """See `Observer`."""

    def epoch(self, epoch: Epoch) -> None:
        """See `Observer`."""

    def group_finished(self) -> None:
        """See `Observer`."""

    def message(self, text: str) -> None:
        """See `Observer`."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.group_finished()


class Lines(Silent):
    """One line at the start of a group, every few seconds, and at its end: for logs and plain terminals."""

    def __init__(self, stream: TextIO, every: float = LINE_EVERY) -> None:
        self._stream, self._every = stream, every
        self._title = self._last = ""
        self._unit = "epoch"
        self._started = self._printed = 0.0

    def group_started(self, group: GroupStart) -> None:
        """Print which group begins."""
        self._title, self._last = f"group {group.group + 1}/{group.groups}", ""
        self._started = self._printed = time.monotonic()
        self._unit = group.unit
        has_epochs = group.unit == "epoch" and group.epochs > 1
        most = f", up to {counted(group.epochs, 'epoch')}" if has_epochs else ""
        self.message(f"{self._title}: {group.label}, {counted(group.runs, 'run')}{most}")

    def epoch(self, epoch: Epoch) -> None:
        """Print how far the group is, if the last line is long enough ago."""
        now = time.monotonic()
        left = (now - self._started) / max(epoch.epoch, 1) * (epoch.epochs - epoch.epoch)
        rate = _rate(epoch, now - self._started) if self._unit == "run" else ""
        self._last = f"{self._title}: {self._unit} {epoch.epoch}/{epoch.epochs}, {rate}{_state(epoch)}"
        if now - self._printed >= self._every:
            self._printed = now
            self.message(f"{self._last}, {duration(left)} left")

    def group_finished(self) -> None:
        """Print how far the group came and how long it took."""
        if self._last:
            self.message(f"{self._last}, done in {duration(time.monotonic() - self._started)}")
            self._last = ""

    def message(self, text: str) -> None:
        """Print it as a line; where nobody can read it, training goes on."""
        with suppress(OSError):
            print(visible(text), file=self._stream, flush=True)


class Live(Silent):
    """One moving line per group on a terminal: epochs, runs still active, best and median metric, time left."""

    def __init__(self, stream: TextIO) -> None:
        from rich.console import Console

        self._console = Console(file=stream)
        self._progress: Progress | None = None
        self._task: TaskID | None = None
        self._counts_runs, self._started = False, 0.0

    def group_started(self, group: GroupStart) -> None:
        """Begin the group's line."""
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        self.group_finished()
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=20),
            MofNCompleteColumn(),
            TextColumn("{task.fields[state]}", markup=False),
            TimeRemainingColumn(compact=True),
            console=self._console,
            refresh_per_second=5,
        )
        title = visible(f"{group.group + 1}/{group.groups} {group.label}")
        self._task = self._progress.add_task(title, total=group.epochs, state=counted(group.runs, "run"))
        self._counts_runs, self._started = group.unit == "run", time.monotonic()
        self._progress.start()

    def epoch(self, epoch: Epoch) -> None:
        """Move the group's line."""
        if self._progress and self._task is not None:
            rate = _rate(epoch, time.monotonic() - self._started) if self._counts_runs else ""
            state = f"{rate}{_state(epoch)}"
            self._progress.update(self._task, completed=epoch.epoch, total=epoch.epochs, state=state)

    def group_finished(self) -> None:
        """Leave the group's line as it is."""
        if self._progress:
            self._progress.stop()
            self._progress = None

    def message(self, text: str) -> None:
        """Print it above the moving line."""
        self._console.print(visible(text), markup=False, highlight=False, emoji=False)


def observer(quiet: bool = False, stream: TextIO | None = None) -> Silent:
    """The display that fits: none, a live one on a capable terminal, lines elsewhere; a context manager."""
    stream = stream or sys.stderr
    if quiet or not stream:  # which is None where it was closed
        return Silent()
    return Live(stream) if stream.isatty() and os.environ.get("TERM") != "dumb" else Lines(stream)


def watched(progress: bool | None = None) -> Silent:
    """The display for a study run from Python; by default (`progress` None) only on a terminal or in a notebook."""
    if progress is False:
        return Silent()
    if _in_notebook():
        # rich draws in notebooks through these widgets
        return Live(sys.stdout) if find_spec("ipywidgets") else Lines(sys.stdout)
    return observer(quiet=not (progress or (sys.stderr and sys.stderr.isatty())))


def watching_with(progress: bool | None, observer: Observer | None) -> AbstractContextManager[Observer]:
    """The observer that is given, else the display of `watched`."""
    return watched(progress) if observer is None else nullcontext(observer)


def _in_notebook() -> bool:
    if "IPython" not in sys.modules:
        return False
    from rich.console import Console

    return Console().is_jupyter


def _state(epoch: Epoch) -> str:
    told = f"{epoch.active} active, {epoch.metric} best {_number(epoch.best)} median {_number(epoch.median)}"
    return visible(told)


def _rate(epoch: Epoch, seconds: float) -> str:
    """Runs per second, or per minute where they take long; empty before there is one."""
    rate = epoch.epoch / max(seconds, 1e-3)
    return f"{rate:.3g} runs/s, " if rate >= 1 else f"{60 * rate:.3g} runs/min, " if rate else ""


def _number(value: float | None) -> str:
    return "-" if value is None or math.isnan(value) else f"{value:.4g}"
