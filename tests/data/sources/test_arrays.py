"""Rows of numbers in .npz files: what is read of them, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from source_files import samples_of

from seedbed import recipe
from seedbed.data import DataError, load, prepare

RANDOM = np.random.default_rng(0)
X, Y = RANDOM.normal(size=(6, 3)), RANDOM.normal(size=6)


def saved(tmp_path: Path, **found: Any) -> Path:
    np.savez(tmp_path / "made.npz", **found)
    return tmp_path / "made.npz"


@pytest.mark.parametrize("targets", [Y, Y[:, None], (Y * 10).astype(int), Y > 0])
def test_numbers(tmp_path: Path, targets: np.ndarray) -> None:
    samples = samples_of("arrays", saved(tmp_path, x=X, y=targets), classification=False)
    np.testing.assert_array_equal(samples.inputs, X.astype(np.float32))
    np.testing.assert_array_equal(samples.targets, targets.reshape(-1, 1).astype(np.float32))
    assert (samples.features, samples.classes, samples.official_test) == (("x0", "x1", "x2"), (), 0)


@pytest.mark.parametrize(
    ("targets", "classes"),
    [
        ([7, 3, 3, 7, 7, 3], ("3", "7")),
        ([7.0, 3.0, 3.0, 7.0, 7.0, 3.0], ("3", "7")),
        (["yes", "no", "no", "yes", "yes", "no"], ("no", "yes")),
    ],
)
def test_classes_and_names_of_features(tmp_path: Path, targets: list[Any], classes: tuple[str, ...]) -> None:
    path = saved(tmp_path, x=X, y=targets, features=["a", "b", "c"])
    samples = samples_of("arrays", path, classification=True)
    assert (samples.classes, samples.features) == (classes, ("a", "b", "c"))
    np.testing.assert_array_equal(samples.targets, [1, 0, 0, 1, 1, 0])


def test_a_test_part_of_its_own_comes_last(tmp_path: Path) -> None:
    path = saved(tmp_path, x_test=X[:2], y_test=Y[:2], x_train=X[2:], y_train=Y[2:])
    settings = recipe.ArraysData(source="arrays", path=path.name, split=(0.5, 0.5))
    samples = load(settings, classification=False, study_seed=0, seed=0, base=tmp_path)
    np.testing.assert_array_equal(samples.inputs, np.concatenate([X[2:], X[:2]]).astype(np.float32))
    assert prepare(settings, samples, study_seed=0, seed=0).parts["test"].tolist() == [4, 5]
    assert len(samples.sha256[path.name]) == 64


WITH_GAP = np.where(np.arange(18).reshape(6, 3) == 7, np.nan, X)


@pytest.mark.parametrize(
    ("found", "classification", "says"),
    [
        ({"x": X}, False, "expected the arrays x and y, .* got x"),
        ({"x": X, "y": Y[:5]}, False, r"one target per sample; x has shape \(6, 3\), and its targets \(5,\)"),
        (
            {"x": X[:, :, None, None], "y": Y},
            False,
            r"expected x of shape \(rows, features\), got \(6, 3, 1, 1\)",
        ),
        ({"x": Y, "y": Y}, False, r"expected x of shape \(rows, features\), got \(6,\)"),
        ({"x": WITH_GAP, "y": Y}, False, r"row 3 of x holds .* missing, .* \(1 such row\)"),
        ({"x": X * 1e300, "y": Y}, False, r"row 1 of x holds .* too large"),
        ({"x": X, "y": WITH_GAP[:, 1]}, False, "row 3 of y holds"),
        ({"x": X, "y": ["a"] * 6}, False, "y holds text; classes need loss bce or cross_entropy"),
        ({"x": X.astype(str), "y": Y}, False, "expected x to hold numbers, got <U"),
        ({"x": X, "y": Y}, True, "expected classes as integers or strings, got float64"),
        ({"x": X, "y": Y * 0}, True, "expected at least two classes, got 1"),
        (
            {"x": X, "y": Y, "features": ["a", "a", "b"]},
            False,
            "expected 3 different names of features, got a, a, b",
        ),
        ({"x": X, "y": Y, "features": ["a"]}, False, "expected 3 different names of features, got a"),
        (
            {"x_train": X, "y_train": Y, "x_test": X[:, :2], "y_test": Y},
            False,
            r"expected x of shape \(rows, features\), got \(6, 3\) and \(6, 2\)",
        ),
    ],
)
def test_what_does_not_fit_is_said(
    tmp_path: Path, found: dict[str, Any], classification: bool, says: str
) -> None:
    with pytest.raises(DataError, match=f"made.npz.*{says}"):
        samples_of("arrays", saved(tmp_path, **found), classification=classification)
