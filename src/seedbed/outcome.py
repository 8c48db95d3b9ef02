"""What a trained group leaves: a record of every run, curves, predictions, final parameters and evidence."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from seedbed.diagnostics import Evidence
from seedbed.group import Group


@dataclass
class RunRecord:
    """What is kept of one run; `confusion` is (classes, classes) or None."""

    variant: str
    seed: int
    status: str
    stop_reason: str | None
    steps: int
    epochs: int
    seconds: float
    parameters: int
    metrics: dict[str, float] = field(default_factory=dict)
    confusion: np.ndarray | None = None


@dataclass(frozen=True)
class Outcome:
    """A trained group: records, columns of tables, final parameters (runs, P) and state (runs, S)."""

    records: list[RunRecord]
    curves: dict[str, list[Any]]
    predictions: dict[str, Any] | None
    mistakes: dict[str, Any] | None
    params: np.ndarray
    state: np.ndarray
    evidence: list[Evidence]
    interrupted: bool


def is_recorded(evaluation: int) -> bool:
    """Whether the curves keep this evaluation (counted from 1): each of the first 20, then one every 5 %.

    So a curve of 100 000 epochs takes 200 points, and which they are depends on nothing but the count.
    """
    if evaluation <= 20:
        return True
    return int(np.log(evaluation) / np.log(1.05)) > int(np.log(evaluation - 1) / np.log(1.05))


class Curves:
    """Gathers the columns of `curves.parquet`, and the losses that findings are made of."""

    def __init__(self, group: Group, metric: str) -> None:
        self._group = group
        self._usual = {"loss", "mse", "accuracy", metric.split(".", 1)[-1]}
        names = ("variant", "seed", "step", "epoch", "metric", "value")
        self.columns: dict[str, list[Any]] = {name: [] for name in names}
        self._losses: list[list[tuple[float, float]]] = [[] for _ in group.runs]

    def add_losses(self, row: int, train: float, val: float) -> None:
        """Note both losses of one run at one evaluation."""
        self._losses[row].append((train, val))

    def losses(self, row: int) -> tuple[np.ndarray, np.ndarray]:
        """Training and validation loss of one run at every evaluation."""
        both = np.array(self._losses[row], dtype=np.float64).reshape(-1, 2)
        return both[:, 0], both[:, 1]

    def add(self, row: int, step: int, values: dict[str, float]) -> None:
        """Note the rate, the loss and the usual metrics of one run, by full name."""
        run = self._group.runs[row]
        epoch = round(step / self._group.steps_per_epoch)
        for name, value in values.items():
            if name == "lr" or name.split(".", 1)[1] in self._usual:
                point = (run.variant, run.seed, step, epoch, name, float(value))
                for column, item in zip(self.columns.values(), point, strict=True):
                    column.append(item)
