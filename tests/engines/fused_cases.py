"""One row for everything the fused engine can run; run as a program, it holds some against the numpy engine.

As a program it serves the tests that need an environment of their own: without compilation, and on vectors of other
widths.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))

from made import engine, group, recipe, steps

from seedbed.engines.array_engine import ArrayEngine
from seedbed.engines.fused.driver import FusedEngine
from seedbed.nn.layers.activations import ACTIVATIONS
from seedbed.recipe import Recipe
from seedbed.training.group import Group

STEPS = 20
TWO_RATES = ({"lr": 0.05}, {"lr": 0.02})


def rows(model: dict | None = None, *training: dict) -> list[Recipe]:
    """A group's recipes: one model, and one recipe for each settings of training."""
    return [recipe(model, settings) for settings in training or TWO_RATES]


CASES: dict[str, list[Recipe]] = {
    **{f"activation {kind}": rows({"activation": kind, "hidden": (7, 5)}) for kind in ACTIVATIONS},
    "no hidden layer": rows({"kind": "linear"}),
    "wide": rows({"hidden": (70,)}),
    "one unit": rows({"hidden": (1, 9)}),
    "batch norm": rows({"norm": "batch"}),
    "dropout": [recipe({"dropout": rate}) for rate in (0.0, 0.3, 0.8)],
    "dropout after GELU": rows({"dropout": 0.4, "activation": "gelu"}),
    "dropout after sigmoid": rows({"dropout": 0.4, "activation": "sigmoid"}),
    "norm and dropout": rows({"norm": "batch", "dropout": 0.4, "hidden": (9, 6, 5)}),
    "logistic": rows({"kind": "logistic"}, {"loss": "bce", "lr": 0.5}),
    "logistic, several classes": rows({"kind": "logistic"}, {"loss": "cross_entropy"}),
    "loss mae": rows(None, {"loss": "mae"}),
    "loss huber": rows(None, {"loss": "huber"}),
    "loss bce": rows(None, {"loss": "bce"}),
    "loss cross_entropy": rows(
        {"norm": "batch"},
        {"loss": "cross_entropy"},
        {"loss": "cross_entropy", "label_smoothing": 0.1},
    ),
    "sgd": rows(
        None,
        {"momentum": 0.9},
        {"weight_decay": 0.1},
        {"momentum": 0.5, "l1": 0.01, "clip_norm": 0.1},
        {"lr": 0.2, "weight_decay": 0.01, "l1": 0.02},
    ),
    "nesterov": rows(None, {"momentum": 0.9, "nesterov": True}, {"momentum": 0.5, "nesterov": True, "clip_norm": 1.0}),
    "decay on everything": rows({"norm": "batch"}, {"weight_decay": 0.1, "l1": 0.01, "decay_on": "all"}),
    "adam": rows(None, {"optimizer": "adam"}, {"optimizer": "adam", "betas": (0.8, 0.99), "weight_decay": 0.1}),
    "adamw": rows(None, {"optimizer": "adamw", "weight_decay": 0.1}, {"optimizer": "adamw", "l1": 0.01}),
    "rmsprop": rows(None, {"optimizer": "rmsprop", "lr": 0.01}, {"optimizer": "rmsprop", "lr": 0.01, "momentum": 0.5}),
    "adagrad": rows(None, {"optimizer": "adagrad"}, {"optimizer": "adagrad", "weight_decay": 0.1, "l1": 0.01}),
    "full batch": rows({"norm": "batch"}, {"batch_size": "all", "momentum": 0.9}),
    "linear, full batch": rows({"kind": "linear"}, {"batch_size": "all"}),
    "logistic, full batch": rows({"kind": "logistic"}, {"loss": "bce", "batch_size": "all"}),
    "dropout, full batch": rows({"dropout": 0.4}, {"batch_size": "all"}, {"batch_size": "all", "clip_norm": 0.1}),
    "batch of one": rows(None, {"batch_size": 1}),
}  # fmt: skip
# What a few steps in plain Python cover between them: every kernel.
BRIEF = (
    "activation leaky_relu", "activation sigmoid", "activation tanh", "activation gelu", "norm and dropout",
    "loss mae", "loss huber", "loss cross_entropy", "logistic", "linear, full batch",
    "sgd", "nesterov", "adamw", "rmsprop", "adagrad",
)  # fmt: skip


def make(name: str) -> Group:
    """The group of a case; its inputs are [x, x^2]."""
    return group(CASES[name], powers=2)


def compare(name: str, count: int = STEPS) -> None:
    """Hold losses, parameters, running statistics and predictions against the numpy engine's."""
    of = make(name)
    numpy, fused = engine(ArrayEngine, of), engine(FusedEngine, of)
    expected = steps(numpy, of, count)
    np.testing.assert_allclose(steps(fused, of, count), expected, rtol=2e-5, atol=1e-6, err_msg=name)
    arrays = fused.read()
    for key, array in numpy.read().items():
        np.testing.assert_allclose(arrays[key], array, rtol=2e-4, atol=2e-5, err_msg=f"{name}: {key}")
    indices = of.part("test")
    np.testing.assert_allclose(
        fused.predict(indices), numpy.predict(indices), rtol=2e-4, atol=2e-5, err_msg=name
    )


if __name__ == "__main__":
    for case in BRIEF:
        compare(case, count=3)
    print("agree")
