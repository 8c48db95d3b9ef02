"""Threads of an engine: there are as many as the system lets start, and engines go on with those."""

from __future__ import annotations

import gc
import signal
import threading
import time
from collections.abc import Callable
from functools import partial
from queue import SimpleQueue
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from made import engine, group, recipe, steps

from seedbed.data.base import Prepared, Samples
from seedbed.engines.fused import driver
from seedbed.engines.fused.driver import FusedEngine
from seedbed.engines.fused.workspace import PANEL
from seedbed.engines.torch_engine import TorchEngine
from seedbed.engines.workers import Workers
from seedbed.training.group import Group, Run
from seedbed.training.networks import build


def let_start(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a system whose limit of threads is near."""
    started, start = [], threading.Thread.start

    def limited(thread: threading.Thread) -> None:
        if len(started) == count:
            raise RuntimeError("can't start new thread")
        started.append(thread)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", limited)


@pytest.mark.parametrize("threads", [0, 1, 3])
def test_results_come_in_the_order_of_the_calls(threads: int) -> None:
    workers = Workers(threads)
    assert workers.run([partial(pow, number, 2) for number in range(7)]) == [0, 1, 4, 9, 16, 25, 36]
    assert workers.run([]) == []
    workers.close()


def test_every_thread_prepares_itself_and_ends_with_its_workers() -> None:
    prepared: list[threading.Thread] = []
    closed, forgotten = (Workers(3, lambda: prepared.append(threading.current_thread())) for _ in range(2))
    barrier = threading.Barrier(3, timeout=20)
    assert sorted(closed.run([barrier.wait] * 3)) == [0, 1, 2]  # all at once
    closed.close()
    closed.close()
    del forgotten
    gc.collect()
    for thread in prepared:
        thread.join(20)
        assert not thread.is_alive()
    assert len(prepared) == 6


def fail() -> None:
    raise MemoryError("too large")


def interrupt() -> None:
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)


@pytest.mark.parametrize(("event", "raised"), [(fail, MemoryError), (interrupt, KeyboardInterrupt)])
def test_an_error_is_raised_once_all_have_ended_and_the_workers_go_on(
    event: Any, raised: type[BaseException]
) -> None:
    workers, stop, ended = Workers(3), threading.Event(), []

    def work() -> None:
        stop.wait(20)
        time.sleep(0.05)
        ended.append(1)

    with pytest.raises(raised):
        workers.run([work, work, event], stop.set)
    assert len(ended) == 2
    assert workers.run([lambda: 1]) == [1]


def test_an_error_reaches_the_caller_with_the_lines_that_raised_it() -> None:
    workers = Workers(2)
    with pytest.raises(MemoryError) as caught:
        workers.run([lambda: 1, fail])
    assert [line.name for line in caught.traceback][-1] == "fail"
    workers.close()


def test_an_error_while_a_thread_prepares_itself_is_raised_at_once() -> None:
    before = threading.active_count()
    with pytest.raises(MemoryError):
        Workers(3, fail)
    gc.collect()
    deadline = time.monotonic() + 20
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threading.active_count() == before


class Interrupted(SimpleQueue[Any]):
    """A queue at which an interrupt comes in the moment before or after a call is handed over."""

    def __init__(self, before: bool) -> None:
        self.before, self.armed = before, True

    def put(self, *args: Any, **options: Any) -> None:
        if threading.current_thread() is not threading.main_thread() or not self.armed:
            super().put(*args, **options)
            return
        self.armed = False
        if not self.before:
            super().put(*args, **options)
        raise KeyboardInterrupt


@pytest.mark.parametrize("before", [True, False])
def test_an_interrupt_while_work_is_handed_over_leaves_all_of_it_done_or_none(
    before: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("seedbed.engines.workers.SimpleQueue", partial(Interrupted, before))
    workers, barrier, ended = Workers(3), threading.Barrier(3, timeout=20), []

    def work() -> None:
        barrier.wait()
        ended.append(1)

    with pytest.raises(KeyboardInterrupt):
        workers.run([work] * 3)
    done = len(ended)
    assert done in ((0,) if before else (0, 3))
    workers.run([work] * 3)
    assert len(ended) == done + 3
    workers.close()


def large_batch() -> Group:
    """A run whose every batch is cut into eight slices."""
    x = np.random.default_rng(0).uniform(-2, 2, (8 * PANEL, 3)).astype(np.float32)
    data = Prepared(
        Samples(x, np.sin(x[:, :1]), ("a", "b", "c")), {"train": np.arange(len(x), dtype=np.int32)}
    )
    one = recipe({"hidden": (6,)}, {"batch_size": "all", "steps": 20})
    return Group((Run("base", 0, one, data),), build(one.model, (3,), 1))


def taken_by(of: Group) -> tuple[Any, ...]:
    """What an engine takes of a group beside its program."""
    return of.data, of.initial_params(), of.initial_state(), of.keys("dropout"), of.keys("augment")


@pytest.mark.parametrize("allowed", [0, 1, 2, 3, 9])
def test_a_team_goes_on_with_the_threads_that_could_be_started(
    allowed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driver, "BLOCK", PANEL)
    of = large_batch()
    expected = FusedEngine(of.program(), *taken_by(of), threads=1)
    losses = steps(expected, of, 20)
    let_start(allowed, monkeypatch)
    made = FusedEngine(of.program(), *taken_by(of), threads=8)
    np.testing.assert_array_equal(steps(made, of, 20), losses)
    np.testing.assert_array_equal(made.predict(of.part("train")), expected.predict(of.part("train")))
    made.close()


@pytest.mark.parametrize("kernel", ["train", "predict"])
@pytest.mark.parametrize("is_team", [True, False])
def test_an_error_in_a_thread_of_the_fused_engine_is_raised_once_the_others_have_ended(
    is_team: bool, kernel: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driver, "BLOCK", PANEL)
    of = large_batch() if is_team else group([recipe()], seeds=4)
    made = FusedEngine(of.program(), *taken_by(of), threads=3)
    real, ended, calls = getattr(driver.kernels(), kernel), [], SimpleQueue[int]()
    for number in range(3):
        calls.put(number)

    def failing(*args: Any) -> None:
        if calls.get() == 0:
            fail()
        real(*args)
        ended.append(1)

    names = {name: getattr(driver.kernels(), name) for name in ("train", "predict")}
    monkeypatch.setattr(driver, "kernels", lambda: SimpleNamespace(**names | {kernel: failing}))
    with pytest.raises(MemoryError) as caught:
        steps(made, of, 20) if kernel == "train" else made.predict(of.part("train"))
    assert caught.traceback[-1].name == "fail"
    assert len(ended) == 2
    made.close()


def test_the_fused_engine_ends_its_call_before_an_interrupt_is_raised(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    of = group([recipe({"norm": "batch"}, {"steps": 2000})], seeds=6)
    reference = engine(FusedEngine, of)
    steps(reference, of, 2000)
    run = Workers.run

    def interrupted(workers: Workers, calls: list[Callable[[], None]]) -> list[None]:
        def first() -> None:
            interrupt()
            calls[0]()

        return run(workers, [first, *calls[1:]])

    made = FusedEngine(of.program(), *taken_by(of), threads=2)
    monkeypatch.setattr(Workers, "run", interrupted)
    with pytest.raises(KeyboardInterrupt):
        steps(made, of, 2000)
    np.testing.assert_array_equal(made.read()["params"], reference.read()["params"])


@pytest.mark.parametrize("allowed", [0, 1])
def test_parts_side_by_side_go_on_with_the_threads_that_could_be_started(
    allowed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("torch.get_num_threads", lambda: 3)
    of = group([recipe()], seeds=4)
    expected = steps(engine(TorchEngine, of), of, 10)
    let_start(allowed, monkeypatch)
    made = engine(TorchEngine, of)
    np.testing.assert_array_equal(steps(made, of, 10), expected)
    made.close()
