"""A recipe's update rule, and the numbers that each run brings to it."""

from __future__ import annotations

import math
from dataclasses import fields

from seedbed.optim import OPTIMIZERS
from seedbed.optim.base import Optimizer
from seedbed.recipe import Training


def build(training: Training) -> Optimizer:
    """The update rule of a recipe, which sets the rule's options. Runs whose rules are equal can share a group."""
    rule = OPTIMIZERS[training.optimizer]
    return rule(**{option.name: getattr(training, option.name) for option in fields(rule)})


def hyperparameters(training: Training) -> dict[str, float]:
    """What one run brings to its rule, the same in every step; a `clip_norm` of inf clips nothing."""
    settings = dict(training) | dict(zip(("beta1", "beta2"), training.betas, strict=True))
    return {
        "weight_decay": training.weight_decay,
        "l1": training.l1,
        "clip_norm": math.inf if training.clip_norm is None else training.clip_norm,
        **{name: settings[name] for name in OPTIMIZERS[training.optimizer].hyperparameters},
    }
