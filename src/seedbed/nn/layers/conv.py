"""The convolution: every output pixel is a dense layer of the window below it, the same for all pixels."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from seedbed.arrays import Array, Arrays
from seedbed.nn import ops
from seedbed.nn.base import Backward, Context, Layer, Parameter


@dataclass(frozen=True)
class Conv2d(Layer):
    """y = x * W + b, the cross-correlation that PyTorch calls a convolution.

    Attributes
    ----------
    inputs, outputs
        Numbers of channels: x is (runs, batch, inputs, height, width), W (runs, outputs, inputs, kernel,
        kernel), b (runs, outputs).
    kernel
        The side of the window, in pixels.
    stride
        The pixels from one window to the next.
    padding
        The zeros added on every side.
    bias
        Whether there is a b.
    """

    inputs: int
    outputs: int
    kernel: int = 3
    stride: int = 1
    padding: int = 0
    bias: bool = True

    def parameters(self) -> dict[str, Parameter]:
        """Weight, and bias if there is one."""
        window = self.kernel**2
        fans = {"fan_in": self.inputs * window, "fan_out": self.outputs * window}
        shape = (self.outputs, self.inputs, self.kernel, self.kernel)
        bias = {"bias": Parameter((self.outputs,), "bias", **fans)} if self.bias else {}
        return {"weight": Parameter(shape, "weight", **fans)} | bias

    def output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """(inputs, height, width) to (outputs, height', width')."""
        if len(shape) != 3 or shape[0] != self.inputs:
            raise ValueError(
                f"a convolution of {self.inputs} channels cannot take samples of shape {shape}; "
                f"it wants ({self.inputs}, height, width)"
            )
        height, width = ((side + 2 * self.padding - self.kernel) // self.stride + 1 for side in shape[1:])
        if min(height, width) < 1:
            raise ValueError(
                f"a window of {self.kernel} x {self.kernel} does not fit in samples of shape {shape}"
            )
        return (self.outputs, height, width)

    def runs_alone(self, device: str) -> bool:
        """On a processor convolutions are done run by run anyway, and putting them together would be a copy."""
        return device == "cpu"

    def scratch(self, shape: tuple[int, ...]) -> int:
        """What every output pixel sees, as columns, and as much on the way back."""
        return 2 * self.inputs * self.kernel**2 * prod(self.output_shape(shape)[1:])

    def forward(
        self, params: Arrays, state: Arrays, x: Array, context: Context
    ) -> tuple[Array, Arrays, Backward]:
        """See `nn.base.Layer.forward`."""
        conv2d = ops.of(context.xp).conv2d
        y, conv_backward = conv2d(x, params["weight"], params.get("bias"), self.stride, self.padding)

        def backward(dy: Array) -> tuple[Array | None, dict[str, Array]]:
            dx, dweight, dbias = conv_backward(dy, context.input_gradient)
            return dx, {"weight": dweight} | ({"bias": dbias} if self.bias else {})

        return y, state, backward
