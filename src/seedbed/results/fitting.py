"""The network that a recipe describes, and whether stored arrays are those of such networks."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import numpy as np

from seedbed.nn.base import Layout
from seedbed.nn.network import Network
from seedbed.recipe import ModuleModel, Recipe
from seedbed.store.models import Trained, TrainedError
from seedbed.trainables.module_class import load_class
from seedbed.training import networks

_build = lru_cache(maxsize=8)(networks.build)  # trying a module takes a moment
TRIED_ON = 4  # samples


def network_of(trained: Trained, code: Path | None = None) -> Network:
    """The network that all runs share; raises ValueError where the recipe is not one, or not for such samples.

    Parameters
    ----------
    code
        Where the classes of modules are imported from; None where none is to be.
    """
    recipe = Recipe.model_validate(trained.recipe)
    source = None
    if isinstance(recipe.model, ModuleModel) and code is not None:
        example = np.zeros((1, TRIED_ON, *trained.shape), np.float32)
        source = networks.Source(load_class(recipe.model.path, code), example)
    return _build(
        recipe.model, trained.shape, trained.outputs, recipe.data.powers, recipe.training.augment, source
    )


def check_fit(trained: Trained, path: Path, code: Path | None = None) -> None:
    """Refuse networks whose arrays are not those that their recipe asks for, which would predict something.

    Parameters
    ----------
    code
        See `network_of`.

    Raises
    ------
    TrainedError
        Naming the file, `path`, and what does not fit.
    """
    try:
        recipe, network = Recipe.model_validate(trained.recipe), network_of(trained, code)
        _check_outputs(trained, recipe.target)
        _check_layout("parameters", network.parameters, trained.parameters)
        _check_layout("state", network.state, trained.state)
        _check_preprocessing(trained)
    except ValueError as error:
        why = str(error).splitlines()[0]
        raise TrainedError(f"{path} does not fit together: {why}; run the study again") from None


def _check_outputs(trained: Trained, target: str) -> None:
    classes = len(trained.classes)
    least, most = {"number": (0, 0), "binary": (2, 2), "class": (2, trained.outputs)}[target]
    outputs = classes if target == "class" else 1
    if not least <= classes <= most or trained.outputs != outputs:
        raise ValueError(
            f"its loss is of a {target}, but it has {classes} classes and {trained.outputs} outputs"
        )


def _check_layout(what: str, layout: Layout, arrays: Mapping[str, np.ndarray]) -> None:
    expected = {name: slot.parameter.shape for name, slot in layout.slots.items()}
    got = {name: array.shape[1:] for name, array in arrays.items()}
    wrong = [name for name in {**expected, **got} if expected.get(name) != got.get(name)]
    if wrong:
        shapes = [f"{of[wrong[0]]}" if wrong[0] in of else "none" for of in (expected, got)]
        raise ValueError(f"its recipe asks for {what} {wrong[0]} of shape {shapes[0]}, got {shapes[1]}")


def _check_preprocessing(trained: Trained) -> None:
    if (trained.center is None) != (trained.scale is None):
        raise ValueError("it has one of center and scale, expected both or neither")
    for name in ("center", "scale", "fill"):
        array = getattr(trained, name)
        if array is not None and np.broadcast_shapes(array.shape[1:], trained.shape) != trained.shape:
            raise ValueError(f"{name} has shape {array.shape}, but samples have {trained.shape}")
    weights = trained.class_weights
    if weights is not None and weights.shape[1:] != (len(trained.classes),):
        raise ValueError(f"class_weights has shape {weights.shape} for {len(trained.classes)} classes")
