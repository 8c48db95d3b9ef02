"""Adam: steps scaled by running means of the gradient and its square."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from seedbed.arrays import Array, Namespace
from seedbed.optim.base import Optimizer
from seedbed.optim.penalties import penalised

EPS = 1e-8


def bias_corrections(hyper: Mapping[str, np.ndarray], step: np.ndarray) -> dict[str, np.ndarray]:
    """What `adam_step` needs of betas and step; float64 keeps the differences from 1."""
    return {
        "step_size": hyper["lr"] / (1 - hyper["beta1"] ** step),
        "root_correction": np.sqrt(1 - hyper["beta2"] ** step),
        "gain1": 1 - hyper["beta1"],
        "gain2": 1 - hyper["beta2"],
    }


def adam_step(
    xp: Namespace, params: Array, grads: Array, slots: tuple[Array, ...], hyper: Mapping[str, Array]
) -> tuple[Array, tuple[Array, ...]]:
    """One step of Adam with the penalties, if any, already in `grads`."""
    mean, square = slots
    mean = hyper["beta1"] * mean + hyper["gain1"] * grads
    square = hyper["beta2"] * square + hyper["gain2"] * (grads * grads)
    return params - hyper["step_size"] * mean / (xp.sqrt(square) / hyper["root_correction"] + EPS), (
        mean,
        square,
    )


@dataclass(frozen=True)
class Adam(Optimizer):
    """Adam with L2 in the gradient, as torch.optim.Adam.

    Source: Kingma and Ba, "Adam: a method for stochastic optimization", ICLR 2015.
    """

    slots: ClassVar[tuple[str, ...]] = ("mean", "square")
    hyperparameters: ClassVar[tuple[str, ...]] = ("beta1", "beta2")

    def derived(self, hyper: Mapping[str, np.ndarray], step: np.ndarray) -> dict[str, np.ndarray]:
        """step_size, root_correction, gain1 and gain2, see `bias_corrections`."""
        return bias_corrections(hyper, step)

    def update(
        self, xp: Namespace, params: Array, grads: Array, slots: tuple[Array, ...], hyper: Mapping[str, Array]
    ) -> tuple[Array, tuple[Array, ...]]:
        """See `Optimizer.update`."""
        return adam_step(xp, params, penalised(xp, params, grads, hyper), slots, hyper)
