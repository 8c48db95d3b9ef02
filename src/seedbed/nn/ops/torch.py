"""What the array standard lacks, for torch tensors: torch's kernels, forward and backward, no autograd."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch.special import erf

from seedbed.nn.ops import channels_last

__all__ = ["avg_pool2d", "batch_norm", "conv2d", "erf", "max_pool2d", "relu"]

ConvBackward = Callable[[torch.Tensor, bool], tuple[torch.Tensor | None, torch.Tensor, torch.Tensor | None]]
NormBackward = Callable[[torch.Tensor], tuple[torch.Tensor, ...]]
Elementwise = Callable[[torch.Tensor], torch.Tensor]
aten = torch.ops.aten


def conv2d(
    x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None, stride: int, padding: int
) -> tuple[torch.Tensor, ConvBackward]:
    """Cross-correlate every run's images with its own weight, run after run; see `ops.numpy.conv2d`.

    One grouped convolution of all runs takes 1.05 to 1.9 times as long on a CPU with 16 channels or more, and
    is the faster one only with few channels on few pixels, where there is little to do. Under autocast products
    are formed in its type; what comes and goes has the type of x.
    """
    runs, kind = range(weight.shape[0]), _type_of_products(x)
    weight, bias = weight.to(kind), None if bias is None else bias.to(kind)
    images = [_fast(x[run if len(x) > 1 else 0]).to(kind) for run in runs]
    outputs = [
        F.conv2d(images[run], weight[run], None if bias is None else bias[run], stride, padding)
        for run in runs
    ]

    def backward(
        dy: torch.Tensor, wants_dx: bool
    ) -> tuple[torch.Tensor | None, torch.Tensor, torch.Tensor | None]:
        settings = ((stride, stride), (padding, padding), (1, 1), False, (0, 0), 1)
        wanted, biases = (wants_dx, True, bias is not None), None if bias is None else bias.shape[1:]
        found = [
            aten.convolution_backward(
                _fast(dy[run]).to(kind), images[run], weight[run], biases, *settings, wanted
            )
            for run in runs
        ]
        dx, dweight, dbias = zip(*found, strict=True)
        return (
            _together(dx).to(x.dtype) if wants_dx else None,
            torch.stack(dweight).to(x.dtype),
            None if bias is None else torch.stack(dbias).to(x.dtype),
        )

    return _together(outputs).to(x.dtype), backward


def _type_of_products(x: torch.Tensor) -> torch.dtype:
    """The type that autocast asks for, where it is on, else x's own."""
    device = x.device.type
    is_on = torch.amp.is_autocast_available(device) and torch.is_autocast_enabled(device)
    return torch.get_autocast_dtype(device) if is_on else x.dtype


def _fast(images: torch.Tensor) -> torch.Tensor:
    """Images in the order of memory that convolutions are fastest in: on a CPU channels last."""
    return images.to(memory_format=torch.channels_last) if images.device.type == "cpu" else images


def _together(tensors: Sequence[torch.Tensor]) -> torch.Tensor:
    """One tensor with a runs axis, of one tensor a run; the order of memory is kept."""
    if len(tensors) == 1:
        return tensors[0][None]
    if not tensors[0].is_contiguous(memory_format=torch.channels_last):
        return torch.stack(tuple(tensors))
    return torch.stack([tensor.permute(0, 2, 3, 1) for tensor in tensors]).permute(0, 1, 4, 2, 3)


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
        return _together(dx), _together(dadded), torch.stack(dweight), torch.stack(dbias)

    return _together(y), torch.stack(means), torch.stack(variances), backward


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
        return _fast(images).permute(0, 2, 3, 1).reshape(-1, channels).numpy()

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


def relu(x: torch.Tensor) -> tuple[torch.Tensor, Elementwise]:
    """The positive part."""
    y = torch.relu(x)
    return y, lambda dy: aten.threshold_backward(dy, y, 0)


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
