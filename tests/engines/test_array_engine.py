"""The array engine: what is its own beside the contract of every engine."""

import numpy as np
import pytest
from made import engine, group, recipe

from seedbed.engines.array_engine import ArrayEngine
from seedbed.training.group import Group


def test_prediction_does_not_depend_on_its_slicing(monkeypatch):
    of = group([recipe({"norm": "batch"})])
    made = engine(ArrayEngine, of)
    whole = made.predict(of.part("train"))
    calls, between = [], ArrayEngine._between_steps
    monkeypatch.setattr(ArrayEngine, "_between_steps", lambda part: calls.append(between(part)))
    monkeypatch.setattr(ArrayEngine, "predict_bytes", 4 * 6 * 7)  # seven samples of six units
    np.testing.assert_allclose(made.predict(of.part("train")), whole, rtol=1e-6, atol=1e-7)
    assert len(calls) == 9 * len(of.runs)  # of the 60 samples


@pytest.mark.parametrize("room", [1, 6, 7, 60, 100, 250, 10**6])
def test_no_bit_of_a_prediction_depends_on_how_many_runs_there_are(room, monkeypatch):
    """However large a slice is: it is cut by samples before it is cut by runs."""
    monkeypatch.setattr(ArrayEngine, "predict_bytes", 4 * 70 * room)
    of = group([recipe({"norm": "batch", "hidden": (70, 33)})], seeds=4)
    together = engine(ArrayEngine, of).predict(of.part("train"))
    for place, run in enumerate(of.runs):
        alone = Group((run,), of.network)
        one = engine(ArrayEngine, alone).predict(alone.part("train"))
        np.testing.assert_array_equal(one[0], together[place])
