"""The table training.schedule: how the learning rate moves."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from seedbed.recipe.values import (
    Bool,
    Fraction,
    NonNegativeFloat,
    NonNegativeInt,
    Per,
    PositiveFloat,
    PositiveInt,
    Table,
)


class Schedule(Table):
    """How the learning rate moves.

    Over the first `warmup` epochs or steps (see `per`) it rises linearly, step by step, to its full size.
    """

    per: Per = "epoch"
    warmup: NonNegativeInt = 0


class ConstantSchedule(Schedule):
    """The same rate throughout."""

    kind: Literal["constant"]


class StepSchedule(Schedule):
    """lr x factor after every `every` epochs or steps, never below lr x floor."""

    kind: Literal["step"]
    every: PositiveInt
    factor: PositiveFloat = 0.1
    floor: NonNegativeFloat = 0.0


class MultiStepSchedule(Schedule):
    """lr x factor at each milestone; optionally the optimizer starts afresh there."""

    kind: Literal["multi_step"]
    milestones: tuple[PositiveInt, ...]
    factor: PositiveFloat = 0.1
    restart: Bool = False


class ExponentialSchedule(Schedule):
    """lr x factor ** t, never below lr x floor."""

    kind: Literal["exponential"]
    factor: PositiveFloat
    floor: NonNegativeFloat = 0.0


class CosineSchedule(Schedule):
    """Half a cosine from lr to lr x floor over the whole training."""

    kind: Literal["cosine"]
    floor: NonNegativeFloat = 0.0


class PolynomialSchedule(Schedule):
    """lr x max(floor, (1 - t / T) ** power) over the whole training of T."""

    kind: Literal["polynomial"]
    power: PositiveFloat = 1.0
    floor: NonNegativeFloat = 0.0


class PlateauSchedule(Schedule):
    """lr x factor once the watched loss has not fallen by min_delta for more than `patience` evaluations."""

    kind: Literal["plateau"]
    factor: PositiveFloat = 0.1
    patience: NonNegativeInt = 10
    min_delta: NonNegativeFloat = 0.0
    floor: NonNegativeFloat = 0.0


class OneCycleSchedule(Schedule):
    """Half cosines: lr / div to lr over a share `pct_start` of training, then to lr / div / final_div."""

    kind: Literal["one_cycle"]
    per: Per = "step"
    pct_start: Annotated[Fraction, Field(gt=0)] = 0.3
    div: PositiveFloat = 25.0
    final_div: PositiveFloat = 1e4

    @model_validator(mode="after")
    def _warms_up_once(self) -> OneCycleSchedule:
        if self.warmup:
            raise ValueError("one_cycle has a warm-up of its own: leave out warmup and set pct_start instead")
        return self


AnySchedule = Annotated[
    ConstantSchedule | StepSchedule | MultiStepSchedule | ExponentialSchedule | CosineSchedule
    | PolynomialSchedule | OneCycleSchedule | PlateauSchedule,
    Field(discriminator="kind"),
]  # fmt: skip
