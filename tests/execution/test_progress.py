"""What a person sees while a study runs."""

from __future__ import annotations

import contextlib
import io
import sys
from pathlib import Path

import pytest
from study_files import small

from seedbed.api import Study
from seedbed.execution import progress
from seedbed.execution.progress import GroupStart, Lines, Live, Observer, Silent, events_of, observer
from seedbed.study.events import Epoch, Message


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def play(watching: Observer) -> None:
    """Two groups: one of many epochs, one in which every run diverged."""
    watching.group_started(GroupStart(0, 2, 30, 100, "base"))
    for epoch in range(1, 101):
        watching.epoch(Epoch(epoch, 100, 30 - epoch // 10, 0.001234567, 0.5, "val.mse"))
    watching.group_finished()
    watching.message("a word")
    watching.group_started(GroupStart(1, 2, 1, 1, "[no markup]"))
    watching.epoch(Epoch(1, 1, 0, None, float("nan"), "val.mse"))
    watching.group_finished()


def test_every_event_reaches_its_own_method() -> None:
    calls: list[object] = []

    class Listener(Silent):
        def epoch(self, epoch: Epoch) -> None:
            calls.append(epoch)

        def message(self, text: str) -> None:
            calls.append(text)

    events = events_of(Listener())
    events(Message("a word"))
    events(Epoch(1, 2, 3, 0.5, 0.5, "val.mse"))
    assert calls == ["a word", Epoch(1, 2, 3, 0.5, 0.5, "val.mse")]


def test_lines_are_few_and_say_where_a_group_is(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(0, 10_000))
    monkeypatch.setattr(progress.time, "monotonic", lambda: float(next(clock)))
    stream = io.StringIO()
    play(Lines(stream, every=30))
    lines = stream.getvalue().splitlines()
    assert lines[0] == "group 1/2: base, 30 runs, up to 100 epochs"
    assert lines[1] == "group 1/2: epoch 30/100, 27 active, val.mse best 0.001235 median 0.5, 1m10 left"
    assert len([line for line in lines if "left" in line]) == 3
    assert lines[4].startswith("group 1/2: epoch 100/100, 20 active")
    assert lines[4].endswith("done in 1m41")
    assert lines[5:7] == ["a word", "group 2/2: [no markup], 1 run"]
    assert lines[7] == "group 2/2: epoch 1/1, 0 active, val.mse best - median -, done in 2.0 s"


@pytest.mark.parametrize(
    ("done", "told"), [(0, "run 0/90, 5 active"), (30, "run 30/90, 1.5 runs/s"), (5, "run 5/90, 15 runs/min")]
)
@pytest.mark.parametrize("display", [Lines, Live])
def test_of_runs_side_by_side_it_says_how_many_a_second(
    monkeypatch: pytest.MonkeyPatch, display: type[Lines] | type[Live], done: int, told: str
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "160")
    now = 100.0
    monkeypatch.setattr(progress.time, "monotonic", lambda: now)
    stream = Terminal()
    with display(stream) as watching:
        watching.group_started(GroupStart(0, 1, 90, 90, "2 workers on 2 nodes", "run"))
        now += 20.0
        watching.epoch(Epoch(done, 90, 5, 0.5, 0.5, "val.mse"))
    assert told.partition(", ")[2] in stream.getvalue()
    assert "2 workers on 2 nodes" in stream.getvalue()


def test_a_terminal_shows_the_last_state_of_every_group(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "160")
    stream = Terminal()
    with Live(stream) as watching:
        play(watching)
    shown = stream.getvalue()
    assert "20 active, val.mse best 0.001235 median 0.5" in shown
    assert "100/100" in shown
    assert "a word" in shown
    assert "[no markup]" in shown


def test_an_interrupt_gives_the_terminal_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    stream = Terminal()
    hidden, shown = "\x1b[?25l", "\x1b[?25h"  # the cursor
    with contextlib.suppress(KeyboardInterrupt), Live(stream) as watching:
        watching.group_started(GroupStart(0, 1, 1, 10, "base"))
        assert hidden in stream.getvalue()
        raise KeyboardInterrupt
    assert stream.getvalue().rindex(shown) > stream.getvalue().rindex(hidden)


@pytest.mark.parametrize(
    ("stream", "term", "quiet", "kind"),
    [
        (Terminal(), "xterm", False, Live),
        (Terminal(), "dumb", False, Lines),
        (io.StringIO(), "xterm", False, Lines),
        (Terminal(), "xterm", True, Silent),
    ],
)
def test_the_display_fits_where_it_is_shown(
    monkeypatch: pytest.MonkeyPatch, stream: io.StringIO, term: str, quiet: bool, kind: type
) -> None:
    monkeypatch.setenv("TERM", term)
    assert type(observer(quiet, stream)) is kind


def test_no_color_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("NO_COLOR", "1")
    stream = Terminal()
    with Live(stream) as watching:
        play(watching)
    assert "\x1b[3" not in stream.getvalue()  # colours are 3x
    assert "\x1b[38" not in stream.getvalue()


def test_training_goes_on_where_nobody_can_read_its_lines() -> None:
    class Full(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError(28, "No space left on device")

    with Lines(Full(), every=0) as watching:
        play(watching)


def test_a_closed_stream_is_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", None)
    assert type(observer()) is Silent


def test_silence_is_silent(capsys: pytest.CaptureFixture[str]) -> None:
    with observer(quiet=True) as watching:
        play(watching)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("asked", "terminal", "kind"),
    [
        (None, True, Live),
        (None, False, Silent),
        (True, True, Live),
        (True, False, Lines),
        (False, True, Silent),
    ],
)
def test_from_python_whoever_looks_on_sees_how_it_goes(
    asked: bool | None, terminal: bool, kind: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", Terminal() if terminal else io.StringIO())
    assert type(progress.watched(asked)) is kind


@pytest.mark.parametrize(("widgets", "kind"), [(True, Live), (False, Lines)])
def test_a_notebook_shows_how_it_goes_with_and_without_widgets(
    widgets: bool, kind: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "_in_notebook", lambda: True)
    monkeypatch.setattr(progress, "find_spec", lambda name: object() if widgets else None)
    assert type(progress.watched()) is kind
    assert type(progress.watched(False)) is Silent


def test_a_run_from_python_shows_how_it_goes_on_a_terminal_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    study = Study.parse(small())
    for stream in (Terminal(), io.StringIO()):
        monkeypatch.setattr(sys, "stderr", stream)
        study.run(engine="numpy", runs_dir=tmp_path)
        assert ("val.mse best" in stream.getvalue()) == stream.isatty()
