"""Batch normalisation of images, by compiled kernels on a tensor's memory or by torch's."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from seedbed.nn.ops import channels_last
from seedbed.nn.ops.torch_ops.memory import fast, together

NormBackward = Callable[[torch.Tensor], tuple[torch.Tensor, ...]]
aten = torch.ops.aten


def batch_norm(
    x: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor,
    epsilon: float,
    added: torch.Tensor | None,
    relu: bool,
    statistics: tuple[torch.Tensor, torch.Tensor] | None,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, NormBackward]:
    """Normalise images, add to them and take the positive part, run after run; see `layers.batch_norm`."""
    runs = range(weight.shape[0])
    kernel = _norm_in_memory if _lies_in_pixels(x) else _norm_by_torch
    found = [
        kernel(
            x[run if len(x) > 1 else 0],
            weight[run],
            bias[run],
            epsilon,
            None if added is None else added[run if len(added) > 1 else 0],
            relu,
            statistics and (statistics[0][run], statistics[1][run]),
        )
        for run in runs
    ]
    y, means, variances, backwards = zip(*found, strict=True)

    def backward(dy: torch.Tensor) -> tuple[torch.Tensor, ...]:
        dx, dadded, dweight, dbias = zip(*(backwards[run](dy[run]) for run in runs), strict=True)
        return together(dx), together(dadded), torch.stack(dweight), torch.stack(dbias)

    return together(y), torch.stack(means), torch.stack(variances), backward


def _lies_in_pixels(x: torch.Tensor) -> bool:
    """Whether the compiled kernels can take images (runs, batch, channels, height, width), and gain by it.

    They work in one thread; torch's own, which share the work, are faster in two.
    """
    pixels = x.shape[1] * x.shape[3] * x.shape[4]
    fits = pixels % channels_last.tile(x.shape[2]) == 0
    return fits and x.device.type == "cpu" and x.dtype == torch.float32 and torch.get_num_threads() == 1


def _norm_in_memory(x, weight, bias, epsilon, added, relu, statistics):  # type: ignore[no-untyped-def]
    """By the compiled kernels, on the memory of the tensors (batch, channels, height, width) themselves."""
    batch, channels, height, width = x.shape

    def pixels(images: torch.Tensor) -> np.ndarray:
        return fast(images).permute(0, 2, 3, 1).reshape(-1, channels).numpy()

    def images(array: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(array).view(batch, height, width, channels).permute(0, 3, 1, 2)

    y, mean, variance, backward_of_pixels = channels_last.batch_norm(
        pixels(x),
        weight.numpy(),
        bias.numpy(),
        epsilon,
        None if added is None else pixels(added),
        relu,
        statistics and (statistics[0].numpy(), statistics[1].numpy()),
    )

    def backward(dy: torch.Tensor) -> tuple[torch.Tensor, ...]:
        dx, dadded, dweight, dbias = backward_of_pixels(pixels(dy))
        return images(dx), images(dadded), torch.from_numpy(dweight), torch.from_numpy(dbias)

    numbers = (torch.from_numpy(values.astype(np.float32)) for values in (mean, variance))
    return images(y), *numbers, backward


def _norm_by_torch(x, weight, bias, epsilon, added, relu, statistics):  # type: ignore[no-untyped-def]
    """By torch's kernels, which any device has."""
    of_batch, given = statistics is None, statistics or (None, None)
    y, mean, inverse = aten.native_batch_norm(x, weight, bias, *given, of_batch, 0.0, epsilon)
    y = y if added is None else y + added
    y = torch.relu(y) if relu else y

    def backward(dy: torch.Tensor) -> tuple[torch.Tensor, ...]:
        dz = aten.threshold_backward(dy, y, 0) if relu else dy
        saved = (None, None, mean, inverse) if of_batch else (*given, None, None)
        arguments = (weight, *saved, of_batch, epsilon, (True,) * 3)
        dx, dweight, dbias = aten.native_batch_norm_backward(dz, x, *arguments)
        return dx, dz, dweight, dbias

    mean, variance = (mean, inverse**-2 - epsilon) if statistics is None else statistics
    return y, mean, variance, backward
