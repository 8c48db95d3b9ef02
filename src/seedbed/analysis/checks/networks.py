"""What the trained networks of a run show: outputs that say nothing, and units that learn nothing."""

from __future__ import annotations

from seedbed.analysis.evidence import Evidence, Rectified

SPREAD = 1e-5  # constant output: outputs vary by less than this share of their size
# Dead units: one channel of images, or this share of a dense layer. In narrow layers on few inputs the initial draw
# alone leaves a quarter without anything to do, and fits are good all the same (trig/norm-init).
DEAD = 0.5


def constant_output(run: Evidence) -> bool:
    """Whether its outputs hardly vary over the samples."""
    return run.output_spread is not None and run.output_spread < SPREAD and run.moved and not run.diverged


def dead_units(run: Evidence) -> bool:
    """Whether some layer has so many dead units that it is worth saying."""
    return bool(_dying(run)) and run.moved and not run.diverged


def about_dead_units(runs: list[Evidence]) -> str:
    """What is said of runs with dead units: the worst layer of all."""
    worst = max((layer for run in runs for layer in _dying(run)), key=lambda layer: layer.dead / layer.units)
    return (
        f"have dead units: up to {worst} of a layer are zero for all of {worst.samples:,} training samples drawn at "
        "random, and learn nothing any more. Lower "
        "training.lr, or change model.init or model.activation."
    )


def _dying(run: Evidence) -> list[Rectified]:
    return [layer for layer in run.rectified if layer.dead >= (1 if layer.images else DEAD * layer.units)]
