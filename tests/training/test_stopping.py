"""Every stop condition, alone and beside others."""

import numpy as np
import pytest

from seedbed.recipe import Stop
from seedbed.training.stopping import Stopping

CALM = {"watched": 1.0, "train_loss": 1.0, "lr": 0.1, "metric": 1.0, "elapsed": 0.0}


def _reasons(stop, curve, direction="min", epochs=None):
    """The reason after each evaluation of one run; `curve` gives what differs from CALM."""
    stopping = Stopping([stop], direction)
    found = []
    for number, values in enumerate(curve):
        row = {name: np.array([value], dtype=float) for name, value in (CALM | values).items()}
        epoch = number + 1 if epochs is None else epochs[number]
        row["elapsed"] = float(row["elapsed"][0])
        found.append(stopping.update(epoch=epoch, **row)[0])
    return found


def _curve(name, values):
    return [{name: value} for value in values]


# Condition, what is seen at each evaluation, and the evaluation (from 0) that ends the run with which reason.
ROWS = {
    "patience": (Stop(patience=2), _curve("watched", [3, 2, 2, 2, 2]), 3, "patience"),
    "patience starts anew": (Stop(patience=2), _curve("watched", [3, 4, 2, 5, 5]), 4, "patience"),
    "min_delta": (
        Stop(patience=2, min_delta=0.5),
        _curve("watched", [3, 2.8, 2.6, 2.4, 2.2]),
        2,
        "patience",
    ),
    "nan is not an improvement": (
        Stop(patience=1),
        _curve("watched", [3, 2, float("nan"), 1]),
        2,
        "patience",
    ),
    "lr_below": (Stop(lr_below=1e-4), _curve("lr", [0.1, 1e-3, 1e-4, 1e-5]), 3, "lr below 0.0001"),
    "lr_below ignores rounding": (
        Stop(lr_below=1e-3),
        _curve("lr", [0.1, 1e-3 * (1 - 1e-15), 1e-4]),
        2,
        "lr below 0.001",
    ),
    "lr_below waits for a warm-up": (
        Stop(lr_below=0.5),
        _curve("lr", [0.1, 0.3, 1.0, 0.6, 0.4]),
        4,
        "lr below 0.5",
    ),
    "tolerance": (
        Stop(tolerance=0.1),
        _curve("train_loss", [3, 2, 1.95, 1]),
        2,
        "tolerance",
    ),
    "tolerance of a rise": (Stop(tolerance=0.1), _curve("train_loss", [1, 2, 2.05]), 2, "tolerance"),
    "tolerance_from": (
        Stop(tolerance=0.1, tolerance_from=4),
        _curve("train_loss", [3, 3, 3, 3, 3]),
        3,
        "tolerance",
    ),
    "target": (Stop(target=0.5), _curve("metric", [0.9, 0.6, 0.5]), 2, "target"),
    "seconds": (Stop(seconds=5.0), _curve("elapsed", [1, 4.9, 5.1]), 2, "time"),
}


def test_every_condition_has_a_row():
    assert set(Stop.model_fields) <= set(ROWS)


@pytest.mark.parametrize("name", ROWS)
def test_ends_the_run_at_once_and_says_why(name):
    stop, curve, last, reason = ROWS[name]
    found = _reasons(stop, curve)
    assert found[:last] == [None] * last
    assert found[last] == reason


def test_target_of_a_metric_that_should_rise():
    assert _reasons(Stop(target=0.9), _curve("metric", [0.5, 0.89, 0.95]), "max") == [None, None, "target"]


def test_unset_conditions_and_nothing_known_end_nothing():
    values = {"watched": float("nan"), "train_loss": float("nan"), "lr": 0.0, "metric": float("nan")}
    assert _reasons(Stop(), [values | {"elapsed": 1e9}] * 20) == [None] * 20
    stopping = Stopping([Stop(target=1.0)], "min")
    one = np.ones(1)
    assert stopping.update(epoch=1, watched=one, train_loss=one, lr=one, metric=None, elapsed=0.0)[0] is None


def test_tolerance_is_a_change_an_epoch():
    falling = _curve("train_loss", [3.0, 2.0])
    assert _reasons(Stop(tolerance=0.09), falling, epochs=[10, 20]) == [None, None]
    assert _reasons(Stop(tolerance=0.11), falling, epochs=[10, 20]) == [None, "tolerance"]


def test_target_counts_before_patience():
    curve = [{"watched": 1.0, "metric": 1.0}, {"watched": 1.0, "metric": 0.1}]
    assert _reasons(Stop(patience=1, target=0.5), curve)[1] == "target"


def test_runs_have_their_own_conditions_and_survive_dropping():
    stops = [Stop(patience=1), Stop(patience=3), Stop(), Stop(target=0.0)]
    ones = np.ones(4)
    stopping = Stopping(stops, "min")
    calm = {"epoch": 1, "elapsed": 0.0}
    args = {"watched": ones, "train_loss": ones, "lr": ones, "metric": ones}
    assert list(stopping.update(**calm, **args)) == [None] * 4
    assert list(stopping.update(**calm, **args)) == ["patience", None, None, None]
    stopping.keep(np.array([1, 2]))
    args = {name: values[:2] for name, values in args.items()}
    assert list(stopping.update(**calm, **args)) == [None, None]
    assert list(stopping.update(**calm, **args)) == ["patience", None]
