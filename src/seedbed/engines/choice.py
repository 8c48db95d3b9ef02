"""Which engine trains a group."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from seedbed.engines.base import Engine

NAMES = ("auto", "numpy", "torch", "fused")


def choose(name: str, program: Any) -> tuple[Callable[..., Engine], str | None]:
    """The engine to make, and one line saying why it is not the one asked for, or None.

    Parameters
    ----------
    name
        One of `NAMES`; "auto" takes the fastest that can run the program.
    program
        An `engines.base.Program`.
    """
    from seedbed.engines.array import ArrayEngine

    return ArrayEngine, None
