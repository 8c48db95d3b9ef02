"""The table [training]: loss, update rule, batches and when to stop."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, model_validator

from seedbed.recipe.schedules import AnySchedule, ConstantSchedule
from seedbed.recipe.values import (
    Bool,
    Float,
    Fraction,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    Table,
)


class Stop(Table):
    """When a run ends before its epochs or steps do; the first condition met is recorded as the stop reason.

    `patience` counts evaluations without an improvement of `min_delta` in the watched loss; `tolerance` is
    the least change of the training loss between epochs that still counts, from epoch `tolerance_from` on;
    `target` is a value of the study's metric; `seconds` a budget of wall-clock time of the run's group.
    """

    patience: PositiveInt | None = None
    min_delta: NonNegativeFloat = 0.0
    lr_below: PositiveFloat | None = None
    tolerance: PositiveFloat | None = None
    tolerance_from: NonNegativeInt = 0
    target: Float | None = None
    seconds: PositiveFloat | None = None


class Augment(Table):
    """What happens at random to every training image: a crop with `crop` more pixels around it, a flip."""

    crop: NonNegativeInt = 0
    flip: Bool = False

    def __bool__(self) -> bool:
        """Whether anything is done at all."""
        return bool(self.crop or self.flip)


Loss = Literal["mse", "mae", "huber", "bce", "cross_entropy"]
Target = Literal["number", "binary", "class"]
# What each loss is about: a number, which of two classes (one output), or which of several (an output each).
TARGETS: dict[Loss, Target] = {
    "mse": "number",
    "mae": "number",
    "huber": "number",
    "bce": "binary",
    "cross_entropy": "class",
}
Optimizer = Literal["sgd", "adam", "adamw", "rmsprop", "adagrad"]


def _whole_or_all(value: object) -> object:
    if isinstance(value, str) and value != "all":
        raise ValueError('batch_size is a whole number of samples or "all"')
    return value


class Training(Table):
    """How a network is trained. `weight_decay` is L2 in the gradient, for adamw decoupled from it.

    Neither it nor `l1` touches biases and norm parameters unless `decay_on` is "all".
    """

    loss: Loss | None = None
    label_smoothing: Fraction = 0.0
    optimizer: Optimizer = "sgd"
    lr: PositiveFloat = 0.01
    momentum: Fraction = 0.0
    nesterov: Bool = False
    betas: tuple[Fraction, Fraction] = (0.9, 0.999)
    weight_decay: NonNegativeFloat = 0.0
    l1: NonNegativeFloat = 0.0
    decay_on: Literal["weights", "all"] = "weights"
    clip_norm: PositiveFloat | None = None
    batch_size: Annotated[PositiveInt | Literal["all"], BeforeValidator(_whole_or_all)] = 32
    epochs: PositiveInt | None = None
    steps: PositiveInt | None = None
    schedule: AnySchedule = ConstantSchedule(kind="constant")
    stop: Stop = Stop()
    keep_best: Bool = False
    eval_every: PositiveInt = 1
    augment: Augment = Augment()

    @model_validator(mode="after")
    def _combination_is_possible(self) -> Training:
        if (self.epochs is None) == (self.steps is None):
            raise ValueError("give either epochs or steps")
        if self.momentum and self.optimizer not in ("sgd", "rmsprop"):
            raise ValueError(f"momentum belongs to sgd and rmsprop; {self.optimizer} has none")
        if self.nesterov and (self.optimizer != "sgd" or not self.momentum):
            raise ValueError('nesterov needs optimizer = "sgd" and a momentum above 0')
        if self.label_smoothing and self.loss not in (None, "cross_entropy"):
            raise ValueError(f"label_smoothing belongs to cross_entropy; {self.loss} has none")
        return self
