"""The gradient checker itself: a right gradient passes, planted errors do not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from nn.gradient_check import check

Grads = dict[str, np.ndarray]


def squared_product(spoil: Callable[[Grads], Grads]) -> Callable[[Mapping[str, np.ndarray]], Any]:
    """y = (x W)^2 whose gradients are spoilt."""

    def forward(arrays: Mapping[str, np.ndarray]) -> Any:
        x, weight = arrays["x"], arrays["weight"]
        product = x @ weight

        def backward(dy: np.ndarray) -> Grads:
            dz = 2 * product * dy
            return spoil({"x": dz @ weight.swapaxes(1, 2), "weight": x.swapaxes(1, 2) @ dz})

        return product**2, backward

    return forward


ERRORS: dict[str, Callable[[Grads], Grads]] = {
    "all gradients x 1.001": lambda grads: {name: 1.001 * grad for name, grad in grads.items()},
    "one gradient x 1.001": lambda grads: {**grads, "weight": 1.001 * grads["weight"]},
    "zeros": lambda grads: {name: 0 * grad for name, grad in grads.items()},
    "transposed weight": lambda grads: {**grads, "weight": grads["weight"].swapaxes(1, 2)},
    "one number off": lambda grads: {**grads, "x": grads["x"] + np.eye(4)[0] * 0.01},
    "runs mixed up": lambda grads: {**grads, "weight": grads["weight"][::-1]},
    "one gradient missing": lambda grads: {"x": grads["x"]},
}


def point() -> Grads:
    rng = np.random.default_rng(3)
    return {"x": rng.standard_normal((2, 5, 4)), "weight": rng.standard_normal((2, 4, 4))}


def test_a_right_gradient_passes() -> None:
    check(squared_product(lambda grads: grads), point())


@pytest.mark.parametrize("spoil", ERRORS.values(), ids=ERRORS.keys())
def test_a_planted_error_is_found(spoil: Callable[[Grads], Grads]) -> None:
    with pytest.raises(AssertionError):
        check(squared_product(spoil), point())
