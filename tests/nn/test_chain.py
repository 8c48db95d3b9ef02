"""Chains: names, shapes, and the gradients that nobody asks for."""

from __future__ import annotations

import array_api_compat.numpy as xnp
import numpy as np
import pytest

from seedbed.nn.base import Context
from seedbed.nn.chain import Chain
from seedbed.nn.layers.activations import Activation
from seedbed.nn.layers.batch_norm import BatchNorm
from seedbed.nn.layers.dense import Dense
from seedbed.nn.layers.powers import Powers

CHAIN = Chain((Powers(2), Dense(4, 3), Chain((BatchNorm(3), Activation("relu")))))


def test_names_say_the_place() -> None:
    assert list(CHAIN.parameters()) == ["1.weight", "1.bias", "2.0.weight", "2.0.bias"]
    assert list(CHAIN.state()) == ["2.0.running_mean", "2.0.running_var"]


def test_names_of_places_above_nine_are_told_apart() -> None:
    chain = Chain(tuple(Dense(1, 1, bias=False) for _ in range(12)))
    params = {f"{place}.weight": np.full((1, 1, 1), place + 1.0) for place in range(12)}
    y, _, _ = chain.forward(params, {}, np.ones((1, 1, 1)), Context(xnp))
    assert y.item() == np.prod(np.arange(1.0, 13.0))


def test_shapes_are_followed_through() -> None:
    assert CHAIN.shapes((2,)) == [(2,), (4,), (3,), (3,)]
    assert CHAIN.output_shape((2,)) == (3,)


def test_a_misfit_is_named_with_its_place() -> None:
    with pytest.raises(ValueError, match=r"layer 1: a dense layer of 4 inputs cannot take .* shape \(6,\)"):
        CHAIN.output_shape((3,))


@pytest.mark.parametrize("wanted", [True, False])
def test_the_first_gradient_is_computed_only_where_it_is_wanted(wanted: bool) -> None:
    params = {name: np.ones((1, *p.shape)) for name, p in CHAIN.parameters().items()}
    state = {name: np.ones((1, *p.shape)) for name, p in CHAIN.state().items()}
    x = np.random.default_rng(0).standard_normal((1, 5, 2))
    y, _, backward = CHAIN.forward(params, state, x, Context(xnp, training=True, input_gradient=wanted))
    dx, grads = backward(np.ones_like(y))
    assert (dx is not None) == wanted
    assert grads.keys() == params.keys()
