"""Ctrl-C at any moment: what must not be left half done is not, and no run is given another's parameters."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Event
from types import FrameType
from typing import Any

import numpy as np
import pytest
from made import engine, group, ignore, recipe, steps

from seedbed.engines.array_engine import ArrayEngine
from seedbed.engines.fused.driver import FusedEngine
from seedbed.engines.interrupts import held_back
from seedbed.engines.side_by_side import SideBySide
from seedbed.engines.workers import Workers
from seedbed.training.group import Group
from seedbed.training.loop import Loop, train

# --- holding back -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_waits_for_the_end_of_the_block(number: signal.Signals) -> None:
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    handlers = [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)]
    done = []

    def block() -> None:
        with held_back():
            signal.raise_signal(number)
            signal.raise_signal(number)
            done.append(1)
        done.append(2)

    with pytest.raises(KeyboardInterrupt):
        block()
    assert done == [1]
    assert [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)] == handlers


@pytest.mark.parametrize("handler", [signal.SIG_IGN, signal.SIG_DFL])
def test_a_signal_that_python_does_not_handle_is_left_alone(handler: signal.Handlers) -> None:
    signal.signal(signal.SIGINT, handler)
    with held_back():
        assert signal.getsignal(signal.SIGINT) is handler
    assert signal.getsignal(signal.SIGINT) is handler


def test_an_error_ends_the_block_and_another_thread_has_nothing_to_hold_back() -> None:
    handler, seen = signal.getsignal(signal.SIGINT), []

    def look() -> None:
        with held_back():
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert seen == [handler]
    with pytest.raises(ZeroDivisionError), held_back():
        raise ZeroDivisionError
    assert signal.getsignal(signal.SIGINT) is handler


# --- at every line of a training --------------------------------------------------------------------------

LOOP = Loop.run.__code__
PACKAGE = str(Path(sys.modules["seedbed"].__file__ or "").parent)
# Whatever keeps the books of a group: what evaluates and trains it only reads them.
BOOKS = {
    "_advance", "_evaluate", "_finish", "_drop", "_restart", "_stops",  # the loop
    "evaluate", "record", "add", "add_losses",  # monitor and curves
    "keep_best", "note", "_keep", "_finite", "_record",  # endings
    "keep", "_of_runs", "_places", "held_back", "_held_back", "read", "write",
}  # fmt: skip


Line = tuple[str, int, str]  # file, number, and the function that called this one


@contextmanager
def interrupted_at(count: int) -> Iterator[list[Line]]:
    """Press Ctrl-C at the count-th line of the books while a group is trained; gives the list of these lines."""
    lines: list[Line] = []
    training: list[FrameType] = []

    def trace(frame: FrameType, event: str, _: Any) -> Callable[..., Any] | None:
        code = frame.f_code
        if code is not LOOP and (not code.co_filename.startswith(PACKAGE) or code.co_name not in BOOKS):
            return None
        if event == "call" and code is LOOP:
            training.append(frame)
        elif event == "return" and training[-1:] == [frame]:
            training.pop()
        elif event == "line" and training and frame not in training:
            caller = frame.f_back.f_code.co_name if frame.f_back else ""
            lines.append((code.co_filename, frame.f_lineno, caller))
            if len(lines) == count:
                signal.raise_signal(signal.SIGINT)
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield lines
    finally:
        sys.settrace(before)


def first_and_last(lines: list[Line]) -> list[int]:
    """Of every line and caller, when it is passed for the first time and when for the last, counted from 1."""
    first = {line: count for count, line in reversed(list(enumerate(lines, 1)))}
    last = {line: count for count, line in enumerate(lines, 1)}
    return sorted({*first.values(), *last.values()})


def side_by_side(program: Any, *taken: Any) -> SideBySide:
    return SideBySide(partial(ArrayEngine, program), Event(), 2, 2, lambda: None, *taken)


# Runs that end one after another; the best parameters of one are kept, the optimizer of another starts afresh.
RESTART = {"kind": "multi_step", "milestones": [2], "per": "step", "restart": True}
OF = group(
    [
        recipe({"norm": "batch"}, {"steps": 2, "batch_size": 30}),
        recipe({"norm": "batch"}, {"steps": 4, "batch_size": 30, "keep_best": True}),
        recipe({"norm": "batch"}, {"steps": 6, "batch_size": 30, "momentum": 0.5, "schedule": RESTART}),
    ],
    seeds=1,
)


def trajectory(run: int) -> set[bytes]:
    """The parameters and statistics that a run has after every step."""
    alone = Group((OF.runs[run],), OF.network)
    made = engine(ArrayEngine, alone)
    found = set()
    restarts = OF.runs[run].recipe.training.schedule.kind == "multi_step"
    for step in range(7):
        arrays = made.read()
        found.add(arrays["params"].tobytes() + arrays["state"].tobytes())
        if restarts and step == 2:
            made.write({"velocity": arrays["velocity"] * 0})
        steps(made, alone, 1, step)
    return found


OWN = [trajectory(run) for run in range(len(OF.runs))]


@pytest.mark.parametrize("engine_class", [ArrayEngine, side_by_side], ids=["numpy", "side by side"])
def test_ctrl_c_at_any_line_leaves_every_run_its_own_parameters(engine_class: Any) -> None:
    with interrupted_at(-1) as lines:
        whole = train(OF, engine_class, "val.mse", "min", ignore)
    assert not whole.interrupted
    moments = first_and_last(lines)
    assert len(moments) > 150
    for count in moments:
        with interrupted_at(count):
            result = train(OF, engine_class, "val.mse", "min", ignore)
        assert result.interrupted, count
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
        for run, record in enumerate(result.records):
            assert (record.variant, record.seed) == (OF.runs[run].variant, OF.runs[run].seed)
            stored = result.params[run].tobytes() + result.state[run].tobytes()
            assert stored in OWN[run], f"line {count}: run {run} ({record.status})"
        assert len({len(column) for column in result.curves.values()}) <= 1, count
        assert all(len(one.train_loss) == len(one.val_loss) for one in result.evidence), count


def test_the_fused_engine_ends_its_call_before_an_interrupt_is_raised(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    of = group([recipe({"norm": "batch"}, {"steps": 2000})], seeds=6)
    reference = engine(FusedEngine, of)
    steps(reference, of, 2000)
    run = Workers.run

    def interrupted(workers: Workers, calls: list[Callable[[], None]]) -> list[None]:
        def first() -> None:
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
            calls[0]()

        return run(workers, [first, *calls[1:]])

    taken = of.data, of.initial_params(), of.initial_state(), of.keys("dropout"), of.keys("augment")
    made = FusedEngine(of.program(), *taken, threads=2)
    monkeypatch.setattr(Workers, "run", interrupted)
    with pytest.raises(KeyboardInterrupt):
        steps(made, of, 2000)
    np.testing.assert_array_equal(made.read()["params"], reference.read()["params"])
