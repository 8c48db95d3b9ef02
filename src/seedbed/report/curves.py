"""Figures of training: a metric over the epochs, its median and 10-90 % band, the learning rate under it."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from seedbed.files import slug
from seedbed.report import style
from seedbed.report.series import Band, curve_bands, curve_metrics
from seedbed.report.style import VARIANT_COLOURS, Picture
from seedbed.results import Result

BASE_DASHES = (0, (4, 2))  # over the other lines, so that whatever coincides with the base shows through
LEGEND_LINE = 0.19  # inches
SPREAD_EPOCHS = 20  # variants trained so many times as long as others need a logarithmic axis


def curve_pictures(result: Result) -> list[Picture]:
    """Curves of all variants in one figure a metric, or where there are many, a figure a variant."""
    rates = curve_bands(result, "lr") if len(result.curves) else {}
    metrics = curve_metrics(result)
    if len(result.variants) <= len(VARIANT_COLOURS):
        return [_together(result, metric, curve_bands(result, metric), rates) for metric in metrics]
    chosen = [name for name in metrics if name.startswith("val.")] or metrics
    return _apart(result, chosen[0], rates) if chosen else []


def _together(result: Result, metric: str, bands: dict[str, Band], rates: dict[str, Band]) -> Picture:
    colours = dict(zip(result.variants, VARIANT_COLOURS, strict=False))
    columns = 2 if max(map(len, bands), default=0) <= 26 else 1
    foot = LEGEND_LINE * -(-len(bands) // columns)
    figure, axes, under = style.stacked(3.1, metric, under=0.4, foot=foot)
    for name, band in bands.items():
        dashes = BASE_DASHES if name == result.base else "-"
        _draw(axes, band, colours[name], style.shortened(name, 40), dashes)
        if name in rates:
            under.step(
                *_line(rates[name]), where="post", color=colours[name], linewidth=1.1, linestyle=dashes
            )
    _finish(axes, under, result, metric, bands, rates)
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(
        handles,
        labels,
        loc="lower left",
        ncols=columns,
        labelcolor=style.INK,
        handlelength=1.4,
        borderaxespad=0,
    )
    return Picture(f"curve-{slug(metric)}", figure, f"{metric} over the epochs, one line a variant")


def _apart(result: Result, metric: str, rates: dict[str, Band]) -> list[Picture]:
    """One figure a variant on common axes, the base in grey behind it."""
    bands = curve_bands(result, metric)
    pictures = []
    for name, band in bands.items():
        figure, axes, under = style.stacked(2.4, name, under=0.3)
        if name != result.base and result.base in bands:
            base = bands[result.base]
            axes.plot(base.x, base.median, color=style.SOFT, linewidth=1, alpha=0.8)
        _draw(axes, band, style.BLUE, name)
        if name in rates:
            under.step(*_line(rates[name]), where="post", color=style.BLUE, linewidth=1.1)
        _finish(axes, under, result, metric, bands, rates)
        label = f"{metric} of {name} over the epochs"
        pictures.append(Picture(f"curve-{slug(metric)}-{slug(name)}", figure, label))
    return pictures


def _draw(axes: Axes, band: Band, colour: str, label: str, dashes: Any = "-") -> None:
    axes.fill_between(band.x, band.low, band.high, color=colour, alpha=0.16, linewidth=0)
    axes.plot(*_line(band), color=colour, label=label, linestyle=dashes, zorder=2 if dashes == "-" else 3)


def _line(band: Band) -> tuple[np.ndarray, np.ndarray]:
    return band.x, band.median


def _finish(
    axes: Axes, under: Axes, result: Result, metric: str, bands: dict[str, Band], rates: dict[str, Band]
) -> None:
    low, high = _limits(bands)
    is_log = result.direction(metric) == "min" and low > 0
    if is_log:
        axes.set_ylim(low / 1.15, high * 1.15)
        style.log_axis(axes, "y")
    elif np.isfinite(low) and low < high:
        axes.set_ylim(low - 0.04 * (high - low), high + 0.04 * (high - low))
    lr_low, lr_high = _limits(rates)
    if lr_low > 0 and lr_high > 3 * lr_low:
        under.set_yscale("log")
        under.set_ylim(lr_low / 1.5, lr_high * 1.5)
        style.few_ticks(under, lr_low, lr_high)
    elif np.isfinite(lr_high):
        under.set_ylim(0, lr_high * 1.25)
        style.few_ticks(under, 0, lr_high)
    under.set_ylabel("lr")
    under.set_xlabel("epoch")
    ends = [band.x[-1] for band in bands.values() if len(band.x)]
    if ends and max(ends) > SPREAD_EPOCHS * max(min(ends), 1):
        under.set_xlim(1, max(ends))
        style.log_axis(under, "x")


def _limits(bands: dict[str, Band]) -> tuple[float, float]:
    """The range worth seeing: all medians, and of the bands what is not an outlier; NaN without any."""
    medians = [band.median[np.isfinite(band.median)] for band in bands.values()]
    edges = [edge[np.isfinite(edge)] for band in bands.values() for edge in (band.low, band.high)]
    values = np.concatenate([*medians, *edges]) if medians else np.array([])
    if not len(values):
        return np.nan, np.nan
    low, high = np.percentile(values, [1, 99])
    inner = np.concatenate(medians)
    return float(min(low, inner.min())), float(max(high, min(inner.max(), 3 * high if high > 0 else high)))
