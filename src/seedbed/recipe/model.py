"""The table [model]: the kinds of networks."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from seedbed.recipe.values import Fraction, PositiveFloat, PositiveInt, Table

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
