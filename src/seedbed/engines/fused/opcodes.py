"""A network as a short program: one row of integers a layer, over places in one flat array.

So one compilation of the kernels serves every architecture.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import numpy as np

from seedbed.nn.layers.activations import Activation
from seedbed.nn.layers.batch_norm import BatchNorm
from seedbed.nn.layers.dense import Dense
from seedbed.nn.layers.dropout import Dropout
from seedbed.nn.layers.flatten import Flatten
from seedbed.nn.layers.merged_dense import MergedDense
from seedbed.nn.layers.powers import Powers
from seedbed.nn.models import Network

# Columns of a row: what to do, features in and out, places of activations (x, y, their gradients dy and dx, and what
# the backward pass needs beside them), places of parameters, running statistics and single numbers, and the layer's
# place in its network.
COLUMNS = 12
OP, INPUTS, OUTPUTS, X, Y, DY, DX, AUX, PARAMS, STATE, SCALARS, PLACE = range(COLUMNS)

DENSE, DENSE_WITHOUT_BIAS, BATCH_NORM, DROPOUT, POWERS, RELU, LEAKY_RELU, SIGMOID, TANH, GELU = range(10)
ACTIVATIONS = {"relu": RELU, "leaky_relu": LEAKY_RELU, "sigmoid": SIGMOID, "tanh": TANH, "gelu": GELU}
NOWHERE = -1  # as DX: nothing before this layer learns


class Unsupported(ValueError):
    """This engine has no kernel for it; the message says for what."""


@dataclass(frozen=True)
class Code:
    """A compiled network.

    Attributes
    ----------
    rows
        (layers, COLUMNS) int64. Places of activations count features, the others numbers.
    mask, targets, inputs, outputs, gradient
        Places of the padding mask, of what a batch is gathered into, of the outputs and of their gradient.
    input_features, features
        How many features a sample has, and how many all activations take.
    scalars
        How many single numbers the layers keep for their backward pass.
    """

    rows: np.ndarray
    mask: int
    targets: int
    inputs: int
    outputs: int
    gradient: int
    input_features: int
    features: int
    scalars: int


def compile_network(network: Network, target_features: int) -> Code:
    """The program of a network of dense layers.

    Raises
    ------
    Unsupported
        Where a layer has no kernel.
    """
    return _Compiler(network, target_features).code()


class _Compiler:
    """Lays out activations as it goes through the layers."""

    def __init__(self, network: Network, target_features: int) -> None:
        self.network, self.features, self.scalars = network, 0, 0
        self.rows: list[list[int]] = []
        self.mask = self._reserve(1)
        self.targets = self._reserve(target_features)
        self.inputs = self.now = self._reserve(prod(network.input_shape))

    def _reserve(self, features: int) -> int:
        place, self.features = self.features, self.features + features
        return place

    def code(self) -> Code:
        for place, layer in enumerate(self.network.layers):
            shape = self.network.shapes[place]
            if not isinstance(layer, Flatten) and layer != Activation("identity"):
                self._layer(layer, place, prod(shape))
        outputs, gradient = self.now, self._gradients()
        rows = np.array(self.rows, dtype=np.int64).reshape(-1, COLUMNS)
        return Code(
            rows=rows,
            mask=self.mask,
            targets=self.targets,
            inputs=self.inputs,
            outputs=outputs,
            gradient=gradient,
            input_features=prod(self.network.input_shape),
            features=self.features,
            scalars=self.scalars,
        )

    def _layer(self, layer: object, place: int, inputs: int) -> None:
        row = [0] * COLUMNS
        row[INPUTS] = row[OUTPUTS] = inputs
        row[X], row[PLACE] = self.now, place
        row[PARAMS] = self._start(self.network.parameters.slots, place)
        row[STATE] = self._start(self.network.state.slots, place)
        if isinstance(layer, Dense | MergedDense):
            has_bias = isinstance(layer, MergedDense) or layer.bias
            row[OP] = DENSE if has_bias else DENSE_WITHOUT_BIAS
            row[OUTPUTS] = layer.outputs
        elif isinstance(layer, BatchNorm):
            row[OP], row[SCALARS] = BATCH_NORM, self.scalars
            row[AUX] = self.now if self._output_is_free() else self._reserve(inputs)
            self.scalars += inputs
        elif isinstance(layer, Dropout):
            row[OP], row[AUX], row[PLACE] = DROPOUT, self._reserve(inputs), layer.place
        elif isinstance(layer, Powers):
            row[OP], row[OUTPUTS] = POWERS, inputs * layer.count
        elif isinstance(layer, Activation) and layer.kind in ACTIVATIONS:
            row[OP] = ACTIVATIONS[layer.kind]
        else:
            raise Unsupported(f"no kernel for the layer {type(layer).__name__}")
        in_place = row[OP] >= RELU and row[OP] != GELU and self._output_is_free()
        row[Y] = self.now = self.now if in_place else self._reserve(row[OUTPUTS])
        self.rows.append(row)

    @staticmethod
    def _start(slots: dict, place: int) -> int:
        """Where the parameters of a layer begin; they lie side by side, in the order of its names."""
        return min((slot.start for name, slot in slots.items() if name.startswith(f"{place}.")), default=0)

    def _output_is_free(self) -> bool:
        """Whether nobody needs the activations at hand again: what made them is no activation or dropout."""
        return bool(self.rows) and self.rows[-1][OP] in (DENSE, DENSE_WITHOUT_BIAS, BATCH_NORM)

    def _gradients(self) -> int:
        """Reserve two places for gradients, between which they pass to and fro; returns where those of outputs are."""
        widest = max((max(row[INPUTS], row[OUTPUTS]) for row in self.rows), default=1)
        first = dy = self._reserve(widest)
        other = self._reserve(widest)
        learns = [row[OP] in (DENSE, DENSE_WITHOUT_BIAS, BATCH_NORM) for row in self.rows]
        for number in reversed(range(len(self.rows))):
            row = self.rows[number]
            dense = row[OP] in (DENSE, DENSE_WITHOUT_BIAS)
            row[DY], row[DX] = dy, dy
            if not any(learns[:number]):
                row[DX] = NOWHERE
            elif row[OP] == POWERS:
                raise Unsupported("no kernel for powers of learned features")
            elif dense:
                row[DX] = dy = first + other - dy
        return first
