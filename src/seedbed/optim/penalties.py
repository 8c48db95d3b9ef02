"""L2 and L1 penalties, as they enter the gradient."""

from __future__ import annotations

from collections.abc import Mapping

from seedbed.arrays import Array, Namespace


def penalised(
    xp: Namespace, params: Array, grads: Array, hyper: Mapping[str, Array], decoupled: bool = False
) -> Array:
    """Gradients (runs, P) of loss + weight_decay / 2 * |w|^2 + l1 * |w|, for the w under `hyper["mask"]`.

    A rule with `decoupled` weight decay applies that one itself. A penalty that `hyper` leaves out is zero.
    """
    if "weight_decay" in hyper and not decoupled:
        grads = grads + hyper["weight_decay"] * (hyper["mask"] * params)
    if "l1" in hyper:
        grads = grads + hyper["l1"] * (hyper["mask"] * xp.sign(params))
    return grads
