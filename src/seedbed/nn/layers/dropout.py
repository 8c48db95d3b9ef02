"""Dropout: in training features are left out at random, and what stays is scaled up to make up for it."""

from __future__ import annotations

from dataclasses import dataclass

from seedbed.arrays import Array, Arrays
from seedbed.draws import uniform_words
from seedbed.nn.base import Backward, Context, Layer


@dataclass(frozen=True)
class Dropout(Layer):
    """Inverted dropout with a rate per run, `context.hyper["dropout"]` (runs,); the identity in evaluation.

    The mask is counter-based: a feature stays where its random word is at least floor(rate * 2**32). So a
    rate of 0 is the identity, and all engines drop the same features.

    Attributes
    ----------
    index
        The layer's index in its network, which tells its masks from those of other layers.
    """

    index: int

    def output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Unchanged."""
        if len(shape) != 1:
            raise ValueError(f"dropout works on a row of features, not on samples of shape {shape}")
        return shape

    def forward(
        self, params: Arrays, state: Arrays, x: Array, context: Context
    ) -> tuple[Array, Arrays, Backward]:
        """See `nn.base.Layer.forward`."""
        if not context.training:
            return x, state, lambda dy: (dy, {})
        mask = self.mask(x, context)
        return x * mask, state, lambda dy: (dy * mask, {})

    def mask(self, x: Array, context: Context) -> Array:
        """What x is multiplied by, (runs, batch, features): 0 or 1 / (1 - rate)."""
        xp = context.xp
        assert context.dropout_key is not None  # a training step has one
        _, batch, features = x.shape
        words = uniform_words(xp, context.dropout_key, batch, features, context.step, self.index)
        # Rates are float32 on every engine; rounding here makes the threshold theirs whatever is passed.
        rate = xp.astype(xp.astype(context.hyper["dropout"], xp.float32), xp.float64)[:, None, None]
        keep = words >= xp.astype(xp.floor(rate * 2.0**32), xp.int64)
        return xp.astype(keep, x.dtype) * xp.astype(1 / (1 - rate), x.dtype)
