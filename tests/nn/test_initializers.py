"""Initial draws: torch's spreads and bounds, paired between variants, nothing but the seed behind them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal

from seedbed.nn.base import Layout, Parameter
from seedbed.nn.initializers import INITIALIZERS, initial
from seedbed.nn.layers.batch_norm import BatchNorm
from seedbed.nn.layers.dense import Dense
from seedbed.nn.layers.merged_dense import MergedDense

INPUTS, OUTPUTS, STD = 300, 200, 0.03


def _linear(tensor: torch.Tensor) -> None:
    """What torch.nn.Linear does with its weight."""
    torch.nn.init.kaiming_uniform_(tensor, a=5**0.5)


TORCH: dict[str, Callable[[torch.Tensor], object]] = {
    "default": _linear,
    "xavier_normal": torch.nn.init.xavier_normal_,
    "xavier_uniform": torch.nn.init.xavier_uniform_,
    "kaiming_normal": lambda tensor: torch.nn.init.kaiming_normal_(tensor, nonlinearity="relu"),
    "kaiming_uniform": lambda tensor: torch.nn.init.kaiming_uniform_(tensor, nonlinearity="relu"),
    "normal": lambda tensor: torch.nn.init.normal_(tensor, std=STD),
    "zeros": torch.nn.init.zeros_,
}
every_init = pytest.mark.parametrize("init", INITIALIZERS)


def drawn(layer: Dense | MergedDense | BatchNorm, init: str, seed: int = 0) -> dict[str, np.ndarray]:
    layout = Layout(layer.parameters())
    flat = initial(layout, init, STD, 0, seed)
    assert flat.dtype == np.float32
    return {name: array[0] for name, array in layout.views(flat[None]).items()}


@every_init
def test_weights_spread_as_torchs_do(init: str) -> None:
    weight = drawn(Dense(INPUTS, OUTPUTS), init)["weight"]
    theirs = torch.empty(OUTPUTS, INPUTS)
    TORCH[init](theirs)
    spread = float(theirs.std())
    assert abs(weight.mean()) <= 5 * spread / weight.size**0.5
    for moment in (2, 4):  # the fourth tells a normal from a uniform distribution
        assert_allclose(np.mean(weight**moment), np.mean(theirs.numpy() ** moment), rtol=0.05)
    if "normal" not in init:
        assert_allclose(abs(weight).max(), abs(theirs).max(), rtol=1e-3)


@every_init
def test_biases_are_torchs_under_default_and_zero_otherwise(init: str) -> None:
    bias = drawn(Dense(INPUTS, 5000), init)["bias"]
    if init == "default":
        assert_allclose(bias.std(), (3 * INPUTS) ** -0.5, rtol=0.05)
        assert abs(bias).max() <= INPUTS**-0.5
    else:
        assert not bias.any()


@every_init
def test_a_merged_weight_is_a_dense_weight_with_its_bias_below(init: str) -> None:
    beta, weight = (
        drawn(MergedDense(INPUTS, OUTPUTS), init)["beta"],
        drawn(Dense(INPUTS, OUTPUTS), init)["weight"],
    )
    assert_array_equal(beta[:-1], weight)
    assert beta[-1].any() == (init == "default")


@every_init
def test_norm_parameters_start_at_one_and_zero(init: str) -> None:
    parameters = drawn(BatchNorm(4), init)
    assert_array_equal(parameters["weight"], np.ones(4))
    assert_array_equal(parameters["bias"], np.zeros(4))


@every_init
def test_draws_follow_from_the_seeds_alone(init: str) -> None:
    layout = Layout(Dense(5, 4).parameters())
    draws = [initial(layout, init, STD, *seeds) for seeds in [(0, 0), (0, 0), (0, 1), (1, 0)]]
    assert_array_equal(draws[0], draws[1])
    if init != "zeros":
        assert not np.any(draws[0][:20] == draws[2][:20])
        assert not np.any(draws[0][:20] == draws[3][:20])


@pytest.mark.parametrize(
    ("one", "other"),
    [("xavier_normal", "kaiming_normal"), ("xavier_uniform", "default"), ("normal", "xavier_normal")],
)
def test_inits_of_one_distribution_scale_the_same_draws(one: str, other: str) -> None:
    ratio = drawn(Dense(30, 20), one)["weight"] / drawn(Dense(30, 20), other)["weight"]
    assert_allclose(ratio, ratio[0, 0], rtol=1e-5)


def test_a_parameter_is_drawn_by_its_place_whatever_lies_before_it() -> None:
    weight = Parameter((3, 2), "weight", 3, 2)
    short, long = (
        initial(Layout({"first": Parameter((size,), "one"), "second": weight}), "normal", 1, 0, 0)
        for size in (1, 50)
    )
    assert_array_equal(short[1:], long[50:])


def test_every_init_has_a_row() -> None:
    assert INITIALIZERS.keys() == TORCH.keys()
