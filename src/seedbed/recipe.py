"""The recipe: all that one training run needs but its seed, as frozen, validated models and nothing else."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, Strict, model_validator

# TOML already tells 1 from 1.0 from "1": nothing is converted but a whole number where a float is wanted.
Int = Annotated[int, Strict()]
Float = Annotated[float, Strict(), Field(allow_inf_nan=False)]
Bool = Annotated[bool, Strict()]
PositiveInt = Annotated[Int, Field(gt=0)]
NonNegativeInt = Annotated[Int, Field(ge=0)]
PositiveFloat = Annotated[Float, Field(gt=0)]
NonNegativeFloat = Annotated[Float, Field(ge=0)]
Fraction = Annotated[Float, Field(ge=0, lt=1)]
Per = Literal["epoch", "step"]


class Table(BaseModel):
    """Base of every table of a study file: frozen, unknown keys refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


# --- data -----------------------------------------------------------------------------------------------


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


class DigitsData(Data):
    """scikit-learn's 1,797 digits of 8 x 8 pixels, embedded in that package."""

    source: Literal["digits"]


class MnistData(Data):
    """MNIST or Fashion-MNIST, pixels in [0, 1], with their own test part of 10,000 images."""

    source: Literal["mnist", "fashion_mnist"]
    split: Split | Folds = (50_000, 10_000)


AnyData = Annotated[
    FunctionData | TableData | SgemmData | DigitsData | MnistData, Field(discriminator="source")
]

# --- model ----------------------------------------------------------------------------------------------

Init = Literal[
    "default", "xavier_normal", "xavier_uniform", "kaiming_normal", "kaiming_uniform", "normal", "zeros"
]
Activation = Literal["relu", "leaky_relu", "sigmoid", "tanh", "gelu", "identity"]


class Model(Table):
    """What every kind of network can be told. `init_std` is the spread of the plain normal draw."""

    init: Init = "default"
    init_std: PositiveFloat = 0.01


class LinearModel(Model):
    """y = x W + b."""

    kind: Literal["linear"]


class LogisticModel(Model):
    """Logits x beta, weight and bias merged in one parameter."""

    kind: Literal["logistic"]


class MlpModel(Model):
    """Dense layers, each hidden one followed by its norm, activation and dropout."""

    kind: Literal["mlp"]
    hidden: tuple[PositiveInt, ...]
    activation: Activation = "relu"
    norm: Literal["none", "batch"] = "none"
    dropout: Fraction = 0.0


class Block(Table):
    """A convolution that keeps the size of the image, its norm and activation, and a pooling by 2."""

    filters: PositiveInt
    kernel: PositiveInt = 3
    pool: Literal["none", "max", "avg"] = "none"

    @model_validator(mode="after")
    def _size_is_kept(self) -> Block:
        if self.kernel % 2 == 0:
            raise ValueError(f"kernel must be odd for the image to keep its size, not {self.kernel}")
        return self


class CnnModel(Model):
    """Blocks of convolutions, then dense layers as in an mlp."""

    kind: Literal["cnn"]
    blocks: Annotated[tuple[Block, ...], Field(min_length=1)]
    hidden: tuple[PositiveInt, ...] = ()
    activation: Activation = "relu"
    norm: Literal["none", "batch"] = "none"
    dropout: Fraction = 0.0


class ResnetModel(Model):
    """The residual network of He et al. (CVPR 2016) for small images: stages of blocks of 2 convolutions."""

    kind: Literal["resnet"]
    depth: PositiveInt = 20
    widths: Annotated[tuple[PositiveInt, ...], Field(min_length=1)] = (16, 32, 64)
    shortcut: Literal["pad", "projection"] = "pad"

    @model_validator(mode="after")
    def _depth_is_whole_blocks(self) -> ResnetModel:
        stage = 2 * len(self.widths)
        if self.depth <= 2 or (self.depth - 2) % stage:
            raise ValueError(f"depth must be {stage}n + 2 for {len(self.widths)} widths, not {self.depth}")
        if self.shortcut == "pad" and sorted(self.widths) != list(self.widths):
            raise ValueError('shortcut = "pad" needs widths that do not shrink; take "projection"')
        return self


AnyModel = Annotated[
    LinearModel | LogisticModel | MlpModel | CnnModel | ResnetModel, Field(discriminator="kind")
]

# --- training -------------------------------------------------------------------------------------------


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
    """Half cosines: from lr / div up to lr over a share `pct_start` of training, then to lr / div / final_div."""

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


class Recipe(Table):
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
        if self.model.kind == "logistic" and self.training.loss not in ("bce", "cross_entropy"):
            raise ValueError("a logistic model needs loss bce or cross_entropy")
        if self.model.kind == "linear" and self.training.loss in ("bce", "cross_entropy"):
            raise ValueError(
                'a linear model needs loss mse, mae or huber; for classes take kind = "logistic"'
            )
        if self.data.source == "function" and self.is_classification:
            raise ValueError(f'{self.training.loss} needs classes, and source = "function" gives a number')
        if self.is_image and not self.is_classification:
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
        if self.is_image:
            return "cross_entropy"
        return "bce" if self.model.kind == "logistic" else "mse"

    @property
    def parts(self) -> tuple[str, ...]:
        """The parts that its data have, as far as the settings alone can tell."""
        data = self.data
        sizes = (
            (1, 1, 1) if isinstance(data.split, Folds) else (*data.split, 1)[:3]
        )  # a source may have its own test
        has_val = bool(sizes[1]) and data.fit_on == "train"
        has_test = bool(sizes[2]) and data.fit_on != "all"
        has_grid = isinstance(data, FunctionData) and len(data.intervals) == 1
        found = {"train": True, "val": has_val, "test": has_test, "grid": has_grid}
        return tuple(part for part, there in found.items() if there)

    @property
    def is_image(self) -> bool:
        """Whether the source gives labelled images."""
        return self.data.source in ("digits", "mnist", "fashion_mnist")

    @property
    def is_classification(self) -> bool:
        """Whether the targets are classes."""
        return self.training.loss in ("bce", "cross_entropy")
