"""The recipe: all that one training run needs but its seed, as frozen, validated models and nothing else."""

from __future__ import annotations

from pydantic import model_validator

from seedbed.metrics.compute import Target
from seedbed.nn.losses import LOSSES
from seedbed.recipe.choices import Activation, Init, Loss, Optimizer, losses_of
from seedbed.recipe.data import Data, Folds, Split
from seedbed.recipe.model import (
    AnyModel,
    Block,
    CnnModel,
    LinearModel,
    LogisticModel,
    MlpModel,
    Model,
    ModuleModel,
    ResnetModel,
)
from seedbed.recipe.schedules import (
    AnySchedule,
    ConstantSchedule,
    CosineSchedule,
    ExponentialSchedule,
    MultiStepSchedule,
    OneCycleSchedule,
    PlateauSchedule,
    PolynomialSchedule,
    Schedule,
    StepSchedule,
)
from seedbed.recipe.sources import (
    AnyData,
    ArraysData,
    Cifar10Data,
    DigitsData,
    FolderData,
    FunctionData,
    Images,
    Interval,
    MnistData,
    NpzData,
    SgemmData,
    TableData,
)
from seedbed.recipe.training import Augment, Stop, Training
from seedbed.values import (
    Bool,
    Float,
    Fraction,
    FrozenModel,
    Int,
    NonNegativeFloat,
    NonNegativeInt,
    Per,
    PositiveFloat,
    PositiveInt,
)

__all__ = [
    "Activation",
    "AnyData",
    "AnyModel",
    "AnySchedule",
    "ArraysData",
    "Augment",
    "Block",
    "Bool",
    "Cifar10Data",
    "CnnModel",
    "ConstantSchedule",
    "CosineSchedule",
    "Data",
    "DigitsData",
    "ExponentialSchedule",
    "Float",
    "FolderData",
    "Folds",
    "Fraction",
    "FrozenModel",
    "FunctionData",
    "Images",
    "Init",
    "Int",
    "Interval",
    "LinearModel",
    "LogisticModel",
    "Loss",
    "MlpModel",
    "MnistData",
    "Model",
    "ModuleModel",
    "MultiStepSchedule",
    "NonNegativeFloat",
    "NonNegativeInt",
    "NpzData",
    "OneCycleSchedule",
    "Optimizer",
    "Per",
    "PlateauSchedule",
    "PolynomialSchedule",
    "PositiveFloat",
    "PositiveInt",
    "Recipe",
    "ResnetModel",
    "Schedule",
    "SgemmData",
    "Split",
    "StepSchedule",
    "Stop",
    "TableData",
    "Target",
    "Training",
]


class Recipe(FrozenModel):
    """Data, model and training of one run."""

    data: AnyData
    model: AnyModel
    training: Training

    @model_validator(mode="after")
    def _parts_fit(self) -> Recipe:
        if self.training.loss is None:
            object.__setattr__(
                self, "training", self.training.model_copy(update={"loss": self._usual_loss()})
            )
        if self.training.class_weight is not None and not self.is_classification:
            raise ValueError(
                f"class_weight needs loss {losses_of('binary', 'class')}, got {self.training.loss}"
            )
        if self.model.kind == "logistic" and not self.is_classification:
            raise ValueError(f"a logistic model needs loss {losses_of('binary', 'class')}")
        if self.model.kind == "linear" and self.is_classification:
            raise ValueError(
                f'a linear model needs loss {losses_of("number")}; for classes use kind = "logistic"'
            )
        if self.is_classification and not self.data.gives_classes:
            raise ValueError(
                f'{self.training.loss} needs classes, and source = "{self.data.source}" gives a number'
            )
        if not self.is_classification and not self.data.gives_numbers:
            raise ValueError(
                f"{self.data.source} gives classes; its loss is cross_entropy, not {self.training.loss}"
            )
        if not self.is_image and self.model.kind in ("cnn", "resnet"):
            raise ValueError(
                f'a {self.model.kind} needs images, and source = "{self.data.source}" gives none'
            )
        if not self.is_image and self.training.augment:
            raise ValueError(f'augment needs images, and source = "{self.data.source}" gives none')
        if self.data.powers > 1 and self.model.kind in ("cnn", "resnet"):
            raise ValueError(f"powers are taken of rows of numbers; a {self.model.kind} reads images")
        return self

    def _usual_loss(self) -> Loss:
        if not self.data.gives_numbers:
            return "cross_entropy"
        return "bce" if self.model.kind == "logistic" else "mse"

    @property
    def parts(self) -> tuple[str, ...]:
        """The parts that its data have, as far as the settings alone can tell."""
        data = self.data
        # A split of two parts is of a source that has a test part of its own.
        sizes = (1, 1, 1) if isinstance(data.split, Folds) else (*data.split, 1)[:3]
        has_val = bool(sizes[1]) and data.fit_on == "train"
        has_test = bool(sizes[2]) and data.fit_on != "all"
        found = {"train": True, "val": has_val, "test": has_test, "grid": data.has_grid}
        return tuple(part for part, there in found.items() if there)

    @property
    def is_image(self) -> bool:
        """Whether the source gives labelled images."""
        return isinstance(self.data, Images)

    @property
    def target(self) -> Target:
        """What its loss is about."""
        assert self.training.loss  # filled in above
        return LOSSES[self.training.loss].target

    @property
    def is_classification(self) -> bool:
        """Whether the targets are classes."""
        return self.target != "number"
