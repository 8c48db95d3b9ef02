"""Residual blocks: what a body of layers adds to its own input."""

from __future__ import annotations

from dataclasses import dataclass, replace

from array_api_compat import device

from seedbed.arrays import Array, Arrays
from seedbed.nn.base import Backward, Context, Layer, Parameter
from seedbed.nn.chain import Chain, joined, of_layer, prefixed
from seedbed.nn.layers.batch_norm import BatchNorm


@dataclass(frozen=True)
class Residual(Layer):
    """y = norm(body(x)) + shortcut(x), or its positive part if the norm takes that.

    Source: He et al., "Deep residual learning for image recognition", CVPR 2016.

    Attributes
    ----------
    body
        The layers to be learnt, but for the last norm; names of their parameters begin with `body.`.
    norm
        The last norm, which does the addition.
    shortcut
        What brings x to the shape of the body's output: an empty chain for the identity, `ZeroPad` for the
        paper's option A, a chain of convolution and norm for a projection (option B).
    """

    body: Chain
    norm: BatchNorm
    shortcut: Layer

    def _parts(self) -> dict[str, Layer]:
        return {"body": self.body, "norm": self.norm, "shortcut": self.shortcut}

    def parameters(self) -> dict[str, Parameter]:
        """Those of all parts."""
        return joined(prefixed(name, part.parameters()) for name, part in self._parts().items())

    def state(self) -> dict[str, Parameter]:
        """That of all parts."""
        return joined(prefixed(name, part.state()) for name, part in self._parts().items())

    def output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """What both branches give."""
        body, shortcut = (branch.output_shape(shape) for branch in (self.body, self.shortcut))
        if body != shortcut:
            raise ValueError(f"the body gives {body} and the shortcut {shortcut}: they cannot be added")
        return self.norm.output_shape(body)

    def numbers(self, shape: tuple[int, ...]) -> int:
        """Those of both branches and of the norm."""
        after = self.body.output_shape(shape)
        return self.body.numbers(shape) + self.shortcut.numbers(shape) + self.norm.numbers(after)

    def scratch(self, shape: tuple[int, ...]) -> int:
        """That of the body, whose convolutions are larger than the shortcut's."""
        return self.body.scratch(shape)

    def forward(
        self, params: Arrays, state: Arrays, x: Array, context: Context
    ) -> tuple[Array, Arrays, Backward]:
        """See `nn.base.Layer.forward`."""
        own = {name: (of_layer(name, params), of_layer(name, state)) for name in self._parts()}
        added, shortcut_state, shortcut_backward = self.shortcut.forward(*own["shortcut"], x, context)
        hidden, body_state, body_backward = self.body.forward(*own["body"], x, context)
        inner = replace(context, input_gradient=True)
        y, norm_state, norm_backward = self.norm.forward_with(added, *own["norm"], hidden, inner)
        states = {"body": body_state, "norm": norm_state, "shortcut": shortcut_state}

        def backward(dy: Array) -> tuple[Array | None, dict[str, Array]]:
            grads: dict[str, dict[str, Array]] = {}
            dhidden, dadded, grads["norm"] = norm_backward(dy)
            by_body, grads["body"] = body_backward(dhidden)
            by_shortcut, grads["shortcut"] = shortcut_backward(dadded)
            dx = None if by_body is None or by_shortcut is None else by_body + by_shortcut
            return dx, joined(prefixed(name, own) for name, own in grads.items())

        return y, joined(prefixed(name, new) for name, new in states.items()), backward


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
