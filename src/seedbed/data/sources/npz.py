"""Reads images and their classes from a NumPy .npz file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from seedbed.data import npzfile
from seedbed.data.base import DataError, Samples
from seedbed.data.sources.base import Request
from seedbed.recipe.sources import NpzData

NAMES = (("x", "y"), ("x_train", "y_train", "x_test", "y_test"))
CHANNELS = (1, 3, 4)  # of grey, coloured and partly transparent images


def load(request: Request[NpzData]) -> Samples:
    """All images, those of x_test, if there are any, last and the official test part.

    The images may be (N, height, width), (N, channels, height, width) or (N, height, width, channels), of whole
    numbers in 0..255, which runs see in [0, 1], or of others, which they see as they are. Classes may be whole
    numbers or text.

    Raises
    ------
    DataError
        Where the file is not a .npz file, or its arrays do not fit.
    """
    path = request.path
    inputs, targets = parts(npzfile.arrays(path), path)
    images = _joined(path, inputs)
    indices, classes = labels(np.concatenate(targets), path)
    return Samples(
        inputs=images,
        targets=indices,
        classes=classes,
        official_test=len(targets[1]) if len(targets) > 1 else 0,
        unit=(0.0, 1 / 255) if images.dtype == np.uint8 else (0.0, 1.0),
    )


def parts(named: Mapping[str, np.ndarray], path: Path) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Inputs, and targets (N,), of all samples or of the training and the test part.

    Raises
    ------
    DataError
        Where arrays are missing or of different lengths.
    """
    names = next((names for names in reversed(NAMES) if set(names) <= set(named)), None)
    if names is None:
        raise DataError(
            f"{path}: expected the arrays x and y, or x_train, y_train, x_test and y_test; got "
            f"{', '.join(named) or 'none'}"
        )
    inputs, targets = [named[name] for name in names[::2]], [named[name] for name in names[1::2]]
    for name, x, y in zip(names[::2], inputs, targets, strict=True):
        if not x.size:
            raise DataError(f"{path}: expected samples, got {name} of shape {x.shape}, which is empty")
        if x.ndim == 0 or y.shape not in ((len(x),), (len(x), 1)):
            raise DataError(
                f"{path}: expected one target per sample; {name} has shape {x.shape}, and its targets {y.shape}"
            )
    return inputs, [y.reshape(-1) for y in targets]


def labels(targets: np.ndarray, path: Path) -> tuple[np.ndarray, tuple[str, ...]]:
    """The index of each sample's class, (N,) int64, and the names of the classes, sorted.

    Raises
    ------
    DataError
        Where targets are not classes, or there is only one class.
    """
    classes, indices = np.unique(targets, return_inverse=True)
    if classes.dtype.kind not in "iubU":
        raise DataError(f"{path}: expected classes as integers or strings, got {classes.dtype}")
    if len(classes) < 2:
        raise DataError(f"{path}: expected at least two classes, got {len(classes)}")
    return indices.astype(np.int64), tuple(str(name) for name in classes)


def _joined(path: Path, inputs: list[np.ndarray]) -> np.ndarray:
    """The images of all parts as (N, channels, height, width), uint8 or float32."""
    shapes = {part.shape[1:] for part in inputs}
    if len(shapes) > 1:
        raise DataError(f"{path}: expected images of one shape, got {', '.join(map(str, shapes))}")
    images = np.concatenate(inputs)
    if images.ndim == 3:
        images = images[:, None]
    elif images.ndim == 4 and images.shape[1] not in CHANNELS and images.shape[3] in CHANNELS:
        images = images.transpose(0, 3, 1, 2)
    if images.ndim != 4:
        raise DataError(
            f"{path}: expected images of shape (height, width), (channels, height, width) or (height, width, "
            f'channels), got {images.shape[1:]}; rows of numbers are for source = "arrays"'
        )
    return np.ascontiguousarray(_in_bytes(path, images))


def _in_bytes(path: Path, images: np.ndarray) -> np.ndarray:
    """Whole numbers as uint8, others as float32."""
    if images.dtype.kind == "f":
        with np.errstate(over="ignore"):
            numbers = images.astype(np.float32)
        if np.isfinite(numbers).all():
            return numbers
    if images.dtype.kind not in "iu" or images.min(initial=0) < 0 or images.max(initial=0) > 255:
        raise DataError(
            f"{path}: expected pixels as whole numbers in 0..255 or as finite numbers, got {images.dtype}"
        )
    return images.astype(np.uint8)
