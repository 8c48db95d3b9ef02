"""What a person sees while a study runs: a live display on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import math
import os
import sys
import time
from contextlib import suppress
from importlib.util import find_spec
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self, TextIO

from seedbed.text import counted

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

LINE_EVERY = 5.0  # seconds


class Observer(Protocol):
    """What the runner tells as it goes. None of it changes what is computed."""

    def group_started(self, group: int, groups: int, runs: int, epochs: int, label: str) -> None:
        """Group number `group` of `groups`, counting from 0, begins: so many runs, at most so many epochs."""
        ...

    def epoch(
        self, epoch: int, epochs: int, active: int, best: float | None, median: float | None, metric: str
    ) -> None:
        """An epoch was judged: runs still training, best and median of the metric over the group's runs."""
        ...

    def group_finished(self) -> None:
        """The group is done and stored."""
        ...

    def message(self, text: str) -> None:
        """Something a person should know, in one line."""
        ...


class Silent:
    """Says nothing; what scripts and `--quiet` get. Also the context that the others extend."""

    def group_started(self, group: int, groups: int, runs: int, epochs: int, label: str) -> None:
        """See `Observer`."""

    def epoch(
        self, epoch: int, epochs: int, active: int, best: float | None, median: float | None, metric: str
    ) -> None:
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
        self._started = self._said = 0.0

    def group_started(self, group: int, groups: int, runs: int, epochs: int, label: str) -> None:
        """Say which group begins."""
        self._title, self._last = f"group {group + 1}/{groups}", ""
        self._started = self._said = time.monotonic()
        self.message(f"{self._title}: {label}, {counted(runs, 'run')}, up to {counted(epochs, 'epoch')}")

    def epoch(
        self, epoch: int, epochs: int, active: int, best: float | None, median: float | None, metric: str
    ) -> None:
        """Say where the group is, if the last line was long enough ago."""
        now = time.monotonic()
        left = (now - self._started) / max(epoch, 1) * (epochs - epoch)
        self._last = f"{self._title}: epoch {epoch}/{epochs}, {_state(active, best, median, metric)}"
        if now - self._said >= self._every:
            self._said = now
            self.message(f"{self._last}, {_duration(left)} left")

    def group_finished(self) -> None:
        """Say where the group ended and what it took."""
        if self._last:
            self.message(f"{self._last}, done in {_duration(time.monotonic() - self._started)}")
            self._last = ""

    def message(self, text: str) -> None:
        """Print it as a line; where nobody can read it, training goes on."""
        with suppress(OSError):
            print(text, file=self._stream, flush=True)


class Live(Silent):
    """One moving line a group on a terminal: epochs, runs still active, best and median metric, time left."""

    def __init__(self, stream: TextIO) -> None:
        from rich.console import Console

        self._console = Console(file=stream)
        self._progress: Progress | None = None
        self._task: TaskID | None = None

    def group_started(self, group: int, groups: int, runs: int, epochs: int, label: str) -> None:
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
        title = f"{group + 1}/{groups} {label}"
        self._task = self._progress.add_task(title, total=epochs, state=counted(runs, "run"))
        self._progress.start()

    def epoch(
        self, epoch: int, epochs: int, active: int, best: float | None, median: float | None, metric: str
    ) -> None:
        """Move the group's line."""
        if self._progress and self._task is not None:
            state = _state(active, best, median, metric)
            self._progress.update(self._task, completed=epoch, total=epochs, state=state)

    def group_finished(self) -> None:
        """Leave the group's line as it is."""
        if self._progress:
            self._progress.stop()
            self._progress = None

    def message(self, text: str) -> None:
        """Print it above the moving line."""
        self._console.print(text, markup=False, highlight=False)


def observer(quiet: bool = False, stream: TextIO | None = None) -> Silent:
    """The display that fits: none, a live one on a capable terminal, lines elsewhere. Use it as a context."""
    stream = stream or sys.stderr
    if quiet or not stream:  # which is None where it was closed
        return Silent()
    return Live(stream) if stream.isatty() and os.environ.get("TERM") != "dumb" else Lines(stream)


def watched(progress: bool | None = None) -> Silent:
    """The display for whoever runs a study from Python: where `progress` does not say, for a person who looks on."""
    if progress is False:
        return Silent()
    if _in_notebook():
        # rich draws in notebooks through these widgets; without them a line now and then has to do
        return Live(sys.stdout) if find_spec("ipywidgets") else Lines(sys.stdout)
    return observer(quiet=not (progress or (sys.stderr and sys.stderr.isatty())))


def _in_notebook() -> bool:
    if "IPython" not in sys.modules:
        return False
    from rich.console import Console

    return Console().is_jupyter


def _state(active: int, best: float | None, median: float | None, metric: str) -> str:
    return f"{active} active, {metric} best {_number(best)} median {_number(median)}"


def _number(value: Any) -> str:
    return "-" if value is None or math.isnan(value) else f"{value:.4g}"


def _duration(seconds: float) -> str:
    whole = round(seconds)
    if whole >= 3600:
        return f"{whole // 3600}h{whole % 3600 // 60:02d}"
    return f"{whole // 60}m{whole % 60:02d}" if whole >= 60 else f"{seconds:.1f} s"
