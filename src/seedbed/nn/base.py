"""What a layer is: its parameters, its forward pass and the backward pass that belongs to it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import prod
from typing import ClassVar, Literal, TypeVar, assert_never

import numpy as np

from seedbed.arrays import Array, Arrays, Namespace

AnyArray = TypeVar("AnyArray", bound=Array)
Backward = Callable[[Array], tuple[Array | None, dict[str, Array]]]


@dataclass(frozen=True)
class Parameter:
    """One named parameter of a layer.

    Attributes
    ----------
    shape
        Without the runs axis.
    role
        "weight" is drawn by the recipe's `init`; "bias" is drawn by PyTorch's default rule or zero (see
        `initializers`); "one" and "zero" start as such (norm parameters). "merged" is a weight whose last
        row is its bias.
    fan_in, fan_out
        Inputs of one output and outputs of one input, for the initial draw.
    """

    shape: tuple[int, ...]
    role: Literal["weight", "bias", "one", "zero", "merged"]
    fan_in: int = 1
    fan_out: int = 1


@dataclass(frozen=True)
class Context:
    """What a layer may know beside its input.

    Attributes
    ----------
    xp
        The array namespace of the input.
    training
        Whether this is a training step: batch statistics and dropout are in force only there.
    step
        Steps done so far; the counter of in-step draws.
    dropout_key, augment_key
        (runs, 2) int64 Philox keys; None in evaluation.
    hyper
        Per-run numbers that layers need, by name, each (runs,): "dropout".
    input_gradient
        Whether anyone asks for d loss / d x. Where not, a layer may spare itself the work and give None.
    gradients
        Whether the backward pass may be asked for. Where not, a chain lets go at once of what only that needs.
    watch
        Told of what every activation gives: its name and y (runs, batch, *shape), in the order of the network.
    """

    xp: Namespace
    training: bool = False
    step: int | Array = 0
    dropout_key: Array | None = None
    augment_key: Array | None = None
    hyper: Arrays = field(default_factory=dict)
    input_gradient: bool = True
    gradients: bool = True
    watch: Callable[[str, Array], None] | None = None


class Layer(ABC):
    """Base of every layer, which is a frozen dataclass.

    Arrays carry a leading `runs` axis; what all runs share has a runs axis of 1. Nothing is written in place.

    Attributes
    ----------
    needs_torch
        Whether only PyTorch computes it, whatever arrays it is given.
    """

    needs_torch: ClassVar[bool] = False

    def parameters(self) -> dict[str, Parameter]:
        """Trainable parameters by name; none unless a layer says so."""
        return {}

    def state(self) -> dict[str, Parameter]:
        """What the forward pass of training updates by itself (running statistics), by name."""
        return {}

    def output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """The shape of one sample's output for that of its input; ValueError where they do not fit."""
        return shape

    def numbers(self, shape: tuple[int, ...]) -> int:
        """How many numbers it gives for one sample, those that layers inside it give among them."""
        return prod(self.output_shape(shape))

    def widest(self, shape: tuple[int, ...]) -> int:
        """How many numbers its largest array has, of one sample."""
        return prod(self.output_shape(shape))

    def runs_alone(self, device: str) -> bool:
        """Whether PyTorch, on "cpu" or "cuda", should rather train every run by itself."""
        return False

    def drawn(self, seed: int) -> dict[str, np.ndarray] | None:
        """Parameters and state, float32, as code of its own draws them under a seed; None where a recipe says how."""
        return None

    def needs_two(self) -> bool:
        """Whether it cannot be trained on a batch of one sample."""
        return False

    def remembers(self) -> bool:
        """Whether calling it changes more than its state, as code of its own may; then its step is not traced."""
        return False

    def why_alone(self) -> str | None:
        """Why its runs cannot be one program, in words that follow a colon; None where they can."""
        return None

    def scratch(self, shape: tuple[int, ...]) -> int:
        """How many numbers of one sample NumPy needs beside them, of one run at a time."""
        return 0

    @abstractmethod
    def forward(
        self, params: Arrays, state: Arrays, x: Array, context: Context
    ) -> tuple[Array, Arrays, Backward]:
        """Compute y from x of shape (runs, batch, *shape), the new state, and the backward pass.

        `backward(dy) -> (dx, grads)` takes d loss / d y and gives d loss / d x, None where nobody asks for it (see
        `Context.input_gradient`), and the gradient of every parameter by name. The closure holds what the forward
        pass left for it.
        """


@dataclass(frozen=True)
class Slot:
    """Where one named array lies in the flat parameters (or state)."""

    name: str
    parameter: Parameter
    start: int

    @property
    def size(self) -> int:
        """How many numbers it takes."""
        return prod(self.parameter.shape)

    @property
    def stop(self) -> int:
        """One past its last index."""
        return self.start + self.size


class Layout:
    """Maps names to views of one flat (runs, P) array, in the order of the network's layers."""

    def __init__(self, parameters: Mapping[str, Parameter]) -> None:
        self.slots: dict[str, Slot] = {}
        start = 0
        for name, parameter in parameters.items():
            self.slots[name] = slot = Slot(name, parameter, start)
            start = slot.stop
        self.size = start

    def views(self, flat: AnyArray) -> dict[str, AnyArray]:
        """(runs, P) to name -> (runs, *shape), without a copy where the library allows."""
        runs = flat.shape[0]
        return {
            slot.name: flat[:, slot.start : slot.stop].reshape((runs, *slot.parameter.shape))
            for slot in self.slots.values()
        }

    def flatten(self, xp: Namespace, arrays: Arrays, like: Array) -> Array:
        """Name -> (runs, *shape) to (runs, P); `like` gives runs, and dtype and device of an empty result."""
        runs = like.shape[0]
        parts = [arrays[name].reshape((runs, slot.size)) for name, slot in self.slots.items()]
        return xp.concat(parts, axis=1) if parts else like[:, :0]

    def decay_mask(self, decay_on: Literal["weights", "all"] = "weights") -> np.ndarray:
        """(P,) float32: 1 where weights decay (on biases and norm parameters if `decay_on` is "all")."""
        match decay_on:
            case "all":
                return np.ones(self.size, dtype=np.float32)
            case "weights":
                return np.concatenate([np.zeros(0, np.float32), *map(_weights, self.slots.values())])
            case _:
                assert_never(decay_on)


def _weights(slot: Slot) -> np.ndarray:
    """(size,) float32: 1 at the weights of one parameter."""
    role, shape = slot.parameter.role, slot.parameter.shape
    mask = np.zeros(slot.size, dtype=np.float32)
    match role:
        case "weight":
            mask[:] = 1
        case "merged":
            mask[: slot.size - shape[-1]] = 1  # its last row is the bias
        case "bias" | "one" | "zero":
            pass
        case _:
            assert_never(role)
    return mask
