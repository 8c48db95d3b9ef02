"""What the network of a module is made of beside its recipe: its class, and a few inputs to try it on."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from seedbed.arrays import NUMPY
from seedbed.data.base import Prepared
from seedbed.engines.base import seen
from seedbed.recipe import AnyModel, ModuleModel
from seedbed.trainables.module_class import check_arguments, load_class
from seedbed.training.networks import Source

TRIED_ON = 4  # samples: what is found out shows on few


def module_source(model: AnyModel, prepared: Prepared, directory: Path) -> Source | None:
    """What the network of a module is made of beside its recipe; None of other networks.

    Raises
    ------
    ValueError
        Where PyTorch is missing, or the class.
    """
    if not isinstance(model, ModuleModel):
        return None
    cls = load_class(model.path, directory)
    check_arguments(model.path, cls, model.given)
    rows = prepared.parts["train"][:TRIED_ON]
    shared = (
        None if one is None else np.asarray(one, np.float32)[None]
        for one in (prepared.center, prepared.scale, prepared.fill)
    )
    inputs = prepared.samples.inputs[rows][None].astype(np.float32)
    return Source(cls, np.asarray(seen(NUMPY, inputs, *shared)))
