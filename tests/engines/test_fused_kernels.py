"""Single kernels of the fused engine against NumPy: elementary functions, and products of any shape."""

import numba
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import special

from seedbed.engines.fused.kernels import dense, functions
from seedbed.engines.fused.workspace import PANEL, aligned_zeros
from seedbed.simd import WIDTH, load, store

WIDE = np.linspace(-30, 30, 4001)
FUNCTIONS = {
    "exp": (functions.exp, np.exp, WIDE),
    "log": (functions.log, np.log, np.geomspace(1e-30, 1e30, 4001)),
    "log1p": (functions.log1p, np.log1p, np.concatenate([[0.0], np.geomspace(1e-30, 1, 4000)])),
    "sigmoid": (functions.sigmoid, special.expit, WIDE),
    "tanh": (functions.tanh, np.tanh, np.concatenate([WIDE, np.geomspace(1e-20, 1, 999)])),
}


def over_array(function):
    """Apply a function of vectors to an array whose length is a multiple of WIDTH."""

    @numba.njit
    def apply(x, y):
        for at in range(0, len(x), WIDTH):
            store(y, at, function(load(x, at)))

    return apply


@pytest.mark.parametrize("name", FUNCTIONS)
def test_elementary_functions_are_accurate_to_a_few_units_in_the_last_place(name):
    function, expected, points = FUNCTIONS[name]
    x = np.concatenate([points, np.full(-len(points) % WIDTH, 0.5)]).astype(np.float32)
    y = np.empty_like(x)
    over_array(function)(x, y)
    np.testing.assert_allclose(y, expected(x.astype(np.float64)), rtol=5e-7)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_nan_comes_through(name):
    x, y = np.full(WIDTH, np.nan, np.float32), np.zeros(WIDTH, np.float32)
    over_array(FUNCTIONS[name][0])(x, y)
    assert np.isnan(y).all()


def test_normal_distribution_and_its_density():
    @numba.njit
    def apply(x, below, bell):
        for at in range(0, len(x), WIDTH):
            lower, density = functions.normal(load(x, at))
            store(below, at, lower)
            store(bell, at, density)

    x = np.linspace(-9, 9, 400 * WIDTH).astype(np.float32)
    below, bell = np.empty_like(x), np.empty_like(x)
    apply(x, below, bell)
    np.testing.assert_allclose(below, special.ndtr(x.astype(np.float64)), atol=2e-7)
    np.testing.assert_allclose(bell, np.exp(-0.5 * x.astype(np.float64) ** 2), atol=2e-7)


@numba.njit
def multiply(work, weight, rows, columns, bias, x, inputs, y, outputs, panels, packed):
    dense.product(work, weight, rows, columns, bias, x, inputs, y, outputs, panels, packed)


@numba.njit
def weigh(work, gradient, a, rows, b, columns, panels):
    dense.outer(work, gradient, a, rows, b, columns, panels)


def to_panels(x: np.ndarray) -> np.ndarray:
    """(samples, features) to (panels, features, PANEL), flat."""
    return x.reshape(-1, PANEL, x.shape[1]).transpose(0, 2, 1).ravel()


def from_panels(flat: np.ndarray, features: int) -> np.ndarray:
    return flat.reshape(-1, features, PANEL).transpose(0, 2, 1).reshape(-1, features)


@settings(max_examples=60)
@given(st.integers(1, 21), st.integers(1, 21), st.integers(1, 5))
@example(dense.PACKED + 3, 6, 2)
@example(6, dense.PACKED + 3, 3)
def test_products_of_any_shape(inputs, outputs, panels):
    rng = np.random.default_rng(inputs + 100 * outputs)
    samples = panels * PANEL
    weight, bias = rng.standard_normal((inputs, outputs)), rng.standard_normal(outputs)
    x, dy = rng.standard_normal((samples, inputs)), rng.standard_normal((samples, outputs))
    parts = [
        weight.ravel(),
        bias,
        to_panels(x),
        to_panels(dy),
        x.ravel() * 0,
        dy.ravel() * 0,
        weight.ravel() * 0,
    ]
    w, b, at_x, at_dy, at_dx, at_y, at_grad, packed = np.cumsum([0, *(part.size for part in parts)])
    work = aligned_zeros(packed + 4 * max(inputs, outputs) + 2 * PANEL)
    work[:packed] = np.concatenate(parts)
    multiply(work, w, 1, outputs, b, at_x, inputs, at_y, outputs, panels, packed)
    multiply(work, w, outputs, 1, -1, at_dy, outputs, at_dx, inputs, panels, packed)
    weigh(work, at_grad, at_x, inputs, at_dy, outputs, panels)
    close = {"rtol": 1e-4, "atol": 1e-4}
    np.testing.assert_allclose(from_panels(work[at_y:at_grad], outputs), x @ weight + bias, **close)
    np.testing.assert_allclose(from_panels(work[at_dx:at_y], inputs), dy @ weight.T, **close)
    np.testing.assert_allclose(work[at_grad:packed].reshape(inputs, outputs), x.T @ dy, **close)
    np.testing.assert_array_equal(work[:at_dx], np.concatenate(parts[:4]).astype(np.float32))
