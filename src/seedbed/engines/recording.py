"""A training step recorded once and replayed: a CUDA device is told of all its small kernels in one call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import torch

Tensors = Mapping[str, torch.Tensor]
Function = Callable[[Tensors], dict[str, torch.Tensor]]
Record = Callable[[Function, Tensors], Callable[[], dict[str, torch.Tensor]]]

WARM_UPS = 3  # as PyTorch's manual has it; libraries choose their kernels and take their memory in these


class Recording:
    """A function of tensors by name, of which a replay gives the same results as a call.

    What it gives under the name of something that it takes, such as parameters, stays where it is taken from: these
    tensors are not to be changed from outside, and hold until the next call.

    Parameters
    ----------
    function
        Of tensors alone: no number of it may reach the host, nor anything else decide what it computes.
    given
        Tensors such as it will take: of these shapes, types and device.
    record
        Takes a function and the very tensors that it is to be replayed on, and leaves them as they are; gives what
        replays it, which returns the same tensors every time.
    """

    def __init__(self, function: Function, given: Tensors, record: Record) -> None:
        self._own = {name: tensor.clone() for name, tensor in given.items()}
        self._replay = record(partial(_carried_on, function), self._own)

    def __call__(self, given: Tensors) -> dict[str, torch.Tensor]:
        """Take tensors of the shapes recorded; see `function`."""
        for name, own in self._own.items():
            if given[name] is not own:
                own.copy_(given[name])
        found = self._replay()
        return {
            name: tensor if tensor is self._own.get(name) else tensor.clone()
            for name, tensor in found.items()
        }


def _carried_on(function: Function, own: Tensors) -> dict[str, torch.Tensor]:
    """Apply the function and put what it changes back where it was taken from."""
    found = function(own)
    return {name: own[name].copy_(tensor) if name in own else tensor for name, tensor in found.items()}


def cuda_graph(function: Function, own: Tensors) -> Callable[[], dict[str, torch.Tensor]]:
    """Record by a CUDA graph; see `Recording`."""
    before = {name: tensor.clone() for name, tensor in own.items()}
    beside = torch.cuda.Stream()
    beside.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(beside):
        for _ in range(WARM_UPS):
            function(own)
    torch.cuda.current_stream().wait_stream(beside)
    for name, tensor in before.items():
        own[name].copy_(tensor)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):  # notes the kernels and starts none
        found = function(own)

    def replay() -> dict[str, torch.Tensor]:
        graph.replay()
        return found

    return replay
