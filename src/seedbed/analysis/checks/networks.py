"""What the trained networks of a run show: outputs that say nothing, and units that learn nothing."""

from __future__ import annotations

import math

from seedbed.analysis.evidence import Evidence, Gradient, Units
from seedbed.analysis.wording import number

SPREAD = 1e-5  # constant output: outputs vary by less than this share of their size
# Dead units: one channel of images, or this share of a dense layer. In narrow layers on few inputs the initial draw
# alone leaves a quarter without anything to do, and fits are good all the same (trig/norm-init).
DEAD = 0.5
SATURATED = 0.5  # saturated units: this share of a layer
# Vanishing: a layer's gradient is, by the size of its weights, less than this share of that of a layer behind it, both
# at the beginning and at the end of training. Exploding: the first step moves weights by so many times their size.
VANISHED = 1e-4
EXPLODED = 10.0


def constant_output(run: Evidence) -> bool:
    """Whether its outputs hardly vary over the samples."""
    return run.output_spread is not None and run.output_spread < SPREAD and run.moved and not run.diverged


def dead_units(run: Evidence) -> bool:
    """Whether some layer has so many dead units that it is worth saying."""
    return bool(_dying(run)) and run.moved and not run.diverged


def about_dead_units(runs: list[Evidence]) -> str:
    """What is said of runs with dead units: the worst layer of all."""
    worst = max((layer for run in runs for layer in _dying(run)), key=lambda layer: layer.idle / layer.units)
    return (
        f"have dead units (up to {worst} of a layer, on {worst.samples:,} samples): they are zero for all training "
        "samples drawn at random, and learn nothing any more. Lower training.lr, or change model.init or "
        "model.activation."
    )


def _dying(run: Evidence) -> list[Units]:
    return [layer for layer in run.rectified if layer.idle >= (1 if layer.images else DEAD * layer.units)]


def saturated_units(run: Evidence) -> bool:
    """Whether some layer has so many saturated units that it is worth saying."""
    return bool(_saturated(run)) and run.moved and not run.diverged


def about_saturated_units(runs: list[Evidence]) -> str:
    """What is said of runs with saturated units: the worst layer of all."""
    layers = (layer for run in runs for layer in _saturated(run))
    worst = max(layers, key=lambda layer: layer.idle / layer.units)
    return (
        f"have saturated units (up to {worst} of a layer, on {worst.samples:,} samples): they are flat for nearly all "
        "training samples drawn at random, and hardly learn any more. Scale the data, lower training.lr, or change "
        "model.init."
    )


def _saturated(run: Evidence) -> list[Units]:
    return [layer for layer in run.saturated if layer.idle >= SATURATED * layer.units]


def vanishing_gradients(run: Evidence) -> bool:
    """Whether the gradient vanishes on its way to the first layers, from beginning to end."""
    return not run.diverged and math.isfinite(_vanished(run)) and _vanished(run) < VANISHED


def about_vanishing_gradients(runs: list[Evidence]) -> str:
    """What is said of runs whose gradients vanish: by how much at the most."""
    least = min(map(_vanished, runs))
    return (
        f"have vanishing gradients (down to {number(least, 2)}): by the size of its weights, that of some layer is "
        "next to nothing of that of a layer behind it, at the beginning and at the end of training. Change "
        "model.init or model.activation, set model.norm, or take fewer layers."
    )


def _vanished(run: Evidence) -> float:
    """The least share of a later layer's gradient that reaches an earlier one, of beginning and end the larger."""
    return max(_least_share([getattr(layer, when) for layer in run.gradients]) for when in ("first", "last"))


def _least_share(sizes: list[float]) -> float:
    least, largest = math.inf, 0.0
    for size in reversed(sizes):
        if largest > 0:
            least = min(least, size / largest)
        largest = max(largest, size)
    return least


def exploding_gradients(run: Evidence) -> bool:
    """Whether the gradient at the start is not finite, or the first step is many times as long as the weights."""
    return bool(_exploded(run))


def about_exploding_gradients(runs: list[Evidence]) -> str:
    """What is said of runs whose gradients explode: where they do the most."""
    worst = max((layer for run in runs for layer in _exploded(run)), key=lambda layer: layer.step)
    return (
        f"have exploding gradients (layer {worst.layer} moves by {number(worst.step, 2)} times its size): the first "
        "step throws weights far away. Lower training.lr, set training.clip_norm, scale the data and a target that "
        "is a number, or change model.init."
    )


def _exploded(run: Evidence) -> list[Gradient]:
    return [layer for layer in run.gradients if layer.step > EXPLODED]
