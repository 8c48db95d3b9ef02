"""Rows of numbers and their targets as NumPy arrays: read from a .npz file, and written into one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from seedbed.data import npzfile
from seedbed.data.base import DataError, Samples
from seedbed.data.sources import npz
from seedbed.data.sources.base import Request
from seedbed.recipe.choices import losses_of
from seedbed.recipe.sources import ArraysData
from seedbed.text import counted

FEATURES = "features"
EXACT = 2**53  # up to which every whole number is one of float64


def load(request: Request[ArraysData]) -> Samples:
    """All samples of a file, those of x_test, if there are any, last and the official test part.

    Raises
    ------
    DataError
        Naming the array, what was expected of it, and the first row that does not fit.
    """
    path = request.path
    named = npzfile.arrays(path)
    inputs, targets = npz.parts(named, path)
    if {x.ndim for x in inputs} != {2} or len({x.shape[1] for x in inputs}) > 1:
        shapes = " and ".join(str(x.shape) for x in inputs)
        raise DataError(
            f'{path}: expected x of shape (rows, features), got {shapes}; images are for source = "npz"'
        )
    x, y = np.concatenate(inputs), np.concatenate(targets)
    classes: tuple[str, ...] = ()
    if request.classification:
        y, classes = npz.labels(_whole(y), path)
    elif y.dtype.kind == "U":
        raise DataError(f"{path}: y holds text; classes need loss {losses_of('binary', 'class')}")
    else:
        y = _finite(path, "y", y[:, None])
    return Samples(
        inputs=_finite(path, "x", x),
        targets=y,
        features=_features(path, named.get(FEATURES), x.shape[1]),
        classes=classes,
        official_test=len(targets[1]) if len(targets) > 1 else 0,
    )


def _features(path: Path, names: np.ndarray | None, count: int) -> tuple[str, ...]:
    if names is None:
        return tuple(f"x{i}" for i in range(count))
    listed = tuple(str(name) for name in names.reshape(-1))
    if len(listed) != count or len(set(listed)) != count:
        raise DataError(f"{path}: expected {count} different names of features, got {', '.join(listed[:8])}")
    return listed


def _whole(y: np.ndarray) -> np.ndarray:
    """Whole numbers of a floating type as integers."""
    whole = y.dtype.kind == "f" and bool((np.isfinite(y) & (y == np.rint(y)) & (np.abs(y) <= EXACT)).all())
    return y.astype(np.int64) if whole else y


def _finite(path: Path, name: str, values: np.ndarray) -> np.ndarray:
    """As float32; refused where a number is missing or too large."""
    if values.dtype.kind not in "biuf":
        raise DataError(f"{path}: expected {name} to hold numbers, got {values.dtype}")
    with np.errstate(over="ignore"):
        numbers = values.astype(np.float32)
    bad = ~np.isfinite(numbers).all(axis=1)
    if bad.any():
        raise DataError(
            f"{path}: row {int(np.argmax(bad)) + 1} of {name} holds a value that is missing, infinite or too large "
            f"for 32 bits ({counted(int(bad.sum()), 'such row')}); fill it in or leave such rows out"
        )
    return numbers


# --- from Python ----------------------------------------------------------------------------------------------


def save(path: Path, arrays: Mapping[str, ArrayLike], features: Sequence[str] | None = None) -> str:
    """Write arrays into a .npz file, and return the source that reads it: "arrays", or "npz" for images.

    Parameters
    ----------
    arrays
        By the names that a file has them under: x and y, or x_train, y_train, x_test and y_test. Anything that
        NumPy makes an array of; the columns of a data frame name the features.
    features
        Names of the columns of x.

    Raises
    ------
    DataError
        Where an array holds neither numbers nor text.
    """
    plain = {name: _plain(name, value) for name, value in arrays.items()}
    first = next(iter(arrays))
    has_rows = plain[first].ndim <= 2
    names = getattr(arrays[first], "columns", None) if features is None else features
    if has_rows and names is not None:
        plain[FEATURES] = np.array([str(name) for name in names])
    np.savez(path, **plain)  # type: ignore[arg-type]
    return "arrays" if has_rows else "npz"


def _plain(name: str, value: ArrayLike) -> np.ndarray:
    array = np.asarray(value)
    if array.dtype.kind == "O" and all(isinstance(item, str) for item in array.flat):
        array = array.astype(str)
    if array.dtype.kind == "T":  # text of any length
        array = array.astype(str)
    if array.dtype.kind not in "biufU":
        raise DataError(
            f"{name}: expected an array of numbers or, for classes, text, got {array.dtype}; convert it, or "
            'write a table and use source = "table"'
        )
    return array
