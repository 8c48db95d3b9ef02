"""What one run does: it is called with the settings of its variant and a seed, and tells its metrics."""

from collections.abc import Iterator
from typing import Any

import numpy as np


def run(settings: dict[str, Any], seed: int) -> Iterator[dict[str, float]]:
    """Train a logistic regression in small batches, and tell how good it is after every epoch.

    A function that returns one dict of metrics will do, too; it has no curves then. Nothing but its arguments should
    decide on what a run does: every variant is given the same seeds, and runs are compared in pairs by them.
    """
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(400, 5))
    y = x @ [1.0, -2.0, 0.5, 0.0, 0.0] + rng.normal(size=400) > 0
    weights, velocity = np.zeros(5), np.zeros(5)
    for _ in range(settings["epochs"]):
        for batch in rng.permutation(300).reshape(-1, 20):
            errors = 1 / (1 + np.exp(-x[batch] @ weights)) - y[batch]
            velocity = settings["momentum"] * velocity + errors @ x[batch] / len(batch)
            weights = weights - settings["lr"] * velocity
        right = 1 / (1 + np.exp(-np.where(y, 1, -1) * (x @ weights)))[300:]  # probability of the right answer
        yield {"loss": -np.log(right).mean(), "accuracy": (right > 0.5).mean()}
