"""The numbers of every training step: constants, scheduled learning rates and what the update rule derives."""

from __future__ import annotations

import numpy as np

from seedbed.recipe import Recipe
from seedbed.study.checkpoints import State
from seedbed.training import rules
from seedbed.training.group import Group
from seedbed.training.schedules import Plateau, lr_factor, steps_since_restart


class Hyperparameters:
    """The hyperparameters of every step of the runs still active."""

    def __init__(self, group: Group) -> None:
        self._group = group
        self._optimizer = rules.build(group.training)
        self._active = np.arange(len(group.runs))
        self._total = group.total_steps()
        self._constants = [_constants(run.recipe) for run in group.runs]
        self._plateau = Plateau.of([run.recipe.training.schedule for run in group.runs])

    def keep(self, runs: np.ndarray) -> None:
        """Drop every active run but those named by index."""
        self._active = self._active[runs]
        self._plateau.keep(runs)

    def state(self) -> State:
        """What `restore` takes."""
        return self._plateau.state()

    def restore(self, state: State) -> None:
        """Go on from there, with the runs that were active then."""
        self._plateau.restore(state)

    def update(self, losses: np.ndarray) -> None:
        """Take in the validation losses (active runs,) of an evaluation, by which plateau schedules lower rates."""
        self._plateau.update(losses)

    def steps(self, first_step: int, steps: int) -> dict[str, np.ndarray]:
        """Numbers by name, (steps, active runs) float64, as rates are after the latest evaluation."""
        names = self._constants[0]
        shape = (steps, len(self._active))
        hyper = {
            name: np.broadcast_to(np.array([self._constants[run][name] for run in self._active]), shape)
            for name in names
        }
        number = np.arange(first_step, first_step + steps)
        hyper["lr"] = self._rates(number) * self._plateau.factor_now
        return hyper | self._optimizer.derived(hyper, self._since_restart(number) + 1)

    def rates(self, step: int) -> np.ndarray:
        """The learning rates of one step, (active runs,)."""
        return self.steps(step, 1)["lr"][0]

    def restarting(self, step: int) -> list[int]:
        """Which active runs start their optimizer afresh before this step, by index."""
        return np.flatnonzero(self._since_restart(np.array([step]))[0] == 0).tolist() if step else []

    def next_restart(self, step: int, end: int) -> int:
        """The first step after `step`, and at most `end`, before which some run's optimizer starts afresh."""
        schedules = (self._group.runs[run].recipe.training.schedule for run in self._active)
        if not any(getattr(schedule, "restart", False) for schedule in schedules):
            return end
        later = np.arange(step + 1, end)
        starts = later[(self._since_restart(later) == 0).any(axis=1)]
        return int(starts[0]) if len(starts) else end

    def _since_restart(self, step: np.ndarray) -> np.ndarray:
        """Steps since the optimizer last started afresh, (steps, active runs)."""
        per_epoch = self._group.steps_per_epoch
        schedules = [self._group.runs[run].recipe.training.schedule for run in self._active]
        return np.stack([steps_since_restart(schedule, step, per_epoch) for schedule in schedules], axis=1)

    def _rates(self, step: np.ndarray) -> np.ndarray:
        """Scheduled learning rates, (steps, active runs); runs of one variant share theirs."""
        columns: dict[tuple[str, int], np.ndarray] = {}
        for index in self._active:
            run, total = self._group.runs[index], int(self._total[index])
            if (run.variant, total) not in columns:
                training = run.recipe.training
                factor = lr_factor(training.schedule, step, self._group.steps_per_epoch, total)
                columns[run.variant, total] = training.lr * factor
        keys = [(self._group.runs[index].variant, int(self._total[index])) for index in self._active]
        return np.stack([columns[key] for key in keys], axis=1)


def _constants(recipe: Recipe) -> dict[str, float]:
    """What stays the same in all steps of a run."""
    own = {
        "label_smoothing": recipe.training.label_smoothing,
        "dropout": getattr(recipe.model, "dropout", 0.0),
    }
    return rules.hyperparameters(recipe.training) | own
