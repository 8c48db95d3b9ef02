"""The table [training]: loss, update rule, batches and when to stop."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from seedbed.nn.losses import LOSSES
from seedbed.optim import OPTIMIZERS
from seedbed.recipe.choices import DECOUPLED, SMOOTHED, Loss, Optimizer, losses_of, rules_with
from seedbed.recipe.schedules import AnySchedule, ConstantSchedule
from seedbed.values import (
    Bool,
    Float,
    Fraction,
    FrozenModel,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
)


class Stop(FrozenModel):
    """When a run ends before its epochs or steps do; the first condition met is recorded as the stop reason."""

    patience: PositiveInt | None = Field(
        default=None,
        description="Evaluations in a row without an improvement of the watched loss: validation, without such a "
        "part training.",
    )
    min_delta: NonNegativeFloat = Field(
        default=0.0, description="What counts as an improvement for patience."
    )
    lr_below: PositiveFloat | None = Field(
        default=None, description="The learning rate has fallen below this."
    )
    tolerance: PositiveFloat | None = Field(
        default=None, description="The training loss changed by less than this between epochs."
    )
    tolerance_from: NonNegativeInt = Field(default=0, description="The epoch from which tolerance counts.")
    target: Float | None = Field(default=None, description="The study's metric has reached this value.")
    seconds: PositiveFloat | None = Field(default=None, description="Wall-clock time of the run's group.")


class Augment(FrozenModel):
    """What happens at random to every training image: a crop, a flip."""

    crop: NonNegativeInt = Field(
        default=0, description="Pixels of zeros around the image, out of which the crop is taken at random."
    )
    flip: Bool = Field(
        default=False, description="Whether the image is mirrored, left to right, every other time."
    )

    def __bool__(self) -> bool:
        """Whether anything is done at all."""
        return bool(self.crop or self.flip)


def _whole_or_all(value: object) -> object:
    if isinstance(value, str) and value != "all":
        raise ValueError('batch_size is a whole number of samples or "all"')
    return value


def _balanced_or_table(value: object) -> object:
    if isinstance(value, str) and value != "balanced":
        raise ValueError(
            'expected "balanced", "none" or a table of weights by class, such as { yes = 3.0, no = 1.0 }'
        )
    return value


ClassWeight = Annotated[Literal["balanced"] | dict[str, PositiveFloat], BeforeValidator(_balanced_or_table)]


def _none(value: object) -> object:
    return None if value == "none" else value


NONE = BeforeValidator(
    _none
)  # takes the text "none", with which a variant unsets what base has: TOML has no null


Times = Annotated[PositiveInt, Field(le=10**9)]  # which nobody waits for, and no product of them overflows


class Training(FrozenModel):
    """How a network is trained."""

    loss: Loss | None = Field(
        default=None,
        description="What is minimised. Unless given: mse for numbers, cross_entropy for images, bce for kind = "
        f'"logistic". With {losses_of("binary")} (two classes) and {losses_of("class")} targets are classes.',
    )
    label_smoothing: Fraction = Field(
        default=0.0, description=f"Share of each target that is spread over all classes; for {SMOOTHED}."
    )
    class_weight: Annotated[ClassWeight | None, NONE] = Field(
        default=None,
        description='How much samples of each class count in the loss: "balanced" (by the training part of each run, '
        'so that all classes count the same together), a table of weights by class, 1 for those left out, or "none", '
        "as where it is not given.",
    )
    optimizer: Optimizer = Field(default="sgd", description="The update rule.")
    lr: PositiveFloat = Field(default=0.01, description="Learning rate, before the schedule.")
    momentum: Fraction = Field(default=0.0, description=f"For {rules_with('momentum')}.")
    nesterov: Bool = Field(default=False, description="Nesterov's momentum; for sgd with a momentum above 0.")
    betas: tuple[Fraction, Fraction] = Field(
        default=(0.9, 0.999),
        description="Decay of the running means of the gradient and of its square; for "
        f"{rules_with('beta1')}.",
    )
    weight_decay: NonNegativeFloat = Field(
        default=0.0,
        description=f"L2 penalty, weight_decay / 2 x w^2 in the loss; for {DECOUPLED} decoupled from the gradient.",
    )
    l1: NonNegativeFloat = Field(default=0.0, description="L1 penalty, l1 x |w| in the loss.")
    decay_on: Literal["weights", "all"] = Field(
        default="weights",
        description="What weight_decay and l1 are for: weights only, or biases and norm parameters too.",
    )
    clip_norm: Annotated[PositiveFloat | None, NONE] = Field(
        default=None,
        description="The gradient's norm over all parameters is cut to this; not at all where it is "
        '"none" or not given.',
    )
    batch_size: Annotated[PositiveInt | Literal["all"], BeforeValidator(_whole_or_all)] = Field(
        default=32, description='Samples of a batch, or "all".'
    )
    epochs: Times | None = Field(
        default=None, description="How often all training samples are seen. Give either epochs or steps."
    )
    steps: Times | None = Field(
        default=None, description="How many batches are trained on. Give either epochs or steps."
    )
    schedule: AnySchedule = Field(
        default=ConstantSchedule(kind="constant"),
        description="How the learning rate moves; constant unless given.",
    )
    stop: Stop = Field(
        default=Stop(), description="When a run ends before its time; the first condition met counts."
    )
    keep_best: Bool = Field(
        default=False,
        description="Whether a run ends with its best parameters on validation, by the study's metric, instead of "
        "its last.",
    )
    eval_every: PositiveInt = Field(default=1, description="Epochs between two evaluations.")
    augment: Augment = Field(default=Augment(), description="What is done at random to every training image.")

    @model_validator(mode="after")
    def _combination_is_possible(self) -> Training:
        if (self.epochs is None) == (self.steps is None):
            raise ValueError("give either epochs or steps")
        if self.momentum and "momentum" not in OPTIMIZERS[self.optimizer].hyperparameters:
            raise ValueError(f"momentum belongs to {rules_with('momentum')}; {self.optimizer} has none")
        if self.nesterov and (self.optimizer != "sgd" or not self.momentum):
            raise ValueError('nesterov needs optimizer = "sgd" and a momentum above 0')
        if self.loss is None:  # the recipe fills it in
            return self
        if self.label_smoothing and not LOSSES[self.loss].smooths:
            raise ValueError(f"label_smoothing belongs to {SMOOTHED}; {self.loss} has none")
        if self.class_weight is not None and LOSSES[self.loss].target == "number":
            raise ValueError(f"class_weight needs loss {losses_of('binary', 'class')}, got {self.loss}")
        return self
