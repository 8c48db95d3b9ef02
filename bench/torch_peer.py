"""PyTorch as contenders: eager, compiled, and many models stacked under torch.func.vmap."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.func import functional_call, grad_and_value, vmap

from bench.images import ImageTask
from bench.modules import ModuleTask
from bench.task import LR, MOMENTUM, Contender, Task
from seedbed.text import counted

LOSSES = {"mse": nn.MSELoss, "bce": nn.BCEWithLogitsLoss, "cross_entropy": nn.CrossEntropyLoss}


def network(task: Task, run: int) -> nn.Module:
    """The task's network with the initial draws of one run."""
    if isinstance(task, ModuleTask):
        return task.module(run)
    model = task.module() if isinstance(task, ImageTask) else dense_network(task)
    views = list(task.network.parameters.views(task.params[run : run + 1]).values())
    with torch.no_grad():
        for parameter, view in zip(model.parameters(), views, strict=True):
            parameter.copy_(torch.from_numpy(view[0].T if view.ndim == 3 else view[0]))
    return model


def dense_network(task: Task) -> nn.Sequential:
    """A multi-layer perceptron as PyTorch's modules."""
    widths = [task.inputs.shape[1], *task.hidden, task.network.outputs]
    layers: list[nn.Module] = []
    for number, (inputs, outputs) in enumerate(pairwise(widths)):
        layers.append(nn.Linear(inputs, outputs))
        if number < len(task.hidden):
            layers += [nn.BatchNorm1d(outputs)] if task.norm else []
            layers.append(nn.ReLU())
    return nn.Sequential(*layers)


def eager(
    task: Task,
    threads: int,
    runs: int = 1,
    compiled: bool = False,
    channels_last: bool = False,
    device: str = "cpu",
) -> Contender:
    """The usual loop, run after run; `runs` of them are timed. Data and batches lie on the device."""
    memory_format = torch.channels_last if channels_last else torch.contiguous_format
    inputs, targets = torch.from_numpy(task.inputs).to(device), torch.from_numpy(task.targets).to(device)
    indices = torch.from_numpy(np.ascontiguousarray(task.indices[:runs])).to(device)
    loss_of = LOSSES[task.loss]()

    def wrapped(model: nn.Module) -> Callable[..., Any]:
        return torch.compile(model) if compiled else model

    def train() -> np.ndarray:
        torch.set_num_threads(threads)
        losses = torch.zeros((runs, task.steps), device=device)
        for run in range(runs):
            model = network(task, run).to(device, memory_format=memory_format)
            forward = wrapped(model)
            optimizer = torch.optim.SGD(model.parameters(), lr=LR, momentum=MOMENTUM)
            for step in range(task.steps):
                x, y = (inputs, targets) if task.full_batch else _batch(inputs, targets, indices[run, step])
                x = x.contiguous(memory_format=memory_format)
                optimizer.zero_grad()
                loss = loss_of(forward(x), y)
                loss.backward()
                optimizer.step()
                losses[run, step] = loss.detach()  # read at the end: a device need not be waited for
        return losses.cpu().numpy()

    seconds = _first(train) if compiled else 0.0
    kind = "compiled" if compiled else "eager"
    order = ", channels last" if channels_last else ""
    place = counted(threads, "thread") if device == "cpu" else "one run at a time"
    return Contender(f"PyTorch {kind}{order}, {place}", train, runs * task.steps, seconds)


def _batch(
    inputs: torch.Tensor, targets: torch.Tensor, indices: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    return inputs[indices], targets[indices]


def _first(train: Callable[[], np.ndarray]) -> float:
    """Seconds that the first call takes more than the second: compilation."""
    times = []
    for _ in range(2):
        started = time.perf_counter()
        train()
        times.append(time.perf_counter() - started)
    return max(0.0, times[0] - times[1])


def stacked(task: Task, threads: int, steps: int) -> Contender:
    """All runs at once: parameters stacked, torch.func's vmap over them; `steps` are timed."""
    inputs, targets = torch.from_numpy(task.inputs), torch.from_numpy(task.targets)
    indices = torch.from_numpy(np.ascontiguousarray(task.indices[:, :steps]))
    models = [network(task, run) for run in range(task.runs)]
    base = models[0].to("meta")
    names = [name for name, _ in base.named_parameters()]
    loss_of = LOSSES[task.loss]()
    start = {
        name: torch.stack(
            [dict(network(task, run).named_parameters())[name].detach() for run in range(task.runs)]
        )
        for name in names
    }
    # vmap takes no module that writes running statistics: they do not enter the training loss, so they are left out.
    for module in base.modules():
        if isinstance(module, nn.BatchNorm1d):
            module.track_running_stats, module.running_mean, module.running_var = False, None, None
            module.num_batches_tracked = None

    def loss(params: dict[str, torch.Tensor], x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return loss_of(functional_call(base, params, (x,)), y)

    gradient = vmap(grad_and_value(loss))

    def train() -> np.ndarray:
        torch.set_num_threads(threads)
        params = {name: value.clone() for name, value in start.items()}
        velocity = {name: torch.zeros_like(value) for name, value in start.items()}
        losses = np.zeros((task.runs, steps), np.float32)
        for step in range(steps):
            grads, values = gradient(params, *_batch(inputs, targets, indices[:, step]))
            for name in names:
                velocity[name].mul_(MOMENTUM).add_(grads[name])
                params[name].sub_(velocity[name], alpha=LR)
            losses[:, step] = values.numpy()
        return losses

    return Contender("PyTorch func.vmap", train, task.runs * steps)
