"""A network as a short program: one row of integers per layer, over places in one flat array.

So one compilation of the kernels serves every architecture.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import numpy as np

from seedbed.engines.base import Program
from seedbed.engines.fused import opcodes as oc
from seedbed.nn.base import Slot
from seedbed.nn.layers.activations import Activation
from seedbed.nn.layers.batch_norm import BatchNorm
from seedbed.nn.layers.dense import Dense
from seedbed.nn.layers.dropout import Dropout
from seedbed.nn.layers.flatten import Flatten
from seedbed.nn.layers.merged_dense import MergedDense
from seedbed.nn.layers.powers import Powers
from seedbed.nn.network import Network
from seedbed.optim.adagrad import Adagrad
from seedbed.optim.adam import Adam
from seedbed.optim.adamw import AdamW
from seedbed.optim.rmsprop import RMSprop
from seedbed.optim.sgd import SGD

LEARNING = (oc.DENSE, oc.DENSE_WITHOUT_BIAS, oc.BATCH_NORM)
# Activations whose derivative follows from what they give, so that it may take the place of what they are given.
IN_PLACE = (oc.RELU, oc.LEAKY_RELU, oc.SIGMOID, oc.TANH)
RULES: dict[type, int] = {
    SGD: oc.SGD,
    Adam: oc.ADAM,
    AdamW: oc.ADAMW,
    RMSprop: oc.RMSPROP,
    Adagrad: oc.ADAGRAD,
}


class Unsupported(ValueError):
    """This engine has no kernel for it; the message says for what."""


@dataclass(frozen=True)
class Code:
    """A compiled network.

    Attributes
    ----------
    rows
        (layers, COLUMNS) int64, see `opcodes`. Places of activations count features, the others numbers.
    loss, rule
        Their numbers, see `opcodes`.
    outputs, gradient
        Places of the outputs and of their gradient.
    target_features, input_features, features
        How many features targets and inputs have, and how many all activations take.
    widest
        How many features the widest layer takes or gives.
    couples
        Whether a sample's activations depend on its batch, which then cannot be taken in blocks.
    scalars
        How many single numbers the layers keep for their backward pass.
    """

    rows: np.ndarray
    loss: int
    rule: int
    target_features: int
    outputs: int
    gradient: int
    input_features: int
    features: int
    widest: int
    couples: bool
    scalars: int


def compile_program(program: Program) -> Code:
    """What kernels need to know of a group's program.

    Raises
    ------
    Unsupported
        Where a layer, the loss or the update rule has no kernel.
    """
    return _Compiler(program).code()


def supports(program: Program) -> str | None:
    """Why the fused engine cannot train a program, or None where it can."""
    try:
        compile_program(program)
    except Unsupported as reason:
        return str(reason)
    except OverflowError:
        return "no kernel for so large a network"
    return None


def _loss_number(loss: object) -> int:
    for known, number in oc.LOSS_NUMBERS.items():
        if type(loss) is known:
            return number
    raise Unsupported(f"no kernel for the loss {type(loss).__name__}")


def _rule_number(rule: object) -> int:
    if type(rule) not in RULES:
        raise Unsupported(f"no kernel for the update rule {type(rule).__name__}")
    return oc.NESTEROV if isinstance(rule, SGD) and rule.nesterov else RULES[type(rule)]


def _starts(slots: dict[str, Slot]) -> dict[int, int]:
    """Where the parameters of each layer begin; they lie side by side, in the order of its names."""
    starts: dict[int, int] = {}
    for name, slot in slots.items():
        index = int(name.partition(".")[0])
        starts[index] = min(starts.get(index, slot.start), slot.start)
    return starts


class _Compiler:
    """Lays out activations as it goes through the layers."""

    def __init__(self, program: Program) -> None:
        self.network: Network = program.model
        self.parameters, self.state = (
            _starts(self.network.parameters.slots),
            _starts(self.network.state.slots),
        )
        self.features = self.scalars = 0
        self.loss, self.rule = _loss_number(program.loss), _rule_number(program.optimizer)
        self.rows: list[list[int]] = []
        self.now = oc.SOURCE

    def _reserve(self, features: int) -> int:
        offset, self.features = self.features, self.features + features
        return offset

    def code(self) -> Code:
        for index, layer in enumerate(self.network.layers):
            shape = self.network.shapes[index]
            if not isinstance(layer, Flatten) and layer != Activation("identity"):
                self._layer(layer, index, prod(shape))
        if not self.rows:
            raise Unsupported("no kernel for a network without layers")
        outputs, gradient = self.now, self._gradients()
        rows = np.array(self.rows, dtype=np.int64)
        return Code(
            rows=rows,
            loss=self.loss,
            rule=self.rule,
            outputs=outputs,
            gradient=gradient,
            target_features=1 if self.loss == oc.CROSS_ENTROPY else self.network.outputs,
            input_features=prod(self.network.input_shape),
            features=self.features,
            widest=self._widest(),
            couples=bool(self.scalars),
            scalars=self.scalars,
        )

    def _layer(self, layer: object, index: int, inputs: int) -> None:
        row = [0] * oc.COLUMNS
        row[oc.INPUTS] = row[oc.OUTPUTS] = inputs
        row[oc.X], row[oc.PLACE] = self.now, index
        row[oc.PARAMS], row[oc.STATE] = self.parameters.get(index, 0), self.state.get(index, 0)
        if isinstance(layer, Dense | MergedDense):
            has_bias = isinstance(layer, MergedDense) or layer.bias
            row[oc.OP] = oc.DENSE if has_bias else oc.DENSE_WITHOUT_BIAS
            row[oc.OUTPUTS] = layer.outputs
        elif isinstance(layer, BatchNorm) and layer.features == inputs and not layer.relu:
            row[oc.OP], row[oc.SCALARS] = oc.BATCH_NORM, self.scalars
            self.scalars += 4 * oc.norm_row(inputs)
        elif isinstance(layer, Dropout):
            row[oc.OP], row[oc.AUX], row[oc.PLACE] = oc.DROPOUT, self._reserve(inputs), layer.index
        elif isinstance(layer, Powers):
            row[oc.OP], row[oc.OUTPUTS] = oc.POWERS, inputs * layer.count
        elif isinstance(layer, Activation) and layer.kind in oc.ACTIVATIONS:
            row[oc.OP] = oc.ACTIVATIONS[layer.kind]
        else:
            raise Unsupported(f"no kernel for the layer {type(layer).__name__}")
        in_place = row[oc.OP] in IN_PLACE and self._output_is_free()
        row[oc.Y] = self.now = self.now if in_place else self._reserve(row[oc.OUTPUTS])
        self.rows.append(row)

    def _output_is_free(self) -> bool:
        """Whether nobody needs the activations at hand again: what made them is no activation or dropout."""
        return bool(self.rows) and self.rows[-1][oc.OP] in LEARNING

    def _widest(self) -> int:
        return max(max(row[oc.INPUTS], row[oc.OUTPUTS]) for row in self.rows)

    def _gradients(self) -> int:
        """Reserve two places for gradients, between which they pass to and fro; returns where those of outputs are."""
        widest = self._widest()
        first = dy = self._reserve(widest)
        other = self._reserve(widest)
        learns = [row[oc.OP] in LEARNING for row in self.rows]
        for number in reversed(range(len(self.rows))):
            row = self.rows[number]
            dense = row[oc.OP] in (oc.DENSE, oc.DENSE_WITHOUT_BIAS)
            row[oc.DY], row[oc.DX] = dy, dy
            if not any(learns[:number]):
                row[oc.DX] = oc.NOWHERE
            elif row[oc.OP] == oc.POWERS:
                raise Unsupported("no kernel for powers of learned features")
            elif dense:
                row[oc.DX] = dy = first + other - dy
        return first
