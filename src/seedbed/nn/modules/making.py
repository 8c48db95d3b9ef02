"""A module made of its class and arguments, the same for the same seed, and held to what can be trained."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from seedbed.nn.base import Parameter
from seedbed.nn.modules import ModuleError
from seedbed.nn.modules.seeding import drawn_from

MOST_EXACT = 2**24  # whole numbers up to which float32, in which everything is kept, holds each


@dataclass(frozen=True)
class Recipe:
    """What a module is made of.

    Attributes
    ----------
    name
        What its class is called in a study, such as "net:Net".
    cls
        The class.
    arguments
        What it is called with, as JSON.
    """

    name: str
    cls: type
    arguments: str = "{}"

    def __call__(self, seed: int, example: torch.Tensor) -> nn.Module:
        """The module with the parameters that its own code draws under a seed; nothing global changes.

        Parameters
        ----------
        example
            Inputs (samples, *shape), from which lazy layers take their sizes.

        Raises
        ------
        ModuleError
            Where its code raises, or gives something else.
        """
        arguments = json.loads(self.arguments)
        with drawn_from(seed):
            try:
                module = self.cls(**arguments)
            except Exception as error:  # whatever other people's code raises
                raise ModuleError(f"{self._call(arguments)} raised {told(error)}") from error
            if not isinstance(module, nn.Module):
                raise ModuleError(
                    f"expected {self.name} to be a torch.nn.Module, got {type(module).__name__}"
                )
            if any(nn.parameter.is_lazy(one) for one in (*module.parameters(), *module.buffers())):
                self._materialise(module, example)
        return module

    def _materialise(self, module: nn.Module, example: torch.Tensor) -> None:
        """Have lazy layers take their sizes, and draw, from a batch."""
        module.eval()  # so that it counts no batch yet
        try:
            with torch.no_grad():
                module(example)
        except Exception as error:
            raise ModuleError(f"{self.name} {raised_on(example, error)}") from error
        left = [name for name, one in module.named_parameters() if nn.parameter.is_lazy(one)]
        if left:
            raise ModuleError(
                f"{self.name}: {left[0]} is lazy and its forward pass does not reach it; give its size"
            )
        module.train()

    def _call(self, arguments: Mapping[str, Any]) -> str:
        return f"{self.name}({', '.join(f'{name}={value!r}' for name, value in arguments.items())})"


def told(error: Exception) -> str:
    """What an error is and says, its first line."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__


def raised_on(inputs: torch.Tensor, error: Exception) -> str:
    """That a forward pass raised an error."""
    return f"raised on inputs of shape {tuple(inputs.shape)}, the batch first: {told(error)}"


@dataclass(frozen=True)
class Tensors:
    """What a module keeps, by name: shared tensors once.

    Attributes
    ----------
    trained
        Its parameters but for the frozen ones.
    fixed
        The frozen ones, which training leaves as they are.
    buffers
        Whatever it updates by itself, and constants; each with its dtype.
    aliases
        Further names of shared ones, each with the name that stands above.
    """

    trained: dict[str, Parameter]
    fixed: dict[str, Parameter]
    buffers: dict[str, Parameter]
    dtypes: dict[str, torch.dtype]
    aliases: dict[str, str]


def tensors_of(name: str, module: nn.Module) -> Tensors:
    """What a module keeps.

    Raises
    ------
    ModuleError
        Where it has no parameter to train, or keeps what float32 cannot hold.
    """
    parameters, buffers = dict(module.named_parameters()), dict(module.named_buffers())
    for key, one in parameters.items():
        if one.dtype != torch.float32:
            kind = str(one.dtype).removeprefix("torch.")
            raise ModuleError(
                f"{name}: parameter {key} is {kind}, expected float32; call self.float() in __init__"
            )
    for key, buffer in buffers.items():
        whole = not buffer.is_floating_point()
        if buffer.is_complex() or (whole and buffer.numel() and int(buffer.abs().max()) > MOST_EXACT):
            raise ModuleError(
                f"{name}: buffer {key} holds numbers that float32 cannot; keep it as a plain attribute"
            )
    trained = {key: _parameter(one) for key, one in parameters.items() if one.requires_grad}
    if not sum(one.numel() for one in parameters.values() if one.requires_grad):
        raise ModuleError(f"{name} has no parameters to train{' that are not frozen' if parameters else ''}")
    first = {id(one): key for key, one in (*parameters.items(), *buffers.items())}
    every = (
        *module.named_parameters(remove_duplicate=False),
        *module.named_buffers(remove_duplicate=False),
    )
    return Tensors(
        trained,
        {key: _parameter(one) for key, one in parameters.items() if not one.requires_grad},
        {key: Parameter(tuple(one.shape), "zero") for key, one in buffers.items()},
        {key: one.dtype for key, one in buffers.items()},
        {key: first[id(one)] for key, one in every if first[id(one)] != key},
    )


def _parameter(one: torch.Tensor) -> Parameter:
    """Vectors, such as biases and those of norms, are no weights: these have two dimensions or more."""
    shape = tuple(one.shape)
    if one.ndim < 2:
        return Parameter(shape, "bias")
    inner = int(np.prod(shape[1:]))
    return Parameter(shape, "weight", fan_in=max(1, inner), fan_out=shape[0])


def values_of(module: nn.Module) -> dict[str, np.ndarray]:
    """Every parameter and buffer by name, float32."""
    both = (*module.named_parameters(), *module.named_buffers())
    return {key: one.detach().to(torch.float32).numpy().copy() for key, one in both}
