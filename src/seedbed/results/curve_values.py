"""What the curves of a study hold at an epoch, and when they first come to a level."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from seedbed.metrics.base import Direction
from seedbed.results.by_run import ByRun

if TYPE_CHECKING:
    import pyarrow as pa


def at_epoch(points: pa.Table, epoch: int, variants: Sequence[str], seeds: Sequence[int]) -> np.ndarray:
    """The values at an epoch, or the last one of a run that ended before it: (variants, seeds)."""
    import pyarrow.compute as pc

    points = points.sort_by("epoch")
    then = ByRun(points.filter(pc.equal(points["epoch"], epoch)), variants, seeds)
    last = ByRun(points, variants, seeds)  # of several points of a run, the latest counts
    return np.where(last.numbers("epoch") < epoch, last.numbers("value"), then.numbers("value"))


def first_epochs(
    points: pa.Table,
    level: float,
    direction: Direction,
    variants: Sequence[str],
    seeds: Sequence[int],
) -> np.ndarray:
    """The first epochs on the curve at which a metric is at least as good as a level: (variants, seeds); else NaN."""
    import pyarrow.compute as pc

    is_reached = pc.less_equal if direction == "min" else pc.greater_equal
    points = points.filter(is_reached(points["value"], level)).sort_by([("epoch", "descending")])
    return ByRun(points, variants, seeds).numbers(
        "epoch"
    )  # of several points of a run, the last in order: the first
