"""What an update rule is: one expression over the flat parameters of all runs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from seedbed.arrays import Array, Namespace


@dataclass(frozen=True)
class Optimizer(ABC):
    """A frozen dataclass named after its rule; its fields are options, set by the recipe's keys of the same names.

    Attributes
    ----------
    slots
        Names of its state arrays, each (runs, P) and zero at the start.
    hyperparameters
        Names it needs beside "lr", "weight_decay" and "l1": "beta1", "beta2", or keys of the recipe's `training`.
    decoupled
        Whether weights decay beside the gradient, not through it.
    """

    slots: ClassVar[tuple[str, ...]] = ()
    hyperparameters: ClassVar[tuple[str, ...]] = ()
    decoupled: ClassVar[bool] = False

    def derived(self, hyper: Mapping[str, np.ndarray], step: np.ndarray) -> dict[str, np.ndarray]:
        """Numbers that follow from hyperparameters and step, such as bias corrections, in float64 on the host.

        `hyper` holds (steps, runs) float64 arrays; `step`, (steps, 1 or runs), counts from 1, and again from
        1 after a restart. Returns (steps, runs) arrays.
        """
        return {}

    @abstractmethod
    def update(
        self, xp: Namespace, params: Array, grads: Array, slots: tuple[Array, ...], hyper: Mapping[str, Array]
    ) -> tuple[Array, tuple[Array, ...]]:
        """New parameters (runs, P) and new slots; nothing is written in place.

        `hyper` holds (runs, 1) arrays, those of `derived` among them, and "mask", the (1, P) decay mask. A
        penalty that no run of the group uses may be left out.
        """
