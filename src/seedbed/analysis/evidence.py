"""The record of one run that findings are made of."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Units:
    """A layer of one run: its units (channels of images), and how many are idle, on `samples` training samples.

    Of a layer that takes positive parts those are idle that are dead, zero for all these samples; of one whose
    activation saturates those that are saturated, flat for nearly all of them.
    """

    units: int
    idle: int
    images: bool = False
    samples: int = 0

    def __str__(self) -> str:
        return f"{self.idle} of {self.units} {'channels' if self.images else 'units'}"


@dataclass(frozen=True)
class Gradient:
    """The gradient of one layer's weights in one run, by the size of these weights.

    Attributes
    ----------
    layer
        Its name in the network.
    first, last
        The norm of the gradient by that of the weights, at the beginning and at the end of training.
    step
        By how much of their size plain gradient descent moves the weights in its first step; NaN where the update rule
        is another.
    """

    layer: str
    first: float
    last: float
    step: float = math.nan


NO_LOSSES = np.empty(0)  # of a record that was stored


@dataclass(frozen=True)
class Evidence:
    """The record of one run.

    Attributes
    ----------
    variant, seed
        Which run.
    status, stop_reason
        As stored; a run that did all its epochs is "complete".
    moved
        Whether any parameter differs from its initial draw.
    train_loss, val_loss
        (evaluations,) each; val_loss is empty without a validation part.
    output_spread
        See the function of that name; None where it was not measured.
    rectified
        The layers that take positive parts.
    keeps_best
        Whether its network is that of the best evaluation, so that a later rise did no harm.
    saturated
        The layers whose activation saturates.
    gradients
        Of the layers with weights, in the order of the network.
    """

    variant: str
    seed: int
    status: str
    stop_reason: str | None
    moved: bool
    train_loss: np.ndarray
    val_loss: np.ndarray
    output_spread: float | None = None
    rectified: tuple[Units, ...] = ()
    keeps_best: bool = False
    saturated: tuple[Units, ...] = ()
    gradients: tuple[Gradient, ...] = ()

    @property
    def diverged(self) -> bool:
        """Whether it became infinite or not a number."""
        return self.status == "diverged"

    def to_json(self) -> str:
        """The record without its losses, which only tell which kinds of findings there are."""
        facts = {name: value for name, value in asdict(self).items() if not name.endswith("_loss")}
        return json.dumps(facts)

    @classmethod
    def from_json(cls, text: str) -> Evidence:
        """The record that `to_json` wrote."""
        facts: dict[str, Any] = json.loads(text)
        for name, kind in LAYERS.items():
            facts[name] = tuple(kind(**layer) for layer in facts[name])
        return cls(**facts, train_loss=NO_LOSSES, val_loss=NO_LOSSES)


LAYERS = {"rectified": Units, "saturated": Units, "gradients": Gradient}  # what is said of each


def output_spread(outputs: np.ndarray) -> np.ndarray:
    """How much the outputs (runs, m, k) of each run vary over the samples, as a share of their size: (runs,).

    The standard deviation over the samples by the root mean square, of the output that varies most; 0 for
    outputs that are all 0, nan for ones that are not finite.
    """
    finite = np.isfinite(outputs).all(axis=(1, 2))
    outputs = np.where(finite[:, None, None], outputs, 0).astype(np.float64)
    size = np.sqrt((outputs**2).mean(axis=1))
    spread = np.divide(outputs.std(axis=1), size, out=np.zeros(size.shape), where=size > 0).max(axis=1)
    return np.where(finite, spread, np.nan)
