"""How much a group leaves to be stored: the numbers of its runs, and their bytes on disk."""

from __future__ import annotations

from typing import NamedTuple

from seedbed.training.artefacts import MOST_BY_SAMPLE
from seedbed.training.evaluation import PICTURE_SAMPLES
from seedbed.training.group import Group

POINTS = 200  # of a curve, about: the longer it is, the rarer they are
METRICS = 3  # of a part that have a curve, about
# On disk, where tables are compressed and not every metric of every part has a curve; measured on labs.
RUN_BYTES, POINT_BYTES, PREDICTION_BYTES, SAMPLE_BYTES, COUNT_BYTES = 700, 3, 8, 4, 4
FLOAT = 4
PAGE = 2_000_000  # of a report and its figures


class Left(NamedTuple):
    """What a run leaves beside its network, in numbers.

    Attributes
    ----------
    points
        Of all its curves.
    by_sample
        Values of the study's metric, sample by sample.
    """

    points: int
    predictions: int
    by_sample: int


def left_by(group: Group) -> Left:
    """What each run of a group leaves, about."""
    sizes = group.part_sizes
    epochs = -(-int(group.total_steps().max()) // group.steps_per_epoch)
    points = min(POINTS, epochs // group.training.eval_every + 1) * METRICS * (len(sizes) + 1)
    pictured = (min(sizes.get(part, 0), PICTURE_SAMPLES) for part in ("grid", "test"))
    predictions = 0 if group.samples.classes else sum(pictured)
    return Left(points, predictions, sum(min(sizes[part], MOST_BY_SAMPLE) for part in _fixed(group)))


def _fixed(group: Group) -> list[str]:
    """The parts that are the same under every seed, of whose samples the study's metric is kept one by one."""
    parts = [part for part in group.part_sizes if part in ("val", "test")]
    if all(run.recipe.data.seed is not None for run in group.runs):
        return parts
    return [part for part in parts if part == "test" and group.samples.official_test]


def stored(group: Group) -> int:
    """Bytes that a group takes on disk once it is stored, about."""
    left, network = left_by(group), group.network
    of_run = (
        RUN_BYTES
        + FLOAT * (network.parameters.size + network.state.size)
        + POINT_BYTES * left.points
        + PREDICTION_BYTES * left.predictions
        + SAMPLE_BYTES * left.by_sample
        + COUNT_BYTES * len(group.samples.classes) ** 2
    )
    return len(group.runs) * of_run
