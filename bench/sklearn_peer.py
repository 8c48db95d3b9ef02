"""scikit-learn as a contender: its MLP estimators, where they can do the work (no batch norm, their own batches)."""

from __future__ import annotations

import warnings

import numpy as np
from sklearn.neural_network import MLPClassifier, MLPRegressor

from bench.task import LR, MOMENTUM, Contender, Task


def estimator(task: Task) -> Contender:
    """One epoch of an MLP estimator with the same network, batch size and update rule; it shuffles by itself."""
    kind = MLPRegressor if task.loss == "mse" else MLPClassifier
    model = kind(
        hidden_layer_sizes=task.hidden, solver="sgd", batch_size=task.batch, learning_rate_init=LR, momentum=MOMENTUM,
        nesterovs_momentum=False, alpha=0.0, max_iter=1, random_state=0,
    )  # fmt: skip

    def train() -> np.ndarray:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # one epoch does not converge
            model.fit(task.inputs, task.targets.ravel())
        return np.array([model.loss_curve_])

    steps = -(-len(task.inputs) // task.batch)
    return Contender(f"scikit-learn {kind.__name__}", train, steps, same_batches=False)
