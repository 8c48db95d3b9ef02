"""The public datasets themselves, where their files are at hand."""

import os
from pathlib import Path

import numpy as np
import pytest

from seedbed import recipe
from seedbed.data import load, prepare
from seedbed.data.datasets import listed

SHARED = Path(__file__).parents[2].parent / "shared" / "data"
HERE = Path(os.environ.get("SEEDBED_DATA", SHARED))


def read(settings, classification):
    if not any(row["present"] for row in listed(HERE) if row["name"] == settings.source):
        pytest.skip(f"{settings.source} is not at hand; set SEEDBED_DATA")
    samples = load(settings, classification=classification, study_seed=0, seed=0, data_dir=HERE)
    return samples, prepare(settings, samples, study_seed=0, seed=0)


def test_sgemm():
    samples, prepared = read(recipe.SgemmData(source="sgemm", scale="standard"), False)
    assert samples.inputs.shape == (241_600, 14)
    np.testing.assert_allclose(samples.targets.mean(dtype=np.float64), 4.6231, atol=1e-4)
    assert {name: len(part) for name, part in prepared.parts.items()} == {
        "train": 193_280,
        "val": 24_160,
        "test": 24_160,
    }
    assert list(samples.sha256.values())


def test_sgemm_exact_least_squares_is_the_reports():
    """An exact solver's test error on a 90/10 split, as the reports give it: 0.5568."""
    samples, prepared = read(recipe.SgemmData(source="sgemm", scale="standard", split=(0.9, 0.0, 0.1)), False)
    x = (samples.inputs.astype(np.float64) - prepared.center) * prepared.scale
    x = np.column_stack([x, np.ones(len(x))])
    train, test = prepared.parts["train"], prepared.parts["test"]
    solution = np.linalg.lstsq(x[train], samples.targets[train], rcond=None)[0]
    error = np.mean((x[test] @ solution - samples.targets[test]) ** 2)
    assert abs(error - 0.5568) < 0.02


@pytest.mark.parametrize("source", ["mnist", "fashion_mnist"])
def test_mnist(source):
    samples, prepared = read(recipe.MnistData(source=source), True)
    assert samples.inputs.shape == (70_000, 1, 28, 28)
    assert {name: len(part) for name, part in prepared.parts.items()} == {
        "train": 50_000,
        "val": 10_000,
        "test": 10_000,
    }
    assert np.bincount(samples.targets[prepared.parts["test"]]).min() >= 892
    assert len(samples.sha256) == 4
    first = (samples.inputs[0] - prepared.center) * prepared.scale
    assert first.min() == 0
    np.testing.assert_allclose(first.max(), 1, rtol=1e-6)
    if source == "mnist":
        np.testing.assert_array_equal(samples.targets[:5], [5, 0, 4, 1, 9])
        np.testing.assert_allclose(samples.inputs[:60_000].mean() / 255, 0.1307, atol=1e-4)


def test_cifar10():
    samples, prepared = read(recipe.Cifar10Data(source="cifar10", scale="standard", split=(50_000, 0)), True)
    assert samples.inputs.shape == (60_000, 3, 32, 32)
    assert {name: len(part) for name, part in prepared.parts.items()} == {"train": 50_000, "test": 10_000}
    assert np.bincount(samples.targets[prepared.parts["test"]]).tolist() == [1000] * 10
    assert [samples.classes[label] for label in samples.targets[:3]] == ["frog", "truck", "truck"]
    np.testing.assert_allclose(prepared.center.ravel() / 255, [0.4914, 0.4822, 0.4465], atol=1e-4)
    np.testing.assert_allclose(1 / prepared.scale.ravel() / 255, [0.2470, 0.2435, 0.2616], atol=1e-4)
