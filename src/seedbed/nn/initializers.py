"""Initial parameters: drawn on the host, slot by slot, from the seed alone.

Two inits of one distribution (Xavier and Kaiming normal, say) scale the same standard draws: runs of one seed
differ in the init and in nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt
from typing import assert_never

import numpy as np

from seedbed.draws import generator
from seedbed.nn.base import Layout, Parameter, Slot

# A draw gives numbers of mean 0 and standard deviation 1; a scale is what they are multiplied by.
Draw = Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]
Scale = Callable[[Parameter, float], float]


def _normal(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return rng.standard_normal(shape)


def _uniform(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return rng.uniform(-sqrt(3), sqrt(3), shape)


def _default(parameter: Parameter, std: float) -> float:
    """PyTorch's rule for dense layers and convolutions: bounds of 1 / sqrt(fan_in), biases too."""
    return 1 / sqrt(3 * parameter.fan_in)


def _xavier(parameter: Parameter, std: float) -> float:
    """Glorot and Bengio, AISTATS 2010."""
    return sqrt(2 / (parameter.fan_in + parameter.fan_out))


def _kaiming(parameter: Parameter, std: float) -> float:
    """He et al., ICCV 2015, for ReLU."""
    return sqrt(2 / parameter.fan_in)


INITIALIZERS: dict[str, tuple[Draw, Scale]] = {
    "default": (_uniform, _default),
    "xavier_normal": (_normal, _xavier),
    "xavier_uniform": (_uniform, _xavier),
    "kaiming_normal": (_normal, _kaiming),
    "kaiming_uniform": (_uniform, _kaiming),
    "normal": (_normal, lambda parameter, std: std),
    "zeros": (_normal, lambda parameter, std: 0.0),
}


def initial(layout: Layout, init: str, init_std: float, study_seed: int, seed: int) -> np.ndarray:
    """Initial parameters of one run, or its initial state.

    Parameters
    ----------
    layout
        A network's `parameters` or `state`.
    init
        One of `INITIALIZERS`, the rule for weights. Biases follow it under "default" and are zero otherwise.
    init_std
        The spread of "normal".
    study_seed, seed
        What the draws follow from.

    Returns
    -------
    (P,) float32.
    """
    flat = np.zeros(layout.size, dtype=np.float32)
    for number, slot in enumerate(layout.slots.values()):
        rng = generator(study_seed, seed, "parameters", number)
        flat[slot.start : slot.stop] = _values(slot, init, init_std, rng).ravel()
    return flat


def _values(slot: Slot, init: str, init_std: float, rng: np.random.Generator) -> np.ndarray:
    parameter = slot.parameter
    draw, scale = INITIALIZERS[init]
    match parameter.role:
        case "one":
            return np.ones(parameter.shape)
        case "zero":
            return np.zeros(parameter.shape)
        case "bias" if init != "default":
            return np.zeros(parameter.shape)
        case "weight" | "bias" | "merged":
            values = scale(parameter, init_std) * draw(rng, parameter.shape)
        case _:
            assert_never(parameter.role)
    if parameter.role == "merged" and init != "default":
        values[-1] = 0  # its bias
    return values
