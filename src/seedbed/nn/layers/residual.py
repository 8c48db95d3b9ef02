"""Residual blocks: what a body of layers adds to its own input."""

from __future__ import annotations

from dataclasses import dataclass

from array_api_compat import device

from seedbed.nn.base import Array, Arrays, Backward, Context, Layer, Parameter
from seedbed.nn.chain import Chain, joined, of_place, prefixed


@dataclass(frozen=True)
class Residual(Layer):
    """y = body(x) + shortcut(x).

    Source: He et al., "Deep residual learning for image recognition", CVPR 2016.

    Attributes
    ----------
    body
        The layers to be learnt; names of their parameters begin with `body.`.
    shortcut
        What brings x to the shape of the body's output: an empty chain for the identity, `ZeroPad` for the
        paper's option A, a chain of convolution and norm for a projection (option B).
    """

    body: Chain
    shortcut: Layer

    def _branches(self) -> dict[str, Layer]:
        return {"body": self.body, "shortcut": self.shortcut}

    def parameters(self) -> dict[str, Parameter]:
        """Those of both branches."""
        return joined(prefixed(name, branch.parameters()) for name, branch in self._branches().items())

    def state(self) -> dict[str, Parameter]:
        """That of both branches."""
        return joined(prefixed(name, branch.state()) for name, branch in self._branches().items())

    def output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """What both branches give."""
        body, shortcut = (branch.output_shape(shape) for branch in self._branches().values())
        if body != shortcut:
            raise ValueError(f"the body gives {body} and the shortcut {shortcut}: they cannot be added")
        return body

    def forward(
        self, params: Arrays, state: Arrays, x: Array, context: Context
    ) -> tuple[Array, Arrays, Backward]:
        """See `nn.base.Layer.forward`."""
        results = {
            name: branch.forward(of_place(name, params), of_place(name, state), x, context)
            for name, branch in self._branches().items()
        }
        y = results["body"][0] + results["shortcut"][0]

        def backward(dy: Array) -> tuple[Array | None, dict[str, Array]]:
            found = {name: branch_backward(dy) for name, (_, _, branch_backward) in results.items()}
            dx = found["body"][0] + found["shortcut"][0] if context.input_gradient else None
            return dx, joined(prefixed(name, grads) for name, (_, grads) in found.items())

        return y, joined(prefixed(name, new) for name, (_, new, _) in results.items()), backward


@dataclass(frozen=True)
class ZeroPad(Layer):
    """The shortcut without parameters: every stride-th pixel, and channels of zeros behind the others.

    Attributes
    ----------
    inputs, outputs
        Numbers of channels: x is (runs, batch, inputs, height, width).
    stride
        The pixels from one that is taken to the next.
    """

    inputs: int
    outputs: int
    stride: int = 1

    def output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """(inputs, height, width) to (outputs, height', width')."""
        if len(shape) != 3 or shape[0] != self.inputs:
            raise ValueError(f"a shortcut of {self.inputs} channels cannot take samples of shape {shape}")
        return (self.outputs, *(-(-side // self.stride) for side in shape[1:]))

    def forward(
        self, params: Arrays, state: Arrays, x: Array, context: Context
    ) -> tuple[Array, Arrays, Backward]:
        """See `nn.base.Layer.forward`; dy goes back to the pixels that were taken."""
        xp, stride = context.xp, self.stride
        taken = x[..., ::stride, ::stride]
        added = (*taken.shape[:2], self.outputs - self.inputs, *taken.shape[3:])
        y = xp.concat([taken, xp.zeros(added, dtype=x.dtype, device=device(x))], axis=2)

        def backward(dy: Array) -> tuple[Array, dict[str, Array]]:
            dx = xp.zeros_like(xp.broadcast_to(x, (dy.shape[0], *x.shape[1:])))
            dx[..., ::stride, ::stride] = dy[:, :, : self.inputs]
            return dx, {}

        return y, state, backward
