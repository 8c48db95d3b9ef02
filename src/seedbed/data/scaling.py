"""Centers and scales the inputs, with statistics of the training part alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from seedbed.data.base import DataError, Samples
from seedbed.data.naming import nearest
from seedbed.recipe import Data
from seedbed.text import first_few

IMAGES_AT_ONCE = 1000


class Statistics(NamedTuple):
    """Of each column: its least and largest value, mean and standard deviation (of the population), float64."""

    low: np.ndarray
    high: np.ndarray
    mean: np.ndarray
    deviation: np.ndarray


# What is subtracted from a column, and what it is then divided by.
SCALES: dict[str, Callable[[Statistics], tuple[np.ndarray, np.ndarray]]] = {
    "standard": lambda of: (of.mean, of.deviation),
    "minmax": lambda of: (of.low, of.high - of.low),
}


def fit(
    settings: Data, samples: Samples, train: np.ndarray, fill: np.ndarray | None = None
) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Center and scale so that a network sees (inputs - center) * scale; None where nothing is scaled.

    Parameters
    ----------
    settings
        `scale` and `scale_columns` are read: "standard" gives mean 0 and standard deviation 1, "minmax" gives
        [0, 1].
    train
        Sample numbers of the training part; no other sample is looked at.
    fill
        (features,) float32: what replaces missing inputs, if any.

    Returns
    -------
    Two float32 arrays, computed in float64: one number per column, and for images one per channel, (channels, 1, 1).
    Columns that are not scaled keep the source's own unit, and so does what is constant in the training part: a
    channel, a category, a part of a date.

    Raises
    ------
    DataError
        Where a named column does not exist, or a column of numbers to be scaled is constant.
    """
    chosen = _chosen(settings, samples)
    center, scale = (np.full(chosen.shape, value) for value in samples.unit)
    if settings.scale == "none":
        if samples.unit == (0.0, 1.0):
            return None, None
        return center.astype(np.float32), scale.astype(np.float32)
    statistics = Statistics(
        *(values.reshape(chosen.shape) for values in _statistics(samples.inputs, train, fill))
    )
    changing = statistics.low != statistics.high
    _check_changing(settings, samples, chosen & ~changing)
    offset, spread = SCALES[settings.scale](statistics)
    center = np.where(chosen, offset, center)
    with np.errstate(over="ignore", divide="ignore"):
        np.divide(1, spread, out=scale, where=chosen & changing)
        scale = scale.astype(np.float32)
    if not np.isfinite(scale).all():
        names = [
            name for name, bad in zip(samples.features, ~np.isfinite(scale.ravel()), strict=False) if bad
        ]
        which = f"{first_few(map(repr, names))} spread" if names else "the pixels spread"
        raise DataError(f"{which} too little for data.scale = {settings.scale!r} in 32 bits; multiply them")
    return center.astype(np.float32), scale


def _check_changing(settings: Data, samples: Samples, constant: np.ndarray) -> None:
    """Refuse constant columns of numbers; those made of text or dates may be constant, where a value is rare."""
    made = [encoding.kind != "number" for encoding in samples.encodings] or [False] * len(samples.features)
    names = [
        name
        for name, never, own in zip(samples.features, constant.ravel(), made, strict=False)
        if never and not own
    ]
    if names:
        which = f"column {names[0]!r} is" if len(names) == 1 else f"columns {first_few(map(repr, names))} are"
        raise DataError(
            f"{which} constant in the training part, so data.scale = {settings.scale!r} has nothing to divide by; "
            "leave out such columns through data.exclude or data.scale_columns"
        )


def _chosen(settings: Data, samples: Samples) -> np.ndarray:
    """Which columns are scaled, or which channels of images: bool that broadcasts to one sample."""
    if settings.scale_columns is None:
        shape = samples.inputs.shape[1:]
        return np.ones((shape[0], 1, 1) if len(shape) == 3 else shape, dtype=bool)
    for name in settings.scale_columns:
        if name not in samples.features:
            known = f"; {nearest(name, samples.features)}" if samples.features else ": pixels have no names"
            raise DataError(f"data.scale_columns: there is no feature {name!r}{known}")
    return np.isin(np.array(samples.features), settings.scale_columns)


def _statistics(inputs: np.ndarray, train: np.ndarray, fill: np.ndarray | None) -> Statistics:
    if inputs.ndim == 4:
        if inputs.dtype == np.uint8:
            return _of_counts(_histograms(inputs, train))
        return _of_columns(inputs.take(train, axis=0).swapaxes(0, 1).reshape(inputs.shape[1], -1))
    # Each column contiguous, along which NumPy is several times faster.
    columns = np.ascontiguousarray(inputs.take(train, axis=0).T)
    return _of_columns(columns if fill is None else np.where(np.isnan(columns), fill[:, None], columns))


def _of_columns(columns: np.ndarray) -> Statistics:
    """Statistics of each row of (columns, n)."""
    doubles = (column.astype(np.float64) for column in columns)  # one at a time, to save memory
    moments = np.array([(column.mean(), column.std()) for column in doubles]).T
    return Statistics(columns.min(1).astype(np.float64), columns.max(1).astype(np.float64), *moments)


def _histograms(images: np.ndarray, train: np.ndarray) -> np.ndarray:
    """How often each byte occurs in each channel, (channels, 256), a few images at a time."""
    counts = np.zeros((images.shape[1], 256), dtype=np.int64)
    for start in range(0, len(train), IMAGES_AT_ONCE):
        some = images[train[start : start + IMAGES_AT_ONCE]]
        for channel, count in enumerate(counts):
            count += np.bincount(some[:, channel].ravel(), minlength=256)
    return counts


def _of_counts(counts: np.ndarray) -> Statistics:
    """Statistics of bytes, from how often each occurs in each channel."""
    value, total = np.arange(256.0), counts.sum(axis=1)
    mean = counts @ value / total
    variance = (counts * (value - mean[:, None]) ** 2).sum(axis=1) / total
    there = counts > 0
    low, high = there.argmax(axis=1), 255 - there[:, ::-1].argmax(axis=1)
    return Statistics(low.astype(np.float64), high.astype(np.float64), mean, np.sqrt(variance))
