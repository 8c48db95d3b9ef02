"""Batch normalisation: every feature is centred and scaled by its statistics over the batch."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from seedbed.nn.base import Array, Arrays, Backward, Context, Layer, Parameter

EPSILON = 1e-5
MOMENTUM = 0.1


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
        xp = context.xp
        axes = (1, *range(3, x.ndim))  # all but runs and features
        count = prod(x.shape[axis] for axis in axes)

        def spread(statistic: Array) -> Array:
            """(runs, features) to the axes of x."""
            return xp.reshape(statistic, (statistic.shape[0], 1, self.features, *(1,) * (x.ndim - 3)))

        if context.training:
            mean = xp.mean(x, axis=axes)
            centered = x - spread(mean)
            variance = xp.mean(centered * centered, axis=axes)
            state = {
                "running_mean": (1 - MOMENTUM) * state["running_mean"] + MOMENTUM * mean,
                "running_var": (1 - MOMENTUM) * state["running_var"]
                + MOMENTUM * variance * (count / max(count - 1, 1)),
            }
        else:
            centered = x - spread(state["running_mean"])
            variance = state["running_var"]
        inverse = 1 / xp.sqrt(variance + EPSILON)
        normed = centered * spread(inverse)
        y = normed * spread(params["weight"]) + spread(params["bias"])

        def backward(dy: Array) -> tuple[Array, dict[str, Array]]:
            grads = {"weight": xp.sum(dy * normed, axis=axes), "bias": xp.sum(dy, axis=axes)}
            dx = dy
            if context.training:  # the batch's own statistics move with x
                dx = dy - spread(grads["bias"] / count) - normed * spread(grads["weight"] / count)
            return dx * spread(params["weight"] * inverse), grads

        return y, state, backward
