"""Trainings that are saved and go on in new engines, and the comparison of what they come to bit for bit."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields, is_dataclass, replace
from typing import Any

import numpy as np
import pytest
from made import ignore

from seedbed.metrics.names import direction
from seedbed.study.checkpoints import Checkpoints, State, Stopped
from seedbed.training import loop
from seedbed.training.group import Group
from seedbed.training.outcome import Outcome


class EveryKth(Checkpoints):
    """Ends a training at every k-th chance to save it."""

    def __init__(self, every: int, resume_from: State | None = None) -> None:
        self.every, self.resume_from, self.chances = every, resume_from, 0

    def due(self, at_end: bool = False) -> bool:
        self.chances += 1
        return self.chances % self.every == 0

    def save(self, state: State) -> None:
        self.resume_from = stored(state)
        raise Stopped


def stored(state: State) -> State:
    """A state as it comes back from a file: arrays as bytes, facts as JSON."""
    file = io.BytesIO()
    np.savez(file, **state.arrays)
    file.seek(0)
    with np.load(file, allow_pickle=False) as arrays:
        back = {name: arrays[name] for name in arrays.files}
    for array in back.values():
        array.flags.writeable = False  # as those of a mapped file
    return State(back, json.loads(json.dumps(state.facts, allow_nan=False)))


@contextmanager
def cuts(next_length: Callable[[], int]) -> Iterator[None]:
    """Training in calls of those lengths, whatever the clock says."""

    class Pace:
        @property
        def steps(self) -> int:
            return next_length()

        def learn(self, steps: int, seconds: float) -> None: ...

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "Pace", Pace)
        yield


def trained(of: Group, make: Any, metric: str = "val.mse", **options: Any) -> Outcome:
    """Without an interruption."""
    return loop.train(replace(of), make, metric, direction(metric), ignore, **options)


def resumed(of: Group, make: Any, every: int, metric: str = "val.mse", **options: Any) -> tuple[Outcome, int]:
    """Stopped at every so many-th chance and gone on with, until it is done; and how often that was."""
    state, stops = None, 0
    while True:
        checkpoints = EveryKth(every, state)
        try:
            return trained(of, make, metric, checkpoints=checkpoints, **options), stops
        except Stopped:
            state, stops = checkpoints.resume_from, stops + 1


def assert_same(found: Any, expected: Any, where: str = "") -> None:
    """All but seconds are equal bit for bit, in whatever these hold."""
    assert type(found) is type(expected), where
    if isinstance(expected, np.ndarray) and expected.dtype != object:
        assert (found.dtype, found.shape) == (expected.dtype, expected.shape), where
        assert found.tobytes() == expected.tobytes(), where
    elif is_dataclass(expected):
        for name in {field.name for field in fields(expected)} - {"seconds"}:
            assert_same(getattr(found, name), getattr(expected, name), f"{where}.{name}")
    elif isinstance(expected, dict):
        assert list(found) == list(expected), where
        for name in expected:
            assert_same(found[name], expected[name], f"{where}.{name}")
    elif isinstance(expected, list | tuple | np.ndarray):
        assert len(found) == len(expected), where
        for number, pair in enumerate(zip(found, expected, strict=True)):
            assert_same(*pair, f"{where}[{number}]")
    elif isinstance(expected, float):
        assert_same(np.float64(found).reshape(1), np.float64(expected).reshape(1), where)
    else:
        assert found == expected, where
