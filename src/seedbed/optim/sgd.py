"""Gradient descent with heavy-ball or Nesterov momentum."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from seedbed.arrays import Array, Namespace
from seedbed.optim.base import Optimizer
from seedbed.optim.penalties import penalised


@dataclass(frozen=True)
class SGD(Optimizer):
    """v = momentum * v + g; w = w - lr * v, or with `nesterov` w = w - lr * (g + momentum * v).

    As torch.optim.SGD; a momentum of 0 is plain gradient descent. Source: Sutskever et al., "On the
    importance of initialization and momentum in deep learning", ICML 2013.
    """

    nesterov: bool = False
    slots: ClassVar[tuple[str, ...]] = ("velocity",)
    hyperparameters: ClassVar[tuple[str, ...]] = ("momentum",)

    def update(
        self, xp: Namespace, params: Array, grads: Array, slots: tuple[Array, ...], hyper: Mapping[str, Array]
    ) -> tuple[Array, tuple[Array, ...]]:
        """See `Optimizer.update`."""
        grads = penalised(xp, params, grads, hyper)
        velocity = hyper["momentum"] * slots[0] + grads
        direction = grads + hyper["momentum"] * velocity if self.nesterov else velocity
        return params - hyper["lr"] * direction, (velocity,)
