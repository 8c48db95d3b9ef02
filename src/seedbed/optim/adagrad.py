"""Adagrad: steps scaled by the sum of all squared gradients so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from seedbed.arrays import Array, Namespace
from seedbed.optim.base import Optimizer
from seedbed.optim.penalties import penalised

EPS = 1e-10


@dataclass(frozen=True)
class Adagrad(Optimizer):
    """s = s + g^2; w = w - lr * g / (sqrt(s) + eps), as torch.optim.Adagrad.

    Source: Duchi, Hazan and Singer, "Adaptive subgradient methods", JMLR 2011.
    """

    slots: ClassVar[tuple[str, ...]] = ("square",)

    def update(
        self, xp: Namespace, params: Array, grads: Array, slots: tuple[Array, ...], hyper: Mapping[str, Array]
    ) -> tuple[Array, tuple[Array, ...]]:
        """See `Optimizer.update`."""
        grads = penalised(xp, params, grads, hyper)
        square = slots[0] + grads * grads
        return params - hyper["lr"] * grads / (xp.sqrt(square) + EPS), (square,)
