"""What a module is like, found out by trying it on a few samples before anything is trained."""

from __future__ import annotations

import re
from contextlib import nullcontext
from dataclasses import replace
from math import prod
from typing import Any

import array_api_compat.torch as xtorch
import torch
from torch import nn
from torch.func import functional_call
from torch.utils._python_dispatch import TorchDispatchMode

from seedbed.nn.base import Context
from seedbed.nn.modules import ModuleError
from seedbed.nn.modules.drawing import Drawing
from seedbed.nn.modules.layer import ModuleLayer, Traits
from seedbed.nn.modules.making import Recipe, raised_on, told
from seedbed.nn.modules.making import tensors_of as kept_by
from seedbed.nn.modules.seeding import drawn_from, states

CONVOLUTIONS = nn.modules.conv._ConvNd
NEAR = 1e-3  # of the largest number: what one program may give otherwise than run by run, beside rounding


def layer_of(recipe: Recipe, example: torch.Tensor, outputs: int) -> ModuleLayer:
    """A module as a layer.

    Parameters
    ----------
    example
        Inputs (samples, *shape) as it will get them; two samples at the least.
    outputs
        How many numbers are asked for a sample.

    Raises
    ------
    ModuleError
        Where it cannot be made or trained, or gives something else.
    """
    module = recipe(0, example)
    tensors = kept_by(recipe.name, module)
    name, shape = recipe.name, tuple(example.shape[1:])
    counted, before = _Counting(), _attributes(module.train())
    given = _forward(name, module, example, counted)[0]
    _check_outputs(name, given, len(example), outputs)
    if not given.requires_grad:
        raise ModuleError(f"{name}: its outputs do not follow from its parameters; nothing could be trained")
    traits = Traits(
        tensors,
        counted.total // len(example),
        max(counted.largest // len(example), prod(shape)),
        convolves=any(isinstance(part, CONVOLUTIONS) for part in module.modules()),
        needs_two=not _takes(module, example[:1]),
        draws=_way_of_drawing(name, module, example),
        remembers=_attributes(module) != before,
    )
    layer = ModuleLayer(recipe, shape, outputs, example, traits)
    why = "it draws at random by other means than dropout" if traits.draws == "global" else None
    alone = replace(layer, traits=replace(traits, why_alone=why or ""))
    _check_memory(alone)
    why = why or _why_alone(replace(layer, traits=replace(traits, convolves=False)), alone)
    return replace(layer, traits=replace(traits, why_alone=why))


class _Counting(TorchDispatchMode):
    """Counts the numbers of all arrays that are made within it."""

    def __init__(self) -> None:
        super().__init__()
        self.total = self.largest = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        given = func(*args, **(kwargs or {}))
        if not getattr(func, "is_view", False):
            for one in given if isinstance(given, (tuple, list)) else (given,):
                if isinstance(one, torch.Tensor):
                    self.total += one.numel()
                    self.largest = max(self.largest, one.numel())
        return given


def _forward(name: str, module: nn.Module, example: torch.Tensor, around: Any) -> tuple[Any, bool]:
    """What a training step's forward pass gives, and whether it drew from a global generator."""
    both = {**dict(module.named_parameters()), **dict(module.named_buffers())}
    own = {key: one.detach().clone().requires_grad_(one.requires_grad) for key, one in both.items()}
    module.train()
    with drawn_from(0), torch.enable_grad():
        before = states()
        try:
            with around:
                given = functional_call(module, own, (example,))
        except Exception as error:  # whatever other people's code raises
            raise ModuleError(f"{name} {raised_on(example, error)}") from error
        return given, before != states()


def _takes(module: nn.Module, example: torch.Tensor) -> bool:
    try:
        _forward("", module, example, nullcontext())
    except ModuleError:
        return False
    return True


def _check_outputs(name: str, given: Any, samples: int, outputs: int) -> None:
    wanted = f"expected {name} to give a tensor of shape ({samples}, {outputs}) for {samples} samples"
    if not isinstance(given, torch.Tensor):
        raise ModuleError(f"{wanted}, got a {type(given).__name__}; return the outputs alone")
    shape = tuple(given.shape)
    if shape != (samples, outputs) and not (outputs == 1 and shape == (samples,)):
        raise ModuleError(f"{wanted}, got one of shape {shape}")


def _way_of_drawing(name: str, module: nn.Module, example: torch.Tensor) -> str:
    """See `Traits.draws`."""
    drawing = Drawing(torch.zeros(2, dtype=torch.int64), 0)
    if _forward(name, module, example, drawing)[1]:
        return "global"
    return "key" if drawing.used else "never"


def _attributes(module: nn.Module) -> list[str]:
    """What is kept in a module and its parts, other than tensors and parts, as text."""
    tensors = ("_parameters", "_buffers", "_modules")
    return [
        repr({key: value for key, value in vars(part).items() if key not in tensors})
        for part in module.modules()
    ]


# --- one program or run by run ------------------------------------------------------------------------------


def _trial(layer: ModuleLayer, seeds: tuple[int, ...]) -> list[torch.Tensor]:
    """Outputs in training and evaluation, new state and gradients of runs of these seeds."""
    drawn = [layer.drawn(seed) for seed in seeds]
    arrays = {name: torch.stack([torch.from_numpy(one[name]) for one in drawn]) for name in drawn[0]}
    params = {name: arrays[name] for name in layer.parameters()}
    state = {name: arrays[name] for name in layer.state()}
    keys = torch.tensor([[seed, 1] for seed in seeds])
    context = Context(xtorch, training=True, dropout_key=keys, input_gradient=False)  # type: ignore[arg-type]
    inputs = torch.stack([layer.example.roll(run, 0) for run in range(len(seeds))])  # of each run, its own
    y, new, backward = layer.forward(params, state, inputs, context)  # type: ignore[arg-type]
    grads = backward(torch.ones_like(y))[1]  # type: ignore[arg-type]
    answers = layer.forward(params, new, inputs, Context(xtorch, gradients=False))[0]  # type: ignore[arg-type]
    return [y, answers, *new.values(), *grads.values()]  # type: ignore[list-item]


def _check_memory(layer: ModuleLayer) -> None:
    """Refuse a module that keeps something between calls that is none of its buffers: all runs would share it."""
    name = layer.recipe.name
    try:
        first, second = _trial(layer, (0,)), _trial(layer, (0,))
    except Exception as error:
        raise ModuleError(f"{name} {raised_on(layer.example, error)}") from error
    if not _near(first[:2], second[:2]):
        raise ModuleError(
            f"{name} gives other outputs when it is called again: it keeps or draws something outside its buffers; "
            "keep it with self.register_buffer, and draw with PyTorch"
        )


def _why_alone(together: ModuleLayer, alone: ModuleLayer) -> str | None:
    """Why the runs of a module cannot be one program; None where they can."""
    try:
        ours = _trial(together, (0, 1))
    except Exception as error:
        return _why_not(error)
    one_by_one = _trial(alone, (0, 1))
    return None if _near(ours, one_by_one) else "as one program it gives other results"


def _why_not(error: Exception) -> str:
    """What an error of vmap's means."""
    error = error.__cause__ if isinstance(error.__cause__, Exception) else error
    if "data-dependent control flow" in str(error) or "vmap: .item()" in str(error).lower():
        return "its code goes by the values of tensors (an if, a loop, .item())"
    if missing := re.search(r"Batching rule not implemented for (\S+?)\.?\s", str(error)):
        return f"PyTorch's vmap has no rule for {missing[1]}"
    return f"vmap raised {told(error)}"


def _near(some: list[torch.Tensor], others: list[torch.Tensor]) -> bool:
    """Whether results are the same but for rounding; of gradients near zero nothing but rounding is left."""
    return all(_is_near(one, other, others) for one, other in zip(some, others, strict=True))


def _is_near(one: torch.Tensor, other: torch.Tensor, others: list[torch.Tensor]) -> bool:
    largest = max((float(values.abs().max()) for values in others if values.numel()), default=0.0)
    return one.shape == other.shape and torch.allclose(one, other, NEAR, NEAR * largest, equal_nan=True)
