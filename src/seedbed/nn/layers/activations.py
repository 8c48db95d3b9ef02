"""Activations: one function of every number by itself, each beside its derivative."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import pi, sqrt

from seedbed.arrays import Array, Arrays, Namespace
from seedbed.nn import ops
from seedbed.nn.base import Backward, Context, Layer

LEAK = 0.01

# An activation takes (xp, x) and gives y and a function from dy to dx.
Result = tuple[Array, Callable[[Array], Array]]


def sigmoid(xp: Namespace, x: Array) -> Array:
    """1 / (1 + exp(-x)) without overflow: exp is taken of no number above zero."""
    return xp.exp(xp.minimum(x, ops.scalar(xp, 0.0, x))) / (1 + xp.exp(-xp.abs(x)))


def _identity(xp: Namespace, x: Array) -> Result:
    return x, lambda dy: dy


def _relu(xp: Namespace, x: Array) -> Result:
    if kernel := ops.fused(x, "relu"):
        return kernel(x)
    return xp.maximum(x, ops.scalar(xp, 0.0, x)), lambda dy: dy * (x > 0)


def _leaky_relu(xp: Namespace, x: Array) -> Result:
    slope = LEAK + (1 - LEAK) * xp.astype(x > 0, x.dtype)
    return x * slope, lambda dy: dy * slope


def _sigmoid(xp: Namespace, x: Array) -> Result:
    y = sigmoid(xp, x)
    return y, lambda dy: dy * (y * (1 - y))


def _tanh(xp: Namespace, x: Array) -> Result:
    y = xp.tanh(x)
    return y, lambda dy: dy * (1 - y * y)


def _gelu(xp: Namespace, x: Array) -> Result:
    """x Phi(x) with the exact normal distribution; its derivative is Phi(x) + x phi(x)."""
    below = 0.5 * (1 + ops.of(xp).erf(x * sqrt(0.5)))
    return x * below, lambda dy: dy * (below + x * (xp.exp(-0.5 * x * x) / sqrt(2 * pi)))


@dataclass(frozen=True)
class Function:
    """A function of every number by itself.

    Attributes
    ----------
    apply
        Takes (xp, x) and gives y and a function from dy to dx.
    monotone
        Whether y never falls as x rises. Max pooling gives the same before such a function as after it.
    """

    apply: Callable[[Namespace, Array], Result]
    monotone: bool = False

    def __call__(self, xp: Namespace, x: Array) -> Result:
        """See `apply`."""
        return self.apply(xp, x)


ACTIVATIONS: dict[str, Function] = {
    "relu": Function(_relu, monotone=True),
    "leaky_relu": Function(_leaky_relu, monotone=True),
    "sigmoid": Function(_sigmoid, monotone=True),
    "tanh": Function(_tanh, monotone=True),
    "gelu": Function(_gelu),
    "identity": Function(_identity, monotone=True),
}


@dataclass(frozen=True)
class Activation(Layer):
    """One of `ACTIVATIONS`, by name, applied to every number."""

    kind: str

    def forward(
        self, params: Arrays, state: Arrays, x: Array, context: Context
    ) -> tuple[Array, Arrays, Backward]:
        """See `nn.base.Layer.forward`."""
        y, derivative = ACTIVATIONS[self.kind](context.xp, x)
        if context.watch:
            context.watch(self.kind, y)
        return y, state, lambda dy: (derivative(dy), {})
