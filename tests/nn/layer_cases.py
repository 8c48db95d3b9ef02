"""The table of layers: one row a layer and mode, which drives every check of test_layers.py."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F

from seedbed.nn.base import Array, Arrays, Context, Layer, Parameter
from seedbed.nn.chain import Chain
from seedbed.nn.layers.activations import Activation
from seedbed.nn.layers.batch_norm import BatchNorm
from seedbed.nn.layers.dense import Dense
from seedbed.nn.layers.dropout import Dropout
from seedbed.nn.layers.flatten import Flatten
from seedbed.nn.layers.merged_dense import MergedDense
from seedbed.nn.layers.powers import Powers
from seedbed.random import keys, philox

RUNS, BATCH, STEP, DROPOUT_PLACE = 3, 4, 7, 2
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
    count = int(np.prod(shape))
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


def _batch_norm(training: bool) -> Reference:
    def reference(x: torch.Tensor, params: Tensors, state: Tensors, run: int) -> torch.Tensor:
        statistics = state["running_mean"], state["running_var"]
        return F.batch_norm(x, *statistics, params["weight"], params["bias"], training, 0.1, 1e-5)

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
    Case("flatten", Flatten(), (2, 3, 4), lambda x, params, state, run: torch.flatten(x, 1)),
    Case("batch norm", BatchNorm(6), (6,), _batch_norm(True)),
    Case("batch norm in evaluation", BatchNorm(6), (6,), _batch_norm(False), training=False),
    Case("batch norm of images", BatchNorm(2), (2, 3, 5), _batch_norm(True)),
    Case("batch norm of images in evaluation", BatchNorm(2), (2, 3, 5), _batch_norm(False), training=False),
    Case("dropout", Dropout(DROPOUT_PLACE), (6,), _dropout),
    Case(
        "dropout in evaluation",
        Dropout(DROPOUT_PLACE),
        (6,),
        lambda x, params, state, run: F.dropout(x, 0.5, training=False),
        training=False,
    ),
    *(
        Case(kind, Activation(kind), (5,), lambda x, params, state, run, function=function: function(x))
        for kind, function in ACTIVATION_REFERENCES.items()
    ),
    Case(
        "chain", Chain((Dense(3, 4), BatchNorm(4), Activation("tanh"), Dense(4, 2, bias=False))), (3,), _chain
    ),
]
