"""Activations: the value of each and its derivative, and the kernels that apply them to a stretch of numbers.

A derivative takes what the activation gave, GELU's what it was given, and dy, and gives dx. So all but GELU work in
place: y may take the place of x.
"""

from __future__ import annotations

import math

from seedbed.engines.fused import opcodes as oc
from seedbed.engines.fused.kernels import functions
from seedbed.nn.layers.activations import LEAK
from seedbed.simd import WIDTH, choose, fma, inlined, kernel, load, splat, store

ROOT_TWO_PI = math.sqrt(2 * math.pi)


@inlined
def relu(x):
    """max(x, 0); nan stays nan."""
    return functions.maximum(splat(0.0), x)


@inlined
def relu_back(y, dy):
    """dy where y > 0, else 0."""
    return choose(y, splat(0.0), dy, splat(0.0))


@inlined
def leaky_relu(x):
    """x where x > 0, else x / 100."""
    return choose(x, splat(0.0), x, x * splat(LEAK))


@inlined
def leaky_relu_back(y, dy):
    """dy where y > 0, else dy / 100."""
    return choose(y, splat(0.0), dy, dy * splat(LEAK))


@inlined
def sigmoid_back(y, dy):
    """dy y (1 - y)."""
    return dy * (y * (splat(1.0) - y))


@inlined
def tanh_back(y, dy):
    """dy (1 - y^2)."""
    return dy * (splat(1.0) - y * y)


@inlined
def gelu(x):
    """x Phi(x), with Phi the standard normal distribution."""
    below, _ = functions.normal(x)
    return x * below


@inlined
def gelu_back(x, dy):
    """dy (Phi(x) + x phi(x))."""
    below, bell = functions.normal(x)
    return dy * fma(x, bell * splat(1 / ROOT_TWO_PI), below)


def _forward(value):
    """The kernel that applies an activation: y = value(x)."""

    @kernel
    def forward(work, x, y, size):
        for at in range(0, size, WIDTH):
            store(work, y + at, value(load(work, x + at)))

    return forward


def _backward(derivative):
    """The kernel that applies a derivative: dx = derivative(kept, dy)."""

    @kernel
    def backward(work, kept, dy, dx, size):
        for at in range(0, size, WIDTH):
            store(work, dx + at, derivative(load(work, kept + at), load(work, dy + at)))

    return backward


_relu, _relu_back = _forward(relu), _backward(relu_back)
_leaky_relu, _leaky_relu_back = _forward(leaky_relu), _backward(leaky_relu_back)
_sigmoid, _sigmoid_back = _forward(functions.sigmoid), _backward(sigmoid_back)
_tanh, _tanh_back = _forward(functions.tanh), _backward(tanh_back)
_gelu, _gelu_back = _forward(gelu), _backward(gelu_back)


@kernel
def activate(work, op, x, y, size):
    """y = the activation of x."""
    if op == oc.RELU:
        _relu(work, x, y, size)
    elif op == oc.LEAKY_RELU:
        _leaky_relu(work, x, y, size)
    elif op == oc.SIGMOID:
        _sigmoid(work, x, y, size)
    elif op == oc.TANH:
        _tanh(work, x, y, size)
    elif op == oc.GELU:
        _gelu(work, x, y, size)


@kernel
def activate_back(work, op, x, y, dy, dx, size):
    """dx = the derivative of the activation times dy."""
    if op == oc.RELU:
        _relu_back(work, y, dy, dx, size)
    elif op == oc.LEAKY_RELU:
        _leaky_relu_back(work, y, dy, dx, size)
    elif op == oc.SIGMOID:
        _sigmoid_back(work, y, dy, dx, size)
    elif op == oc.TANH:
        _tanh_back(work, y, dy, dx, size)
    elif op == oc.GELU:
        _gelu_back(work, x, dy, dx, size)
