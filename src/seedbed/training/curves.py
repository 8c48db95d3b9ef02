"""The curves of a group: metrics of its runs at the evaluations that are kept."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from seedbed.training.artefacts import joined
from seedbed.training.group import Group


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
        """The columns of `curves.parquet`, one row per run, evaluation and metric; empty without any."""
        return joined(self._points) if self._points else {}
