"""Update rules by the name a recipe gives them, and the numbers a run brings to its rule."""

from __future__ import annotations

import math

from seedbed import recipe
from seedbed.optim.adagrad import Adagrad
from seedbed.optim.adam import Adam
from seedbed.optim.adamw import AdamW
from seedbed.optim.base import Optimizer
from seedbed.optim.rmsprop import RMSprop
from seedbed.optim.sgd import SGD

OPTIMIZERS: dict[recipe.Optimizer, type[Optimizer]] = {
    "sgd": SGD,
    "adam": Adam,
    "adamw": AdamW,
    "rmsprop": RMSprop,
    "adagrad": Adagrad,
}


def build(training: recipe.Training) -> Optimizer:
    """The update rule of a recipe. Runs whose rules are equal can share a group."""
    if training.nesterov:
        return SGD(nesterov=True)
    return OPTIMIZERS[training.optimizer]()


def hyperparameters(training: recipe.Training) -> dict[str, float]:
    """What one run brings to its rule, the same in every step; a `clip_norm` of inf clips nothing."""

    everything = {
        "momentum": training.momentum,
        "beta1": training.betas[0],
        "beta2": training.betas[1],
    }
    return {
        "weight_decay": training.weight_decay,
        "l1": training.l1,
        "clip_norm": math.inf if training.clip_norm is None else training.clip_norm,
        **{name: everything[name] for name in OPTIMIZERS[training.optimizer].hyperparameters},
    }
