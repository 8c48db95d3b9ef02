"""Centers and scales the inputs, with statistics of the training part alone."""

from __future__ import annotations

import numpy as np

from seedbed.data.base import DataError, Samples
from seedbed.data.expressions import nearest
from seedbed.recipe import Data

CHUNK = 4096  # rows squared at once


def fit(settings: Data, samples: Samples, train: np.ndarray) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Center and scale so that a network sees (inputs - center) * scale; None where nothing is scaled.

    Parameters
    ----------
    settings
        `scale` and `scale_columns` are read: "standard" gives mean 0 and standard deviation 1, "minmax" gives
        [0, 1].
    train
        Sample numbers of the training part; no other sample is looked at.

    Returns
    -------
    Two float32 arrays of the shape of one sample, computed in float64. Columns that are not scaled keep the
    source's own unit, and so does an image's pixel that never changes.

    Raises
    ------
    DataError
        Where a named column does not exist, or one to be scaled is constant.
    """
    shape = samples.inputs.shape[1:]
    chosen = _chosen(settings, samples)
    if settings.scale == "none":
        if samples.unit == (0.0, 1.0):
            return None, None
        return np.full(shape, samples.unit[0], np.float32), np.full(shape, samples.unit[1], np.float32)
    values = samples.inputs[train]
    low, high = values.min(axis=0).astype(np.float64), values.max(axis=0).astype(np.float64)
    constant = (low == high) & chosen
    if samples.features and constant.any():
        name = samples.features[int(np.flatnonzero(constant)[0])]
        raise DataError(
            f"column {name!r} is constant in the training part, so data.scale = {settings.scale!r} has "
            "nothing to divide by; leave it out through data.features or data.scale_columns"
        )
    if settings.scale == "standard":
        center, spread = _moments(values)
    else:
        center, spread = low, high - low
    scale = 1 / np.where(constant, 1 / samples.unit[1], np.where(low == high, 1, spread))
    return (
        np.where(chosen, center, samples.unit[0]).astype(np.float32),
        np.where(chosen, scale, samples.unit[1]).astype(np.float32),
    )


def _chosen(settings: Data, samples: Samples) -> np.ndarray:
    """Which inputs are scaled: bool of the shape of one sample."""
    if settings.scale_columns is None:
        return np.ones(samples.inputs.shape[1:], dtype=bool)
    for name in settings.scale_columns:
        if name not in samples.features:
            known = f"; {nearest(name, samples.features)}" if samples.features else ": pixels have no names"
            raise DataError(f"data.scale_columns: there is no feature {name!r}{known}")
    return np.isin(np.array(samples.features), settings.scale_columns)


def _moments(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation (of the population) of each column, in float64 and little memory."""
    mean = values.mean(axis=0, dtype=np.float64)
    squares = sum(
        np.square(values[start : start + CHUNK] - mean).sum(axis=0) for start in range(0, len(values), CHUNK)
    )
    return mean, np.sqrt(squares / len(values))
