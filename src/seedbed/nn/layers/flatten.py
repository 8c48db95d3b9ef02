"""Images to rows of features."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from seedbed.arrays import Array, Arrays
from seedbed.nn.base import Backward, Context, Layer


@dataclass(frozen=True)
class Flatten(Layer):
    """(runs, batch, *shape) to (runs, batch, features), the last axis of the shape fastest."""

    def output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Any shape to (features,)."""
        return (prod(shape),)

    def forward(
        self, params: Arrays, state: Arrays, x: Array, context: Context
    ) -> tuple[Array, Arrays, Backward]:
        """See `nn.base.Layer.forward`."""
        shape = tuple(x.shape[2:])

        def backward(dy: Array) -> tuple[Array, dict[str, Array]]:
            return context.xp.reshape(dy, (*dy.shape[:2], *shape)), {}

        return context.xp.reshape(x, (*x.shape[:2], prod(shape))), state, backward
