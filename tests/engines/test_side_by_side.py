"""Parts side by side give what one engine gives for all runs, whatever is dropped, and stop when they are told to."""

from __future__ import annotations

import gc
import signal
import threading
from collections.abc import Callable, Collection, Mapping
from copy import copy
from functools import partial
from threading import Event
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made import engine, group, recipe, steps
from numpy.testing import assert_array_equal

from seedbed.engines.array_engine import ArrayEngine
from seedbed.engines.base import Batches, GroupData
from seedbed.engines.side_by_side import SideBySide, Stopped
from seedbed.engines.torch_engine import TensorEngine, TorchEngine
from seedbed.training.group import Group


class Simple:
    """An engine whose every number tells which run, setting, sample and scaling it came from."""

    def __init__(self, data: GroupData, *per_run: np.ndarray) -> None:
        self.data, (self.params, self.state, *self.keys) = data, per_run

    def train(
        self,
        batches: Batches,
        hyper: Mapping[str, np.ndarray],
        first_step: int,
        frozen: np.ndarray | None = None,
    ) -> np.ndarray:
        losses = []
        for step in range(batches.steps):
            start, stop = batches.bounds(step)
            losses.append(self.params[:, 0] + batches.indices[:, start:stop].sum(axis=1) + first_step)
            self.params = self.params * hyper["lr"][step, :, None] + 1
        return np.stack(losses, axis=1)

    def predict(self, indices: np.ndarray, runs: np.ndarray | None = None) -> np.ndarray:
        if runs is not None:
            part = copy(self)
            if len(runs):
                part.keep(runs)
            return part.predict(indices) if len(runs) else np.empty((*indices.shape, 2))
        inputs = self.data.inputs[self.data.dataset[:, None], indices]
        if self.data.center is not None and self.data.scale is not None:
            inputs = (inputs - self.data.center[:, None]) * self.data.scale[:, None]
        return inputs + (self.state[:, :1] + self.keys[0][:, :1] * self.keys[1][:, 1:])[:, :, None]

    def read(self, names: Collection[str] | None = None) -> dict[str, np.ndarray]:
        return {
            name: getattr(self, name).copy() for name in (("params", "state") if names is None else names)
        }

    def write(self, arrays: Mapping[str, np.ndarray]) -> None:
        for name, array in arrays.items():
            setattr(self, name, array)

    def keep(self, runs: np.ndarray) -> None:
        assert len(runs)
        self.params, self.state = self.params[runs], self.state[runs]
        self.keys = [key[runs] for key in self.keys]
        of = self.data
        center, scale = (
            one[runs] if one is not None and len(one) > 1 else one for one in (of.center, of.scale)
        )
        self.data = GroupData(of.inputs, of.targets, of.dataset[runs], center, scale)


def arrays(runs: int, scaled: str = "none") -> tuple[GroupData, ...]:
    """What an engine takes: 3 datasets of 20 samples; nothing is the same in two runs."""
    rng = np.random.default_rng(runs)
    inputs = rng.standard_normal((3, 20, 2))
    rows = {"none": 0, "shared": 1, "own": runs}[scaled]
    scaling = (rng.standard_normal((rows, 2)), rng.uniform(1, 2, (rows, 2))) if rows else ()
    data = GroupData(inputs, inputs[:, :, :1], rng.integers(0, 3, runs), *scaling)
    keys = rng.integers(0, 1000, (2, runs, 2))
    return data, rng.standard_normal((runs, 4)), rng.standard_normal((runs, 3)), *keys


def side_by_side(
    make: Callable[..., Any], parts: int, taken: tuple[Any, ...], threads: int = 2, stop: Event | None = None
) -> SideBySide:
    return SideBySide(make, stop or Event(), parts, threads, lambda: None, *taken)


def some_steps(engine: Any, runs: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    indices, offsets = rng.integers(0, 20, (runs, 15)), np.array([0, 5, 10, 15])
    return engine.train(Batches(indices, offsets), {"lr": rng.uniform(0.5, 1, (3, runs))}, seed)


def assert_same_answers(found: Any, expected: Any, runs: int, seed: int) -> None:
    assert_array_equal(some_steps(found, runs, seed), some_steps(expected, runs, seed))
    indices = np.random.default_rng(seed).integers(0, 20, (runs, 7))
    assert_array_equal(found.predict(indices), expected.predict(indices))
    some = np.random.default_rng(seed).permutation(runs)[: 1 + seed % runs]
    assert_array_equal(found.predict(indices[some], some), expected.predict(indices)[some])
    left, right = found.read(), expected.read()
    assert left.keys() == right.keys()
    for name in right:
        assert_array_equal(left[name], right[name], err_msg=name)


@given(
    runs=st.integers(1, 9),
    parts=st.integers(1, 12),
    threads=st.integers(1, 3),
    scaled=st.sampled_from(["none", "shared", "own"]),
    draw=st.data(),
)
def test_any_split_answers_as_one_engine_whatever_is_dropped(runs, parts, threads, scaled, draw):
    taken = arrays(runs, scaled)
    found, expected = side_by_side(Simple, parts, taken, threads), Simple(*taken)
    assert_same_answers(found, expected, runs, seed=0)
    for seed in range(1, 4):  # some runs, in any order; parts run empty on the way
        kept = np.array(draw.draw(st.permutations(range(runs))))
        kept = kept[: draw.draw(st.integers(1, runs))]
        found.keep(kept)
        expected.keep(kept)
        runs = len(kept)
        assert_same_answers(found, expected, runs, seed)


@given(
    parts=st.integers(1, 6),
    order=st.permutations(range(5)),
    names=st.sets(st.sampled_from(["params", "state"])),
)
def test_what_is_written_goes_to_its_runs(parts, order, names):
    made = side_by_side(Simple, parts, arrays(5))
    made.keep(np.array(order))
    before = made.read()
    new = {name: np.random.default_rng(3).standard_normal(before[name].shape) for name in names}
    made.write(new)
    for name, array in made.read().items():
        assert_array_equal(array, new.get(name, before[name]), err_msg=name)


# A group, and how many rows its scaling has.
GROUPS = {
    "scaled run by run": (
        group([recipe({"norm": "batch", "dropout": rate}) for rate in (0.0, 0.2)], seeds=3),
        6,
    ),
    "scaled alike": (group([recipe(training={"lr": lr}) for lr in (0.1, 0.05, 0.02, 0.01)], seeds=1), 1),
    "not scaled": (group([recipe(training={"optimizer": "adam"})], seeds=4, scaled=False), 0),
}


@pytest.mark.parametrize("name", GROUPS)
def test_real_engines_side_by_side_equal_one_bit_for_bit(name):
    of, scalings = GROUPS[name]
    assert (0 if of.data.center is None else len(of.data.center)) == scalings
    taken = of.data, of.initial_params(), of.initial_state(), of.keys("dropout"), of.keys("augment")
    found = side_by_side(lambda *own: ArrayEngine(of.program(), *own), 3, taken)
    expected = ArrayEngine(of.program(), *taken)
    kept = np.array([3, 0])
    for made in (found, expected):
        steps(made, of, 5)
        made.keep(kept)
    part = Group(tuple(of.runs[place] for place in kept), of.network)
    assert_array_equal(steps(found, part, 5, first=5), steps(expected, part, 5, first=5))
    assert_array_equal(found.predict(part.part("test")), expected.predict(part.part("test")))
    for key, array in expected.read().items():
        assert_array_equal(found.read()[key], array, err_msg=key)


class Patient(Simple):
    """Trains at step 0 until it is told to stop; the first that does so calls `meanwhile`."""

    def __init__(
        self, stop: Event, meanwhile: list[Callable[[Event], None]], stopped: list[int], *taken: Any
    ) -> None:
        super().__init__(*taken)
        self.stop, self.meanwhile, self.stopped = stop, meanwhile, stopped

    def train(
        self,
        batches: Batches,
        hyper: Mapping[str, np.ndarray],
        first_step: int,
        frozen: np.ndarray | None = None,
    ) -> np.ndarray:
        if first_step:
            return super().train(batches, hyper, first_step, frozen)
        if self.meanwhile:
            self.meanwhile.pop()(self.stop)
        if self.stop.wait(10):
            self.stopped.append(len(self.params))
            raise Stopped
        raise AssertionError("nobody stopped this part")


def interrupt(stop: Event) -> None:
    """What Ctrl-C does; again where it came in the moment before a wait, which then does not hear of it."""
    while not stop.wait(0.5):
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)


def fail(stop: Event) -> None:
    raise MemoryError("too large")


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize(("event", "raised"), [(interrupt, KeyboardInterrupt), (fail, MemoryError)])
def test_an_interrupt_or_an_error_stops_every_part_and_they_can_go_on(event, raised, threads):
    stop, stopped, taken = Event(), [], arrays(7)
    calls = [event]
    made = side_by_side(lambda *own: Patient(stop, calls, stopped, *own), 3, taken, threads, stop)
    with pytest.raises(raised):
        some_steps(made, 7, seed=0)
    assert len(stopped) == (3 if event is interrupt else 2)
    assert not stop.is_set()
    assert_same_answers(made, Simple(*taken), 7, seed=1)


@pytest.mark.parametrize(
    ("runs", "parts", "threads", "expected"), [(5, 3, 3, 3), (5, 5, 2, 2), (2, 3, 3, 2), (1, 1, 4, 0)]
)
def test_threads_are_started_once_and_end_with_the_engine(runs, parts, threads, expected):
    started: list[threading.Thread] = []
    start = partial(
        SideBySide, Simple, Event(), parts, threads, lambda: started.append(threading.current_thread())
    )
    made = start(*arrays(runs))
    some_steps(made, runs, seed=0)
    assert min(1, expected) <= len(started) <= expected
    del made
    gc.collect()
    for thread in started:
        thread.join(10)
        assert not thread.is_alive()


def test_torch_stops_between_steps_and_trains_on(monkeypatch):
    count, calls, check = 5000, [], TensorEngine._between_steps

    def interrupted(part: TensorEngine) -> None:
        calls.append(part)
        if len(calls) == 5:
            interrupt(part._stop)
        check(part)

    monkeypatch.setattr("torch.get_num_threads", lambda: 2)
    of, _ = GROUPS["scaled run by run"]
    made = engine(TorchEngine, of)
    monkeypatch.setattr(TensorEngine, "_between_steps", interrupted)
    with pytest.raises(KeyboardInterrupt):
        steps(made, of, count)
    assert len(set(calls)) == 2
    assert len(calls) < 2 * count
    so_far = made.read()
    assert all(np.isfinite(array).all() for array in so_far.values())
    other = engine(TorchEngine, of)
    other.write(so_far)
    assert_array_equal(steps(made, of, 3), steps(other, of, 3))
