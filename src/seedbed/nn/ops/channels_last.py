"""Batch norm, an addition and ReLU in one go, on images whose channels lie side by side in memory.

As separate array operations each of them reads and writes all images of a batch, and the time they take is that of
memory. Here the forward pass reads x twice and writes y; the backward pass reads dy and x twice and writes dx.
"""

from __future__ import annotations

from collections.abc import Callable
from math import lcm

import numpy as np

from seedbed.nn.ops import norm_kernels

Backward = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]]


def tile(channels: int) -> int:
    """How many pixels the kernels take together: a number of pixels must be a multiple of it."""
    return lcm(channels, norm_kernels.ROW) // channels


def batch_norm(
    x: np.ndarray,
    weight: np.ndarray,
    bias: np.ndarray,
    epsilon: float,
    added: np.ndarray | None,
    relu: bool,
    statistics: tuple[np.ndarray, np.ndarray] | None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, Backward]:
    """y = weight (x - mean) / sqrt(variance + epsilon) + bias + added, or its positive part.

    Parameters
    ----------
    x, added
        (pixels, channels) float32, contiguous, of all images of a batch; `added` may be None.
    weight, bias
        (channels,).
    relu
        Whether the positive part is taken.
    statistics
        Mean and variance (channels,) where they are given; None for those of the batch.

    Returns
    -------
    y (pixels, channels), mean and (biased) variance (channels,), and the backward pass, which takes dy and gives
    (dx, dadded, dweight, dbias).
    """
    flat, channels = x.reshape(-1), x.shape[1]
    width = tile(channels) * channels

    def lanes(values: np.ndarray) -> np.ndarray:
        return np.tile(values.astype(np.float32), width // channels)

    mean, variance = statistics or _moments(flat, width, channels)
    inverse = 1 / np.sqrt(variance + epsilon)
    floor = np.float32(0 if relu else -np.inf)
    affine = lanes(weight * inverse), lanes(bias - mean * weight * inverse)
    y = np.empty_like(flat)
    norm_kernels.apply(width, flat, *affine, None if added is None else added.reshape(-1), floor, y)

    def backward(dy: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        dz, bound, middle = dy.reshape(-1), floor, lanes(mean)
        sums = _sums(flat, width)
        if added is not None and relu:
            dz, bound = np.empty_like(y), np.float32(-np.inf)
            norm_kernels.gradient_sums(width, dy.reshape(-1), flat, middle, *affine, floor, y, dz, sums.reshape(-1))
        else:
            norm_kernels.gradient_sums(width, dz, flat, middle, *affine, floor, None, None, sums.reshape(-1))
        dbias, products = sums.sum(axis=0, dtype=np.float64).reshape(2, -1, channels).sum(axis=1)
        dweight = products * inverse
        share = 0 if statistics else -weight * inverse / len(x)  # given statistics do not move with x
        dx = np.empty_like(flat)
        line = lanes(share * dweight * inverse), lanes(share * dbias)
        norm_kernels.input_gradient(width, dz, flat, middle, *affine, bound, *line, dx)
        return dx.reshape(x.shape), dz.reshape(x.shape), dweight.astype(np.float32), dbias.astype(np.float32)

    return y.reshape(x.shape), mean, variance, backward


def _moments(flat: np.ndarray, width: int, channels: int) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance of every channel, float64, put together from those of chunks.

    Source: Chan, Golub and LeVeque, "Algorithms for computing the sample variance", 1983.
    """
    sums = _sums(flat, width)
    norm_kernels.moments(width, channels, flat, sums.reshape(-1))
    parts = sums.astype(np.float64).reshape(len(sums), 2, -1, channels)
    means, squares = parts[:, 0, 0], parts[:, 1].sum(axis=1)
    size = norm_kernels.chunk_size(width)
    shares = np.minimum(flat.size - size * np.arange(len(sums)), size)[:, None] / flat.size
    mean = (shares * means).sum(axis=0)
    within = squares.sum(axis=0) / (flat.size // channels)
    return mean, within + (shares * (means - mean) ** 2).sum(axis=0)


def _sums(flat: np.ndarray, width: int) -> np.ndarray:
    """Room for two sums a chunk and lane."""
    return np.empty((-(-flat.size // norm_kernels.chunk_size(width)), 2, width), np.float32)
