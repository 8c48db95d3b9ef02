"""scikit-learn's digits."""

import sys

import numpy as np
import pytest
from source_files import samples_of

from seedbed import recipe
from seedbed.data import DataError, load, prepare


def test_digits():
    pytest.importorskip("sklearn")
    settings = recipe.DigitsData(source="digits", stratify=True)
    samples = load(settings, classification=True, study_seed=0, seed=0)
    assert samples.inputs.shape == (1797, 1, 8, 8)
    assert samples.inputs.dtype == np.uint8
    assert samples.inputs.max() * samples.unit[1] == 1
    assert samples.classes == tuple("0123456789")
    prepared = prepare(settings, samples, study_seed=0, seed=0)
    assert prepared.center.shape == prepared.scale.shape == (1, 1, 1)
    counts = np.bincount(samples.targets[prepared.parts["test"]])
    assert counts.min() >= 16
    assert counts.max() <= 20


def test_digits_without_scikit_learn(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(DataError, match=r"pip install 'seedbed\[digits\]'"):
        samples_of("digits")
