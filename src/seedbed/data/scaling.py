"""Centers and scales the inputs, with statistics of the training part alone."""

from __future__ import annotations

import numpy as np

from seedbed.data.base import DataError, Samples
from seedbed.data.expressions import nearest
from seedbed.recipe import Data


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
    chosen = _chosen(settings, samples)
    center, scale = (np.full(chosen.shape, value) for value in samples.unit)
    if settings.scale == "none":
        if samples.unit == (0.0, 1.0):
            return None, None
        return center.astype(np.float32), scale.astype(np.float32)
    # Each column contiguous, along which NumPy is several times faster.
    columns = np.ascontiguousarray(samples.inputs.take(train, axis=0).reshape(len(train), -1).T)
    low, high = (bound.astype(np.float64).reshape(chosen.shape) for bound in (columns.min(1), columns.max(1)))
    changing = low != high
    if samples.features and not changing[chosen].all():
        name = samples.features[int(np.argmax(chosen & ~changing))]
        raise DataError(
            f"column {name!r} is constant in the training part, so data.scale = {settings.scale!r} has "
            "nothing to divide by; leave it out through data.features or data.scale_columns"
        )
    offset, spread = low, high - low
    if settings.scale == "standard":
        offset, spread = (moment.reshape(chosen.shape) for moment in _moments(columns))
    center = np.where(chosen, offset, center)
    np.divide(1, spread, out=scale, where=chosen & changing)
    return center.astype(np.float32), scale.astype(np.float32)


def _chosen(settings: Data, samples: Samples) -> np.ndarray:
    """Which inputs are scaled: bool of the shape of one sample."""
    if settings.scale_columns is None:
        return np.ones(samples.inputs.shape[1:], dtype=bool)
    for name in settings.scale_columns:
        if name not in samples.features:
            known = f"; {nearest(name, samples.features)}" if samples.features else ": pixels have no names"
            raise DataError(f"data.scale_columns: there is no feature {name!r}{known}")
    return np.isin(np.array(samples.features), settings.scale_columns)


def _moments(columns: np.ndarray) -> np.ndarray:
    """Mean and standard deviation (of the population) of each row of (columns, n): (2, columns) float64."""
    doubles = (column.astype(np.float64) for column in columns)  # one at a time, to save memory
    return np.array([(column.mean(), column.std()) for column in doubles]).T
