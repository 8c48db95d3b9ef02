"""The dense layer of logistic models: weight and bias merged in one parameter, beta."""

from __future__ import annotations

from dataclasses import dataclass

from seedbed.arrays import Array, Arrays
from seedbed.nn.base import Backward, Context, Layer, Parameter
from seedbed.nn.layers.dense import Dense


@dataclass(frozen=True)
class MergedDense(Layer):
    """y = [x, 1] beta: a dense layer whose bias is the last row of its weight.

    Attributes
    ----------
    inputs, outputs
        Numbers of features: x is (runs, batch, inputs), beta (runs, inputs + 1, outputs).
    """

    inputs: int
    outputs: int

    def parameters(self) -> dict[str, Parameter]:
        """Beta alone."""
        shape = (self.inputs + 1, self.outputs)
        return {"beta": Parameter(shape, "merged", fan_in=self.inputs, fan_out=self.outputs)}

    def output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """(inputs,) to (outputs,)."""
        return Dense(self.inputs, self.outputs).output_shape(shape)

    def forward(
        self, params: Arrays, state: Arrays, x: Array, context: Context
    ) -> tuple[Array, Arrays, Backward]:
        """See `nn.base.Layer.forward`. No column of ones is stored: beta is taken apart instead."""
        beta = params["beta"]
        parts = {"weight": beta[:, :-1, :], "bias": beta[:, -1, :]}
        y, state, dense_backward = Dense(self.inputs, self.outputs).forward(parts, state, x, context)

        def backward(dy: Array) -> tuple[Array | None, dict[str, Array]]:
            dx, grads = dense_backward(dy)
            return dx, {"beta": context.xp.concat([grads["weight"], grads["bias"][:, None, :]], axis=1)}

        return y, state, backward
