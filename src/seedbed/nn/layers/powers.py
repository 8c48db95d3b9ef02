"""The powers of each input as further features, for polynomial inputs [x, x^2, ..]."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate, repeat
from operator import mul

from seedbed.arrays import Array, Arrays
from seedbed.nn.base import Backward, Context, Layer


@dataclass(frozen=True)
class Powers(Layer):
    """[x, x^2, .., x^count] side by side: all features to the power 1, then all squared, and so on."""

    count: int

    def output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """(features,) to (features * count,)."""
        if len(shape) != 1:
            raise ValueError(f"powers are taken of a row of features, not of samples of shape {shape}")
        return (shape[0] * self.count,)

    def forward(
        self, params: Arrays, state: Arrays, x: Array, context: Context
    ) -> tuple[Array, Arrays, Backward]:
        """See `nn.base.Layer.forward`; dx is the sum over k of k x^(k-1) dy_k."""
        features = x.shape[-1]
        powers = list(accumulate(repeat(x, self.count), mul))

        def backward(dy: Array) -> tuple[Array, dict[str, Array]]:
            dx = dy[..., :features]
            for k, lower in enumerate(powers[:-1], start=2):
                dx = dx + k * lower * dy[..., (k - 1) * features : k * features]
            return dx, {}

        return context.xp.concat(powers, axis=-1), state, backward
