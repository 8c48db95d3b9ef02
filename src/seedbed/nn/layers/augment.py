"""Augmentation: every training image is shifted and mirrored at random, differently in every step and run."""

from __future__ import annotations

from dataclasses import dataclass

from array_api_compat import device

from seedbed.arrays import Array, Arrays, Namespace
from seedbed.draws import uniform_words
from seedbed.nn.base import Backward, Context, Layer


@dataclass(frozen=True)
class Augment(Layer):
    """A random crop of every image with zeros around it, then its mirror image or not; nothing in evaluation.

    Counter-based: the first three words of (sample, step, index) give the crop's row and column, each one of
    2 crop + 1, and whether to mirror.

    Attributes
    ----------
    crop
        The zeros added on every side before cropping to the old size, in pixels.
    flip
        Whether to mirror left and right.
    index
        The layer's index in its network.
    """

    crop: int
    flip: bool
    index: int

    def output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Unchanged."""
        if len(shape) != 3:
            raise ValueError(f"only images can be cropped and mirrored, not samples of shape {shape}")
        return shape

    def forward(
        self, params: Arrays, state: Arrays, x: Array, context: Context
    ) -> tuple[Array, Arrays, Backward]:
        """See `nn.base.Layer.forward`."""
        if not context.training:
            return x, state, lambda dy: (dy, {})
        assert context.augment_key is not None  # a training step has one
        xp, (height, width) = context.xp, x.shape[3:]
        words = uniform_words(xp, context.augment_key, x.shape[1], 4, context.step, self.index)
        down, right = (((words[..., word, None] * (2 * self.crop + 1)) >> 32) - self.crop for word in (0, 1))
        mirrored = (words[..., 2, None] >> 31) * int(self.flip)
        rows, columns = (xp.arange(side, dtype=xp.int64, device=device(words)) for side in (height, width))

        def mirror(columns: Array) -> Array:
            return columns + mirrored * (width - 1 - 2 * columns)

        def backward(dy: Array) -> tuple[Array, dict[str, Array]]:
            return _taken(xp, dy, rows - down, mirror(columns - right)), {}

        return _taken(xp, x, rows + down, mirror(columns) + right), state, backward


def _taken(xp: Namespace, x: Array, rows: Array, columns: Array) -> Array:
    """Pixels (runs, batch, height) x (runs, batch, width) of x; zero where there are none.

    No pixel is taken twice, so the way back takes pixels too.
    """
    rows, columns = rows[:, :, None, :, None], columns[:, :, None, None, :]
    inside = (rows >= 0) & (rows < x.shape[3]) & (columns >= 0) & (columns < x.shape[4])
    x = xp.take_along_axis(x, xp.clip(rows, 0, x.shape[3] - 1), axis=3)
    x = xp.take_along_axis(x, xp.clip(columns, 0, x.shape[4] - 1), axis=4)
    return x * xp.astype(inside, x.dtype)
