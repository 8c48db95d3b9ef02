"""The table of layers: one row per layer and mode, which drives every check of test_layers.py."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from seedbed.draws import keys, philox
from seedbed.nn.base import Array, Arrays, Context, Layer, Parameter
from seedbed.nn.chain import Chain
from seedbed.nn.layers.activations import Activation
from seedbed.nn.layers.augment import Augment
from seedbed.nn.layers.batch_norm import BatchNorm
from seedbed.nn.layers.conv import Conv2d
from seedbed.nn.layers.dense import Dense
from seedbed.nn.layers.dropout import Dropout
from seedbed.nn.layers.flatten import Flatten
from seedbed.nn.layers.merged_dense import MergedDense
from seedbed.nn.layers.pooling import AvgPool2d, GlobalAvgPool, MaxPool2d
from seedbed.nn.layers.powers import Powers
from seedbed.nn.layers.residual import Residual, ZeroPad

RUNS, BATCH, STEP = 3, 4, 7
DROPOUT_PLACE, AUGMENT_PLACE = 2, 1
RATES = np.array([0.0, 0.25, 0.6])

# What torch itself computes for one run: (x, params, state, run) to y; the new state is written into `state`.
Tensors = dict[str, torch.Tensor]
Reference = Callable[[torch.Tensor, Tensors, Tensors, int], torch.Tensor]


@dataclass(frozen=True)
class Case:
    """A layer, the shape of one sample, and the same thing in torch's words."""

    name: str
    layer: Layer
    shape: tuple[int, ...]
    reference: Reference
    training: bool = True

    def arrays(self, dtype: type = np.float64, runs: int = RUNS) -> tuple[Arrays, Arrays, np.ndarray]:
        """Random parameters, state and input."""
        rng = np.random.default_rng(1)
        params = {
            name: _draw(rng, parameter).astype(dtype) for name, parameter in self.layer.parameters().items()
        }
        state = {name: _draw(rng, parameter).astype(dtype) for name, parameter in self.layer.state().items()}
        return params, state, apart(rng, (runs, BATCH, *self.shape)).astype(dtype)

    def context(
        self, xp: object, convert: Callable[[np.ndarray], Array] = np.asarray, rows: slice = slice(None)
    ) -> Context:
        """The context of some of the runs."""
        dropout, augment = (keys(0, list(range(RUNS)), purpose)[rows] for purpose in ("dropout", "augment"))
        return Context(
            xp,
            training=self.training,
            step=STEP,
            dropout_key=convert(dropout),
            augment_key=convert(augment),
            hyper={"dropout": convert(RATES[rows])},
        )


def apart(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Numbers of [-2, 2] in random order, no two alike, none zero: a small step crosses no kink or tie."""
    count = prod(shape)
    return rng.permutation(np.linspace(-2, 2, count + count % 2))[:count].reshape(shape)


def _draw(rng: np.random.Generator, parameter: Parameter) -> np.ndarray:
    shape = (RUNS, *parameter.shape)
    return rng.uniform(0.5, 1.5, shape) if parameter.role == "one" else rng.standard_normal(shape)


def _powers(x: torch.Tensor, params: Tensors, state: Tensors, run: int) -> torch.Tensor:
    return torch.cat([torch.pow(x, exponent) for exponent in (1, 2, 3)], dim=-1)


def _dense(x: torch.Tensor, params: Tensors, state: Tensors, run: int) -> torch.Tensor:
    return F.linear(x, params["weight"].T, params.get("bias"))


def _merged_dense(x: torch.Tensor, params: Tensors, state: Tensors, run: int) -> torch.Tensor:
    return F.pad(x, (0, 1), value=1.0) @ params["beta"]


def _batch_norm(training: bool, relu: bool = False) -> Reference:
    def reference(x: torch.Tensor, params: Tensors, state: Tensors, run: int) -> torch.Tensor:
        statistics = state["running_mean"], state["running_var"]
        y = F.batch_norm(x, *statistics, params["weight"], params["bias"], training, 0.1, 1e-5)
        return F.relu(y) if relu else y

    return reference


def _dropout(x: torch.Tensor, params: Tensors, state: Tensors, run: int) -> torch.Tensor:
    """Word by word; torch's own masks are others."""
    y = torch.zeros_like(x)
    key = tuple(keys(0, [run], "dropout").T)
    rate = np.float32(RATES[run])
    for sample, feature in np.ndindex(*x.shape):
        counter = tuple(np.array([word]) for word in (sample, feature // 4, STEP, DROPOUT_PLACE))
        if philox(counter, key)[feature % 4][0] >= int(float(rate) * 2**32):
            y[sample, feature] = x[sample, feature] / (1 - float(rate))
    return y


def _chain(x: torch.Tensor, params: Tensors, state: Tensors, run: int) -> torch.Tensor:
    hidden = F.linear(x, params["0.weight"].T, params["0.bias"])
    statistics = state["1.running_mean"], state["1.running_var"]
    hidden = F.batch_norm(hidden, *statistics, params["1.weight"], params["1.bias"], training=True)
    return F.linear(torch.tanh(hidden), params["3.weight"].T)


def _plain(function: Callable[..., torch.Tensor], *arguments: Any) -> Reference:
    """A function of x alone."""
    return lambda x, params, state, run: function(x, *arguments)


def _conv(stride: int, padding: int) -> Reference:
    return lambda x, params, state, run: F.conv2d(x, params["weight"], params.get("bias"), stride, padding)


def _zero_pad(x: torch.Tensor, params: Tensors, state: Tensors, run: int) -> torch.Tensor:
    return F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 0, 3))


def _residual(stride: int, projected: bool, relu: bool = False, training: bool = True) -> Reference:
    def reference(x: torch.Tensor, params: Tensors, state: Tensors, run: int) -> torch.Tensor:
        def normed(images: torch.Tensor, name: str) -> torch.Tensor:
            statistics = state[f"{name}.running_mean"], state[f"{name}.running_var"]
            scaling = params[f"{name}.weight"], params[f"{name}.bias"]
            return F.batch_norm(images, *statistics, *scaling, training=training)

        hidden = torch.tanh(normed(F.conv2d(x, params["body.0.weight"], None, stride, 1), "body.1"))
        y = normed(F.conv2d(hidden, params["body.3.weight"], None, 1, 1), "norm")
        if projected:
            y = y + normed(F.conv2d(x, params["shortcut.0.weight"], None, stride), "shortcut.1")
        else:
            y = y + F.pad(x[:, :, ::stride, ::stride], (0, 0, 0, 0, 0, y.shape[1] - x.shape[1]))
        return F.relu(y) if relu else y

    return reference


def _block(inputs: int, outputs: int, stride: int, shortcut: Layer, relu: bool = False) -> Residual:
    first = Conv2d(inputs, outputs, stride=stride, padding=1, bias=False)
    second = Conv2d(outputs, outputs, padding=1, bias=False)
    body = Chain((first, BatchNorm(outputs), Activation("tanh"), second))
    return Residual(body, BatchNorm(outputs, relu), shortcut)


PROJECTION = Chain((Conv2d(2, 3, 1, stride=2, bias=False), BatchNorm(3)))


def _augment(crop: int, flip: bool) -> Reference:
    def reference(x: torch.Tensor, params: Tensors, state: Tensors, run: int) -> torch.Tensor:
        """Pad, cut out, mirror: sample by sample."""
        (_, _, height, width), key = x.shape, tuple(keys(0, [run], "augment").T)
        images = []
        for sample, image in enumerate(F.pad(x, (crop,) * 4)):
            counter = tuple(np.array([word]) for word in (sample, 0, STEP, AUGMENT_PLACE))
            words = [int(word[0]) for word in philox(counter, key)]
            top, left = (word * (2 * crop + 1) // 2**32 for word in words[:2])
            cut = image[:, top : top + height, left : left + width]
            images.append(torch.flip(cut, (2,)) if flip and words[2] >= 2**31 else cut)
        return torch.stack(images)

    return reference


ACTIVATION_REFERENCES: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "identity": torch.clone,
    "relu": F.relu,
    "leaky_relu": F.leaky_relu,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "gelu": F.gelu,
}

CASES = [
    Case("dense", Dense(5, 3), (5,), _dense),
    Case("dense without bias", Dense(5, 3, bias=False), (5,), _dense),
    Case("merged dense", MergedDense(5, 3), (5,), _merged_dense),
    Case("powers", Powers(3), (2,), _powers),
    Case("flatten", Flatten(), (2, 3, 4), _plain(torch.flatten, 1)),
    Case("batch norm", BatchNorm(6), (6,), _batch_norm(True)),
    Case("batch norm in evaluation", BatchNorm(6), (6,), _batch_norm(False), training=False),
    Case("batch norm of images", BatchNorm(2), (2, 3, 5), _batch_norm(True)),
    Case("batch norm of images in evaluation", BatchNorm(2), (2, 3, 5), _batch_norm(False), training=False),
    Case("batch norm with relu", BatchNorm(2, relu=True), (2, 3, 5), _batch_norm(True, True)),
    Case("dropout", Dropout(DROPOUT_PLACE), (6,), _dropout),
    Case("no dropout in evaluation", Dropout(0), (6,), _plain(F.dropout, 0.5, False), training=False),
    *(
        Case(kind, Activation(kind), (5,), _plain(function))
        for kind, function in ACTIVATION_REFERENCES.items()
    ),
    Case("convolution", Conv2d(2, 3), (2, 5, 6), _conv(1, 0)),
    Case("convolution with padding", Conv2d(2, 3, padding=1), (2, 5, 4), _conv(1, 1)),
    Case("convolution with stride", Conv2d(2, 3, stride=2, padding=1), (2, 6, 5), _conv(2, 1)),
    Case("convolution of single pixels", Conv2d(3, 2, 1, bias=False), (3, 4, 4), _conv(1, 0)),
    Case("strided convolution of single pixels", Conv2d(2, 3, 1, stride=2), (2, 5, 4), _conv(2, 0)),
    Case("convolution of 5 x 5", Conv2d(1, 2, 5, stride=3, padding=2), (1, 7, 8), _conv(3, 2)),
    Case("max pooling", MaxPool2d(2), (2, 6, 4), _plain(F.max_pool2d, 2)),
    Case("max pooling with a remainder", MaxPool2d(3), (2, 7, 5), _plain(F.max_pool2d, 3)),
    Case("average pooling", AvgPool2d(2), (2, 6, 4), _plain(F.avg_pool2d, 2)),
    Case("average pooling with a remainder", AvgPool2d(3), (2, 7, 5), _plain(F.avg_pool2d, 3)),
    Case("global average pooling", GlobalAvgPool(), (3, 4, 5), _plain(torch.mean, (2, 3))),
    Case("zero-padded shortcut", ZeroPad(2, 5, 2), (2, 5, 4), _zero_pad),
    Case("residual with identity", _block(2, 2, 1, Chain(())), (2, 4, 5), _residual(1, False)),
    Case("residual with relu", _block(2, 2, 1, Chain(()), True), (2, 4, 5), _residual(1, False, True)),
    Case("residual with zeros", _block(2, 3, 2, ZeroPad(2, 3, 2)), (2, 5, 4), _residual(2, False)),
    Case("residual with projection", _block(2, 3, 2, PROJECTION), (2, 5, 4), _residual(2, True)),
    Case(
        "residual in evaluation",
        _block(2, 3, 2, PROJECTION, True),
        (2, 5, 4),
        _residual(2, True, True, training=False),
        training=False,
    ),
    Case("crop", Augment(2, False, AUGMENT_PLACE), (2, 5, 4), _augment(2, False)),
    Case("flip", Augment(0, True, AUGMENT_PLACE), (2, 5, 4), _augment(0, True)),
    Case("crop and flip", Augment(1, True, AUGMENT_PLACE), (2, 4, 5), _augment(1, True)),
    Case("no crop in evaluation", Augment(1, True, 0), (2, 4, 5), _plain(torch.clone), training=False),
    Case(
        "chain", Chain((Dense(3, 4), BatchNorm(4), Activation("tanh"), Dense(4, 2, bias=False))), (3,), _chain
    ),
]
