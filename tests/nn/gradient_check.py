"""Checks a hand-written backward pass against central differences of its own forward pass.

The slope along a random direction of every parameter and of the input must be what the backward pass says,
for a random cotangent: with ones the gradient of a normalising layer would vanish, and anything would pass.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

Arrays = Mapping[str, np.ndarray]
STEP = 1e-6
DIRECTIONS = 3


def check(
    forward: Callable[[Arrays], tuple[np.ndarray, Callable[[np.ndarray], Arrays]]],
    arrays: Arrays,
    rtol: float = 1e-6,
) -> None:
    """Raise AssertionError where a gradient is wrong.

    Parameters
    ----------
    forward
        Takes arrays by name (float64) and gives y and a function from dy to d (y dy) / d array, by name.
    arrays
        The point at which to look, away from kinks.
    rtol
        How far slopes may lie apart, relative to the size of the gradient.
    """
    rng = np.random.default_rng(0)
    y, backward = forward(arrays)
    cotangent = rng.standard_normal(y.shape)
    grads = backward(cotangent)
    assert grads.keys() == arrays.keys()
    for name, array in arrays.items():
        assert grads[name].shape == array.shape, f"the gradient of {name} has another shape"
        for _ in range(DIRECTIONS):
            tangent = rng.standard_normal(array.shape)
            ahead, behind = (forward({**arrays, name: array + sign * STEP * tangent})[0] for sign in (1, -1))
            found = np.sum((ahead - behind) * cotangent) / (2 * STEP)
            claimed = np.sum(grads[name] * tangent)
            size = np.linalg.norm(grads[name]) + 1e-3 * np.linalg.norm(cotangent)
            assert abs(found - claimed) <= rtol * size, (
                f"{name}: slope {found:.9g}, backward pass says {claimed:.9g}"
            )
