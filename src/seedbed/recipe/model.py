"""The table [model]: the kinds of networks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, Field, create_model, model_validator

from seedbed.files import to_json
from seedbed.recipe.choices import Activation, Init, Norm, Pool
from seedbed.values import Fraction, FrozenModel, PositiveFloat, PositiveInt

DEEPEST = 1000  # layers: what is deeper takes minutes to plan, and nobody has trained it
Layers = Annotated[tuple[PositiveInt, ...], Field(max_length=DEEPEST)]


class Model(FrozenModel):
    """What every kind of network can be told."""

    init: Init = Field(
        default="default",
        description="How weights are drawn at the start; default is PyTorch's rule, uniform within 1 / "
        "sqrt(inputs).",
    )
    init_std: Annotated[PositiveFloat, Field(le=1e30)] = Field(
        default=0.01, description='Standard deviation of init = "normal".'
    )


class LinearModel(Model):
    """y = x W + b."""

    kind: Literal["linear"]


class LogisticModel(Model):
    """Logits x beta, weight and bias merged in one parameter."""

    kind: Literal["logistic"]


class MlpModel(Model):
    """Dense layers, each hidden one followed by its norm, activation and dropout."""

    kind: Literal["mlp"]
    hidden: Layers = Field(description="Units of each hidden layer, such as [100, 100]; [] for none.")
    activation: Activation = Field(default="relu", description="The function after each hidden layer.")
    norm: Norm = Field(default="none", description="Whether batch norm stands before each activation.")
    dropout: Fraction = Field(
        default=0.0,
        description="Share of the units of each hidden layer that is dropped at random in training.",
    )


class Block(FrozenModel):
    """A convolution that keeps the size of the image, its norm and activation, and a pooling by 2."""

    filters: PositiveInt = Field(description="How many filters, which are the channels that come out.")
    kernel: PositiveInt = Field(default=3, description="Pixels a side of each filter.")
    pool: Pool = Field(default="none", description="What halves the image after it.")

    @model_validator(mode="after")
    def _size_is_kept(self) -> Block:
        if self.kernel % 2 == 0:
            raise ValueError(f"kernel must be odd for the image to keep its size, not {self.kernel}")
        return self


class CnnModel(Model):
    """Blocks of convolutions, then dense layers as in an mlp."""

    kind: Literal["cnn"]
    blocks: Annotated[tuple[Block, ...], Field(min_length=1, max_length=DEEPEST)] = Field(
        description='One table for each convolution, such as [{ filters = 16, pool = "max" }, { filters = 32, '
        'pool = "max" }].'
    )
    hidden: Layers = Field(
        default=(), description="Units of each dense layer between the blocks and the output."
    )
    activation: Activation = Field(
        default="relu", description="The function after each block and each hidden layer."
    )
    norm: Norm = Field(default="none", description="Whether batch norm stands before each activation.")
    dropout: Fraction = Field(
        default=0.0,
        description="Share of the units of each hidden layer that is dropped at random in training.",
    )


class ResnetModel(Model):
    """The residual network of He et al. (CVPR 2016) for small images: stages of blocks of 2 convolutions."""

    kind: Literal["resnet"]
    depth: Annotated[PositiveInt, Field(le=2 * DEEPEST)] = Field(
        default=20, description="Layers with weights: 6n + 2 for three widths, such as 8, 20, 32, 44, 56."
    )
    widths: Annotated[tuple[PositiveInt, ...], Field(min_length=1, max_length=DEEPEST)] = Field(
        default=(16, 32, 64),
        description="Channels of each stage; every stage but the first halves the image.",
    )
    shortcut: Literal["pad", "projection"] = Field(
        default="pad",
        description="How a shortcut gets more channels: filled up with zeros, or by a convolution of its own.",
    )

    @model_validator(mode="after")
    def _depth_is_whole_blocks(self) -> ResnetModel:
        stage = 2 * len(self.widths)
        if self.depth <= 2 or (self.depth - 2) % stage:
            raise ValueError(f"depth must be {stage}n + 2 for {len(self.widths)} widths, not {self.depth}")
        if self.shortcut == "pad" and sorted(self.widths) != list(self.widths):
            raise ValueError('shortcut = "pad" needs widths that do not shrink; use "projection"')
        return self


def _module_and_class(path: str) -> str:
    module, _, name = path.partition(":")
    if not all(part.isidentifier() for part in (*module.split("."), name)):
        raise ValueError(f'expected MODULE:CLASS, such as "net:Net" for class Net in net.py, got "{path}"')
    return path


class _Module(FrozenModel):
    """What is known of a module beside its fields, one of which has a name that Python keeps for itself."""

    kind: Literal["module"]

    @property
    def path(self) -> str:
        """Where the class is found, MODULE:CLASS."""
        return str(getattr(self, "class"))

    @property
    def given(self) -> dict[str, Any]:
        """The arguments of the class by name."""
        return dict(getattr(self, "arguments"))  # noqa: B009 - see above

    def __hash__(self) -> int:
        return hash(to_json(self.model_dump()))


if TYPE_CHECKING:  # type checkers cannot read a model that is made

    class ModuleModel(_Module):
        """A PyTorch module of your own."""

else:
    ModuleModel = create_model(
        "ModuleModel",
        __base__=_Module,
        __doc__="A PyTorch module of your own.",
        __module__=__name__,
        **{
            "class": (
                Annotated[str, AfterValidator(_module_and_class)],
                Field(
                    description='Where its class is found, MODULE:CLASS, such as "net:Net" for class Net in net.py '
                    "beside the study."
                ),
            ),
            "arguments": (
                dict[str, Any],
                Field(
                    default={}, description="What the class is called with, by name, such as { width = 64 }."
                ),
            ),
        },
    )


AnyModel = Annotated[
    LinearModel | LogisticModel | MlpModel | CnnModel | ResnetModel | ModuleModel, Field(discriminator="kind")
]
