"""The few operations that the array standard lacks, one file a backend, chosen by the array namespace."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import Any


def of(xp: Any) -> ModuleType:
    """The operations for the arrays of a namespace: `ops.numpy` or `ops.torch`.

    Raises
    ------
    NotImplementedError
        For the namespace of another library.
    """
    library = xp.__name__.removeprefix("array_api_compat.").split(".")[0]
    if library not in ("numpy", "torch"):
        raise NotImplementedError(
            f"there are operations for numpy and torch arrays, not for those of {xp.__name__}"
        )
    return import_module(f"seedbed.nn.ops.{library}")
