"""RMSprop: steps scaled by a running mean of the squared gradient."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from seedbed.arrays import Array, Namespace
from seedbed.optim.base import Optimizer
from seedbed.optim.penalties import penalised

ALPHA = 0.99
EPS = 1e-8


@dataclass(frozen=True)
class RMSprop(Optimizer):
    """s = alpha * s + (1 - alpha) * g^2; v = momentum * v + g / (sqrt(s) + eps); w = w - lr * v.

    As torch.optim.RMSprop. Source: Hinton, "Neural networks for machine learning", lecture 6, 2012.
    """

    slots: ClassVar[tuple[str, ...]] = ("square", "velocity")
    hyperparameters: ClassVar[tuple[str, ...]] = ("momentum",)

    def update(
        self, xp: Namespace, params: Array, grads: Array, slots: tuple[Array, ...], hyper: Mapping[str, Array]
    ) -> tuple[Array, tuple[Array, ...]]:
        """See `Optimizer.update`."""
        grads = penalised(xp, params, grads, hyper)
        square = ALPHA * slots[0] + (1 - ALPHA) * (grads * grads)
        velocity = hyper["momentum"] * slots[1] + grads / (xp.sqrt(square) + EPS)
        return params - hyper["lr"] * velocity, (square, velocity)
