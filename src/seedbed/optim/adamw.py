"""AdamW: Adam whose weight decay is decoupled from the gradient."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from seedbed.arrays import Array, Namespace
from seedbed.optim.adam import adam_step, bias_corrections
from seedbed.optim.base import Optimizer
from seedbed.optim.penalties import penalised


@dataclass(frozen=True)
class AdamW(Optimizer):
    """w shrinks by lr * weight_decay * w before Adam's step, as torch.optim.AdamW; L1 stays in the gradient.

    Source: Loshchilov and Hutter, "Decoupled weight decay regularization", ICLR 2019.
    """

    slots: ClassVar[tuple[str, ...]] = ("mean", "square")
    hyperparameters: ClassVar[tuple[str, ...]] = ("beta1", "beta2")
    decoupled: ClassVar[bool] = True

    def derived(self, hyper: Mapping[str, np.ndarray], step: np.ndarray) -> dict[str, np.ndarray]:
        """step_size, root_correction, gain1 and gain2, see `bias_corrections`."""
        return bias_corrections(hyper, step)

    def update(
        self, xp: Namespace, params: Array, grads: Array, slots: tuple[Array, ...], hyper: Mapping[str, Array]
    ) -> tuple[Array, tuple[Array, ...]]:
        """See `Optimizer.update`."""
        grads = penalised(xp, params, grads, hyper, decoupled=True)
        if "weight_decay" in hyper:
            params = params - hyper["lr"] * hyper["weight_decay"] * (hyper["mask"] * params)
        return adam_step(xp, params, grads, slots, hyper)
