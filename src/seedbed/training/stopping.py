"""When a run ends before its epochs or steps do, and why."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from seedbed import recipe
from seedbed.training.per_run import PerRun

ROUNDING = 1e-9  # a rate this close below its bound is only rounded, as 0.1 * 0.1 * 0.1 may be


class Stopping(PerRun):
    """The stop conditions of many runs at once.

    Parameters
    ----------
    stops
        One a run; what a run has not set never ends it.
    direction
        Whether a larger ("max") or smaller ("min") study metric is better: which side of `target` reaches it.
    """

    changes = ("best", "bad", "last_lr", "last_train_loss", "last_epoch")

    def __init__(self, stops: Sequence[recipe.Stop], direction: str) -> None:
        def column(name: str) -> np.ndarray:
            # None becomes nan, and no comparison with nan is true.
            return np.array([getattr(stop, name) for stop in stops], dtype=np.float64)

        self.patience, self.min_delta = column("patience"), column("min_delta")
        self.lr_below, self.seconds = column("lr_below"), column("seconds")
        self.tolerance, self.tolerance_from = column("tolerance"), column("tolerance_from")
        self.target = column("target")
        runs = len(stops)
        self.sign = np.full(runs, {"min": 1.0, "max": -1.0}[direction])
        self.best = np.full(runs, np.inf)
        self.bad = np.zeros(runs, dtype=np.int64)
        self.last_lr = np.full(runs, -np.inf)
        self.last_train_loss = np.full(runs, np.nan)
        self.last_epoch = np.full(runs, np.nan)

    def update(
        self,
        *,
        epoch: float,
        watched: np.ndarray,
        train_loss: np.ndarray,
        lr: np.ndarray,
        metric: np.ndarray | None,
        elapsed: float,
    ) -> np.ndarray:
        """Take in one evaluation and say which runs end here.

        Parameters
        ----------
        epoch
            Epochs done.
        watched, train_loss
            (runs,): the validation loss (without a validation part the training loss) and the training loss.
        lr
            (runs,): the rate of the next step. One below its bound but still rising (warm-up) ends nothing.
        metric
            (runs,): the study's metric; None where it is not known now, which reaches no target.
        elapsed
            Wall-clock seconds of the group so far.

        Returns
        -------
        (runs,) of object: None to go on, or the reason: "target", "tolerance", "patience", "lr below ...",
        "time". Where several are met the first of these counts.
        """
        better = watched < self.best - self.min_delta
        self.best = np.where(better, watched, self.best)
        self.bad = np.where(better, 0, self.bad + 1)
        # The change is taken per epoch, so that a rarer evaluation does not tighten the condition.
        small = np.abs(train_loss - self.last_train_loss) < self.tolerance * (epoch - self.last_epoch)
        below = (lr < self.lr_below * (1 - ROUNDING)) & (lr <= self.last_lr)
        met = [
            ("time", elapsed >= self.seconds),
            ("lr", below),
            ("patience", self.bad >= self.patience),
            ("tolerance", small & (epoch >= self.tolerance_from)),
        ]
        if metric is not None:
            met.append(("target", self.sign * metric <= self.sign * self.target))
        self.last_lr, self.last_train_loss = np.array(lr, np.float64), np.array(train_loss, np.float64)
        self.last_epoch = np.full(len(self.bad), epoch, dtype=np.float64)
        reasons = np.full(len(self.bad), None, dtype=object)
        for reason, runs in met:
            reasons[runs] = reason
        for run in np.flatnonzero(reasons == "lr"):
            reasons[run] = f"lr below {self.lr_below[run]:g}"
        return reasons
