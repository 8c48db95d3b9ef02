"""The dense layer: every output is a weighted sum of all inputs, plus a bias."""

from __future__ import annotations

from dataclasses import dataclass

from seedbed.arrays import Array, Arrays, Namespace
from seedbed.nn.base import Backward, Context, Layer, Parameter


@dataclass(frozen=True)
class Dense(Layer):
    """y = x W + b.

    Attributes
    ----------
    inputs, outputs
        Numbers of features: x is (runs, batch, inputs), W (runs, inputs, outputs), b (runs, outputs).
    bias
        Whether there is a b.
    """

    inputs: int
    outputs: int
    bias: bool = True

    def parameters(self) -> dict[str, Parameter]:
        """Weight, and bias if there is one."""
        fans = {"fan_in": self.inputs, "fan_out": self.outputs}
        weight = {"weight": Parameter((self.inputs, self.outputs), "weight", **fans)}
        return weight | ({"bias": Parameter((self.outputs,), "bias", **fans)} if self.bias else {})

    def output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """(inputs,) to (outputs,)."""
        if shape != (self.inputs,):
            raise ValueError(f"a dense layer of {self.inputs} inputs cannot take samples of shape {shape}")
        return (self.outputs,)

    def forward(
        self, params: Arrays, state: Arrays, x: Array, context: Context
    ) -> tuple[Array, Arrays, Backward]:
        """See `nn.base.Layer.forward`; dW = x' dy, db = the sum of dy over the batch, dx = dy W'."""
        xp, weight = context.xp, params["weight"]
        y = product(xp, x, weight)
        if self.bias:
            y = y + params["bias"][:, None, :]

        def backward(dy: Array) -> tuple[Array | None, dict[str, Array]]:
            grads = {"weight": product(xp, xp.matrix_transpose(x), dy)}
            if self.bias:
                grads["bias"] = xp.sum(dy, axis=1)
            dx = product(xp, dy, xp.matrix_transpose(weight)) if context.input_gradient else None
            return dx, grads

        return y, state, backward


def product(xp: Namespace, a: Array, b: Array) -> Array:
    """The matrix product, in a's type also where the backend is told to multiply in a shorter one."""
    return xp.astype(xp.matmul(a, b), a.dtype, copy=False)
