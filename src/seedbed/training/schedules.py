"""How the learning rate moves: a factor for every step, computed on the host in float64."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from seedbed import recipe
from seedbed.training.per_run import PerRun


def lr_factor(
    schedule: recipe.AnySchedule, step: np.ndarray, steps_per_epoch: int, total_steps: int
) -> np.ndarray:
    """What multiplies lr in each step.

    Time t counts epochs or steps from 0, as the schedule's `per` says. A warm-up multiplies everything by a
    line that rises in every step, from 1 / (steps of the warm-up) in the first to 1 in its last. Cosine and
    polynomial decay begin where the warm-up ends and still reach their end with the training; the times of
    step, multi-step and exponential decay count from the start of the training, warm-up or not.

    Parameters
    ----------
    schedule
        Of the recipe; for a plateau this gives the warm-up alone, see `Plateau`.
    step
        Steps done before, from 0, of any shape.
    steps_per_epoch, total_steps
        Of the run.

    Returns
    -------
    float64 of the shape of `step`.
    """
    step = np.asarray(step, dtype=np.int64)
    unit = _unit(schedule, steps_per_epoch)
    factor = SHAPES[schedule.kind](schedule, step // unit, -(-total_steps // unit))
    warmup = schedule.warmup * unit
    return factor * np.minimum(1.0, (step + 1) / warmup) if warmup else factor


def steps_since_restart(schedule: recipe.AnySchedule, step: np.ndarray, steps_per_epoch: int) -> np.ndarray:
    """Steps done before, counted from the optimizer's last restart or from the start; 0 means: restart now.

    A restart sets the slots to zero and lets `Optimizer.derived` count from 1 again.
    """
    step = np.asarray(step, dtype=np.int64)
    if schedule.kind != "multi_step" or not schedule.restart:
        return step
    starts = np.sort(np.array([0, *schedule.milestones])) * _unit(schedule, steps_per_epoch)
    return step - starts[np.searchsorted(starts, step, side="right") - 1]


def _unit(schedule: recipe.AnySchedule, steps_per_epoch: int) -> int:
    return {"step": 1, "epoch": steps_per_epoch}[schedule.per]


def _constant(schedule: recipe.Schedule, t: np.ndarray, total: int) -> np.ndarray:
    return np.ones(t.shape)


def _step(schedule: recipe.StepSchedule, t: np.ndarray, total: int) -> np.ndarray:
    return np.maximum(schedule.factor ** (t // schedule.every), schedule.floor)


def _multi_step(schedule: recipe.MultiStepSchedule, t: np.ndarray, total: int) -> np.ndarray:
    return schedule.factor ** np.searchsorted(np.sort(schedule.milestones), t, side="right")


def _exponential(schedule: recipe.ExponentialSchedule, t: np.ndarray, total: int) -> np.ndarray:
    return np.maximum(schedule.factor**t, schedule.floor)


def _cosine(schedule: recipe.CosineSchedule, t: np.ndarray, total: int) -> np.ndarray:
    return schedule.floor + (1 - schedule.floor) * _half_cosine(_share_after_warmup(schedule, t, total))


def _polynomial(schedule: recipe.PolynomialSchedule, t: np.ndarray, total: int) -> np.ndarray:
    return np.maximum((1 - _share_after_warmup(schedule, t, total)) ** schedule.power, schedule.floor)


def _one_cycle(schedule: recipe.OneCycleSchedule, t: np.ndarray, total: int) -> np.ndarray:
    """Source: Smith and Topin, "Super-convergence", 2018, with the cosines of torch's OneCycleLR."""
    low, end = 1 / schedule.div, 1 / schedule.div / schedule.final_div
    peak = schedule.pct_start * total - 1
    rising = 1 + (low - 1) * _half_cosine(t / peak if peak > 0 else np.ones(t.shape))
    falling = end + (1 - end) * _half_cosine((t - peak) / (total - 1 - peak))
    return np.where(t <= peak, rising, falling)


def _half_cosine(share: np.ndarray) -> np.ndarray:
    """From 1 at 0 to 0 at 1."""
    return (1 + np.cos(np.pi * np.clip(share, 0, 1))) / 2


def _share_after_warmup(schedule: recipe.Schedule, t: np.ndarray, total: int) -> np.ndarray:
    return np.clip((t - schedule.warmup) / max(1, total - schedule.warmup), 0, 1)


SHAPES: dict[str, Callable[[Any, np.ndarray, int], np.ndarray]] = {
    "constant": _constant,
    "step": _step,
    "multi_step": _multi_step,
    "exponential": _exponential,
    "cosine": _cosine,
    "polynomial": _polynomial,
    "one_cycle": _one_cycle,
    "plateau": _constant,
}


class Plateau(PerRun):
    """lr x factor once the watched loss has not fallen by min_delta for more than `patience` evaluations.

    The rule of torch's ReduceLROnPlateau with threshold_mode "abs", for many runs at once.

    Parameters
    ----------
    factor, patience, min_delta, floor
        (runs,) each; a patience of inf never reduces.

    Attributes
    ----------
    factor_now
        (runs,) float64: what multiplies each run's lr.
    """

    changes = ("best", "bad", "factor_now")

    def __init__(
        self, factor: np.ndarray, patience: np.ndarray, min_delta: np.ndarray, floor: np.ndarray
    ) -> None:
        self.factor = np.array(factor, dtype=np.float64)
        self.patience = np.array(patience, dtype=np.float64)
        self.min_delta = np.array(min_delta, dtype=np.float64)
        self.floor = np.array(floor, dtype=np.float64)
        self.best = np.full(self.factor.shape, np.inf)
        self.bad = np.zeros(self.factor.shape, dtype=np.int64)
        self.factor_now = np.ones(self.factor.shape)

    @classmethod
    def of(cls, schedules: Sequence[recipe.AnySchedule]) -> Plateau:
        """One schedule a run; a run without a plateau keeps the factor 1."""
        never = (1.0, np.inf, 0.0, 0.0)
        rows = [
            (s.factor, s.patience, s.min_delta, s.floor) if s.kind == "plateau" else never for s in schedules
        ]
        return cls(*np.array(rows, dtype=np.float64).reshape(-1, 4).T)

    def update(self, losses: np.ndarray) -> None:
        """Take in one evaluation: the watched loss of each run, (runs,); nan counts as no fall."""
        better = losses < self.best - self.min_delta
        self.best = np.where(better, losses, self.best)
        bad = np.where(better, 0, self.bad + 1)
        reduce = bad > self.patience
        self.bad = np.where(reduce, 0, bad)
        reduced = np.maximum(self.factor_now * self.factor, self.floor)
        self.factor_now = np.where(reduce, np.minimum(reduced, self.factor_now), self.factor_now)
