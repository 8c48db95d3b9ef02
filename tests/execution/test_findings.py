"""Findings in real studies: each in one that is made to have it, and not in the same one put right."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seedbed.api import Study

RNG = np.random.default_rng(7)
X = RNG.normal(size=(300, 3)).astype(np.float32)
Y = (X[:, 0] * X[:, 1] + np.sin(X[:, 2])).astype(np.float32)
XOR = np.array([[0, 0], [0, 1], [1, 0], [1, 1]] * 30, np.float32) + RNG.normal(0, 0.05, (120, 2)).astype(
    np.float32
)
RIGHT = np.array([0, 1, 1, 0] * 30, np.float32)


def findings(
    tmp_path: Path,
    x: np.ndarray = X,
    y: np.ndarray = Y,
    seeds: int = 3,
    ablate: dict[str, Any] | None = None,
    data: dict[str, Any] | None = None,
    model: dict[str, Any] | None = None,
    **training: Any,
) -> dict[str, dict[str, Any]]:
    """What is found in a study of a small network, the last of each kind."""
    study = Study.from_dict(
        {
            "name": "made",
            "data": {"split": [0.6, 0.2, 0.2], "scale": "standard", **(data or {})},
            "model": {"kind": "mlp", "hidden": [16], **(model or {})},
            "training": {"lr": 0.1, "epochs": 30, **training},
            "study": {"seeds": seeds, "metric": "val.mse"},
            "ablate": ablate or {},
        },
        x=x,
        y=y,
    )
    result = study.run(engine="numpy", runs_dir=tmp_path, progress=False)
    return {one["kind"]: one for one in result.document["findings"]}


LINE = X @ np.array([1, -2, 0.5], np.float32)
TWICE = np.concatenate([X, X]), np.concatenate([Y, Y])
NOISE = RNG.normal(size=300).astype(np.float32)

# Kind -> a study that has it, and what puts it right.
CASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "plateaued": ({"y": LINE + NOISE, "model": {"kind": "linear", "hidden": None}}, {"lr": 0.001}),
    "gap_growing": (
        {
            "x": X[:100],
            "y": Y[:100] + 0.3 * NOISE[:100],
            "model": {"hidden": [64, 64]},
            "optimizer": "adam",
            "lr": 0.001,
            "epochs": 150,
        },
        {"keep_best": True},
    ),
    "rate_too_low": ({"lr": 1e-6}, {"lr": 0.1}),
    "saturated_units": (
        {"x": 3000 * X, "data": {"scale": "none"}, "model": {"activation": "tanh"}},
        {"data": {"scale": "standard"}},
    ),
    "exploding_gradients": ({"y": 1e4 * Y, "lr": 1e-2}, {"lr": 1e-8}),
    "vanishing_gradients": (
        {"model": {"hidden": [8] * 9, "activation": "sigmoid"}},
        {"model": {"hidden": [8] * 9, "activation": "tanh"}},
    ),
    "leak": ({"x": TWICE[0], "y": TWICE[1]}, {"x": X, "y": Y}),
    "no_better_than_constant": ({"y": NOISE}, {"y": Y}),
    "disagreeing_seeds": (
        {"x": XOR, "y": RIGHT, "seeds": 16, "model": {"hidden": [3]}, "lr": 0.5, "epochs": 100},
        {"model": {"hidden": [30]}, "lr": 0.1},
    ),
    "rate_at_edge": (
        {"lr": 0.001, "ablate": {"training.lr": [1e-4, 1e-2]}, "seeds": 4},
        {"ablate": {"training.lr": [1e-4, 1e2]}, "lr": 0.1, "clip_norm": 1.0},
    ),
    "pairing_bought_nothing": (
        {"seeds": 24, "epochs": 100, "lr": 0.05, "data": {"seed": 1}, "ablate": {"model.hidden": [[8]]}},
        {"data": {}},
    ),
}


@pytest.mark.parametrize("kind", CASES)
def test_what_is_wrong_is_found(kind: str, tmp_path: Path) -> None:
    wrong, _ = CASES[kind]
    assert kind in findings(tmp_path, **wrong)


@pytest.mark.parametrize("kind", CASES)
def test_what_is_right_is_not(kind: str, tmp_path: Path) -> None:
    wrong, right = CASES[kind]
    assert kind not in findings(tmp_path, **(wrong | right))
