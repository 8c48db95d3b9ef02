"""What the array standard lacks, for NumPy arrays: convolution as one matrix product, and pooling.

Images are (runs, batch, channels, height, width), but in memory the results of a convolution have their
channels outside the batch: a channel's numbers lie together, the product needs no transposed copy, and NumPy
keeps that order from there on.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy.special import erf

__all__ = ["avg_pool2d", "conv2d", "erf", "max_pool2d"]

ConvBackward = Callable[[np.ndarray, bool], tuple[np.ndarray | None, np.ndarray, np.ndarray]]
PoolBackward = Callable[[np.ndarray], np.ndarray]


def conv2d(
    x: np.ndarray, weight: np.ndarray, bias: np.ndarray | None, stride: int, padding: int
) -> tuple[np.ndarray, ConvBackward]:
    """Cross-correlate every run's images with its own weight.

    Parameters
    ----------
    x
        (runs or 1, batch, channels, height, width).
    weight
        (runs, outputs, channels, kernel, kernel).
    bias
        (runs, outputs), or None.
    stride, padding
        Pixels between windows, and zeros added on every side.

    Returns
    -------
    y (runs, batch, outputs, height', width'), and the backward pass, which takes dy and whether dx is wanted and
    gives (dx or None, dweight, dbias).
    """
    runs, outputs, channels, kernel, _ = weight.shape
    batch, (height, width) = x.shape[1], x.shape[3:]
    out = tuple((side + 2 * padding - kernel) // stride + 1 for side in (height, width))
    matrices = weight.reshape(runs, outputs, -1)
    shared = x.shape[0] == 1

    def columns(run: int) -> np.ndarray:
        """A run's (channels * kernel^2, batch * height' * width'); large, so never kept for two runs at once."""
        return _patches(x[run], kernel, stride, padding)

    y = np.empty((runs, outputs, batch * out[0] * out[1]), weight.dtype)
    common = columns(0) if shared else None
    for run in range(runs):
        np.matmul(matrices[run], columns(run) if common is None else common, out=y[run])
    del common
    if bias is not None:
        y += bias[..., None]

    def backward(dy: np.ndarray, wants_dx: bool) -> tuple[np.ndarray | None, np.ndarray, np.ndarray]:
        rows = dy.swapaxes(1, 2).reshape(runs, outputs, -1)
        dweight = np.empty_like(matrices)
        common = columns(0) if shared else None
        for run in range(runs):
            np.matmul(rows[run], (columns(run) if common is None else common).T, out=dweight[run])
        grads = dweight.reshape(weight.shape), rows.sum(axis=2)
        if not wants_dx:
            return None, *grads
        dx = np.zeros((runs, channels, batch, height + 2 * padding, width + 2 * padding), dy.dtype)
        for run in range(runs):
            spread = (matrices[run].T @ rows[run]).reshape(channels, kernel, kernel, batch, *out)
            for i, j in np.ndindex(kernel, kernel):
                dx[run][_offset(i, j, out, stride)] += spread[:, i, j]
        inner = dx[..., padding : padding + height, padding : padding + width]
        return inner.swapaxes(1, 2), *grads

    return y.reshape(runs, outputs, batch, *out).swapaxes(1, 2), backward


def _patches(images: np.ndarray, kernel: int, stride: int, padding: int) -> np.ndarray:
    """What each output pixel sees of (batch, channels, height, width), as one column."""
    batch, channels, height, width = images.shape
    padded = np.zeros((channels, batch, height + 2 * padding, width + 2 * padding), images.dtype)
    padded[..., padding : padding + height, padding : padding + width] = images.swapaxes(0, 1)
    windows = sliding_window_view(padded, (kernel, kernel), axis=(2, 3))[:, :, ::stride, ::stride]
    return windows.transpose(0, 4, 5, 1, 2, 3).reshape(channels * kernel * kernel, -1)


def _offset(i: int, j: int, out: tuple[int, ...], stride: int) -> tuple:
    """The pixel at (i, j) of every window: an index into (..., height, width)."""
    return (..., slice(i, i + stride * out[0], stride), slice(j, j + stride * out[1], stride))


def max_pool2d(x: np.ndarray, size: int) -> tuple[np.ndarray, PoolBackward]:
    """The largest of every size x size window; of several alike the first takes the gradient."""
    out = (x.shape[3] // size, x.shape[4] // size)
    corners = [_offset(i, j, out, size) for i, j in np.ndindex(size, size)]
    y = x[corners[0]]
    for corner in corners[1:]:
        y = np.maximum(y, x[corner])

    def backward(dy: np.ndarray) -> np.ndarray:
        dx = np.zeros_like(x, shape=(dy.shape[0], *x.shape[1:]))
        free = np.ones_like(y, dtype=bool)
        for corner in corners:
            largest = (x[corner] == y) & free
            free ^= largest
            dx[corner] = dy * largest
        return dx

    return y, backward


def avg_pool2d(x: np.ndarray, size: int) -> tuple[np.ndarray, PoolBackward]:
    """The mean of every size x size window."""
    out = (x.shape[3] // size, x.shape[4] // size)
    corners = [_offset(i, j, out, size) for i, j in np.ndindex(size, size)]
    y = sum(x[corner] for corner in corners) / size**2

    def backward(dy: np.ndarray) -> np.ndarray:
        dx = np.zeros_like(x, shape=(dy.shape[0], *x.shape[1:]))
        share = dy / size**2
        for corner in corners:
            dx[corner] = share
        return dx

    return y, backward
