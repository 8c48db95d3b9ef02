"""Groups of runs on a CUDA device, beside PyTorch training one run at a time on the same card."""

from __future__ import annotations

import time
from collections.abc import Callable

import torch

from bench import seedbed_peer, torch_peer
from bench.images import RESNET_20, image_task
from bench.measure import compare
from bench.suite import SMALL, Result
from bench.task import Contender, Task, made_task

SIDE = 8192  # of the matrices whose product shows what the card can do
PRODUCTS = 10


def population(repeats: int, device: str = "cuda", runs: int = 1024) -> Result:
    """The networks of report E, 2-10-100-10-1 with batch norm."""
    several, one = (made_task(2, 600, hidden=SMALL, norm=True, steps=200, runs=count) for count in (runs, 1))
    title = f"gpu-population: {runs:,} networks 2-10-100-10-1 with batch norm, batch 64"
    return _compared(title, several, _contenders(several, one, device), device, repeats)


def resnet20(repeats: int, device: str = "cuda", runs: int = 16) -> Result:
    """ResNet-20 on images of 3 x 32 x 32, batch 128."""
    several, one = (image_task(RESNET_20, (3, 32, 32), runs=count, steps=10) for count in (runs, 1))
    images = [torch_peer.eager(one, 1, channels_last=True, device=device)]
    title = f"gpu-resnet20: {runs} runs on 3 x 32 x 32 images, batch 128"
    return _compared(title, several, [*_contenders(several, one, device), *images], device, repeats)


def _contenders(several: Task, one: Task, device: str) -> list[Contender]:
    graphs = [seedbed_peer.torch(several, 1, device=device, cuda_graphs=True)] if device == "cuda" else []
    return [
        *graphs,
        seedbed_peer.torch(several, 1, device=device),
        torch_peer.eager(one, 1, device=device),
        torch_peer.eager(one, 1, compiled=True, device=device),
    ]


def _compared(title: str, task: Task, contenders: list[Contender], device: str, repeats: int) -> Result:
    rows = compare(contenders, repeats)
    peak = _peak_flops(device)
    share_of = f"{peak / 1e12:.3g} TFlop/s of float32 products of matrices on {_name(device)}"
    return Result(title, rows, task.flops * rows[0].steps_per_second / peak, share_of)


def _peak_flops(device: str) -> float:
    """Of large matrix products in float32, as PyTorch computes them unless told otherwise."""
    side = SIDE if device == "cuda" else SIDE // 8
    a, seconds = torch.randn(side, side, device=device), []
    for _ in range(5):
        started = time.perf_counter()
        for _ in range(PRODUCTS):
            b = a @ a
        float(b[0, 0])  # waits for the device
        seconds.append(time.perf_counter() - started)
    return PRODUCTS * 2 * side**3 / min(seconds)


def _name(device: str) -> str:
    return torch.cuda.get_device_name() if device == "cuda" else device


COMPARISONS: dict[str, Callable[[int], Result]] = {"gpu-population": population, "gpu-resnet20": resnet20}
