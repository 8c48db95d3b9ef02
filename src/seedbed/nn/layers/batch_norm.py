"""Batch normalisation: every feature is centred and scaled by its statistics over the batch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import prod

from seedbed.arrays import Array, Arrays, Namespace
from seedbed.nn import ops
from seedbed.nn.base import Backward, Context, Layer, Parameter
from seedbed.nn.layers.activations import ACTIVATIONS

EPSILON = 1e-5
MOMENTUM = 0.1

# y, mean, variance and the backward pass, which takes dy to (dx, dadded, dweight, dbias)
Normed = tuple[Array, Array, Array, Callable[[Array], tuple[Array, Array, Array, Array]]]


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
    relu
        Whether y is the positive part of that. Here rather than in a layer of its own, a backend can do both, and
        the addition of a residual block, in one go.
    """

    features: int
    relu: bool = False

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
        y, state, backward_both = self.forward_with(None, params, state, x, context)

        def backward(dy: Array) -> tuple[Array, dict[str, Array]]:
            dx, _, grads = backward_both(dy)
            return dx, grads

        return y, state, backward

    def forward_with(
        self, added: Array | None, params: Arrays, state: Arrays, x: Array, context: Context
    ) -> tuple[Array, Arrays, Callable[[Array], tuple[Array, Array, dict[str, Array]]]]:
        """As `forward`, but `added`, an array of x's shape, comes to y before its positive part is taken.

        The backward pass takes dy to (dx, dadded, grads).
        """
        kernel = ops.fused(x, "batch_norm") if x.ndim == 5 else None
        statistics = None if context.training else (state["running_mean"], state["running_var"])
        y, mean, variance, backward = (kernel or partial(_in_arrays, context.xp))(
            x, params["weight"], params["bias"], EPSILON, added, self.relu, statistics
        )
        if context.watch and self.relu:
            context.watch("relu", y)
        if context.training:
            count = prod(x.shape) // (x.shape[0] * self.features)
            unbiased = variance * (count / max(count - 1, 1))
            state = {
                "running_mean": (1 - MOMENTUM) * state["running_mean"] + MOMENTUM * mean,
                "running_var": (1 - MOMENTUM) * state["running_var"] + MOMENTUM * unbiased,
            }

        def named_backward(dy: Array) -> tuple[Array, Array, dict[str, Array]]:
            dx, dadded, dweight, dbias = backward(dy)
            return dx, dadded, {"weight": dweight, "bias": dbias}

        return y, state, named_backward


def _in_arrays(
    xp: Namespace,
    x: Array,
    weight: Array,
    bias: Array,
    epsilon: float,
    added: Array | None,
    relu: bool,
    statistics: tuple[Array, Array] | None,
) -> Normed:
    """What every backend's kernel does, as array operations; without `statistics` by those of the batch."""
    axes, ndim = (1, *range(3, x.ndim)), x.ndim
    mean = xp.mean(x, axis=axes) if statistics is None else statistics[0]
    centered = x - _spread(xp, mean, ndim)
    variance = xp.mean(centered * centered, axis=axes) if statistics is None else statistics[1]
    inverse = 1 / xp.sqrt(variance + epsilon)
    normed = centered * _spread(xp, inverse, ndim)
    y = normed * _spread(xp, weight, ndim) + _spread(xp, bias, ndim)
    y = y if added is None else y + added
    y, derivative = ACTIVATIONS["relu" if relu else "identity"](xp, y)

    def backward(dy: Array) -> tuple[Array, Array, Array, Array]:
        dz = derivative(dy)
        dweight, dbias, dx = xp.sum(dz * normed, axis=axes), xp.sum(dz, axis=axes), dz
        if statistics is None:  # which move with x
            count = prod(dz.shape[axis] for axis in axes)
            dx = dz - _spread(xp, dbias / count, ndim) - normed * _spread(xp, dweight / count, ndim)
        return dx * _spread(xp, weight * inverse, ndim), dz, dweight, dbias

    return y, mean, variance, backward


def _spread(xp: Namespace, statistic: Array, ndim: int) -> Array:
    """(runs, features) to as many axes as x has."""
    return xp.reshape(statistic, (statistic.shape[0], 1, statistic.shape[1], *(1,) * (ndim - 3)))
