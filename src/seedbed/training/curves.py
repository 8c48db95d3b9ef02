"""The curves of a group: metrics of its runs at the evaluations that are kept."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

import numpy as np

from seedbed.study.checkpoints import State
from seedbed.training.artefacts import joined
from seedbed.training.group import Group
from seedbed.training.losses import Losses

FIRST = 20  # evaluations, each of which the curves keep
RULE = f"the first {FIRST} evaluations, then one every 5 %, the last, and epochs that claims name"


def is_recorded(evaluation: int) -> bool:
    """Whether the curves keep this evaluation (counted from 1), see `RULE`.

    So a curve of 100 000 epochs takes 200 points, and which they are depends on nothing but the count.
    """
    if evaluation <= FIRST:
        return True
    return int(np.log(evaluation) / np.log(1.05)) > int(np.log(evaluation - 1) / np.log(1.05))


def leaves_out(evaluations: int) -> bool:
    """Whether the curves of a run that is evaluated so often leave out some."""
    return not all(is_recorded(number) for number in range(1, min(evaluations, 2 * FIRST)))


class _Point(NamedTuple):
    """An evaluation of some runs, by index; values (runs, metrics)."""

    rows: np.ndarray
    step: int
    metrics: tuple[str, ...]
    values: np.ndarray


class Curves:
    """Gathers the columns of `curves.parquet`, and the losses that findings are made of.

    Parameters
    ----------
    metrics
        In full, such as "val.mae": kept on every part, beside the usual ones.

    Attributes
    ----------
    losses
        On the training part, and on validation where there is one.
    """

    def __init__(self, group: Group, metrics: Collection[str]) -> None:
        self._group = group
        self._kept = {"loss", "mse", "accuracy", *(metric.partition(".")[2] for metric in metrics)}
        self._points: list[_Point] = []
        self.losses = Losses(len(group.runs), 2 if "val" in group.part_sizes else 1)

    def add(self, rows: np.ndarray, step: int, values: dict[str, np.ndarray]) -> None:
        """Note the rate and those metrics of some runs, (rows,) each by full name, that are kept.

        An epoch that was begun counts as one, so that no two points of a run have the same.
        """
        kept = {
            name: value
            for name, value in values.items()
            if name == "lr" or name.partition(".")[2] in self._kept
        }
        values_of = np.stack(list(kept.values()), axis=1).astype(np.float64)
        self._points.append(_Point(rows, step, tuple(kept), values_of))

    @property
    def columns(self) -> dict[str, np.ndarray]:
        """The columns of `curves.parquet`, one row per run, evaluation and metric; empty without any."""
        return joined([self._columns(point) for point in self._points]) if self._points else {}

    def _columns(self, point: _Point) -> dict[str, np.ndarray]:
        runs, metrics = [self._group.runs[row] for row in point.rows], len(point.metrics)
        count = len(runs) * metrics
        return {
            "variant": np.repeat(np.array([run.variant for run in runs], dtype=object), metrics),
            "seed": np.repeat([run.seed for run in runs], metrics),
            "step": np.full(count, point.step),
            "epoch": np.full(count, -(-point.step // self._group.steps_per_epoch)),
            "metric": np.tile(np.array(point.metrics, dtype=object), len(runs)),
            "value": point.values.ravel(),
        }

    def state(self) -> State:
        """What `restore` takes: rows and values of all points one after another."""
        arrays = {
            "rows": np.concatenate([point.rows for point in self._points] or [np.empty(0, np.int64)]),
            "values": np.concatenate([point.values.ravel() for point in self._points] or [np.empty(0)]),
        }
        points = [[len(point.rows), point.step, list(point.metrics)] for point in self._points]
        return State(arrays, {"points": points})

    def restore(self, state: State) -> None:
        """Go on from there."""
        rows, values = np.array(state.arrays["rows"]), np.array(state.arrays["values"])
        self._points = []
        for count, step, metrics in state.facts["points"]:
            size = count * len(metrics)
            point = _Point(rows[:count], step, tuple(metrics), values[:size].reshape(count, -1))
            self._points.append(point)
            rows, values = rows[count:], values[size:]
