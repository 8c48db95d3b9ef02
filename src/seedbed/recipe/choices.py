"""What a recipe offers by name: the rows of the tables that implement it, in their order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from seedbed.metrics.compute import Target
from seedbed.nn.initializers import INITIALIZERS
from seedbed.nn.layers.activations import ACTIVATIONS
from seedbed.nn.layers.norms import NORMS
from seedbed.nn.layers.pooling import POOLS
from seedbed.nn.losses import LOSSES
from seedbed.optim import OPTIMIZERS
from seedbed.text import enumerated

if TYPE_CHECKING:  # type checkers cannot read a table
    Activation = str
    Init = str
    Loss = str
    Norm = str
    Optimizer = str
    Pool = str
else:
    Activation = Literal[tuple(ACTIVATIONS)]
    Init = Literal[tuple(INITIALIZERS)]
    Loss = Literal[tuple(LOSSES)]
    Norm = Literal[tuple(NORMS)]
    Optimizer = Literal[tuple(OPTIMIZERS)]
    Pool = Literal[tuple(POOLS)]

SMOOTHED = enumerated((name for name, loss in LOSSES.items() if loss.smooths), "and")
DECOUPLED = enumerated((name for name, rule in OPTIMIZERS.items() if rule.decoupled), "and")


def losses_of(*targets: Target) -> str:
    """The losses whose targets are such, in words."""
    return enumerated(name for name, loss in LOSSES.items() if loss.target in targets)


def rules_with(hyperparameter: str) -> str:
    """The update rules that take a hyperparameter, in words."""
    return enumerated(
        (name for name, rule in OPTIMIZERS.items() if hyperparameter in rule.hyperparameters), "and"
    )
