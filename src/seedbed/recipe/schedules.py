"""The table training.schedule: how the learning rate moves."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from seedbed.values import (
    Bool,
    Fraction,
    FrozenModel,
    NonNegativeFloat,
    NonNegativeInt,
    Per,
    PositiveFloat,
    PositiveInt,
)


class Schedule(FrozenModel):
    """How the learning rate moves."""

    per: Per = Field(default="epoch", description="Whether the schedule counts epochs or steps (batches).")
    warmup: NonNegativeInt = Field(
        default=0,
        description="Over so many epochs or steps (see per) the rate first rises to lr, in a line, step by step.",
    )


class ConstantSchedule(Schedule):
    """The same rate throughout."""

    kind: Literal["constant"]


class StepSchedule(Schedule):
    """lr x factor after every so many epochs or steps, never below lr x floor."""

    kind: Literal["step"]
    every: PositiveInt = Field(description="Epochs or steps between two reductions.")
    factor: PositiveFloat = Field(default=0.1, description="What the rate is multiplied by each time.")
    floor: NonNegativeFloat = Field(default=0.0, description="The rate stays at or above lr x floor.")


class MultiStepSchedule(Schedule):
    """lr x factor at each milestone; optionally the optimizer starts afresh there."""

    kind: Literal["multi_step"]
    milestones: Annotated[tuple[PositiveInt, ...], Field(max_length=1000)] = Field(
        description="The epochs or steps after which the rate is reduced."
    )
    factor: PositiveFloat = Field(default=0.1, description="What the rate is multiplied by at each.")
    restart: Bool = Field(
        default=False, description="Whether the optimizer starts afresh (momentum zero) at each."
    )


class ExponentialSchedule(Schedule):
    """lr x factor ** t, never below lr x floor."""

    kind: Literal["exponential"]
    factor: PositiveFloat = Field(description="What the rate is multiplied by after every epoch or step.")
    floor: NonNegativeFloat = Field(default=0.0, description="The rate stays at or above lr x floor.")


class CosineSchedule(Schedule):
    """Half a cosine from lr to lr x floor over the whole training."""

    kind: Literal["cosine"]
    floor: NonNegativeFloat = Field(default=0.0, description="The rate ends at lr x floor.")


class PolynomialSchedule(Schedule):
    """lr x max(floor, (1 - t / T) ** power) over the whole training of T."""

    kind: Literal["polynomial"]
    power: PositiveFloat = Field(default=1.0, description="1 is a straight line down.")
    floor: NonNegativeFloat = Field(default=0.0, description="The rate stays at or above lr x floor.")


class PlateauSchedule(Schedule):
    """lr x factor once the watched loss has not fallen by min_delta for more than `patience` evaluations."""

    kind: Literal["plateau"]
    factor: PositiveFloat = Field(default=0.1, description="What the rate is multiplied by each time.")
    patience: NonNegativeInt = Field(
        default=10, description="Evaluations without improvement that are waited for."
    )
    min_delta: NonNegativeFloat = Field(
        default=0.0, description="What counts as an improvement of the watched loss."
    )
    floor: NonNegativeFloat = Field(default=0.0, description="The rate stays at or above lr x floor.")


class OneCycleSchedule(Schedule):
    """Half cosines: lr / div to lr over a share `pct_start` of training, then to lr / div / final_div."""

    kind: Literal["one_cycle"]
    per: Per = Field(default="step", description="Whether the schedule counts epochs or steps (batches).")
    pct_start: Annotated[Fraction, Field(gt=0)] = Field(
        default=0.3, description="Share of training in which the rate rises."
    )
    div: PositiveFloat = Field(default=25.0, description="The rate starts at lr / div.")
    final_div: PositiveFloat = Field(default=1e4, description="The rate ends at lr / div / final_div.")

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
