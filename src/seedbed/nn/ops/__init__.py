"""Operations by the backend: those that the array standard lacks, and kernels that do several of its in one go."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Any

BACKENDS = ("numpy", "torch")


def of(xp: Any) -> ModuleType:
    """The operations for the arrays of a namespace: `ops.numpy` or `ops.torch`.

    Raises
    ------
    NotImplementedError
        For the namespace of another library.
    """
    if (library := _library(xp)) not in BACKENDS:
        raise NotImplementedError(f"there are operations for numpy and torch arrays, none for {library}'s")
    return import_module(f"seedbed.nn.ops.{library}")


def fused(xp: Any, name: str) -> Callable[..., Any] | None:
    """The backend's one kernel for what a layer also says in array operations; None where it has none."""
    return getattr(of(xp), name, None) if _library(xp) in BACKENDS else None


def _library(xp: Any) -> str:
    return xp.__name__.removeprefix("array_api_compat.").split(".")[0]
