"""What a trained group leaves: a record of every run, curves, predictions, final parameters and evidence."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from seedbed.analysis.findings import Evidence
from seedbed.training.evaluation import joined
from seedbed.training.group import Group


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
    curves: dict[str, np.ndarray]
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
        self._points: list[dict[str, np.ndarray]] = []
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

    def add(self, rows: np.ndarray, step: int, values: dict[str, np.ndarray]) -> None:
        """Note the rate and those metrics of some runs, (rows,) each by full name, that are kept.

        An epoch that was begun counts as one, so that no two points of a run have the same.
        """
        kept = {
            name: value
            for name, value in values.items()
            if name == "lr" or name.partition(".")[2] in self._kept
        }
        runs, count = [self._group.runs[row] for row in rows], len(rows) * len(kept)
        self._points.append(
            {
                "variant": np.repeat(np.array([run.variant for run in runs], dtype=object), len(kept)),
                "seed": np.repeat([run.seed for run in runs], len(kept)),
                "step": np.full(count, step),
                "epoch": np.full(count, -(-step // self._group.steps_per_epoch)),
                "metric": np.tile(np.array(list(kept), dtype=object), len(rows)),
                "value": np.stack(list(kept.values()), axis=1).ravel(),
            }
        )

    @property
    def columns(self) -> dict[str, np.ndarray]:
        """The columns of `curves.parquet`, a row for each run, evaluation and metric; empty without any."""
        return joined(self._points) if self._points else {}
