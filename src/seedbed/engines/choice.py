"""Which engine trains a group."""

from __future__ import annotations

from collections.abc import Callable

from seedbed.engines.base import Engine, Program

NAMES = ("auto", "numpy", "torch", "fused")


def choose(name: str, program: Program) -> tuple[Callable[..., Engine], str | None]:
    """The engine to make, and one line saying why it is not the one asked for, or None.

    Parameters
    ----------
    name
        One of `NAMES`; "auto" takes the fastest that can run the program.
    program
        What the group is to be trained on.
    """
    reason = None
    if name in ("auto", "fused"):
        from seedbed.engines.fused.compiler import supports

        lacking = supports(program)
        if lacking is None:
            from seedbed.engines.fused.driver import FusedEngine

            return FusedEngine, None
        reason = f"The numpy engine trains this group, not the fused one: {lacking}."
    from seedbed.engines.array import ArrayEngine

    return ArrayEngine, reason
