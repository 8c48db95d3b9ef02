"""What figures draw: medians and bands over seeds, and counts, thinned to what an eye can see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from seedbed.analysis.forms import variants_of
from seedbed.results.result import Result

POINTS = 300
MOST_ROWS = 24  # variants in a figure of one row each
MOST_PANELS = 12  # variants with a figure of their own
HUGE = 1e300  # stands for infinity where percentiles interpolate


@dataclass(frozen=True)
class Band:
    """Median and 10-90 % band over seeds, (points,) each; NaN where most seeds diverged."""

    x: np.ndarray
    median: np.ndarray
    low: np.ndarray
    high: np.ndarray


def has_finished(result: Result) -> bool:
    """Whether any run came to its end, be it that it diverged."""
    return any(
        status != "interrupted" for name in result.variants for status in result.status_of(name).values()
    )


def curve_metrics(result: Result) -> list[str]:
    """The curves worth a figure: the training loss, and the study's metric on validation, which selects variants.

    The test part is looked at only where nothing was held out for validation.
    """
    known = set(pc.unique(result.curves["metric"]).to_pylist())
    bare = result.metric.partition(".")[2]
    held_out = [name for name in (f"val.{bare}", f"test.{bare}") if name in known][:1]
    shown = [*(["train.loss"] if "train.loss" in known else []), *held_out]
    return shown if len(shown) > 1 or "val.loss" not in known else [*shown, "val.loss"]


def accuracy_metrics(result: Result) -> list[str]:
    """The accuracies to be seen together: in training, and on validation, without it on the test part."""
    known = set(pc.unique(result.curves["metric"]).to_pylist())
    held_out = [name for name in ("val.accuracy", "test.accuracy") if name in known]
    return ["train.accuracy", held_out[0]] if held_out and "train.accuracy" in known else []


def curve_bands(result: Result, metric: str, variants: Sequence[str]) -> dict[str, Band]:
    """Variant -> band of a metric over epochs.

    A run that stopped stands where it ended; one that diverged counts as worst from there on. Between the epochs at
    which a run was recorded its values are interpolated, its learning rate is that of the next.
    """
    if not len(result.curves):
        return {}
    curves = result.curves.filter(pc.equal(result.curves["metric"], metric))
    worst = None if metric == "lr" else np.inf if result.direction(metric) == "min" else -np.inf
    bands = {}
    for variant in variants:
        rows = curves.filter(pc.equal(curves["variant"], variant))
        if len(rows):
            statuses = result.status_of(variant).items()
            after = {seed: worst for seed, end in statuses if end == "diverged"}
            bands[variant] = _over_seeds(rows, after, in_steps=metric == "lr")
    return bands


def _over_seeds(rows: pa.Table, after: dict[int, float | None], in_steps: bool) -> Band:
    """The band over every run that has begun, also at epochs at which only others were recorded.

    `after`: seed -> what follows a run's last point; without it, or for None, that point is repeated.
    """
    x, place = np.unique(rows["epoch"].to_numpy(), return_inverse=True)
    seeds, run = np.unique(rows["seed"].to_numpy(), return_inverse=True)
    values = np.full((len(seeds), len(x)), np.nan)
    values[run, place] = rows["value"].to_numpy(zero_copy_only=False)
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


@dataclass(frozen=True)
class Fit:
    """Outputs on a grid: the target, the output of the median seed, bands over seeds; (points,) each."""

    x: np.ndarray
    target: np.ndarray
    output: np.ndarray
    band: Band
    error: Band


def fits(result: Result, variants: Sequence[str]) -> dict[str, Fit]:
    """Variant -> its fit on the grid; empty where the study has none."""
    table = result.predictions_of(variants, "grid")
    grid = table.filter(pc.is_valid(table["x"]))
    found = {}
    for variant in variants:
        rows = grid.filter(pc.equal(grid["variant"], variant))
        if len(rows):
            fit = _fit(rows, median_seed(result, variant))
            if fit:
                found[variant] = fit
    return found


def _fit(rows: pa.Table, seed: int) -> Fit | None:
    x, place = np.unique(rows["x"].to_numpy(), return_inverse=True)
    if len(x) < 2:
        return None
    seeds, run = np.unique(rows["seed"].to_numpy(), return_inverse=True)
    outputs, target = np.full((len(seeds), len(x)), np.nan), np.full(len(x), np.nan)
    outputs[run, place] = rows["output"].to_numpy(zero_copy_only=False)
    target[place] = rows["target"].to_numpy()
    chosen = int(np.argmax(seeds == seed)) if seed in seeds else 0
    kept = np.unique(np.linspace(0, len(x) - 1, min(POINTS, len(x))).round().astype(int))
    x, target, outputs = x[kept], target[kept], outputs[:, kept]
    return Fit(x, target, outputs[chosen], band(x, outputs), band(x, outputs - target))


def median_seed(result: Result, variant: str) -> int:
    """The seed whose run is in the middle by the study's metric."""
    values = result.values(variant, result.metric)
    order = np.argsort(values)  # NaN last
    present = int(np.sum(~np.isnan(values)))
    return result.seeds[int(order[max(present - 1, 0) // 2])]


def predicted(
    result: Result, variants: Sequence[str], points: int
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Variant -> targets and outputs of the test part over all seeds, (points,) at most; finite ones."""
    table = result.predictions_of(variants, "test")
    found = {}
    for variant in variants:
        rows = table.filter(pc.equal(table["variant"], variant))
        rows = rows.take(np.linspace(0, len(rows) - 1, min(points, len(rows))).round().astype(int))
        target, output = (rows[name].to_numpy(zero_copy_only=False) for name in ("target", "output"))
        finite = np.isfinite(target) & np.isfinite(output)
        if finite.any():
            found[variant] = target[finite], output[finite]
    return found


def confusions(result: Result, variant: str) -> np.ndarray | None:
    """Counts (runs, classes, classes), a row a true class; None where no run has any."""
    if "confusion" not in result.runs.column_names:
        return None
    rows = result.runs.filter(pc.equal(result.runs["variant"], variant))["confusion"].to_pylist()
    flat = [row for row in rows if row and any(row)]  # a run whose outputs are not finite has zeros
    if not flat:
        return None
    side = round(len(flat[0]) ** 0.5)
    return np.array(flat).reshape(-1, side, side)


def recalls(counts: np.ndarray) -> np.ndarray:
    """The recall of each class in each run, (classes, runs), of confusion matrices; NaN where there is none of it."""
    right, truly = np.diagonal(counts, axis1=1, axis2=2), counts.sum(axis=2)
    return np.divide(right, truly, out=np.full(right.shape, np.nan), where=truly > 0).T


def best_and_base(result: Result) -> list[str]:
    """The best variant by the study's metric and, where it is another, the base."""
    return list(dict.fromkeys([result.ranking[0], result.base]))


def leaders(result: Result, count: int) -> list[str]:
    """The variants that matter most, as many as `count`, in the order of the table, the best first.

    They are the base, the best, what the claims name, and the next best.
    """
    claimed = [name for claim in result.study.get("hypotheses") or [] for name in variants_of(claim)]
    chosen = list(dict.fromkeys([result.base, result.ranking[0], *claimed, *result.ranking]))[:count]
    return [name for name in result.ranking if name in chosen]
