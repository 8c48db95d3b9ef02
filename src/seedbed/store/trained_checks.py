"""Checks what a file of trained networks says of itself, which somebody may have edited."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    from seedbed.data.base import Encoding

TYPES = {"variant": str, "recipe": dict, "outputs": int, "dtype": str}
LISTS = {"seeds": int, "shape": int, "features": str, "classes": str}
KINDS = ("number", "category", "date", "missing")  # of encodings
POLICIES = ("", "impute", "category")  # for gaps


def check_facts(facts: Mapping[str, Any]) -> None:
    """Raise ValueError where facts, by the fields of `Trained`, are of other types, or do not fit each other."""
    for name, kind in TYPES.items():
        if name in facts and type(facts[name]) is not kind:
            raise ValueError(f"{name} is {facts[name]!r}, expected {kind.__name__}")
    for name, kind in LISTS.items():
        if not isinstance(facts[name], tuple) or any(type(value) is not kind for value in facts[name]):
            raise ValueError(f"its {name} are not all {kind.__name__}")
    seeds, shape, features = facts["seeds"], facts["shape"], facts["features"]
    if not seeds or len(set(seeds)) < len(seeds) or min(seeds) < 0:
        raise ValueError("its seeds are not different numbers from 0")
    if len(shape) not in (1, 3) or min(*shape, facts["outputs"]) < 1:
        raise ValueError(f"samples of shape {shape} and {facts['outputs']} outputs cannot be")
    if features and shape != (len(features),):
        raise ValueError(f"it has {len(features)} features for samples of shape {shape}")
    _check_encodings(facts["encodings"], features)


def _check_encodings(encodings: Sequence[Encoding], features: Sequence[str]) -> None:
    if encodings and len(encodings) != len(features):
        raise ValueError(f"it has {len(encodings)} encodings for {len(features)} features")
    for one in encodings:
        if not all(isinstance(value, str) for value in vars(one).values()):
            raise ValueError("its encodings are not all text")
        if one.kind not in KINDS or one.missing not in POLICIES:
            raise ValueError(
                f"the encoding of {one.name!r} is of an unknown kind, {one.kind!r} {one.missing!r}"
            )


def check_arrays(runs: int, per_run: Mapping[str, np.ndarray], shared: Mapping[str, np.ndarray]) -> None:
    """Raise ValueError where arrays are not float32, or not of so many runs.

    Parameters
    ----------
    per_run
        Arrays with one row for each run.
    shared
        Those that may have one row for all runs.
    """
    for name, array in {**per_run, **shared}.items():
        if array.dtype != "float32":
            raise ValueError(f"{name} holds {array.dtype}, expected float32")
        if array.ndim == 0 or len(array) not in ((runs, 1) if name in shared else (runs,)):
            raise ValueError(f"{name} has shape {array.shape}, but there are {runs} seeds")
