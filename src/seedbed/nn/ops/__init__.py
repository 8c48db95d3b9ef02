"""Operations by the backend: those that the array standard lacks, and kernels that do several of its in one go."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Any

from array_api_compat import device

from seedbed.arrays import Array, Namespace

BACKENDS = ("numpy", "torch")


def of(xp: Namespace) -> ModuleType:
    """The operations for the arrays of a namespace: `ops.numpy_ops` or `ops.torch_ops`.

    Raises
    ------
    NotImplementedError
        For the namespace of another library.
    """
    library = xp.__name__.removeprefix("array_api_compat.").split(".")[0]
    if library not in BACKENDS:
        raise NotImplementedError(f"there are operations for numpy and torch arrays, none for {library}'s")
    return import_module(f"seedbed.nn.ops.{library}_ops")


def scalar(xp: Namespace, value: float, like: Array) -> Array:
    """A number as a 0-d array of another's type, made where that one lies.

    Torch would otherwise carry it there, and a CUDA device would be waited for.
    """
    return xp.full((), value, dtype=like.dtype, device=device(like))


def fused(array: Array, name: str) -> Callable[..., Any] | None:
    """The kernel that an array's backend has for what a layer also says in array operations; None where it has none.

    Nor where torch itself is to find the gradient: it does not look into kernels.
    """
    library = type(array).__module__.split(".")[0]
    if library not in BACKENDS or getattr(array, "requires_grad", False):
        return None
    return getattr(import_module(f"seedbed.nn.ops.{library}_ops"), name, None)
