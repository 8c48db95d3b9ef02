"""The table [data] of each source; a new one is a model here and a member of `AnyData`."""

from __future__ import annotations

import codecs
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from seedbed.recipe.data import Data, Folds, Split
from seedbed.values import Float, NonNegativeFloat, PositiveInt

Interval = tuple[Float, Float]
LARGEST = 3e38  # nearly that of float32, in which samples are held


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

    gives_classes: ClassVar[bool] = False

    source: Literal["function"]
    expression: str = Field(
        description="The function: operators + - * / **, functions such as sin, exp and sqrt, constants pi and e, "
        "of x, or of x1, x2, .."
    )
    domain: Annotated[Interval | tuple[Interval, ...], BeforeValidator(_pair_or_pairs)] = Field(
        description="[low, high], or a list of one such pair for each variable x1, x2, .."
    )
    samples: PositiveInt = Field(default=1000, description="How many samples are drawn, before the split.")
    noise: NonNegativeFloat = Field(
        default=0.0, description="Standard deviation of the normal noise on the targets."
    )
    grid: PositiveInt = Field(
        default=1000,
        description="Equally spaced points without noise (part grid, functions of one variable) on which the fit "
        "is judged and drawn.",
    )

    @model_validator(mode="after")
    def _domain_is_ordered(self) -> FunctionData:
        for low, high in self.intervals:
            if not low < high:
                raise ValueError(
                    f"domain [{low:g}, {high:g}] is empty: its low end must be below its high end"
                )
            if max(-low, high) > LARGEST:
                raise ValueError(
                    f"domain [{low:g}, {high:g}] reaches beyond {LARGEST:g}, which 32 bits cannot hold"
                )
        return self

    @property
    def intervals(self) -> tuple[Interval, ...]:
        """One (low, high) per variable."""
        return self.domain if isinstance(self.domain[0], tuple) else (self.domain,)  # type: ignore[return-value]

    @property
    def has_grid(self) -> bool:
        """Whether it is a function of one variable."""
        return len(self.intervals) == 1


NOT_OF_FILES = (
    "idna",
    "punycode",
    "unicode-escape",
    "raw-unicode-escape",
)  # but of names and of Python's sources


def _known_encoding(name: str) -> str:
    try:
        "".encode(name)  # not every codec that Python knows by name is of text
        if codecs.lookup(name).name in NOT_OF_FILES:
            raise LookupError
    except (LookupError, UnicodeError):
        raise ValueError(f'"{name}" is not an encoding; use utf-8, latin-1, cp1252 or utf-16') from None
    return name


def _with_percent(form: str) -> str:
    if "%" not in form:
        raise ValueError(f'"{form}" is not a format of dates; write one such as %d.%m.%Y')
    return form


Missing = Literal["impute", "category"]
Encoding = Annotated[str, AfterValidator(_known_encoding)]
DateForm = Annotated[str, AfterValidator(_with_percent)]


class TableData(Data):
    """Rows of a CSV (also compressed), Parquet or Arrow file; `target` is a column or an expression."""

    source: Literal["table"]
    path: str = Field(
        description="The file, relative to the study: .csv (also .gz and the like), .tsv, .parquet, .arrow or "
        ".feather."
    )
    target: str = Field(
        description="The column to predict, or an expression of columns, such as log(price) or price > 100."
    )
    features: tuple[str, ...] | None = Field(
        default=None,
        description="The columns to learn from; all but those of the target unless given. Text becomes one 0/1 "
        "column for each category, a date its parts.",
    )
    exclude: tuple[str, ...] = Field(default=(), description="Columns not to learn from, such as an id.")
    where: str | None = Field(
        default=None,
        description='An expression; only rows where it is true are taken, such as price > 0 and color == "red".',
    )
    missing: Missing | dict[str, Missing] | None = Field(
        default=None,
        description="What becomes of missing values, for all columns or by name: impute (by the training part: the "
        "median, of text the most frequent category) or category (one of its own; beside numbers a 0/1 column).",
    )
    dates: dict[str, DateForm] = Field(
        default_factory=dict,
        description="The format of dates where it is ambiguous or unusual: column to format, such as %d/%m/%Y.",
    )
    separator: Annotated[str, Field(min_length=1, max_length=1)] | None = Field(
        default=None,
        description="The column separator of a CSV file; unless given a comma, in a .tsv file a tab.",
    )
    decimal: Literal[".", ","] = Field(default=".", description="The decimal mark of a CSV file.")
    thousands: Literal[",", ".", " ", "'", "_"] | None = Field(
        default=None, description="The thousands separator of a CSV file's numbers, if there is one."
    )
    encoding: Encoding = Field(
        default="utf-8", description="The character encoding of a CSV file, such as latin-1 or utf-16."
    )

    @model_validator(mode="after")
    def _layout_is_possible(self) -> TableData:
        if self.decimal in (self.separator, self.thousands):
            other = "separator" if self.decimal == self.separator else "thousands"
            raise ValueError(f'decimal and {other} are both "{self.decimal}"; they must differ')
        return self


class SgemmData(Data):
    """The SGEMM GPU kernel performance table; `log_time` is the log of the mean run time in ms."""

    source: Literal["sgemm"]
    target: str = Field(
        default="log_time",
        description="The column to predict, or an expression of columns, such as log_time > 4.62 for classes.",
    )
    features: tuple[str, ...] | None = Field(
        default=None, description="The columns to learn from; all 14 parameters unless given."
    )
    where: str | None = Field(
        default=None, description="An expression; only rows where it is true are taken."
    )


class Images(Data):
    """Labelled images, (channels, height, width) each; scaled by channel."""

    gives_numbers: ClassVar[bool] = False


class DigitsData(Images):
    """scikit-learn's 1,797 digits of 8 x 8 pixels, embedded in that package."""

    source: Literal["digits"]


def _beside_test(train: int, val: int) -> Any:
    """The field of a split whose images have a test part of their own beside them."""
    return Field(
        default=(train, val),
        description=f"Train and validation, of the {train + val:,} images beside the test part, as counts or "
        "fractions; or { folds = 5, fold = 0 }.",
    )


class MnistData(Images):
    """MNIST or Fashion-MNIST, 28 x 28 pixels in [0, 1], with their own test part of 10,000 images."""

    source: Literal["mnist", "fashion_mnist"]
    split: Split | Folds = _beside_test(50_000, 10_000)


class Cifar10Data(Images):
    """CIFAR-10, 32 x 32 coloured pixels in [0, 1], with its own test part of 10,000 images."""

    source: Literal["cifar10"]
    split: Split | Folds = _beside_test(45_000, 5_000)


class FolderData(Images):
    """PNG and JPEG files in a folder for each class, resized to one square size, in colour."""

    source: Literal["images"]
    path: str = Field(description="The folder, relative to the study, with one folder for each class.")
    size: PositiveInt = Field(
        default=32, description="Width and height in pixels that every image is resized to."
    )


class NpzData(Images):
    """Arrays x and y of a NumPy .npz file, or x_train, y_train, x_test and y_test: images and their classes."""

    source: Literal["npz"]
    path: str = Field(description="The file, relative to the study.")


class ArraysData(Data):
    """Arrays x (rows of numbers) and y of a NumPy .npz file, or x_train, y_train, x_test and y_test.

    An array `features` may name the columns. `Study.from_dict(..., x=x, y=y)` writes such a file.
    """

    source: Literal["arrays"]
    path: str = Field(description="The file, relative to the study.")


AnyData = Annotated[
    FunctionData
    | TableData
    | ArraysData
    | SgemmData
    | DigitsData
    | MnistData
    | Cifar10Data
    | FolderData
    | NpzData,
    Field(discriminator="source"),
]
