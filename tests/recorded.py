"""What stands in for a CUDA graph where there is no CUDA device, and finds what it could not record."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from seedbed.engines.recording import Function, Tensors

TO_THE_HOST = {
    torch.ops.aten._local_scalar_dense.default,
    torch.ops.aten.is_nonzero.default,
    torch.ops.aten.equal.default,
}


def by_tracing(function: Function, own: Tensors) -> Callable[[], dict[str, torch.Tensor]]:
    """Record the calls of torch's operations, as a CUDA graph does those of its kernels: a replay does only them.

    A number that reaches the host while it is recorded is an error, as it is there.
    """
    given = {name: tensor.clone() for name, tensor in own.items()}
    with Calls() as recorded:
        found = function(given)

    def replay() -> dict[str, torch.Tensor]:
        now = {id(tensor): own[name] for name, tensor in given.items()}

        def of_now(value: Any) -> Any:
            if isinstance(value, list | tuple):
                return [of_now(one) for one in value]
            return now.get(id(value), value)

        for call, args, kwargs, gave in recorded.calls:
            gives = call(*of_now(args), **{name: of_now(value) for name, value in kwargs.items()})
            now |= {id(before): after for before, after in zip(several(gave), several(gives), strict=True)}
        return {name: of_now(tensor) for name, tensor in found.items()}

    return replay


def several(given: Any) -> Sequence[Any]:
    """What an operation gave, one or several."""
    return given if isinstance(given, list | tuple) else (given,)


class Calls(TorchDispatchMode):
    """Keeps every operation with what it took and gave."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[Callable[..., Any], Sequence[Any], Mapping[str, Any], Any]] = []

    def __torch_dispatch__(self, operation: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """See torch's manual."""
        if operation in TO_THE_HOST:
            raise AssertionError(f"{operation} gives a number to the host")
        gave = operation(*args, **(kwargs or {}))
        self.calls.append((operation, args, kwargs or {}, gave))
        return gave


class NothingCarried(TorchFunctionMode):
    """Lets no number of the host become a tensor: a CUDA device is waited for then, and no graph can record it."""

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """See torch's manual."""
        carriers = (torch.asarray, torch.as_tensor, torch.tensor, torch.from_numpy)
        if function in carriers and not isinstance(args[0], torch.Tensor):
            raise AssertionError(f"{args[0]} is carried to the device")
        return function(*args, **(kwargs or {}))
