"""The table [data]: where samples come from, how they are split and scaled."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from seedbed.recipe.values import Bool, Float, Int, NonNegativeFloat, NonNegativeInt, PositiveInt, Table


class Folds(Table):
    """k-fold split: fold `fold` is the test part, the next one validation, the rest the training part."""

    folds: Annotated[Int, Field(ge=3)]
    fold: NonNegativeInt = 0

    @model_validator(mode="after")
    def _fold_exists(self) -> Folds:
        if self.fold >= self.folds:
            raise ValueError(f"fold must be below folds = {self.folds}, counting from 0")
        return self


Split = tuple[NonNegativeInt | NonNegativeFloat, ...]


class Data(Table):
    """What every source of data can be told.

    `split` gives train, validation and test as fractions or as counts; a source with a test part of its own
    takes train and validation only. `seed` fixes samples and split for all runs; without it both follow the
    run's own seed.
    """

    split: Split | Folds = (0.8, 0.1, 0.1)
    fit_on: Literal["train", "train+val", "all"] = "train"
    stratify: Bool = False
    scale: Literal["none", "standard", "minmax"] = "none"
    scale_columns: tuple[str, ...] | None = None
    powers: PositiveInt = 1
    seed: NonNegativeInt | None = None

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


Interval = tuple[Float, Float]


def _pair_or_pairs(value: object) -> object:
    pairs = (
        value
        if isinstance(value, (list, tuple)) and value and isinstance(value[0], (list, tuple))
        else [value]
    )
    if not all(isinstance(pair, (list, tuple)) and len(pair) == 2 for pair in pairs):
        raise ValueError("domain is [low, high], or a list of one such pair for each variable")
    return value


class FunctionData(Data):
    """Samples of a function of x (or of x1..xn), drawn uniformly over a domain."""

    source: Literal["function"]
    expression: str
    domain: Annotated[Interval | tuple[Interval, ...], BeforeValidator(_pair_or_pairs)]
    samples: PositiveInt = 1000
    noise: NonNegativeFloat = 0.0
    grid: PositiveInt = 1000  # equally spaced points on which the finished fit is judged and drawn

    @model_validator(mode="after")
    def _domain_is_ordered(self) -> FunctionData:
        for low, high in self.intervals:
            if not low < high:
                raise ValueError(
                    f"domain [{low:g}, {high:g}] is empty: its low end must be below its high end"
                )
        return self

    @property
    def intervals(self) -> tuple[Interval, ...]:
        """One (low, high) a variable."""
        return self.domain if isinstance(self.domain[0], tuple) else (self.domain,)  # type: ignore[return-value]


class TableData(Data):
    """Rows of a CSV (also compressed), Parquet or Arrow file; `target` is a column or an expression."""

    source: Literal["table"]
    path: str
    target: str
    features: tuple[str, ...] | None = None
    where: str | None = None


class SgemmData(Data):
    """The SGEMM GPU kernel performance table; `log_time` is the log of the mean run time in ms."""

    source: Literal["sgemm"]
    target: str = "log_time"
    features: tuple[str, ...] | None = None
    where: str | None = None


class Images(Data):
    """Labelled images, (channels, height, width) each; whatever scales them scales whole channels."""


class DigitsData(Images):
    """scikit-learn's 1,797 digits of 8 x 8 pixels, embedded in that package."""

    source: Literal["digits"]


class MnistData(Images):
    """MNIST or Fashion-MNIST, 28 x 28 pixels in [0, 1], with their own test part of 10,000 images."""

    source: Literal["mnist", "fashion_mnist"]
    split: Split | Folds = (50_000, 10_000)


class Cifar10Data(Images):
    """CIFAR-10, 32 x 32 coloured pixels in [0, 1], with its own test part of 10,000 images."""

    source: Literal["cifar10"]
    split: Split | Folds = (45_000, 5_000)


class FolderData(Images):
    """PNG and JPEG files in a folder for each class, made square with `size` coloured pixels a side."""

    source: Literal["images"]
    path: str
    size: PositiveInt = 32


class NpzData(Images):
    """Arrays x and y of a NumPy .npz file, or x_train, y_train, x_test and y_test: images and their classes."""

    source: Literal["npz"]
    path: str


AnyData = Annotated[
    FunctionData | TableData | SgemmData | DigitsData | MnistData | Cifar10Data | FolderData | NpzData,
    Field(discriminator="source"),
]
