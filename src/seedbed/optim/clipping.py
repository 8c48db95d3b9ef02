"""Clipping of gradients by their norm, each run by its own."""

from __future__ import annotations

from seedbed.arrays import Array, Namespace

EPS = 1e-6  # keeps a gradient of zero from dividing by zero, as torch.nn.utils.clip_grad_norm_


def clip(xp: Namespace, grads: Array, clip_norm: Array) -> Array:
    """Gradients (runs, P), scaled down to the norm `clip_norm` (runs, 1) where theirs is larger.

    A `clip_norm` of inf clips nothing. Clip the gradient of the loss alone: penalties enter in the update.
    """
    norm = xp.sqrt(xp.sum(grads * grads, axis=1, keepdims=True)) + EPS
    return xp.where(norm > clip_norm, clip_norm / norm, xp.ones_like(norm)) * grads
