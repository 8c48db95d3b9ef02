"""Convolutions by torch's kernels, forward and backward: run after run, or those of all runs as a grouped one."""

from __future__ import annotations

from collections.abc import Callable, Hashable

import torch
import torch.nn.functional as F

from seedbed.nn.ops.torch_ops.memory import fast, together

Backward = Callable[[torch.Tensor, bool], tuple[torch.Tensor | None, torch.Tensor, torch.Tensor | None]]
# A way to convolve takes x, weight, bias, stride and padding, as `conv2d`, all of the type of products.
Way = Callable[..., tuple[torch.Tensor, Backward]]
aten = torch.ops.aten

MEASURED_SECONDS = 0.02  # of each way
measured: dict[Hashable, Way] = {}  # the faster way, by what tells convolutions apart


def conv2d(
    x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None, stride: int, padding: int
) -> tuple[torch.Tensor, Backward]:
    """Cross-correlate every run's images with its own weight; see `ops.numpy.conv2d`.

    On a CPU one run after another: a grouped convolution takes 1.05 to 1.9 times as long there with 16 channels or
    more, and is the faster one only with few channels on few pixels, where there is little to do. On a CUDA device
    both are timed once for each kind of convolution. Under autocast products are formed in its type; what comes and
    goes has the type of x.
    """
    kind = _type_of_products(x)
    taken = (x.to(kind), weight.to(kind), None if bias is None else bias.to(kind), stride, padding)
    way = faster(*taken) if x.device.type == "cuda" and len(weight) > 1 else run_by_run
    y, way_backward = way(*taken)

    def backward(
        dy: torch.Tensor, wants_dx: bool
    ) -> tuple[torch.Tensor | None, torch.Tensor, torch.Tensor | None]:
        dx, dweight, dbias = way_backward(dy.to(kind), wants_dx)
        return (
            None if dx is None else dx.to(x.dtype),
            dweight.to(x.dtype),
            None if dbias is None else dbias.to(x.dtype),
        )

    return y.to(x.dtype), backward


def _type_of_products(x: torch.Tensor) -> torch.dtype:
    """The type that autocast asks for, where it is on, else x's own."""
    device = x.device.type
    is_on = torch.amp.is_autocast_available(device) and torch.is_autocast_enabled(device)
    return torch.get_autocast_dtype(device) if is_on else x.dtype


def run_by_run(
    x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None, stride: int, padding: int
) -> tuple[torch.Tensor, Backward]:
    """A convolution for every run."""
    runs = range(len(weight))
    images = [fast(x[run if len(x) > 1 else 0]) for run in runs]
    outputs = [
        F.conv2d(images[run], weight[run], None if bias is None else bias[run], stride, padding)
        for run in runs
    ]

    def backward(
        dy: torch.Tensor, wants_dx: bool
    ) -> tuple[torch.Tensor | None, torch.Tensor, torch.Tensor | None]:
        found = [
            _backward(fast(dy[run]), images[run], weight[run], bias is not None, stride, padding, 1, wants_dx)
            for run in runs
        ]
        dx, dweight, dbias = zip(*found, strict=True)
        return (
            together(dx) if wants_dx else None,
            torch.stack(dweight),
            None if bias is None else torch.stack(dbias),
        )

    return together(outputs), backward


def grouped(
    x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None, stride: int, padding: int
) -> tuple[torch.Tensor, Backward]:
    """One convolution, of which every run is a group of channels."""
    runs = len(weight)

    def joined(images: torch.Tensor) -> torch.Tensor:
        return images.expand(runs, *images.shape[1:]).transpose(0, 1).flatten(1, 2)

    def parted(images: torch.Tensor) -> torch.Tensor:
        return images.unflatten(1, (runs, -1)).transpose(0, 1)

    images, flat = joined(x), weight.flatten(0, 1)
    y = F.conv2d(images, flat, None if bias is None else bias.flatten(), stride, padding, groups=runs)

    def backward(
        dy: torch.Tensor, wants_dx: bool
    ) -> tuple[torch.Tensor | None, torch.Tensor, torch.Tensor | None]:
        dx, dweight, dbias = _backward(
            joined(dy), images, flat, bias is not None, stride, padding, runs, wants_dx
        )
        return (
            parted(dx) if wants_dx else None,
            dweight.view(weight.shape),
            None if bias is None else dbias.view(bias.shape),
        )

    return parted(y), backward


def _backward(
    dy: torch.Tensor,
    x: torch.Tensor,
    weight: torch.Tensor,
    biased: bool,
    stride: int,
    padding: int,
    groups: int,
    wants_dx: bool,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """d loss / d x, weight and bias of one convolution; nothing of use where they are not wanted."""
    settings = ((stride, stride), (padding, padding), (1, 1), False, (0, 0), groups)
    biases = [len(weight)] if biased else None
    return aten.convolution_backward(dy, x, weight, biases, *settings, (wants_dx, True, biased))


def faster(
    x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None, stride: int, padding: int
) -> Way:
    """Whichever way is faster, forward and backward, measured when such a convolution is first met."""
    key = (x.device, x.dtype, x.shape[2:], weight.shape, bias is None, stride, padding)
    if key not in measured:
        measured[key] = min(
            (run_by_run, grouped), key=lambda way: _seconds(way, x, weight, bias, stride, padding)
        )
    return measured[key]


def _seconds(way: Way, x: torch.Tensor, *others: torch.Tensor | int | None) -> float:
    """Of one forward and backward pass; the timer waits for a device's end."""
    from torch.utils.benchmark import Timer

    def both() -> None:
        y, backward = way(x, *others)
        backward(y, True)

    timer = Timer("both()", globals={"both": both})
    return timer.blocked_autorange(min_run_time=MEASURED_SECONDS).median
