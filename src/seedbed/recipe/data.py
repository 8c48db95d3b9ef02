"""The table [data]: how samples are split and scaled, whatever their source."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from seedbed.values import Bool, FrozenModel, Int, NonNegativeFloat, NonNegativeInt, PositiveInt


class Folds(FrozenModel):
    """A k-fold split: one fold is the test part, the next one validation, the rest the training part."""

    folds: Annotated[Int, Field(ge=3)] = Field(description="How many folds the samples are cut into.")
    fold: NonNegativeInt = Field(
        default=0,
        description="Which fold is the test part, counting from 0; the next one is validation. Vary it to see "
        "all.",
    )

    @model_validator(mode="after")
    def _fold_exists(self) -> Folds:
        if self.fold >= self.folds:
            raise ValueError(f"fold must be below folds = {self.folds}, counting from 0")
        return self


Split = tuple[NonNegativeInt | NonNegativeFloat, ...]


class Data(FrozenModel):
    """The settings of every source, and what its samples can be.

    Attributes
    ----------
    gives_numbers, gives_classes
        What its targets may be.
    """

    gives_numbers: ClassVar[bool] = True
    gives_classes: ClassVar[bool] = True

    split: Split | Folds = Field(
        default=(0.8, 0.1, 0.1),
        description="Train, validation and test, as fractions ([0.8, 0.1, 0.1]) or as counts ([800, 100, 100]), 0 "
        "for none; or { folds = 5, fold = 0 }. A source with a test part of its own takes train and "
        "validation only.",
    )
    fit_on: Literal["train", "train+val", "all"] = Field(
        default="train",
        description="What is trained on: the training part; this and the validation part, which leaves no validation "
        "part; or all samples, which leaves no part to evaluate on.",
    )
    stratify: Bool = Field(default=False, description="Whether each part gets its share of each class.")
    scale: Literal["none", "standard", "minmax"] = Field(
        default="none",
        description="What is done to the inputs: nothing, mean 0 and standard deviation 1, or [0, 1]; fitted on "
        "the training part only, by column, for images by channel.",
    )
    scale_columns: tuple[str, ...] | None = Field(
        default=None, description="The columns that scale is for; all of them unless given."
    )
    powers: PositiveInt = Field(
        default=1,
        description="The network sees [x, x^2, .., x^powers] of its inputs; not for images in a cnn or resnet.",
    )
    seed: NonNegativeInt | None = Field(
        default=None,
        description="Fixes samples and split for all runs; without it both follow the seed of the run.",
    )

    @model_validator(mode="after")
    def _split_is_possible(self) -> Data:
        split = self.split
        if isinstance(split, Folds):
            return self
        if len(split) not in (2, 3) or split[0] == 0:
            raise ValueError(
                "split needs train, validation and test (or, for a source with a test part, two) parts"
            )
        counts = [isinstance(part, int) for part in split if part]
        if any(counts) and not all(counts):
            raise ValueError("split is either all fractions or all counts")
        if not any(counts) and sum(split) > 1 + 1e-9:
            raise ValueError(f"the fractions of split sum to {sum(split):g}, above 1")
        return self

    @property
    def has_grid(self) -> bool:
        """Whether there is a part `grid` of equally spaced, noise-free points."""
        return False
