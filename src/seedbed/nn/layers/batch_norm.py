"""Batch normalisation: every feature is centred and scaled by its statistics over the batch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import prod
from typing import Any

from seedbed.nn import ops
from seedbed.nn.base import Array, Arrays, Backward, Context, Layer, Parameter

EPSILON = 1e-5
MOMENTUM = 0.1

NormBackward = Callable[[Array], tuple[Array, Array, Array]]  # dy to (dx, dweight, dbias)


@dataclass(frozen=True)
class BatchNorm(Layer):
    """y = weight (x - mean) / sqrt(variance + 1e-5) + bias, per feature or, for images, per channel.

    In training mean and variance (biased) are those of the batch and of all pixels; running averages of the
    mean and of the unbiased variance, with weight 0.1 on the newest, take their place in evaluation. This is
    PyTorch's rule, but a batch of one value is allowed: its normalised value is 0, and 0 is its variance.

    Source: Ioffe and Szegedy, "Batch normalization", ICML 2015.

    Attributes
    ----------
    features
        x is (runs, batch, features) or (runs, batch, features, height, width).
    """

    features: int

    def parameters(self) -> dict[str, Parameter]:
        """Weight, starting at one, and bias, starting at zero."""
        return {"weight": Parameter((self.features,), "one"), "bias": Parameter((self.features,), "zero")}

    def state(self) -> dict[str, Parameter]:
        """The running averages."""
        return {
            "running_mean": Parameter((self.features,), "zero"),
            "running_var": Parameter((self.features,), "one"),
        }

    def output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Unchanged."""
        if len(shape) not in (1, 3) or shape[0] != self.features:
            raise ValueError(f"batch norm of {self.features} features cannot take samples of shape {shape}")
        return shape

    def forward(
        self, params: Arrays, state: Arrays, x: Array, context: Context
    ) -> tuple[Array, Arrays, Backward]:
        """See `nn.base.Layer.forward`."""
        xp, weight, bias = context.xp, params["weight"], params["bias"]
        if context.training:
            kernel = ops.fused(xp, "batch_norm") if x.ndim == 5 else None
            y, mean, variance, backward = (kernel or partial(_by_batch, xp))(x, weight, bias, EPSILON)
            count = prod(x.shape) // (x.shape[0] * self.features)
            unbiased = variance * (count / max(count - 1, 1))
            state = {
                "running_mean": (1 - MOMENTUM) * state["running_mean"] + MOMENTUM * mean,
                "running_var": (1 - MOMENTUM) * state["running_var"] + MOMENTUM * unbiased,
            }
        else:
            centered = x - _spread(xp, state["running_mean"], x.ndim)
            variance = state["running_var"]
            y, backward = _scaled(xp, centered, variance, weight, bias, EPSILON, of_batch=False)

        def named_backward(dy: Array) -> tuple[Array, dict[str, Array]]:
            dx, dweight, dbias = backward(dy)
            return dx, {"weight": dweight, "bias": dbias}

        return y, state, named_backward


def _by_batch(
    xp: Any, x: Array, weight: Array, bias: Array, epsilon: float
) -> tuple[Array, Array, Array, NormBackward]:
    """y, the mean and variance of the batch (runs, features), and the backward pass."""
    axes = _axes(x)
    mean = xp.mean(x, axis=axes)
    centered = x - _spread(xp, mean, x.ndim)
    variance = xp.mean(centered * centered, axis=axes)
    y, backward = _scaled(xp, centered, variance, weight, bias, epsilon, of_batch=True)
    return y, mean, variance, backward


def _scaled(
    xp: Any, centered: Array, variance: Array, weight: Array, bias: Array, epsilon: float, of_batch: bool
) -> tuple[Array, NormBackward]:
    """y and its backward pass; `of_batch` says that mean and variance move with x."""
    axes, ndim = _axes(centered), centered.ndim
    inverse = 1 / xp.sqrt(variance + epsilon)
    normed = centered * _spread(xp, inverse, ndim)

    def backward(dy: Array) -> tuple[Array, Array, Array]:
        dweight, dbias, dx = xp.sum(dy * normed, axis=axes), xp.sum(dy, axis=axes), dy
        if of_batch:
            count = prod(dy.shape[axis] for axis in axes)
            dx = dy - _spread(xp, dbias / count, ndim) - normed * _spread(xp, dweight / count, ndim)
        return dx * _spread(xp, weight * inverse, ndim), dweight, dbias

    return normed * _spread(xp, weight, ndim) + _spread(xp, bias, ndim), backward


def _axes(x: Array) -> tuple[int, ...]:
    """All but runs and features."""
    return (1, *range(3, x.ndim))


def _spread(xp: Any, statistic: Array, ndim: int) -> Array:
    """(runs, features) to as many axes as x has."""
    return xp.reshape(statistic, (statistic.shape[0], 1, statistic.shape[1], *(1,) * (ndim - 3)))
