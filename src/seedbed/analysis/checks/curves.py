"""What the status and the loss curves of a run show."""

from __future__ import annotations

import numpy as np

from seedbed.analysis.evidence import Evidence

# Still falling: over the last fifth of the record the training loss fell by FALL of its level (or of all its
# fall since the start, if that is less), and the slope there is CERTAIN times its standard error.
FALL = 0.05
CERTAIN = 3.0
RISE = 1.10  # overfit: the validation loss ends at over RISE times its best
# Plateaued: after the first EARLY share of the evaluations the training loss improved by less than LEVEL of itself.
EARLY, LEVEL = 0.2, 0.01
# Gap growing: over the second half the validation loss falls by less than FALL while its ratio to the training loss
# grows by WIDER.
WIDER = 1.5
# Rate too low: both halves of the record fall about as fast, by STEADY at least, and all of it by less than LITTLE.
STEADY, LITTLE = 0.75, 0.25
ROUNDING = 1e-6  # by less than this share of itself a loss falls by rounding
FEWEST = 20  # evaluations, below which the shape of a curve says little


def diverged(run: Evidence) -> bool:
    """Whether its loss, its outputs or its parameters became infinite or not a number."""
    return run.diverged


def never_moved(run: Evidence) -> bool:
    """Whether it ended with the parameters it began with."""
    return not run.moved and not run.diverged


def still_falling(run: Evidence) -> bool:
    """Whether a line through the last fifth of the training loss falls by FALL, and is CERTAIN to.

    An overfitted run is left out: more training would not help it. One whose rate is too low has a finding of its own.
    """
    loss = run.train_loss
    length = max(5, -(-len(loss) // 5))
    if not _did_all(run) or len(loss) < length or _rose(run) or rate_too_low(run):
        return False
    slope, error = _slope(loss[-length:])
    fall = -slope * (length - 1)
    level, whole_fall = loss[-length:].mean(), loss[0] - loss[-1]
    # After a rise from the start there is no whole fall to compare with.
    worth = min(level, whole_fall) if whole_fall > 0 else level
    return bool(-slope > CERTAIN * error and fall > FALL * worth)


def rate_too_low(run: Evidence) -> bool:
    """Whether the training loss fell little, and at the end about as fast as at the beginning.

    A loss that falls towards its floor as exp(-t / T) is a straight line only for t much below T.
    """
    loss = run.train_loss
    if not (_did_all(run) and run.moved) or len(loss) < FEWEST:
        return False
    half = len(loss) // 2
    (first, first_error), (second, second_error) = _slope(loss[:half]), _slope(loss[-half:])
    is_certain = -first > CERTAIN * first_error and -second > CERTAIN * second_error
    fall = -(first + second) * half
    is_little = ROUNDING * loss[0] < fall < LITTLE * loss[0]
    return bool(is_certain and is_little and STEADY < second / first < 1 / STEADY)


def plateaued(run: Evidence) -> bool:
    """Whether neither training nor validation loss improved after the first EARLY share of the record.

    One whose rate is too low has a finding of its own.
    """
    if not _did_all(run) or len(run.train_loss) < FEWEST or _rose(run) or rate_too_low(run):
        return False
    return all(_stays(_running_median(loss)) for loss in (run.train_loss, run.val_loss) if len(loss))


def _stays(loss: np.ndarray) -> bool:
    """Whether the best of a smoothed loss was as good as reached in the first EARLY share of it, and kept."""
    early = loss[: max(1, round(EARLY * len(loss)))].min()
    return bool(loss.min() > (1 - LEVEL) * early > 0 and loss[-1] < (1 + FALL) * early)


def gap_growing(run: Evidence) -> bool:
    """Whether validation hardly gained over the second half while training fell away from it."""
    if not _did_all(run) or run.keeps_best or len(run.val_loss) < FEWEST or _rose(run):
        return False
    val, train = _running_median(run.val_loss), _running_median(run.train_loss)
    middle = len(val) // 2
    if not (train[-1] > 0 and val[-1] > WIDER * train[-1]):
        return False
    ratio_grew = val[-1] / train[-1] > WIDER * val[middle] / train[middle]
    return bool(ratio_grew and val[-1] > (1 - FALL) * val[middle])


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


def _did_all(run: Evidence) -> bool:
    """Whether it did all its epochs, with losses that are finite."""
    return run.status == "complete" and bool(np.isfinite(run.train_loss).all())


def _slope(loss: np.ndarray) -> tuple[float, float]:
    """The slope of a line through a loss, by evaluation, and its standard error."""
    (slope, _), covariance = np.polyfit(np.arange(len(loss)), loss, 1, cov=True)
    return float(slope), float(np.sqrt(covariance[0, 0]))


def _running_median(values: np.ndarray) -> np.ndarray:
    width = max(1, len(values) // 10)
    return np.median(np.lib.stride_tricks.sliding_window_view(values, width), axis=-1)
