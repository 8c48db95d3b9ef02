"""What figures of curves draw: medians and bands over seeds, thinned to what an eye can see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from seedbed.results.result import Result
from seedbed.results.statuses import BROKEN

POINTS = 300
MOST_SEEDS = 1000  # whose curves are drawn: the 10th percentile of so many lies between the 8th and the 12th
HUGE = 1e300  # stands for infinity where percentiles interpolate


@dataclass(frozen=True)
class Band:
    """Median and 10-90 % band over seeds, (points,) each; NaN where most seeds diverged."""

    x: np.ndarray
    median: np.ndarray
    low: np.ndarray
    high: np.ndarray


def curve_bands(result: Result, metric: str, variants: Sequence[str]) -> dict[str, Band]:
    """Variant -> band of a metric over epochs.

    A run that stopped stands where it ended; one that diverged or crashed counts as worst from there on. Between the
    epochs at which a run was recorded its values are interpolated, its learning rate is that of the next. Of very many
    seeds they are those of the first, see `last_drawn`.
    """
    curves = result.curves_of(metric, variants, last_drawn(result))
    worst = None if metric == "lr" else np.inf if result.direction(metric) == "min" else -np.inf
    bands = {}
    for variant in variants:
        rows = curves.filter(pc.equal(curves["variant"], variant))
        if len(rows):
            statuses = result.status_of(variant).items()
            after = {seed: worst for seed, end in statuses if end in BROKEN}
            bands[variant] = _over_seeds(rows, after, in_steps=metric == "lr")
    return bands


def last_drawn(result: Result) -> int | None:
    """The last of the seeds whose curves are drawn; None where all are."""
    return None if len(result.seeds) <= MOST_SEEDS else sorted(result.seeds)[MOST_SEEDS - 1]


def _over_seeds(rows: pa.Table, after: dict[int, float | None], in_steps: bool) -> Band:
    """The band over every run that has begun, also at epochs at which only others were recorded.

    `after`: seed -> what follows a run's last point; without it, or for None, that point is repeated.
    """
    x, point = np.unique(rows["epoch"].to_numpy(), return_inverse=True)
    seeds, run = np.unique(rows["seed"].to_numpy(), return_inverse=True)
    values = np.full((len(seeds), len(x)), np.nan)
    values[run, point] = rows["value"].to_numpy(zero_copy_only=False)
    for row, seed in zip(values, seeds, strict=True):
        known = np.flatnonzero(~np.isnan(row))
        if len(known):
            end = after.get(int(seed))
            _fill_between(x, row, known, in_steps)
            row[known[-1] + 1 :] = row[known[-1]] if end is None else end
    kept = thinned(len(x))
    return band(x[kept], values[:, kept])


def _fill_between(x: np.ndarray, row: np.ndarray, known: np.ndarray, in_steps: bool) -> None:
    """Fill, in place, the gaps of a run between its known points, by lines or by the point that follows."""
    inside = slice(known[0], known[-1] + 1)
    if in_steps:
        row[inside] = row[known[np.searchsorted(known, np.arange(known[0], known[-1] + 1))]]
    else:
        row[inside] = np.interp(x[inside], x[known], np.clip(row[known], -HUGE, HUGE))


def band(x: np.ndarray, values: np.ndarray) -> Band:
    """The band of values (seeds, points); points that no seed has are left out."""
    present = ~np.all(np.isnan(values), axis=0)
    finite = np.clip(values[:, present], -HUGE, HUGE)
    percentile = np.nanpercentile if np.isnan(finite).any() else np.percentile  # the latter is much faster
    low, median, high = percentile(finite, [10, 50, 90], axis=0)
    lines = [np.where(np.abs(line) < HUGE / 100, line, np.nan) for line in (median, low, high)]
    return Band(x[present], *lines)


def thinned(count: int, points: int = POINTS) -> np.ndarray:
    """Indices of at most so many of `count` points: half spread evenly, half dense at the beginning."""
    if count <= points:
        return np.arange(count)
    even = np.linspace(0, count - 1, points // 2).round().astype(int)
    early = np.geomspace(1, count, points // 2).round().astype(int) - 1
    return np.union1d(even, early)
