"""What the status and the loss curves of a run show."""

from __future__ import annotations

import numpy as np

from seedbed.analysis.evidence import Evidence

# Still falling: over the last fifth of the record the training loss fell by FALL of its level (or of all its
# fall since the start, if that is less), and the slope there is CERTAIN times its standard error.
FALL = 0.05
CERTAIN = 3.0
RISE = 1.10  # overfit: the validation loss ends at over RISE times its best


def diverged(run: Evidence) -> bool:
    """Whether its loss, its outputs or its parameters became infinite or not a number."""
    return run.diverged


def never_moved(run: Evidence) -> bool:
    """Whether it ended with the parameters it began with."""
    return not run.moved and not run.diverged


def still_falling(run: Evidence) -> bool:
    """Whether a line through the last fifth of the training loss falls by FALL, and is CERTAIN to.

    An overfitted run is left out: more training would not help it.
    """
    loss = run.train_loss
    length = max(5, -(-len(loss) // 5))
    if run.status != "complete" or len(loss) < length or not np.isfinite(loss).all() or _rose(run):
        return False
    (slope, _), covariance = np.polyfit(np.arange(length), loss[-length:], 1, cov=True)
    fall = -slope * (length - 1)
    level, whole_fall = loss[-length:].mean(), loss[0] - loss[-1]
    # After a rise from the start there is no whole fall to compare with.
    worth = min(level, whole_fall) if whole_fall > 0 else level
    return bool(-slope > CERTAIN * np.sqrt(covariance[0, 0]) and fall > FALL * worth)


def overfit(run: Evidence) -> bool:
    """Whether validation rose by RISE while training fell, and the last parameters are those that are kept."""
    return not run.keeps_best and _rose(run)


def _rose(run: Evidence) -> bool:
    """Whether validation rose by RISE while training fell; running medians keep noise from being a best."""
    if len(run.val_loss) == 0 or run.diverged:
        return False
    val, train = _running_median(run.val_loss), _running_median(run.train_loss)
    best = val.argmin()
    return bool(val[-1] > RISE * val[best] and train[-1] < train[best])


def _running_median(values: np.ndarray) -> np.ndarray:
    width = max(1, len(values) // 10)
    return np.median(np.lib.stride_tricks.sliding_window_view(values, width), axis=-1)
