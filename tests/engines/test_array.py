"""The array engine: what is its own beside the contract of every engine."""

import numpy as np
from made import engine, group, recipe

from seedbed.engines.array import ArrayEngine


def test_prediction_does_not_depend_on_its_slicing(monkeypatch):
    of = group([recipe({"norm": "batch"})])
    made = engine(ArrayEngine, of)
    whole = made.predict(of.part("train"))
    calls, between = [], ArrayEngine._between_steps
    monkeypatch.setattr(ArrayEngine, "_between_steps", lambda part: calls.append(between(part)))
    monkeypatch.setattr(ArrayEngine, "predict_bytes", 4 * 6 * len(of.runs) * 7)  # seven samples of six units
    np.testing.assert_allclose(made.predict(of.part("train")), whole, rtol=1e-6, atol=1e-7)
    assert len(calls) == 9  # of the 60 samples
