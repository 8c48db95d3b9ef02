"""The section on functions of one variable: predictions over its domain, and their error."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from seedbed.files import slug
from seedbed.report import style
from seedbed.report.axes import few_ticks, stacked
from seedbed.report.blocks import Block, Note, per_variant
from seedbed.report.labels import distinct_labels
from seedbed.report.leaders import MOST_PANELS, left_out
from seedbed.report.picture import Picture
from seedbed.report.series import POINTS, Band, band
from seedbed.results.leading import leaders
from seedbed.results.result import Result


@dataclass(frozen=True)
class Fit:
    """Outputs on a grid: the target, the output of the median seed, bands over seeds; (points,) each."""

    x: np.ndarray
    target: np.ndarray
    output: np.ndarray
    band: Band
    error: Band


def blocks(result: Result) -> Iterator[Block]:
    """The outputs over x of the variants that matter, with the error under them."""
    fits = _fits(result, leaders(result, MOST_PANELS))
    if not fits:
        return
    targets = [fit.target for fit in fits.values()]
    low, high = np.nanmin(targets), np.nanmax(targets)
    room = 0.12 * (high - low or 1.0)
    titles = distinct_labels(fits)
    pictures = [_drawn(name, titles[name], fit, (low - room, high + room)) for name, fit in fits.items()]
    yield per_variant(pictures)
    yield Note(
        f"Grey: the function. Blue: the output of the run with the median {result.metric}, and the band from the "
        "10th to the 90th percentile over seeds. Below each: the error.",
        left_out(result, len(pictures)),
    )


def _fits(result: Result, variants: Sequence[str]) -> dict[str, Fit]:
    """Variant -> its fit on the grid; empty where the study has none."""
    table = result.predictions_of(variants, "grid")
    grid = table.filter(pc.is_valid(table["x"]))
    fits = {}
    for variant in variants:
        rows = grid.filter(pc.equal(grid["variant"], variant))
        if len(rows) and (fit := _fit(rows, _median_seed(result, variant))):
            fits[variant] = fit
    return fits


def _fit(rows: pa.Table, seed: int) -> Fit | None:
    x, point = np.unique(rows["x"].to_numpy(), return_inverse=True)
    if len(x) < 2:
        return None
    seeds, run = np.unique(rows["seed"].to_numpy(), return_inverse=True)
    outputs, target = np.full((len(seeds), len(x)), np.nan), np.full(len(x), np.nan)
    outputs[run, point] = rows["output"].to_numpy(zero_copy_only=False)
    target[point] = rows["target"].to_numpy()
    chosen = int(np.argmax(seeds == seed)) if seed in seeds else 0
    kept = np.unique(np.linspace(0, len(x) - 1, min(POINTS, len(x))).round().astype(int))
    x, target, outputs = x[kept], target[kept], outputs[:, kept]
    return Fit(x, target, outputs[chosen], band(x, outputs), band(x, outputs - target))


def _median_seed(result: Result, variant: str) -> int:
    """The seed whose run is in the middle by the study's metric."""
    values = result.values(variant, result.metric)
    order = np.argsort(values)  # NaN last
    present = int(np.sum(~np.isnan(values)))
    return result.seeds[int(order[max(present - 1, 0) // 2])]


def _drawn(name: str, title: str, fit: Fit, limits: tuple[float, float]) -> Picture:
    figure, axes, under = stacked(2.7, title, under=0.5)
    axes.plot(fit.x, fit.target, color=style.SOFT, linewidth=4, alpha=0.35)
    axes.fill_between(fit.band.x, fit.band.low, fit.band.high, color=style.BLUE, alpha=0.22, linewidth=0)
    axes.plot(fit.x, fit.output, color=style.BLUE, linewidth=1.2)
    axes.set_ylim(*limits)
    error = fit.error
    under.axhline(0, color=style.SOFT, linewidth=0.8)
    under.fill_between(error.x, error.low, error.high, color=style.BLUE, alpha=0.22, linewidth=0)
    under.plot(fit.x, fit.output - fit.target, color=style.BLUE, linewidth=1)
    reach = np.nanmax(np.abs([error.low, error.high]), initial=0)
    if reach:
        under.set_ylim(-1.1 * reach, 1.1 * reach)
        few_ticks(under, -reach, 0, reach)
    under.set_ylabel("error")
    under.set_xlabel("x")
    return Picture(f"fit-{slug(name)}", figure, f"The function and the outputs of {name}")
