"""When a run ends before its epochs or steps do, and why."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from seedbed import recipe
from seedbed.optim.per_run import PerRun

ROUNDING = 1e-9  # a rate this close below its bound is only rounded, as 0.1 * 0.1 * 0.1 may be


class Stopping(PerRun):
    """The stop conditions of many runs at once; a condition that a run has not set is never met.

    Parameters
    ----------
    stops
        One a run.
    direction
        Whether a larger ("max") or smaller ("min") study metric is better: which side of `target` reaches it.
    """

    def __init__(self, stops: Sequence[recipe.Stop], direction: str = "min") -> None:
        def column(name: str) -> np.ndarray:
            values = [getattr(stop, name) for stop in stops]
            return np.array([np.nan if value is None else value for value in values], dtype=np.float64)

        # An unset condition is nan, and no comparison with nan is true.
        self.patience, self.min_delta = column("patience"), column("min_delta")
        self.lr_below, self.seconds = column("lr_below"), column("seconds")
        self.tolerance, self.tolerance_from = column("tolerance"), column("tolerance_from")
        self.sign = np.full(len(stops), -1.0 if direction == "max" else 1.0)
        self.target = column("target")
        self.best = np.full(len(stops), np.inf)
        self.bad = np.zeros(len(stops), dtype=np.int64)
        self.last_lr = np.full(len(stops), -np.inf)
        self.last_train_loss = np.full(len(stops), np.nan)
        self.last_epoch = np.full(len(stops), np.nan)

    def update(
        self,
        *,
        epoch: float,
        watched_loss: np.ndarray,
        train_loss: np.ndarray,
        lr: np.ndarray,
        metric: np.ndarray,
        seconds: float,
    ) -> np.ndarray:
        """Take in one evaluation and say which runs end here.

        Parameters
        ----------
        epoch
            Epochs done.
        watched_loss, train_loss, metric
            (runs,): the validation loss (or what is watched in its stead), the training loss, the study's metric.
        lr
            (runs,): the rate of the next step. One that is below its bound but still rising (warm-up) ends nothing.
        seconds
            Wall-clock time of the group so far.

        Returns
        -------
        (runs,) of object: the reason, "target", "tolerance", "patience", "lr below ..." or "time"; None to go on.
        Where several are met the first of these counts.
        """
        better = watched_loss < self.best - self.min_delta
        self.best = np.where(better, watched_loss, self.best)
        self.bad = np.where(better, 0, self.bad + 1)
        # The change is taken per epoch, so that a rarer evaluation does not loosen or tighten the condition.
        small = np.abs(train_loss - self.last_train_loss) < self.tolerance * (epoch - self.last_epoch)
        below = (lr < self.lr_below * (1 - ROUNDING)) & (lr <= self.last_lr)
        met = {
            "time": seconds >= self.seconds,
            "lr": below,
            "patience": self.bad >= self.patience,
            "tolerance": small & (epoch >= self.tolerance_from),
            "target": self.sign * metric <= self.sign * self.target,
        }
        self.last_lr, self.last_train_loss = np.array(lr, float), np.array(train_loss, float)
        self.last_epoch = np.full(len(self.bad), float(epoch))
        reasons = np.full(len(self.bad), None, dtype=object)
        for reason, runs in met.items():
            reasons[runs] = reason
        for run in np.flatnonzero(reasons == "lr"):
            reasons[run] = f"lr below {self.lr_below[run]:g}"
        return reasons
