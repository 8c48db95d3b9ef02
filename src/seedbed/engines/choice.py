"""Which engine trains a group, on which device and how exactly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from importlib import import_module
from importlib.util import find_spec

from seedbed.engines.base import Engine, Program

# What may be asked for.
ENGINES = ("auto", "numpy", "torch", "fused")
DEVICES = ("auto", "cpu", "cuda")
PRECISIONS = ("float32", "tf32", "bf16")
INSTALL_TORCH = "pip install 'seedbed[torch]'"


class EngineError(ValueError):
    """An engine that was asked for and is not to be had; the message says what to do."""


class UnfitError(EngineError):
    """An engine that cannot train a program; the message says why, in words that follow a colon."""


@dataclass(frozen=True)
class Choice:
    """The engine of a group.

    Attributes
    ----------
    make
        Makes it; see `engines.base.Engine.__init__`.
    engine, device, precision, cuda_graphs
        Its name, and how it computes, as recorded.
    reason
        One line saying why it is not the fastest engine, where that could be had, or None.
    prepare
        Has what it needs compiled, before its first use has to; None where it needs nothing.
    memory
        Free bytes of its device, where that has a memory of its own; else None.
    """

    make: Callable[..., Engine]
    engine: str
    device: str = "cpu"
    precision: str = "float32"
    cuda_graphs: bool = False
    reason: str | None = None
    prepare: Callable[[], object] | None = None
    memory: int | None = None


def choose(
    name: str, program: Program, device: str = "auto", precision: str = "float32", cuda_graphs: bool = False
) -> Choice:
    """The engine to train a group with.

    Parameters
    ----------
    name
        One of `ENGINES`. "auto" takes torch for PyTorch modules, and where device or precision ask for it, else fused
        for dense networks, torch for all others where it is installed, else numpy.
    device
        "cpu", "cuda", or "auto": for the torch engine CUDA where there is such a device.
    precision
        "float32"; "tf32" on a CUDA device; or "bf16", in which products are computed, and nothing else.
    cuda_graphs
        Whether a CUDA device is to replay recorded steps.

    Raises
    ------
    EngineError
        For a name that does not exist; where torch is asked for and not installed, or cannot do what is asked, or
        another engine is to do it.
    UnfitError
        Where fused is asked for and has no kernel for some part of the program, or numpy or fused for a module.
    """
    for option, value, known in (
        ("engine", name, ENGINES),
        ("device", device, DEVICES),
        ("precision", precision, PRECISIONS),
    ):
        if value not in known:
            raise EngineError(f"expected {option} to be one of {', '.join(known)}, got {value!r}")
    special = _only_of_torch(device, precision, cuda_graphs)
    if program.model.needs_torch:
        return _of_module(name, program, device, precision, cuda_graphs)
    if name == "torch" or (name == "auto" and special):
        return _torch(device, precision, cuda_graphs)
    if special:
        raise EngineError(f"{special} needs the torch engine, got {name}; use --engine torch")
    if name == "numpy":
        return _numpy()
    from seedbed.engines.fused.compiler import supports

    reason = supports(program)
    if reason is None:
        from seedbed.engines.fused.compiled import kernels
        from seedbed.engines.fused.driver import FusedEngine

        return Choice(FusedEngine, "fused", prepare=kernels)
    if name == "fused":
        raise UnfitError(reason)
    if missing := torch_is_missing():
        return _numpy(f"the numpy engine trains this group ({reason}); torch would be faster, but {missing}")
    return _torch(device, precision, cuda_graphs)


def usual(program: Program) -> str:
    """The engine that "auto" takes for a program on a processor, as far as can be told without loading PyTorch."""
    from seedbed.engines.fused.compiler import supports

    if program.model.needs_torch:
        return "torch"
    if supports(program) is None:
        return "fused"
    return "torch" if find_spec("torch") else "numpy"


def torch_is_missing() -> str | None:
    """Why PyTorch cannot be had and what to do, or None where it can."""
    if not find_spec("torch"):
        return f"PyTorch is not installed: {INSTALL_TORCH}"
    try:
        import_module("torch")
    except (ImportError, OSError) as error:
        return f"PyTorch cannot be loaded ({error}): install it again, {INSTALL_TORCH}"
    return None


def _numpy(reason: str | None = None) -> Choice:
    from seedbed.engines.array_engine import ArrayEngine

    return Choice(ArrayEngine, "numpy", reason=reason)


def _only_of_torch(device: str, precision: str, cuda_graphs: bool) -> str | None:
    """The option by which only the torch engine can do what is asked, if there is one."""
    if device == "cuda":
        return f"--device {device}"
    if precision != "float32":
        return f"--precision {precision}"
    return "--cuda-graphs" if cuda_graphs else None


def _of_module(name: str, program: Program, device: str, precision: str, cuda_graphs: bool) -> Choice:
    """The torch engine for a PyTorch module; whatever else is asked for cannot train it."""
    if name not in ("auto", "torch"):
        raise UnfitError("a PyTorch module is trained by PyTorch")
    if cuda_graphs:
        raise EngineError("--cuda-graphs is not for PyTorch modules: leave it out")
    choice, why = _torch(device, precision, cuda_graphs), program.model.why_alone
    return replace(choice, reason=f"runs are trained one by one: {why}") if why else choice


def _torch(device: str, precision: str, cuda_graphs: bool) -> Choice:
    if missing := torch_is_missing():
        raise EngineError(f"the torch engine cannot be used: {missing}")
    from seedbed.engines.torch_engine import TorchEngine, cuda_is_missing, free_cuda_memory

    missing = cuda_is_missing()
    if device == "cuda" and missing:
        raise EngineError(f"{missing}; use --device cpu, or install a CUDA build of PyTorch")
    where = device if device != "auto" else "cpu" if missing else "cuda"
    if precision == "tf32" and where == "cpu":
        raise EngineError("tf32 requires a CUDA device; on a cpu use --precision float32 or bf16")
    if cuda_graphs and where == "cpu":
        why = missing or "--device cpu was asked for"
        raise EngineError(f"--cuda-graphs needs a CUDA device, and {why}: leave it out")
    make = partial(TorchEngine, device=where, precision=precision, cuda_graphs=cuda_graphs)
    memory = free_cuda_memory() if where == "cuda" else None
    return Choice(make, "torch", where, precision, cuda_graphs, memory=memory)
