"""The code of recipes whose network is a PyTorch module: which it is, and what it is tried on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from seedbed.arrays import NUMPY
from seedbed.data.base import Prepared
from seedbed.engines.base import seen
from seedbed.engines.choice import torch_is_missing
from seedbed.recipe import AnyModel, ModuleModel, Recipe
from seedbed.study.code import Code
from seedbed.training.module_class import check_arguments, load_class, source_file
from seedbed.training.networks import Source

TRIED_ON = 4  # samples: what is found out shows on few
ARGUMENTS = "model.arguments."


def module_source(model: AnyModel, prepared: Prepared, directory: Path) -> Source | None:
    """What the network of a module is made of beside its recipe; None of other networks.

    Raises
    ------
    ValueError
        Where PyTorch is missing, or the class.
    """
    if not isinstance(model, ModuleModel):
        return None
    if missing := torch_is_missing():
        raise ValueError(f"a module needs PyTorch: {missing}")
    cls = load_class(model.path, directory)
    check_arguments(model.path, cls, model.given)
    rows = prepared.parts["train"][:TRIED_ON]
    shared = (
        None if one is None else np.asarray(one, np.float32)[None]
        for one in (prepared.center, prepared.scale, prepared.fill)
    )
    inputs = prepared.samples.inputs[rows][None].astype(np.float32)
    return Source(cls, np.asarray(seen(NUMPY, inputs, *shared)))


def code_of(recipes: Iterable[Recipe], directory: Path) -> Code | None:
    """The code that recipes name; None where their networks are all Seedbed's own."""
    paths = dict.fromkeys(one.model.path for one in recipes if isinstance(one.model, ModuleModel))
    if not paths:
        return None
    files = [file for path in paths if (file := source_file(path, directory))]
    what = "\n".join(f"class {path}" for path in paths)
    return Code(what, tuple(dict.fromkeys(files)), to_prepare=True)


def arguments_in(tables: Mapping[str, Any]) -> tuple[str, ...]:
    """The dotted keys of all arguments of modules that a document gives or varies."""
    model = tables.get("model")
    given = model.get("arguments") if isinstance(model, Mapping) else None
    found = [f"{ARGUMENTS}{name}" for name in given] if isinstance(given, Mapping) else []
    variants = tables.get("variant")
    named = variants if isinstance(variants, list) else []
    sets = [tables.get("ablate"), tables.get("grid"), *(one.get("set") for one in named if isinstance(one, Mapping))]
    varied = [key for table in sets if isinstance(table, Mapping) for key in table]
    return tuple(dict.fromkeys([*found, *(key for key in varied if str(key).startswith(ARGUMENTS))]))
