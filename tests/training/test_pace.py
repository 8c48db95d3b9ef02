"""Calls of an engine become as long as they should be, however fast it is."""

from __future__ import annotations

from itertools import pairwise

import pytest

from seedbed.training.pace import FASTER, Pace


@pytest.mark.parametrize(
    ("each", "expected"), [(1e-5, 50_000), (0.01, 50), (0.1, 50), (0.4, 12), (3.0, 1), (60.0, 1)]
)
def test_calls_take_half_a_second_or_enough_steps_or_five_seconds(each: float, expected: int) -> None:
    pace = Pace()
    lengths = []
    for _ in range(12):
        lengths.append(pace.steps)
        pace.learn(pace.steps, pace.steps * each)
    assert lengths[0] == 1
    assert all(after <= FASTER * before for before, after in pairwise(lengths))
    assert lengths[-1] == pytest.approx(expected, abs=1)


def test_a_machine_that_becomes_slower_is_given_less_at_once_and_no_clock_stops_training() -> None:
    pace = Pace()
    for seconds in (0.0, 0.0, 0.0):  # a clock that stands still
        pace.learn(pace.steps, seconds)
    assert pace.steps == FASTER**3
    pace.learn(pace.steps, 3600.0)
    assert pace.steps == 1
    pace.learn(1, -5.0)  # one that went back
    assert pace.steps >= 1
