"""Networks: a recipe's model as a chain of layers over flat parameters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from math import prod

from seedbed import recipe
from seedbed.nn.base import Array, Context, Layer, Layout
from seedbed.nn.chain import Chain
from seedbed.nn.layers.activations import Activation
from seedbed.nn.layers.batch_norm import BatchNorm
from seedbed.nn.layers.dense import Dense
from seedbed.nn.layers.dropout import Dropout
from seedbed.nn.layers.flatten import Flatten
from seedbed.nn.layers.merged_dense import MergedDense
from seedbed.nn.layers.powers import Powers


@dataclass(frozen=True)
class Network:
    """Layers one after another, with their parameters in one flat array and their state in another.

    Attributes
    ----------
    layers
        In order; a parameter's name is `<place>.<name>`.
    input_shape
        The shape of one sample.
    """

    layers: tuple[Layer, ...]
    input_shape: tuple[int, ...]

    @cached_property
    def shapes(self) -> list[tuple[int, ...]]:
        """The shape of one sample before the first layer and after every one."""
        return Chain(self.layers).shapes(self.input_shape)

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


def build(model: recipe.AnyModel, input_shape: tuple[int, ...], outputs: int, powers: int = 1) -> Network:
    """The network of a recipe's model.

    Parameters
    ----------
    model
        The recipe's table `model`.
    input_shape
        The shape of one sample.
    outputs
        How many numbers are asked for a sample: targets, or classes.
    powers
        Inputs are [x, x^2, .., x^powers].

    Raises
    ------
    ValueError
        Where the layers do not fit each other or the sample.
    """
    front: list[Layer] = [Flatten()] if len(input_shape) > 1 else []
    if powers > 1:
        front.append(Powers(powers))
    features = prod(input_shape) * powers
    if isinstance(model, recipe.LinearModel):
        body: list[Layer] = [Dense(features, outputs)]
    elif isinstance(model, recipe.LogisticModel):
        body = [MergedDense(features, outputs)]
    else:
        body = _mlp(model, features, outputs, first_place=len(front))
    return Network((*front, *body), input_shape)


def _mlp(model: recipe.MlpModel, features: int, outputs: int, first_place: int) -> list[Layer]:
    """Dense layers, each hidden one followed by its norm, activation and dropout."""
    layers: list[Layer] = []
    for width in model.hidden:
        layers.append(Dense(features, width))
        if model.norm == "batch":
            layers.append(BatchNorm(width))
        layers.append(Activation(model.activation))
        if model.dropout:
            layers.append(Dropout(first_place + len(layers)))
        features = width
    return [*layers, Dense(features, outputs)]
