"""Pooling by torch's kernels, forward and backward."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F

Elementwise = Callable[[torch.Tensor], torch.Tensor]
aten = torch.ops.aten


def max_pool2d(x: torch.Tensor, size: int) -> tuple[torch.Tensor, Elementwise]:
    """The largest of every size x size window; of several alike the first takes the gradient."""
    y, indices = F.max_pool2d(x.flatten(0, 1), size, return_indices=True)

    def backward(dy: torch.Tensor) -> torch.Tensor:
        pairs = ((size, size), (size, size), (0, 0), (1, 1))  # kernel, stride, padding, dilation
        chosen = indices.unflatten(0, x.shape[:2]).expand(dy.shape).flatten(0, 1)
        images = _of_runs(x, dy)
        dx = aten.max_pool2d_with_indices_backward(dy.flatten(0, 1), images, *pairs, False, chosen)
        return dx.unflatten(0, dy.shape[:2])

    return y.unflatten(0, x.shape[:2]), backward


def avg_pool2d(x: torch.Tensor, size: int) -> tuple[torch.Tensor, Elementwise]:
    """The mean of every size x size window."""

    def backward(dy: torch.Tensor) -> torch.Tensor:
        pairs = ((size, size), (size, size), (0, 0))  # kernel, stride, padding
        dx = aten.avg_pool2d_backward(dy.flatten(0, 1), _of_runs(x, dy), *pairs, False, True, None)
        return dx.unflatten(0, dy.shape[:2])

    return F.avg_pool2d(x.flatten(0, 1), size).unflatten(0, x.shape[:2]), backward


def _of_runs(x: torch.Tensor, dy: torch.Tensor) -> torch.Tensor:
    """The images of all runs of dy in one batch, also where the runs share x."""
    return x.expand(dy.shape[0], *x.shape[1:]).flatten(0, 1)
