"""A PyTorch module as a layer: the modules of all runs as one program, their gradients by autograd."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from threading import local
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.func import functional_call, vmap

from seedbed.arrays import Array, Arrays
from seedbed.nn.base import Backward, Context, Layer, Parameter
from seedbed.nn.modules import ModuleError
from seedbed.nn.modules.drawing import Drawing
from seedbed.nn.modules.making import Recipe, Tensors, raised_on, values_of
from seedbed.nn.modules.seeding import drawn_from

# Of operations that PyTorch does run by run within one program: it is no worse than what they are compared with.
warnings.filterwarnings("ignore", "There is a performance drop because", UserWarning)
ByName = dict[str, torch.Tensor]


@dataclass(frozen=True)
class Traits:
    """What was found out about a module by trying it; see `probing.traits_of`.

    Attributes
    ----------
    tensors
        What it keeps.
    numbers, widest
        How many numbers it computes of one sample, and how many its largest array has.
    why_alone
        Why runs cannot be one program; None where they can.
    convolves
        Whether it has convolutions, which PyTorch does faster run by run on a processor.
    needs_two
        Whether it cannot be trained on a batch of one sample, such as batch norm.
    draws
        Whether it draws at random: "never", by "key" (see `drawing`), or by the "global" generators.
    remembers
        Whether a call changes attributes that are none of its tensors, such as a count of its calls.
    """

    tensors: Tensors
    numbers: int
    widest: int
    why_alone: str | None = None
    convolves: bool = False
    needs_two: bool = False
    draws: str = "never"
    remembers: bool = False


@dataclass(frozen=True)
class ModuleLayer(Layer):
    """Equal where class, arguments and shapes are; so runs of one group differ in numbers alone.

    Attributes
    ----------
    recipe
        What makes the module.
    shape, outputs
        Of one sample, and how many numbers it gives for that.
    example
        Inputs (samples, *shape) that it takes.
    traits
        See `Traits`.
    """

    needs_torch = True

    recipe: Recipe
    shape: tuple[int, ...]
    outputs: int
    example: torch.Tensor = field(compare=False, repr=False)
    traits: Traits = field(compare=False, repr=False)
    _modules: local = field(default_factory=local, compare=False, repr=False)

    def parameters(self) -> dict[str, Parameter]:
        """The parameters that are not frozen, by their names in the module."""
        return self.traits.tensors.trained

    def state(self) -> dict[str, Parameter]:
        """Buffers, and frozen parameters."""
        return {**self.traits.tensors.fixed, **self.traits.tensors.buffers}

    def drawn(self, seed: int) -> dict[str, np.ndarray]:
        """Parameters and state by name as the module's own code draws them under a seed, float32."""
        return values_of(self.recipe(seed, self.example))

    def output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """A row of outputs, of the shape that it was tried with."""
        if shape != self.shape:
            raise ValueError(f"{self.recipe.name} was made for samples of shape {self.shape}, not {shape}")
        return (self.outputs,)

    def numbers(self, shape: tuple[int, ...]) -> int:
        """See `nn.base.Layer.numbers`."""
        return self.traits.numbers

    def widest(self, shape: tuple[int, ...]) -> int:
        """See `nn.base.Layer.widest`."""
        return self.traits.widest

    def needs_two(self) -> bool:
        """See `nn.base.Layer.needs_two`."""
        return self.traits.needs_two

    def remembers(self) -> bool:
        """See `nn.base.Layer.remembers`."""
        return self.traits.remembers

    def why_alone(self) -> str | None:
        """See `nn.base.Layer.why_alone`."""
        return self.traits.why_alone

    def runs_alone(self, device: str) -> bool:
        """See `nn.base.Layer.runs_alone`."""
        return self.traits.why_alone is not None or (self.traits.convolves and device == "cpu")

    def forward(
        self, params: Arrays, state: Arrays, x: Array, context: Context
    ) -> tuple[Array, Arrays, Backward]:
        """See `nn.base.Layer.forward`."""
        given, kept, inputs = _tensors(params), _tensors(state), _tensor(x)
        runs = next(iter(given.values())).shape[0]
        tracked = context.training and context.gradients
        leaves = {name: one.detach().requires_grad_(tracked) for name, one in given.items()}
        inputs = inputs.detach().requires_grad_(tracked and context.input_gradient)
        keys = None if context.dropout_key is None else _tensor(context.dropout_key)
        keys = torch.zeros((runs, 2), dtype=torch.int64, device=inputs.device) if keys is None else keys
        with torch.set_grad_enabled(tracked), self._told(inputs):
            outputs, new = self._applied(leaves, kept, inputs, keys, context)
        outputs = outputs.to(torch.float32)
        back = _back(x)

        def backward(dy: Array) -> tuple[Array | None, dict[str, Array]]:
            asked = [*leaves.values(), *([inputs] if context.input_gradient else [])]
            grads = torch.autograd.grad(
                outputs, asked, _tensor(dy), allow_unused=True, materialize_grads=True
            )
            named = dict(zip(leaves, map(back, grads), strict=False))
            return back(grads[-1]) if context.input_gradient else None, named

        return back(outputs.detach()), {name: back(one) for name, one in new.items()}, backward

    @contextmanager
    def _told(self, inputs: torch.Tensor) -> Iterator[None]:
        """Say of an error of the module's code what it was given; not where memory ran out."""
        try:
            yield
        except Exception as error:
            if "memory" in f"{type(error).__name__} {error}".lower():
                raise
            raise ModuleError(f"{self.recipe.name} {raised_on(inputs[0], error)}") from error

    # --- of tensors ---------------------------------------------------------------------------------------

    def _applied(
        self, params: ByName, state: ByName, inputs: torch.Tensor, keys: torch.Tensor, context: Context
    ) -> tuple[torch.Tensor, ByName]:
        """Outputs (runs, batch, outputs), and the new state by name."""
        tensors, runs = self.traits.tensors, keys.shape[0]
        fixed = {name: state[name] for name in tensors.fixed}
        # Copies: what training updates, it writes in place.
        buffers = {name: state[name].to(dtype, copy=True) for name, dtype in tensors.dtypes.items()}
        named = {**params, **fixed, **buffers}
        one = partial(self._of_one, self._module(context.training), context, tuple(named))
        shared = inputs.shape[0] != runs
        if runs == 1 or self.runs_alone(inputs.device.type):
            by_run = zip(*(values.unbind(0) for values in (keys, *named.values())), strict=True)
            found = [one(inputs[0 if shared else run], *own) for run, own in enumerate(by_run)]
            outputs, *new = (torch.stack(values) for values in zip(*found, strict=True))
        else:
            dims = (None if shared else 0, *(0,) * (1 + len(named)))
            together = vmap(one, in_dims=dims, randomness="error")
            outputs, *new = together(inputs[0] if shared else inputs, keys, *named.values())
        after = zip(buffers, (values.detach().to(torch.float32) for values in new), strict=True)
        return outputs, {**fixed, **dict(after)}

    def _of_one(
        self,
        module: nn.Module,
        context: Context,
        names: Sequence[str],
        x: torch.Tensor,
        key: torch.Tensor,
        *values: torch.Tensor,
    ) -> tuple[torch.Tensor, ...]:
        """Outputs (batch, outputs) of one run, and its buffers afterwards."""
        tensors = self.traits.tensors
        named = dict(zip(names, values, strict=True))
        named |= {name: named[first] for name, first in tensors.aliases.items()}
        with self._drawing(key, context):
            outputs = functional_call(module, named, (x,), tie_weights=False)
        return outputs.reshape(len(x), self.outputs), *(named[name] for name in tensors.buffers)

    def _drawing(self, key: torch.Tensor, context: Context) -> Any:
        """What is around a forward pass so that it draws as its run and step say."""
        if self.traits.draws == "key":
            return Drawing(key, context.step)
        if self.traits.draws == "global":
            said = f"{key.tolist()} {int(context.step)}".encode()  # type: ignore[arg-type]
            return drawn_from(int.from_bytes(hashlib.blake2b(said, digest_size=7).digest()))
        return nullcontext()

    def _module(self, training: bool) -> nn.Module:
        """This thread's own module, whose tensors are replaced in every call."""
        if not hasattr(self._modules, "own"):
            self._modules.own = self.recipe(0, self.example)
        module: nn.Module = self._modules.own
        if module.training != training:
            module.train(training)
        return module


def _tensor(array: Array) -> torch.Tensor:
    if isinstance(array, torch.Tensor):
        return array
    own = np.ascontiguousarray(array)
    return torch.from_numpy(own if own.flags.writeable else own.copy())


def _tensors(arrays: Arrays) -> ByName:
    return {name: _tensor(array) for name, array in arrays.items()}


def _back(like: Array) -> Callable[[torch.Tensor], Array]:
    """What makes of a tensor an array of the library of another one."""
    if isinstance(like, torch.Tensor):
        return lambda tensor: tensor  # type: ignore[return-value]
    return lambda tensor: tensor.detach().numpy()
