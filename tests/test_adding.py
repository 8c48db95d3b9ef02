"""What it takes to add a layer, an activation, an update rule, a loss or a metric: a class or function and a row."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ADDED = """
from dataclasses import dataclass
from math import log
import numpy as np

from seedbed.metrics.base import Metric
from seedbed.metrics.numbers import REGRESSION

REGRESSION["median_error"] = Metric(
    "min", "median absolute error", lambda given: np.median(given.size, axis=(1, 2))
)

from seedbed.nn.base import Layer
from seedbed.nn.layers.norms import NORMS

@dataclass(frozen=True)
class LayerNorm(Layer):
    def forward(self, params, state, x, context):
        xp = context.xp

        def mean(values):
            return xp.mean(values, axis=-1, keepdims=True)

        centered = x - mean(x)
        inverse = 1 / xp.sqrt(mean(centered * centered) + 1e-5)
        y = centered * inverse
        return y, state, lambda dy: (inverse * (dy - mean(dy) - y * mean(dy * y)), {})

NORMS["layer"] = lambda features: (LayerNorm(),)

from seedbed.nn.layers.activations import ACTIVATIONS, Function, sigmoid

def softplus(xp, x):
    return xp.log1p(xp.exp(-xp.abs(x))) + x * (x > 0), lambda dy: dy * sigmoid(xp, x)

ACTIVATIONS["softplus"] = Function(softplus, monotone=True)

from seedbed.optim import OPTIMIZERS
from seedbed.optim.base import Optimizer
from seedbed.optim.penalties import penalised

@dataclass(frozen=True)
class SignSGD(Optimizer):
    def update(self, xp, params, grads, slots, hyper):
        return params - hyper["lr"] * xp.sign(penalised(xp, params, grads, hyper)), slots

OPTIMIZERS["signsgd"] = SignSGD

from seedbed.nn.losses import LOSSES, Elementwise

@dataclass(frozen=True)
class LogCosh(Elementwise):
    def elements(self, xp, outputs, targets):
        error = outputs - targets
        size = xp.abs(error)
        return size + xp.log1p(xp.exp(-2 * size)) - log(2), lambda: xp.tanh(error)

LOSSES["log_cosh"] = LogCosh()
"""
RUN = """
import json, sys
from seedbed import Study

study = Study.from_dict({
    "name": "added",
    "data": {"source": "function", "expression": "sin(x)", "domain": [0, 6], "samples": 80, "split": [0.8, 0.2, 0]},
    "model": {"kind": "mlp", "hidden": [8]},
    "training": {"lr": 0.01, "epochs": 3},
    "study": {"seeds": 2, "metric": "val.median_error"},
    "ablate": {
        "model.norm": ["layer"],
        "model.activation": ["softplus"],
        "training.optimizer": ["signsgd"],
        "training.loss": ["log_cosh"],
    },
})
result = study.run(engine=sys.argv[1], runs_dir=sys.argv[2], progress=False)
print(json.dumps(result.runs.select(["variant", "status", "val.loss", "val.median_error"]).to_pydict()))
"""


def run(engine: str, directory: Path) -> subprocess.CompletedProcess[str]:
    """The study of all that was added, in an interpreter of its own: rows are read when a recipe is imported."""
    command = [sys.executable, "-c", ADDED + RUN, engine, str(directory)]
    return subprocess.run(command, capture_output=True, text=True)


def test_a_class_and_a_row_are_all_it_takes(tmp_path: Path) -> None:
    done = run("numpy", tmp_path)
    assert done.returncode == 0, done.stderr
    runs = json.loads(done.stdout.splitlines()[-1])
    assert runs["status"] == ["complete"] * 10
    values = dict(zip(runs["variant"], runs["val.median_error"], strict=True))
    assert len(set(values.values())) == 5  # each of them does something
    assert all(0 < value < 1 for value in values.values())


def test_what_has_no_kernel_is_not_for_the_fused_engine(tmp_path: Path) -> None:
    done = run("fused", tmp_path)
    assert done.returncode
    for kind in ("layer LayerNorm", "layer Activation", "update rule SignSGD", "loss LogCosh"):
        assert f"no kernel for the {kind}" in done.stderr
