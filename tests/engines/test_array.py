"""The array engine: what is its own beside the contract of every engine."""

import numpy as np
from made import engine, group, recipe

from seedbed.engines.array import ArrayEngine


def test_prediction_does_not_depend_on_its_slicing(monkeypatch):
    of = group([recipe({"norm": "batch"})])
    made = engine(ArrayEngine, of)
    whole = made.predict(of.part("train"))
    monkeypatch.setattr("seedbed.engines.array.PREDICT_BYTES", 4 * 8 * 6 * 7)
    np.testing.assert_allclose(made.predict(of.part("train")), whole, rtol=1e-6, atol=1e-7)
