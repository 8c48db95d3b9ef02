"""What the array standard lacks, for torch tensors: torch's kernels, forward and backward, no autograd."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch.special import erf

__all__ = ["avg_pool2d", "conv2d", "erf", "max_pool2d"]

ConvBackward = Callable[[torch.Tensor, bool], tuple[torch.Tensor | None, torch.Tensor]]
PoolBackward = Callable[[torch.Tensor], torch.Tensor]
aten = torch.ops.aten


def conv2d(
    x: torch.Tensor, weight: torch.Tensor, stride: int, padding: int
) -> tuple[torch.Tensor, ConvBackward]:
    """Cross-correlate every run's images with its own weight, run after run; see `ops.numpy.conv2d`."""
    runs = range(weight.shape[0])
    images = x.expand(len(runs), *x.shape[1:])

    def backward(dy: torch.Tensor, wants_dx: bool) -> tuple[torch.Tensor | None, torch.Tensor]:
        pairs = ((stride, stride), (padding, padding), (1, 1))  # stride, padding, dilation
        wanted = (wants_dx, True, False)
        found = [
            aten.convolution_backward(
                dy[run], images[run], weight[run], None, *pairs, False, (0, 0), 1, wanted
            )
            for run in runs
        ]
        dx = _together([grads[0] for grads in found]) if wants_dx else None
        return dx, _together([grads[1] for grads in found])

    return _together([F.conv2d(images[run], weight[run], None, stride, padding) for run in runs]), backward


def _together(tensors: list[torch.Tensor]) -> torch.Tensor:
    """One tensor with a runs axis, of one tensor a run."""
    return tensors[0][None] if len(tensors) == 1 else torch.stack(tensors)


def max_pool2d(x: torch.Tensor, size: int) -> tuple[torch.Tensor, PoolBackward]:
    """The largest of every size x size window; of several alike the first takes the gradient."""
    y, indices = F.max_pool2d(x.flatten(0, 1), size, return_indices=True)

    def backward(dy: torch.Tensor) -> torch.Tensor:
        pairs = ((size, size), (size, size), (0, 0), (1, 1))  # kernel, stride, padding, dilation
        chosen = indices.unflatten(0, x.shape[:2]).expand(dy.shape).flatten(0, 1)
        images = _of_runs(x, dy)
        dx = aten.max_pool2d_with_indices_backward(dy.flatten(0, 1), images, *pairs, False, chosen)
        return dx.unflatten(0, dy.shape[:2])

    return y.unflatten(0, x.shape[:2]), backward


def avg_pool2d(x: torch.Tensor, size: int) -> tuple[torch.Tensor, PoolBackward]:
    """The mean of every size x size window."""

    def backward(dy: torch.Tensor) -> torch.Tensor:
        pairs = ((size, size), (size, size), (0, 0))  # kernel, stride, padding
        dx = aten.avg_pool2d_backward(dy.flatten(0, 1), _of_runs(x, dy), *pairs, False, True, None)
        return dx.unflatten(0, dy.shape[:2])

    return F.avg_pool2d(x.flatten(0, 1), size).unflatten(0, x.shape[:2]), backward


def _of_runs(x: torch.Tensor, dy: torch.Tensor) -> torch.Tensor:
    """The images of all runs of dy in one batch, also where the runs share x."""
    return x.expand(dy.shape[0], *x.shape[1:]).flatten(0, 1)
