"""Networks: a chain of layers over flat parameters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from math import prod

import numpy as np

from seedbed.arrays import Array
from seedbed.nn.base import Context, Layer, Layout
from seedbed.nn.chain import Chain, joined, prefixed


@dataclass(frozen=True)
class Network:
    """Layers one after another, with their parameters in one flat array and their state in another.

    Attributes
    ----------
    layers
        In order; a parameter's name is `<index>.<name>`.
    input_shape
        The shape of one sample.
    """

    layers: tuple[Layer, ...]
    input_shape: tuple[int, ...]

    @cached_property
    def shapes(self) -> list[tuple[int, ...]]:
        """The shape of one sample before the first layer and after every one."""
        return Chain(self.layers).shapes(self.input_shape)

    @cached_property
    def widest(self) -> int:
        """How many numbers the largest array has that it makes of one sample, or that sample."""
        pairs = zip(self.layers, self.shapes, strict=False)
        return max([prod(self.input_shape), *(layer.widest(shape) for layer, shape in pairs)])

    def runs_alone(self, device: str) -> bool:
        """Whether PyTorch, on "cpu" or "cuda", should rather train every run by itself."""
        return any(layer.runs_alone(device) for layer in self.layers)

    def drawn(self, seed: int) -> dict[str, np.ndarray] | None:
        """See `nn.base.Layer.drawn`."""
        own = {index: layer.drawn(seed) for index, layer in enumerate(self.layers)}
        found = [prefixed(index, arrays) for index, arrays in own.items() if arrays is not None]
        return joined(found) if found else None

    @property
    def needs_torch(self) -> bool:
        """Whether only PyTorch computes it."""
        return any(layer.needs_torch for layer in self.layers)

    @property
    def remembers(self) -> bool:
        """Whether calling it changes more than its state."""
        return any(layer.remembers() for layer in self.layers)

    @property
    def why_alone(self) -> str | None:
        """Why its runs cannot be one program, in words that follow a colon; None where they can."""
        return next((why for layer in self.layers if (why := layer.why_alone())), None)

    @property
    def outputs(self) -> int:
        """How many numbers it gives for a sample."""
        return prod(self.shapes[-1])

    @cached_property
    def parameters(self) -> Layout:
        """Where each parameter lies in the flat array."""
        return Layout(Chain(self.layers).parameters())

    @cached_property
    def state(self) -> Layout:
        """Where each running statistic lies in the flat state."""
        return Layout(Chain(self.layers).state())

    def forward(
        self, params: Array, state: Array, x: Array, context: Context
    ) -> tuple[Array, Array, Callable[[Array], Array]]:
        """Apply the network.

        Parameters
        ----------
        params, state
            (runs, P) and (runs, S).
        x
            (runs or 1, batch, *input_shape).
        context
            See `nn.base.Context`.

        Returns
        -------
        The outputs (runs, batch, outputs), the new state (runs, S), and the backward pass, which takes
        d loss / d outputs and gives d loss / d params (runs, P).
        """
        xp = context.xp
        views = self.parameters.views(params), self.state.views(state)
        context = replace(context, input_gradient=False)
        y, new, chain_backward = Chain(self.layers).forward(*views, x, context)

        def backward(dy: Array) -> Array:
            return self.parameters.flatten(xp, chain_backward(dy)[1], params)

        return y, self.state.flatten(xp, new, state) if context.training else state, backward
