"""What all contenders of a comparison do: the same network from the same draws on the same batches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from seedbed import recipe
from seedbed.nn.initializers import initial
from seedbed.nn.network import Network
from seedbed.training.networks import build

LR, MOMENTUM = 0.01, 0.9


@dataclass(frozen=True)
class Task:
    """Training of `runs` networks by SGD with momentum.

    Attributes
    ----------
    inputs, targets
        (N, features) float32; (N, 1) float32 for mse and bce, (N,) int64 classes for cross_entropy.
    hidden, norm, loss
        The network: widths of its hidden layers, whether batch norm follows each, and what it is trained for.
    batch, steps, runs
        A batch of N takes all samples in every step.
    """

    inputs: np.ndarray
    targets: np.ndarray
    hidden: tuple[int, ...] = ()
    norm: bool = False
    loss: str = "mse"
    batch: int = 64
    steps: int = 100
    runs: int = 1

    @property
    def full_batch(self) -> bool:
        """Whether every step takes all samples."""
        return self.batch == len(self.inputs)

    @cached_property
    def network(self) -> Network:
        """Seedbed's network, which also makes the initial draws of all contenders."""
        outputs = int(self.targets.max()) + 1 if self.loss == "cross_entropy" else 1
        norm = "batch" if self.norm else "none"
        model = recipe.MlpModel(kind="mlp", hidden=self.hidden or (1,), norm=norm)
        linear = recipe.LinearModel(kind="linear")
        return build(model if self.hidden else linear, self.inputs.shape[1:], outputs)

    @cached_property
    def params(self) -> np.ndarray:
        """(runs, P) float32."""
        layout = self.network.parameters
        return np.stack([initial(layout, "xavier_normal", 0.01, 0, seed) for seed in range(self.runs)])

    @cached_property
    def state(self) -> np.ndarray:
        """(runs, S) float32."""
        return np.stack([initial(self.network.state, "default", 0.01, 0, 0)] * self.runs)

    @cached_property
    def indices(self) -> np.ndarray:
        """(runs, steps, batch) int64 sample numbers; for full batches (runs, 1, N)."""
        n = len(self.inputs)
        if self.full_batch:
            return np.tile(np.arange(n), (self.runs, 1, 1))
        # Step by step, so that a task of fewer steps has the same first ones.
        steps = [
            np.random.default_rng(step).integers(0, n, (self.runs, self.batch)) for step in range(self.steps)
        ]
        return np.stack(steps, axis=1)

    @cached_property
    def flops(self) -> float:
        """Multiply-adds of dense layers count two; of one step of one run, forward and backward."""
        widths = [self.inputs.shape[1], *self.hidden, self.network.outputs]
        layers = list(pairwise(widths))
        products = 2 * sum(a * b for a, b in layers) + sum(a * b for a, b in layers[1:])
        return 2.0 * self.batch * products

    @property
    def bytes_read(self) -> float:
        """Of one step: every sample's inputs and target, once."""
        return 4.0 * self.batch * (self.inputs.shape[1] + 1)


@dataclass(frozen=True)
class Contender:
    """One way of doing a task.

    Attributes
    ----------
    name
        As printed.
    train
        Does the work once, from the initial draws; returns the losses (runs done, steps).
    run_steps
        How many steps, over all runs, one call does. A slow contender may do a part: time a step is compared.
    preparation
        Seconds spent compiling, shown apart.
    same_batches
        Whether it takes the task's own draws and batches, so that its losses must be the same.
    """

    name: str
    train: Callable[[], np.ndarray]
    run_steps: int
    preparation: float = 0.0
    same_batches: bool = True


def made_task(features: int, samples: int, **settings: object) -> Task:
    """A task on normal inputs and a smooth function of them, or its sign, or its classes."""
    rng = np.random.default_rng(0)
    inputs = rng.standard_normal((samples, features)).astype(np.float32)
    values = np.sin(inputs[:, :1]) + inputs.mean(axis=1, keepdims=True)
    loss = settings.get("loss", "mse")
    if loss == "cross_entropy":
        targets = np.digitize(values[:, 0], np.quantile(values, np.linspace(0, 1, 11)[1:-1]))
    else:
        targets = (values > 0 if loss == "bce" else values).astype(np.float32)
    return Task(inputs, targets, **settings)  # type: ignore[arg-type]
