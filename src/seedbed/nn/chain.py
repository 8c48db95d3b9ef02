"""Layers one after another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from seedbed.arrays import Array, Arrays
from seedbed.nn.base import Backward, Context, Layer, Parameter

Value = TypeVar("Value")


def prefixed(key: int | str, arrays: Mapping[str, Value]) -> dict[str, Value]:
    """Names as a layer calls them to names as the layer around it does; `key` is its index or name there."""
    return {f"{key}.{name}": array for name, array in arrays.items()}


def of_layer(key: int | str, arrays: Arrays) -> dict[str, Array]:
    """A layer's arrays by the names that it gave them, from those by the names of `prefixed`."""
    start = f"{key}."
    return {name[len(start) :]: array for name, array in arrays.items() if name.startswith(start)}


def joined(parts: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """All of several mappings in one."""
    return {name: value for part in parts for name, value in part.items()}


@dataclass(frozen=True)
class Chain(Layer):
    """Layers one after another, itself a layer; names are `<index>.<name>`, as in `0.weight`."""

    layers: tuple[Layer, ...]

    def parameters(self) -> dict[str, Parameter]:
        """Those of all layers, in order."""
        return joined(prefixed(index, layer.parameters()) for index, layer in enumerate(self.layers))

    def state(self) -> dict[str, Parameter]:
        """That of all layers, in order."""
        return joined(prefixed(index, layer.state()) for index, layer in enumerate(self.layers))

    def shapes(self, shape: tuple[int, ...]) -> list[tuple[int, ...]]:
        """The shape of one sample before the first layer and after every one."""
        shapes = [shape]
        for index, layer in enumerate(self.layers):
            try:
                shapes.append(layer.output_shape(shapes[-1]))
            except ValueError as error:
                raise ValueError(f"layer {index}: {error}") from error
        return shapes

    def output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """What the last layer gives."""
        return self.shapes(shape)[-1]

    def numbers(self, shape: tuple[int, ...]) -> int:
        """Those of all layers."""
        return sum(self._of_layers("numbers", shape))

    def scratch(self, shape: tuple[int, ...]) -> int:
        """The most that a layer needs."""
        return max(self._of_layers("scratch", shape), default=0)

    def _of_layers(self, what: str, shape: tuple[int, ...]) -> list[int]:
        shapes = self.shapes(shape)
        return [getattr(layer, what)(own) for layer, own in zip(self.layers, shapes, strict=False)]

    def forward(
        self, params: Arrays, state: Arrays, x: Array, context: Context
    ) -> tuple[Array, Arrays, Backward]:
        """See `nn.base.Layer.forward`.

        Where nobody asks for dx, neither does the first layer that has parameters need to give one, and what
        lies before it has no backward pass at all.
        """
        backwards: list[tuple[int, Backward]] = []
        states: list[Arrays] = []
        wanted = context.input_gradient
        for index, layer in enumerate(self.layers):
            x, new, backward = layer.forward(
                of_layer(index, params), of_layer(index, state), x, replace(context, input_gradient=wanted)
            )
            states.append(prefixed(index, new))
            wanted = wanted or bool(layer.parameters())
            if wanted and context.gradients:
                backwards.append((index, backward))

        def backward_all(dy: Array | None) -> tuple[Array | None, dict[str, Array]]:
            grads: dict[str, Array] = {}
            for index, backward in reversed(backwards):
                assert dy is not None  # none but the last asked gives none
                dy, own = backward(dy)
                grads |= prefixed(index, own)
            return dy, grads

        return x, joined(states), backward_all
