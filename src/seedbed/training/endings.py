"""How the runs of a group end: their final parameters, and a record of each."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from seedbed.engines.base import Engine
from seedbed.study.checkpoints import State
from seedbed.study.trainable import FinishedRun, Status
from seedbed.training.group import Group

Ending = tuple[Status, str | None]  # and why


class Endings:
    """Final parameters and records of the runs of a group.

    Methods take `active`, the runs of the group that the engine holds, by index, in the order of its arrays.

    Attributes
    ----------
    initial
        (runs, P): the parameters that training starts from.
    final
        "params" (runs, P) and "state" (runs, S); those that training starts from until others are kept.
    """

    def __init__(self, group: Group) -> None:
        self._group = group
        self.initial = group.initial_params()
        self.final = {"params": self.initial.copy(), "state": group.initial_state()}
        self._records: list[FinishedRun | None] = [None] * len(group.runs)
        self._keeps_best = np.array([run.recipe.training.keep_best for run in group.runs])
        self._best = np.full(len(group.runs), np.inf)
        self._is_final = np.zeros(
            len(group.runs), dtype=bool
        )  # of whom others than the initial ones are kept

    def keep_best(self, engine: Engine, active: np.ndarray, scores: np.ndarray, due: np.ndarray) -> None:
        """Keep the parameters of runs whose recipe says so and whose score, (active runs,), has become less.

        Parameters
        ----------
        due
            (active runs,) bool: whose score counts.
        """
        better = due & self._keeps_best[active] & (scores < self._best[active])
        if better.any():
            self._keep(engine, active, np.flatnonzero(better))
            self._best[active[better]] = scores[better]

    def note(self, engine: Engine, active: np.ndarray, endings: Mapping[int, Ending], step: int) -> None:
        """Keep the last parameters of ended runs that have no best ones, and record how they ended.

        Parameters
        ----------
        endings
            By index among the active runs.
        step
            Steps done.
        """
        finite = self._finite(engine)
        last = [index for index in endings if not np.isfinite(self._best[active[index]])]
        if last:
            self._keep(engine, active, np.array(last))
        for index, (status, reason) in endings.items():
            if status != "diverged" and not finite[index]:
                status, reason = "diverged", "parameters not finite"
            self._records[active[index]] = self._record(int(active[index]), status, reason, step)

    def records(self, seconds: np.ndarray) -> list[FinishedRun]:
        """One per run, in the order of the group, when all have ended; `seconds` (runs,) is what each took."""
        records = [record for record in self._records if record is not None]
        assert len(records) == len(self._group.runs)
        for record, taken in zip(records, seconds, strict=True):
            record.seconds = float(taken)
        return records

    def moved(self) -> np.ndarray:
        """(runs,) bool: whether any final parameter differs from its initial draw."""
        return (self.final["params"] != self.initial).any(axis=1)

    def state(self) -> State:
        """What `restore` takes; initial parameters are drawn again."""
        rows = np.flatnonzero(self._is_final)
        final = {name: array[rows] for name, array in self.final.items()}
        records = [record and [record.status, record.stop_reason, record.steps] for record in self._records]
        return State({**final, "rows": rows, "best": self._best.copy()}, {"records": records})

    def restore(self, state: State) -> None:
        """Go on from there."""
        rows = state.arrays["rows"]
        for name, array in self.final.items():
            array[rows] = state.arrays[name]
        self._is_final[rows] = True
        self._best = np.array(state.arrays["best"])
        self._records = [
            record and self._record(index, *record) for index, record in enumerate(state.facts["records"])
        ]

    def _record(self, index: int, status: Status, reason: str | None, step: int) -> FinishedRun:
        run, epochs = self._group.runs[index], step // self._group.steps_per_epoch
        size = self.initial.shape[1]
        return FinishedRun(run.variant, run.seed, status, reason, step, epochs, parameters=size)

    def _keep(self, engine: Engine, active: np.ndarray, indices: np.ndarray) -> None:
        """Take the engine's present parameters of some active runs as their final ones."""
        for name, final in self.final.items():
            final[active[indices]] = engine.read([name])[name][indices]
        self._is_final[active[indices]] = True

    def _finite(self, engine: Engine) -> np.ndarray:
        """Which active runs still have finite parameters and statistics: a last update may have broken them."""
        arrays = engine.read(self.final).values()
        return np.logical_and.reduce([np.isfinite(array).all(axis=1) for array in arrays])
