"""A recipe's model as a network."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from math import prod
from typing import assert_never

import numpy as np

from seedbed import recipe
from seedbed.arrays import NUMPY
from seedbed.nn.base import Context, Layer
from seedbed.nn.chain import Chain
from seedbed.nn.layers.activations import ACTIVATIONS, Activation
from seedbed.nn.layers.augment import Augment
from seedbed.nn.layers.batch_norm import BatchNorm
from seedbed.nn.layers.conv import Conv2d
from seedbed.nn.layers.dense import Dense
from seedbed.nn.layers.dropout import Dropout
from seedbed.nn.layers.flatten import Flatten
from seedbed.nn.layers.merged_dense import MergedDense
from seedbed.nn.layers.norms import NORMS
from seedbed.nn.layers.pooling import POOLS, GlobalAvgPool
from seedbed.nn.layers.powers import Powers
from seedbed.nn.layers.residual import Residual, ZeroPad
from seedbed.nn.network import Network


@dataclass(frozen=True)
class Source:
    """What the network of a module is made of beside its recipe.

    Attributes
    ----------
    cls
        The class of the module.
    example
        (1, samples, *shape) float32: some inputs as its network gets them.
    """

    cls: type
    example: np.ndarray = field(compare=False)


def build(
    model: recipe.AnyModel,
    input_shape: tuple[int, ...],
    outputs: int,
    powers: int = 1,
    augment: recipe.Augment | None = None,
    code: Source | None = None,
) -> Network:
    """The network of a recipe's model.

    Parameters
    ----------
    model
        The recipe's table `model`.
    input_shape
        The shape of one sample.
    outputs
        How many numbers are asked for a sample: targets, or classes.
    powers
        Inputs are [x, x^2, .., x^powers].
    augment
        What is done to training images at random.
    code
        Of a module what the recipe does not hold.

    Raises
    ------
    ValueError
        Where the layers do not fit each other or the sample, or a module cannot be trained.
    """
    layers: list[Layer] = [Augment(augment.crop, augment.flip, index=0)] if augment else []
    match model:
        case recipe.CnnModel():
            _add_cnn(layers, model, _image(model, input_shape), outputs)
        case recipe.ResnetModel():
            _add_resnet(layers, model, _image(model, input_shape), outputs)
        case recipe.LogisticModel():
            layers.append(MergedDense(_add_rows(layers, input_shape, powers), outputs))
        case recipe.MlpModel():
            features = _add_hidden(layers, model, _add_rows(layers, input_shape, powers))
            layers.append(Dense(features, outputs))
        case recipe.ModuleModel():
            if code is None:
                raise ValueError(f"{model.path} is code of a study, which has not been imported")
            layers += _of_module(layers, model, input_shape, outputs, powers, code)
        case recipe.LinearModel():
            layers.append(Dense(_add_rows(layers, input_shape, powers), outputs))
        case _:
            assert_never(model)
    return Network(tuple(layers), input_shape)


def _image(model: recipe.CnnModel | recipe.ResnetModel, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape, which must be that of an image."""
    if len(shape) != 3:
        raise ValueError(
            f"a {model.kind} needs images (channels, height, width), but samples have shape {shape}"
        )
    return shape


def _of_module(
    layers: list[Layer],
    model: recipe.ModuleModel,
    shape: tuple[int, ...],
    outputs: int,
    powers: int,
    code: Source,
) -> list[Layer]:
    """What is to follow on the first layers: the module, before it the powers of its inputs if there are any."""
    import torch

    from seedbed.nn.modules.making import Recipe
    from seedbed.nn.modules.probing import layer_of

    before: list[Layer] = []
    if powers > 1:
        _add_rows(before, shape, powers)
    example = Chain((*layers, *before)).forward({}, {}, code.example, Context(NUMPY))[0]
    made = Recipe(model.path, code.cls, json.dumps(model.given, sort_keys=True))
    return [*before, layer_of(made, torch.from_numpy(np.array(example[0])), outputs)]


def _add_rows(layers: list[Layer], shape: tuple[int, ...], powers: int) -> int:
    """What makes a row of features of every sample; returns how many."""
    if len(shape) > 1:
        layers.append(Flatten())
    if powers > 1:
        layers.append(Powers(powers))
    return prod(shape) * powers


def _add_hidden(layers: list[Layer], model: recipe.MlpModel | recipe.CnnModel, features: int) -> int:
    """Dense layers, each with its norm, activation and dropout; returns how many features the last gives."""
    for width in model.hidden:
        layers.append(Dense(features, width))
        layers += [*NORMS[model.norm](width), Activation(model.activation)]
        if model.dropout:
            layers.append(Dropout(index=len(layers)))
        features = width
    return features


def _add_cnn(layers: list[Layer], model: recipe.CnnModel, shape: tuple[int, ...], outputs: int) -> None:
    """Convolutions with norm, activation and pooling, then a dense head."""
    channels = shape[0]
    for block in model.blocks:
        layers.append(Conv2d(channels, block.filters, block.kernel, padding=block.kernel // 2))
        after = [Activation(model.activation), *POOLS[block.pool]]
        # The largest of a window stays the largest under a monotone function, and there are fewer to compute it of.
        swaps = block.pool == "max" and ACTIVATIONS[model.activation].monotone
        layers += [*NORMS[model.norm](block.filters), *(reversed(after) if swaps else after)]
        channels = block.filters
    features = prod(Chain(tuple(layers)).output_shape(shape))
    layers.append(Flatten())
    layers.append(Dense(_add_hidden(layers, model, features), outputs))


def _add_resnet(layers: list[Layer], model: recipe.ResnetModel, shape: tuple[int, ...], outputs: int) -> None:
    """A convolution, stages of residual blocks that halve the image between them, and one dense layer."""
    channels = model.widths[0]
    layers += _conv_norm_relu(shape[0], channels)
    for stage, width in enumerate(model.widths):
        for block in range((model.depth - 2) // (2 * len(model.widths))):
            stride = 2 if stage and not block else 1
            body = (*_conv_norm_relu(channels, width, stride), Conv2d(width, width, padding=1, bias=False))
            shortcut = _shortcut(model, channels, width, stride)
            layers.append(Residual(Chain(body), BatchNorm(width, relu=True), shortcut))
            channels = width
    layers += [GlobalAvgPool(), Dense(channels, outputs)]


def _conv_norm_relu(inputs: int, outputs: int, stride: int = 1) -> tuple[Layer, ...]:
    conv = Conv2d(inputs, outputs, stride=stride, padding=1, bias=False)  # the norm has a bias
    return conv, BatchNorm(outputs, relu=True)


def _shortcut(model: recipe.ResnetModel, inputs: int, outputs: int, stride: int) -> Layer:
    if (inputs, stride) == (outputs, 1):
        return Chain(())
    match model.shortcut:
        case "pad":
            return ZeroPad(inputs, outputs, stride)
        case "projection":
            return Chain((Conv2d(inputs, outputs, 1, stride, bias=False), BatchNorm(outputs)))
        case _:
            assert_never(model.shortcut)
