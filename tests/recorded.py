"""What stands in for a CUDA graph where there is no CUDA device, and finds what it could not record."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.fx.experimental.proxy_tensor import make_fx
from torch.overrides import TorchFunctionMode

from seedbed.engines.recording import Function, Tensors


def by_tracing(function: Function, own: Tensors) -> Callable[[], dict[str, torch.Tensor]]:
    """Record the calls of torch's operations, as a CUDA graph does those of its kernels: a replay does only them.

    A number that reaches the host while it is recorded is an error, as it is there.
    """
    traced = make_fx(function)({name: tensor.clone() for name, tensor in own.items()})
    return lambda: traced(dict(own))


class NothingCarried(TorchFunctionMode):
    """Lets no number of the host become a tensor: a CUDA device is waited for then, and no graph can record it."""

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """See torch's manual."""
        carriers = (torch.asarray, torch.as_tensor, torch.tensor, torch.from_numpy)
        if function in carriers and not isinstance(args[0], torch.Tensor):
            raise AssertionError(f"{args[0]} is carried to the device")
        return function(*args, **(kwargs or {}))
