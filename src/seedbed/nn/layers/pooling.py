"""Pooling: images made smaller by one number per window."""

from __future__ import annotations

from dataclasses import dataclass

from seedbed.arrays import Array, Arrays
from seedbed.nn import ops
from seedbed.nn.base import Backward, Context, Layer


def _pooled(shape: tuple[int, ...], size: int) -> tuple[int, ...]:
    """What windows side by side make of (channels, height, width); a remainder at the edge is left out."""
    if len(shape) != 3 or min(shape[1:]) < size:
        raise ValueError(f"windows of {size} x {size} cannot pool samples of shape {shape}")
    return (shape[0], shape[1] // size, shape[2] // size)


@dataclass(frozen=True)
class MaxPool2d(Layer):
    """The largest number of every size x size window."""

    size: int = 2

    def output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """(channels, height, width) to (channels, height // size, width // size)."""
        return _pooled(shape, self.size)

    def forward(
        self, params: Arrays, state: Arrays, x: Array, context: Context
    ) -> tuple[Array, Arrays, Backward]:
        """See `nn.base.Layer.forward`; dy goes to where the largest number came from."""
        y, backward = ops.of(context.xp).max_pool2d(x, self.size)
        return y, state, lambda dy: (backward(dy), {})


@dataclass(frozen=True)
class AvgPool2d(Layer):
    """The mean of every size x size window."""

    size: int = 2

    def output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """(channels, height, width) to (channels, height // size, width // size)."""
        return _pooled(shape, self.size)

    def forward(
        self, params: Arrays, state: Arrays, x: Array, context: Context
    ) -> tuple[Array, Arrays, Backward]:
        """See `nn.base.Layer.forward`; dy is shared out evenly."""
        y, backward = ops.of(context.xp).avg_pool2d(x, self.size)
        return y, state, lambda dy: (backward(dy), {})


@dataclass(frozen=True)
class GlobalAvgPool(Layer):
    """The mean of every channel: (runs, batch, channels, height, width) to (runs, batch, channels)."""

    def output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """(channels, height, width) to (channels,)."""
        if len(shape) != 3:
            raise ValueError(f"only images have channels to average, not samples of shape {shape}")
        return shape[:1]

    def forward(
        self, params: Arrays, state: Arrays, x: Array, context: Context
    ) -> tuple[Array, Arrays, Backward]:
        """See `nn.base.Layer.forward`; dy is shared out evenly."""
        xp, pixels = context.xp, tuple(x.shape[3:])

        def backward(dy: Array) -> tuple[Array, dict[str, Array]]:
            share = dy / (pixels[0] * pixels[1])
            return xp.broadcast_to(share[..., None, None], (*dy.shape, *pixels)), {}

        return xp.mean(x, axis=(3, 4)), state, backward


# What a recipe names: how a block halves the image.
POOLS: dict[str, tuple[Layer, ...]] = {"none": (), "max": (MaxPool2d(2),), "avg": (AvgPool2d(2),)}
