"""Threads of an engine: there are as many as the system lets start, and engines go on with those."""

from __future__ import annotations

import gc
import signal
import threading
import time
from functools import partial
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


def large_batch() -> Group:
    """A run whose every batch is cut into eight slices."""
    x = np.random.default_rng(0).uniform(-2, 2, (8 * PANEL, 3)).astype(np.float32)
    data = Prepared(
        Samples(x, np.sin(x[:, :1]), ("a", "b", "c")), {"train": np.arange(len(x), dtype=np.int32)}
    )
    one = recipe({"hidden": (6,)}, {"batch_size": "all", "steps": 20})
    return Group((Run("base", 0, one, data),), build(one.model, (3,), 1))


@pytest.mark.parametrize("allowed", [0, 1, 2, 3, 9])
def test_a_team_goes_on_with_the_threads_that_could_be_started(
    allowed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driver, "BLOCK", PANEL)
    of = large_batch()
    taken = of.data, of.initial_params(), of.initial_state(), of.keys("dropout"), of.keys("augment")
    expected = FusedEngine(of.program(), *taken, threads=1)
    losses = steps(expected, of, 20)
    let_start(allowed, monkeypatch)
    made = FusedEngine(of.program(), *taken, threads=8)
    np.testing.assert_array_equal(steps(made, of, 20), losses)
    np.testing.assert_array_equal(made.predict(of.part("train")), expected.predict(of.part("train")))
    made.close()


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
