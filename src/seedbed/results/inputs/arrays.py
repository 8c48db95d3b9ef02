"""Reads new rows from NumPy arrays."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from seedbed.data import npzfile
from seedbed.data.base import DataError
from seedbed.results.inputs.base import NewRows, check_pixels, class_indices, unknown
from seedbed.store.models import Trained
from seedbed.text import counted


def read(path: Path, trained: Trained) -> NewRows:
    """The arrays x and, where there is one, y of a .npz file.

    Raises
    ------
    DataError
        Where there is no x, or it does not fit the networks.
    """
    arrays = npzfile.arrays(path)
    if "x" not in arrays:
        raise DataError(
            f"{path}: expected an array x and, to score the predictions, y; got {', '.join(arrays) or 'none'}"
        )
    return rows(arrays["x"], arrays.get("y"), trained, str(path))


def rows(x: ArrayLike, y: ArrayLike | None, trained: Trained, where: str = "the array") -> NewRows:
    """The rows of arrays in the form that the networks take.

    Parameters
    ----------
    x
        (N, features) numbers in the order of the networks' features, or images as the source `npz` takes them, also
        flattened; of one feature also (N,).
    y
        (N,) or (N, 1): numbers, or names of classes; None where the rows have no target.
    where
        What errors call them.

    Raises
    ------
    DataError
        Where a shape does not fit, or a value is not finite or unknown to the networks.
    """
    inputs = _inputs(np.asarray(x), trained, where)
    if y is None:
        return NewRows(inputs, unscored="there is no y")
    targets = np.asarray(y)
    if targets.shape not in ((len(inputs),), (len(inputs), 1)):
        raise DataError(
            f"{where}: expected y of shape ({len(inputs)},), one target per row, got {targets.shape}"
        )
    targets = targets.reshape(-1)
    if trained.classes:
        return NewRows(inputs, targets=_labels(targets, trained, where))
    return NewRows(inputs, targets=_numbers(targets, where))


def _inputs(x: np.ndarray, trained: Trained, where: str) -> np.ndarray:
    if x.dtype.kind not in "biuf":
        raise DataError(
            f"{where}: expected x to hold numbers, got {x.dtype}; convert text and dates to numbers"
        )
    shaped = next((form for form in _forms(x, trained.shape) if form.shape[1:] == trained.shape), None)
    if shaped is None:
        expected = ", ".join(["rows", *map(str, trained.shape)])
        raise DataError(f"{where}: expected x of shape ({expected}), got {x.shape}")
    if not len(x):
        raise DataError(f"{where}: expected at least one row, got none")
    may_be_missing = np.array([encoding.missing == "impute" for encoding in trained.encodings] or [False])
    with np.errstate(over="ignore"):
        narrow = shaped.astype(np.float32)
    bad = ~(np.isfinite(narrow) | (np.isnan(narrow) & may_be_missing)).reshape(len(x), -1).all(axis=1)
    if bad.any():
        raise DataError(
            f"{where}: row {int(np.argmax(bad)) + 1} of x holds a value that is missing, infinite or too large for 32 "
            f"bits ({counted(int(bad.sum()), 'such row')}); fill it in or leave such rows out"
        )
    if len(trained.shape) == 3:
        check_pixels(where, x, trained)
    return shaped


def _forms(x: np.ndarray, shape: tuple[int, ...]) -> Iterator[np.ndarray]:
    """The forms that rows may have: as they are, of one number, flattened, images with channels last."""
    yield x
    if x.ndim == 1 or (len(shape) == 3 and x.ndim == 3):
        yield x[:, None]
    if x.ndim == 4:
        yield x.transpose(0, 3, 1, 2)
    if x.ndim == 2 and x.shape[1] == prod(shape):
        yield x.reshape(-1, *shape)


def _numbers(targets: np.ndarray, where: str) -> np.ndarray:
    if targets.dtype.kind not in "biuf":
        raise DataError(f"{where}: expected y to hold numbers, got {targets.dtype}")
    values = targets.astype(np.float64)
    return np.where(np.isfinite(values), values, np.nan)


def _labels(targets: np.ndarray, trained: Trained, where: str) -> np.ndarray:
    names, codes = np.unique(targets.astype(str), return_inverse=True)
    known = class_indices(names.tolist(), trained.classes)
    if len(known) < len(names):
        wrong = {
            str(name): (np.flatnonzero(codes == code) + 1).tolist()
            for code, name in enumerate(names)
            if name not in known
        }
        raise DataError(unknown(f"{where}: y", wrong, trained.classes, "correct or leave out these rows"))
    return np.array([known[name] for name in names], dtype=np.float64)[codes]
