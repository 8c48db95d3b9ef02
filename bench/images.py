"""Convolutional networks as tasks, and the same networks as PyTorch's modules."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from math import prod

import numpy as np
import torch
from torch import nn

from bench.task import Task
from seedbed import recipe
from seedbed.nn.base import Layer
from seedbed.nn.chain import Chain
from seedbed.nn.layers.conv import Conv2d
from seedbed.nn.layers.dense import Dense
from seedbed.nn.layers.residual import Residual
from seedbed.nn.network import Network
from seedbed.training.networks import build

REPORT_D = recipe.CnnModel(
    kind="cnn", blocks=tuple({"filters": filters, "pool": "max"} for filters in (16, 32)), hidden=(128,)
)
RESNET_20 = recipe.ResnetModel(kind="resnet", depth=20, widths=(16, 32, 64), shortcut="projection")


@dataclass(frozen=True)
class ImageTask(Task):
    """See `Task`; inputs are (N, channels, height, width)."""

    model: recipe.CnnModel | recipe.ResnetModel = field(default=RESNET_20)

    @cached_property
    def network(self) -> Network:
        """Of the recipe's model, for ten classes."""
        return build(self.model, self.inputs.shape[1:], 10)

    @cached_property
    def flops(self) -> float:
        """Of convolutions and dense layers, forward and twice that backward."""
        chain = Chain(self.network.layers)
        return 6.0 * self.batch * _products(chain, self.inputs.shape[1:])

    def module(self) -> nn.Sequential:
        """The network in PyTorch, its parameters in the same order."""
        resnet = isinstance(self.model, recipe.ResnetModel)
        return residual_network() if resnet else report_network()


def _products(layer: Layer, shape: tuple[int, ...]) -> int:
    """Multiply-adds of one sample's forward pass."""
    if isinstance(layer, Chain):
        before = layer.shapes(shape)[:-1]
        return sum(_products(*pair) for pair in zip(layer.layers, before, strict=True))
    if isinstance(layer, Residual):
        return _products(layer.body, shape) + _products(layer.shortcut, shape)
    if isinstance(layer, Conv2d):
        return prod(layer.output_shape(shape)) * layer.inputs * layer.kernel**2
    return layer.inputs * layer.outputs if isinstance(layer, Dense) else 0


def image_task(
    model: recipe.CnnModel | recipe.ResnetModel, shape: tuple[int, ...], **settings: int
) -> ImageTask:
    """Training on random images in ten classes, batch 128."""
    rng = np.random.default_rng(0)
    inputs = rng.standard_normal((1280, *shape)).astype(np.float32)
    return ImageTask(
        inputs, rng.integers(0, 10, 1280), loss="cross_entropy", batch=128, model=model, **settings
    )  # type: ignore[arg-type]


def report_network() -> nn.Sequential:
    """Report D's network."""
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(32 * 7 * 7, 128), nn.ReLU(), nn.Linear(128, 10),
    )  # fmt: skip


def residual_network() -> nn.Sequential:
    """ResNet-20 with projections."""
    layers: list[nn.Module] = [*_conv_norm(3, 16), nn.ReLU()]
    for inputs, outputs, stride in ((16, 16, 1), (16, 32, 2), (32, 64, 2)):
        layers += [Block(inputs, outputs, stride), Block(outputs, outputs), Block(outputs, outputs)]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


def _conv_norm(inputs: int, outputs: int, stride: int = 1, kernel: int = 3) -> tuple[nn.Module, nn.Module]:
    conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
    return conv, nn.BatchNorm2d(outputs)


class Block(nn.Module):
    """Two convolutions and a shortcut."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__()
        self.body = nn.Sequential(
            *_conv_norm(inputs, outputs, stride), nn.ReLU(), *_conv_norm(outputs, outputs)
        )
        projected = _conv_norm(inputs, outputs, stride, 1) if stride > 1 else ()
        self.shortcut = nn.Sequential(*projected)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The positive part of what both branches give."""
        return torch.relu(self.body(x) + self.shortcut(x))
