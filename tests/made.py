"""Small made groups of runs, for tests of engines and of training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from seedbed.data.base import Encoding, Prepared, Samples
from seedbed.engines.base import Engine
from seedbed.recipe import Recipe
from seedbed.study.events import Event
from seedbed.training.batches import BatchOrder
from seedbed.training.group import Group, Run
from seedbed.training.hyperparameters import Hyperparameters
from seedbed.training.networks import build

SAMPLES, FEATURES = 85, 3
CLASSES = {"bce": 2, "cross_entropy": 4}


def ignore(event: Event) -> None:
    """Nobody listens to the training."""


def recipe(model: Mapping[str, Any] | None = None, training: Mapping[str, Any] | None = None) -> Recipe:
    """A recipe whose data section only names a source; the samples come from `group`."""
    training = {"loss": "mse", "lr": 0.05, "batch_size": 16, **(training or {})}
    model = model or {}
    if "kind" not in model:
        model = {"kind": "mlp", "hidden": (6, 5), **model}
    if "steps" not in training:
        training.setdefault("epochs", 4)
    return Recipe.model_validate(
        {
            "data": {"source": "table", "path": "made.csv", "target": "y"},
            "model": model,
            "training": training,
        }
    )


def prepared(seed: int, loss: str, powers: int = 1, scaled: bool = True, gaps: bool = False) -> Prepared:
    """60 training, 13 validation and 12 test samples of a smooth function, or of its classes.

    With `gaps`, one input in five is missing, and stands for another number under each seed.
    """
    rng = np.random.default_rng(seed)
    x = rng.uniform(-2, 2, (SAMPLES, FEATURES)).astype(np.float32)
    y = np.sin(x[:, :1]) + x[:, 1:2] * x[:, 2:]
    names: tuple[str, ...] = ()
    if loss in CLASSES:
        names = tuple(str(label) for label in range(CLASSES[loss]))
        y = np.digitize(y[:, 0], np.quantile(y, np.linspace(0, 1, len(names) + 1)[1:-1])).astype(np.int64)
    order = rng.permutation(SAMPLES).astype(np.int32)
    parts = {"train": order[:60], "val": order[60:73], "test": order[73:]}
    scaling = {"center": x.mean(axis=0), "scale": 1 / x.std(axis=0)} if scaled else {}
    if not gaps:
        return Prepared(Samples(x, y, ("a", "b", "c"), names), parts, **scaling)
    x[rng.uniform(size=x.shape) < 0.2] = np.nan
    encodings = tuple(Encoding(name, name, missing="impute") for name in "abc")
    fill = rng.normal(size=FEATURES).astype(np.float32)
    return Prepared(Samples(x, y, ("a", "b", "c"), names, encodings=encodings), parts, **scaling, fill=fill)


def group(
    recipes: Sequence[Recipe], seeds: int = 2, powers: int = 1, scaled: bool = True, gaps: bool = False
) -> Group:
    """Every recipe under every seed, as one group; the variants are called v0, v1, ..."""
    first = recipes[0]
    loss = first.training.loss
    data = [prepared(seed, loss, scaled=scaled, gaps=gaps) for seed in range(seeds)]
    runs = tuple(
        Run(f"v{number}", seed, one, data[seed])
        for number, one in enumerate(recipes)
        for seed in range(seeds)
    )
    outputs = CLASSES[loss] if loss == "cross_entropy" else 1
    return Group(runs, build(first.model, (FEATURES,), outputs, powers))


def engine(engine_class: Any, of: Group) -> Engine:
    """An engine at the group's initial draws."""
    keys = of.keys("dropout"), of.keys("augment")
    return engine_class(of.program(), of.data, of.initial_params(), of.initial_state(), *keys)


def steps(made: Engine, of: Group, count: int, first: int = 0) -> np.ndarray:
    """Train `count` steps from step `first`; losses (runs, count)."""
    hyper = Hyperparameters(of).steps(first, count)
    return made.train(BatchOrder(of).batches(first, count), hyper, first)
