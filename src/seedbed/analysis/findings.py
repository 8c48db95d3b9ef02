"""Findings: what the record of a run itself shows to be wrong, and what to do about it.

A kind of finding is one function and one row of `CHECKS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

# Still falling: over the last fifth of the record the training loss fell by FALL of its level (or of all its
# fall since the start, if that is less), and the slope there is CERTAIN times its standard error.
FALL = 0.05
CERTAIN = 3.0
RISE = 1.10  # overfit: the validation loss ends at over RISE times its best
SPREAD = 1e-5  # constant output: outputs vary by less than this share of their size
# Dead units: one channel of images, or this share of a dense layer. In narrow layers on few inputs the initial draw
# alone leaves a quarter without anything to do, and fits are good all the same (trig/norm-init).
DEAD = 0.5


@dataclass(frozen=True)
class Rectified:
    """A layer of one run that takes positive parts: its units (channels of images), and how many are dead.

    Dead means zero for all of `samples` training samples that were looked at.
    """

    units: int
    dead: int
    images: bool = False
    samples: int = 0

    def __str__(self) -> str:
        return f"{self.dead} of {self.units} {'channels' if self.images else 'units'}"


@dataclass(frozen=True)
class Evidence:
    """The record of one run.

    Attributes
    ----------
    variant, seed
        Which run.
    status, stop_reason
        As stored; a run that did all its epochs is "complete".
    moved
        Whether any parameter differs from its initial draw.
    train_loss, val_loss
        (evaluations,) each; val_loss is empty without a validation part.
    output_spread
        See the function of that name; None where it was not measured.
    rectified
        The layers that take positive parts.
    keeps_best
        Whether its network is that of the best evaluation, so that a later rise did no harm.
    """

    variant: str
    seed: int
    status: str
    stop_reason: str | None
    moved: bool
    train_loss: np.ndarray
    val_loss: np.ndarray
    output_spread: float | None = None
    rectified: tuple[Rectified, ...] = ()
    keeps_best: bool = False


@dataclass(frozen=True)
class Finding:
    """One thing wrong with `runs` runs of a variant."""

    variant: str
    kind: str
    runs: int
    message: str


def find(records: Iterable[Evidence]) -> list[Finding]:
    """Findings of a study by variant, in the order of the records, and kind."""
    by_variant: dict[str, list[Evidence]] = {}
    for record in records:
        # One that was interrupted shows nothing of what training would have come to.
        if record.status == "interrupted":
            continue
        by_variant.setdefault(record.variant, []).append(record)
    findings = []
    for variant, runs in by_variant.items():
        for kind, check in CHECKS.items():
            if wrong := [run for run in runs if check.applies(run)]:
                text = check.message if isinstance(check.message, str) else check.message(wrong)
                message = f"{len(wrong)} of {len(runs)} runs {text}"
                findings.append(Finding(variant, kind, len(wrong), message))
    return findings


def output_spread(outputs: np.ndarray) -> np.ndarray:
    """How much the outputs (runs, m, k) of each run vary over the samples, as a share of their size: (runs,).

    The standard deviation over the samples by the root mean square, of the output that varies most; 0 for
    outputs that are all 0, nan for ones that are not finite.
    """
    finite = np.isfinite(outputs).all(axis=(1, 2))
    outputs = np.where(finite[:, None, None], outputs, 0).astype(np.float64)
    size = np.sqrt((outputs**2).mean(axis=1))
    spread = np.divide(outputs.std(axis=1), size, out=np.zeros(size.shape), where=size > 0).max(axis=1)
    return np.where(finite, spread, np.nan)


def _diverged(run: Evidence) -> bool:
    return run.status == "diverged"


def _never_moved(run: Evidence) -> bool:
    return not run.moved and not _diverged(run)


def _still_falling(run: Evidence) -> bool:
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


def _overfit(run: Evidence) -> bool:
    return not run.keeps_best and _rose(run)


def _rose(run: Evidence) -> bool:
    """Whether validation rose by RISE while training fell; running medians keep noise from being a best."""
    if len(run.val_loss) == 0 or _diverged(run):
        return False
    val, train = _running_median(run.val_loss), _running_median(run.train_loss)
    best = val.argmin()
    return bool(val[-1] > RISE * val[best] and train[-1] < train[best])


def _running_median(values: np.ndarray) -> np.ndarray:
    width = max(1, len(values) // 10)
    return np.median(np.lib.stride_tricks.sliding_window_view(values, width), axis=-1)


def _constant_output(run: Evidence) -> bool:
    return run.output_spread is not None and run.output_spread < SPREAD and run.moved and not _diverged(run)


def _dead_units(run: Evidence) -> bool:
    return bool(_dying(run)) and run.moved and not _diverged(run)


def _dying(run: Evidence) -> list[Rectified]:
    """The layers with so many dead units that it is worth saying."""
    return [layer for layer in run.rectified if layer.dead >= (1 if layer.images else DEAD * layer.units)]


def _about_dead_units(runs: list[Evidence]) -> str:
    worst = max((layer for run in runs for layer in _dying(run)), key=lambda layer: layer.dead / layer.units)
    return (
        f"have dead units: up to {worst} of a layer are zero for all of {worst.samples:,} training samples drawn at "
        "random, and learn nothing any more. Lower "
        "training.lr, or change model.init or model.activation."
    )


@dataclass(frozen=True)
class Check:
    """What makes a finding of one kind: a row of `CHECKS`.

    Attributes
    ----------
    applies
        Whether a run has it.
    message
        What is said of the runs that have it, after "3 of 9 runs": what is wrong, and in further sentences what to do.
    at_odds
        Kinds with the opposite advice, such as less training instead of more: to a variant with both, the advice of
        the kind that more of its runs have is given.
    """

    applies: Callable[[Evidence], bool]
    message: str | Callable[[list[Evidence]], str]
    at_odds: tuple[str, ...] = ()


CHECKS: dict[str, Check] = {
    "diverged": Check(
        _diverged,
        "diverged: the loss became infinite or not a number. Lower training.lr, set training.clip_norm or "
        "scale the data.",
    ),
    "never_moved": Check(
        _never_moved,
        "ended with the parameters they began with: nothing was learnt. Raise training.lr, or change "
        "model.init if the gradient is zero from the start.",
        at_odds=("diverged", "constant_output", "dead_units"),
    ),
    "still_falling": Check(
        _still_falling,
        "ended with their training loss still falling: they are not converged. Increase training.epochs or "
        "training.lr before comparing them.",
        at_odds=("diverged", "overfit", "constant_output", "dead_units"),
    ),
    "overfit": Check(
        _overfit,
        "overfitted: the validation loss rose by over 10 % from its best while the training loss fell. "
        "Set training.keep_best, stop with training.stop = { patience = ... }, or regularise.",
    ),
    "constant_output": Check(
        _constant_output,
        "give the same output for all training samples looked at (at most 1,000, drawn at random). Lower training.lr, "
        "change model.init or model.activation, or scale the data.",
    ),
    "dead_units": Check(_dead_units, _about_dead_units),
}
