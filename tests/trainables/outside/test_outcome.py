"""What becomes of a run of other people's code: metrics, curves, rules that end it, and checkpoints of all that."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seedbed.study.checkpoints import State
from seedbed.trainables.outside.numbers import WrongMetrics, numbers_of
from seedbed.trainables.outside.options import Options, StopRules
from seedbed.trainables.outside.outcome import Asked, Outcome, is_kept, outcomes_of, state_of, tables_of
from seedbed.training.stopping import Stopping

ASKED = Asked("acc", "max")
NUMBERS = st.floats(width=32)
METRICS = st.dictionaries(st.sampled_from(["acc", "loss", "späte"]), NUMBERS)


def test_the_last_value_of_each_metric_counts_and_every_epoch_is_on_the_curve() -> None:
    one = Outcome("base", 3)
    for epoch in range(3):
        assert not one.epoch({"loss": 1.0 / (epoch + 1), "acc": float(epoch)}, ASKED, StopRules())
    one.metrics.update(size=7.0)
    one.end(ASKED)
    finished = one.finished
    assert (finished.status, finished.epochs, finished.stop_reason) == ("complete", 3, None)
    assert finished.metrics == {"loss": 1 / 3, "acc": 2.0, "size": 7.0}
    assert [point for point in one.points if point[1] == "acc"] == [
        (1, "acc", 0.0),
        (2, "acc", 1.0),
        (3, "acc", 2.0),
    ]
    assert set(tables_of([one])) == {"curves"}


def test_what_a_run_did_not_tell_or_is_no_number_ends_it() -> None:
    one = Outcome("base", 0, metrics={"loss": 1.0, "time": 2.0})
    one.end(ASKED)
    assert (one.status, one.stop_reason) == ("crashed", 'returned no "acc"; it returned loss, time')
    assert one.finished.metrics == {}
    for value in (math.nan, math.inf, -math.inf):
        one = Outcome("base", 0, metrics={"acc": value, "loss": math.nan})
        one.end(ASKED)
        assert (one.status, one.stop_reason) == ("diverged", f"acc is {value}")
    one = Outcome("base", 0, metrics={"acc": 1.0, "loss": math.nan})
    one.end(ASKED)
    assert one.status == "complete"


@given(
    values=st.lists(st.floats(-3, 3), max_size=12),
    direction=st.sampled_from(["min", "max"]),
    patience=st.none() | st.integers(1, 3),
    min_delta=st.sampled_from([0.0, 0.5]),
    target=st.none() | st.floats(-3, 3),
)
def test_rules_end_runs_as_they_end_those_of_recipes(
    values: list[float], direction: Any, patience: int | None, min_delta: float, target: float | None
) -> None:
    from seedbed import recipe

    words = {"patience": patience, "min_delta": min_delta, "target": target}
    sign = 1 if direction == "min" else -1
    theirs, ours = Stopping([recipe.Stop(**words)], direction), Outcome("base", 0)
    for epoch, value in enumerate(values, 1):
        array = np.array([value])
        reason = theirs.update(
            epoch=epoch, watched=sign * array, train_loss=array, lr=array, metric=array, elapsed=0.0
        )[0]
        assert ours.epoch({"acc": value}, Asked("acc", direction), StopRules(**words)) == (reason is not None)
        assert ours.stop_reason == reason
        if reason:
            break


@settings(max_examples=30)
@given(st.lists(st.tuples(st.text(max_size=5), st.lists(METRICS, max_size=4), st.booleans()), max_size=4))
def test_a_checkpoint_gives_back_what_was_saved(runs: list[tuple[str, list[dict[str, float]], bool]]) -> None:
    outcomes = []
    for seed, (text, epochs, crashes) in enumerate(runs):
        one = Outcome("base", seed, output=text, seconds=0.5)
        for metrics in epochs:
            one.epoch(metrics, ASKED, StopRules())
        if crashes:
            one.crash("ValueError: no", text)
        one.end(ASKED)
        outcomes.append(one)
    saved = state_of(outcomes)
    again = outcomes_of(State(saved.arrays, json.loads(json.dumps(saved.facts, allow_nan=False))))
    np.testing.assert_equal([vars(one.finished) for one in again], [vars(one.finished) for one in outcomes])
    np.testing.assert_equal(tables_of(again), tables_of(outcomes))
    assert outcomes_of(None) == []


def test_curves_of_very_many_epochs_grow_slowly_and_keep_what_is_asked_for() -> None:
    assert all(map(is_kept, range(1, 1001)))
    assert sum(map(is_kept, range(1, 100_001))) < 1500
    one, asked = Outcome("base", 0), Asked("acc", "max", frozenset({1234}))
    assert not is_kept(1234)
    for epoch in range(1, 5000):
        one.epoch({"acc": float(epoch)}, asked, StopRules())
    one.end(asked)
    epochs = [point[0] for point in one.points]
    assert epochs[-1] == 4999
    assert 1234 in epochs
    assert len(epochs) == len(set(epochs)) < 1300


def test_single_numbers_of_any_library_are_metrics_and_nothing_else_is() -> None:
    plain = numbers_of({"a": 1, "b": np.float32(0.5), "c": np.array(2.0), "d": True, "e": 10**400})
    assert plain == {"a": 1.0, "b": 0.5, "c": 2.0, "d": 1.0, "e": math.inf}
    assert all(type(value) is float for value in plain.values())
    for wrong in (
        None,
        0.9,
        [1.0],
        {"a": "0.9"},
        {"a": None},
        {"a": [1, 2]},
        {1: 2.0},
        {"seed": 1.0},
        {" ": 1.0},
    ):
        with pytest.raises(WrongMetrics, match=r"expected|called"):
            numbers_of(wrong)


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (5, 5),
        ("2 GB", 2 * 10**9),
        ("512MiB", 512 * 2**20),
        ("1.5g", 15 * 10**8),
        ("800", 800),
        ("3 kB", 3000),
    ],
)
def test_sizes_are_bytes_or_text(size: Any, expected: int) -> None:
    assert Options(memory=size).memory == expected


@pytest.mark.parametrize("size", ["much", "", "2 XB", "-1 GB", 0, 1.5, "0 GB"])
def test_other_sizes_are_refused(size: Any) -> None:
    with pytest.raises(ValueError, match=r"memory"):
        Options(memory=size)
