"""Which engine trains a group."""

from __future__ import annotations

from importlib.util import find_spec

from seedbed.engines.base import Engine, Program

INSTALL_TORCH = "the torch engine needs PyTorch: pip install 'seedbed[torch]'"


class EngineError(ValueError):
    """An engine that was asked for and is not to be had; the message says what to do."""


def choose(name: str, program: Program) -> tuple[type[Engine], str | None]:
    """The class of the engine to train with, and one line saying why it is not the one asked for, or None.

    Parameters
    ----------
    name
        "numpy", "torch", "fused", or "auto": fused for dense networks, torch for all others where it is installed,
        else numpy.

    Raises
    ------
    EngineError
        Where torch is asked for and not installed.
    """
    if name == "torch":
        return _torch(), None
    if name == "numpy":
        return _numpy(), None
    from seedbed.engines.fused.compiler import supports

    reason = supports(program)
    if reason is None:
        from seedbed.engines.fused.driver import FusedEngine

        return FusedEngine, None
    if name == "auto" and find_spec("torch"):
        return _torch(), None
    return _numpy(), f"the numpy engine trains this group, since the fused one cannot: {reason}"


def _numpy() -> type[Engine]:
    from seedbed.engines.array import ArrayEngine

    return ArrayEngine


def _torch() -> type[Engine]:
    if not find_spec("torch"):
        raise EngineError(INSTALL_TORCH)
    from seedbed.engines.torch import TorchEngine

    return TorchEngine
