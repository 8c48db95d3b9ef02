"""What a trained group leaves: a record of every run, curves, predictions, final parameters and evidence."""

from __future__ import annotations

from collections.abc import Collection
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
    """Gathers the columns of `curves.parquet`, and the losses that findings are made of.

    Parameters
    ----------
    metrics
        In full, such as "val.mae": kept on every part, beside the usual ones.
    """

    def __init__(self, group: Group, metrics: Collection[str]) -> None:
        self._group = group
        self._kept = {"loss", "mse", "accuracy", *(metric.partition(".")[2] for metric in metrics)}
        names = ("variant", "seed", "step", "epoch", "metric", "value")
        self.columns: dict[str, list[Any]] = {name: [] for name in names}
        self._losses: list[tuple[list[float], list[float]]] = [([], []) for _ in group.runs]

    def add_losses(self, row: int, train: float, val: float | None) -> None:
        """Note the losses of one run at one evaluation; None where there is no validation part."""
        self._losses[row][0].append(train)
        if val is not None:
            self._losses[row][1].append(val)

    def losses(self, row: int) -> tuple[np.ndarray, np.ndarray]:
        """Training loss of one run at every evaluation, and validation loss, empty without such a part."""
        train, val = self._losses[row]
        return np.array(train, np.float64), np.array(val, np.float64)

    def add(self, row: int, step: int, values: dict[str, float]) -> None:
        """Note the rate and those metrics of one run, given by full name, that are kept.

        An epoch that was begun counts as one, so that no two points of a run have the same.
        """
        run = self._group.runs[row]
        epoch = -(-step // self._group.steps_per_epoch)
        for name, value in values.items():
            if name == "lr" or name.partition(".")[2] in self._kept:
                point = (run.variant, run.seed, step, epoch, name, value)
                for column, item in zip(self.columns.values(), point, strict=True):
                    column.append(item)
