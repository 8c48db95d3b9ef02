"""Figures of training: a metric over the epochs, its median and 10-90 % band, the learning rate under it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from seedbed.files import slug
from seedbed.report import style
from seedbed.report.series import Band, accuracy_metrics, curve_bands, curve_metrics
from seedbed.report.style import VARIANT_COLOURS, Picture
from seedbed.results import Result

BASE_DASHES = (0, (4, 2))  # over the other lines, so that whatever coincides with the base shows through
LEGEND_LINE = 0.19  # inches
DOTTED_EPOCHS = 12  # up to here each is a dot: of a single one no line could be seen
LR_RANGE = 1e4  # a schedule may end at nearly nothing, which would hide its steps
SPREAD_EPOCHS = 20  # variants trained so many times as long as others need a logarithmic axis


def curve_pictures(result: Result) -> list[Picture]:
    """Curves of all variants in one figure a metric, or where there are many, a figure a variant.

    What `accuracy_pictures` shows is left out, but for the comparison of variants on validation.
    """
    rates, metrics = curve_bands(result, "lr"), curve_metrics(result)
    has_accuracy = bool(accuracy_metrics(result))
    if len(result.variants) <= len(VARIANT_COLOURS):
        kept = [name for name in metrics if not (has_accuracy and name == "test.accuracy")]
        return [_together(result, metric, curve_bands(result, metric), rates) for metric in kept]
    chosen = [name for name in metrics if name.startswith("val.")] or metrics
    if not chosen or (has_accuracy and chosen[0] == "val.accuracy"):
        return []
    return _apart(result, {chosen[0]: style.BLUE}, rates)


def accuracy_pictures(result: Result) -> list[Picture]:
    """Accuracy in training and on the test part (else validation), a figure a variant; none for numbers."""
    metrics = accuracy_metrics(result)
    colours = dict(zip(metrics, (style.ORANGE, style.BLUE), strict=False))
    return _apart(result, colours, curve_bands(result, "lr")) if colours else []


def _together(result: Result, metric: str, bands: dict[str, Band], rates: dict[str, Band]) -> Picture:
    colours = dict(zip(result.variants, VARIANT_COLOURS, strict=False))
    columns = 2 if max(map(len, bands), default=0) <= 26 else 1
    foot = LEGEND_LINE * -(-len(bands) // columns)
    figure, axes, under = style.stacked(3.1, metric, under=0.4, foot=foot)
    for name, band in bands.items():
        dashes = BASE_DASHES if name == result.base else "-"
        _draw(axes, band, colours[name], style.shortened(name, 40), dashes)
        if name in rates:
            _draw_rate(under, rates[name], colours[name], dashes)
    _finish(axes, under, result, metric, bands.values(), rates)
    _legend(figure, axes, columns)
    return Picture(f"curve-{slug(metric)}", figure, f"{metric} over the epochs, one line a variant")


def _apart(result: Result, colours: Mapping[str, str], rates: dict[str, Band]) -> list[Picture]:
    """One figure a variant on common axes: the metrics in their colours, the last one of the base in grey."""
    bands = {metric: curve_bands(result, metric) for metric in colours}
    *others, last = colours
    shown = [band for of_metric in bands.values() for band in of_metric.values()]
    pictures = []
    for name in bands[last]:
        figure, axes, under = style.stacked(2.4, name, under=0.3, foot=LEGEND_LINE if others else 0.0)
        if name != result.base and result.base in bands[last]:
            base = bands[last][result.base]
            axes.plot(base.x, base.median, color=style.SOFT, linewidth=1, alpha=0.8)
        for metric, colour in colours.items():
            if name in bands[metric]:
                _draw(axes, bands[metric][name], colour, metric)
        if name in rates:
            _draw_rate(under, rates[name], style.BLUE)
        _finish(axes, under, result, last, shown, rates)
        if others:
            _legend(figure, axes, len(colours))
        label = f"{' and '.join(colours)} of {name} over the epochs, the learning rate below"
        pictures.append(Picture(f"curve-{slug(last)}-{slug(name)}", figure, label))
    return pictures


def _legend(figure: Figure, axes: Axes, columns: int) -> None:
    """Names of the lines at the foot of the figure."""
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


def _draw(axes: Axes, band: Band, colour: str, label: str, dashes: Any = "-") -> None:
    axes.fill_between(band.x, band.low, band.high, color=colour, alpha=0.16, linewidth=0)
    axes.plot(
        band.x,
        band.median,
        color=colour,
        label=label,
        linestyle=dashes,
        marker="o" if len(band.x) <= DOTTED_EPOCHS else None,
        markersize=3.5,
        zorder=2 if dashes == "-" else 3,
    )


def _draw_rate(axes: Axes, band: Band, colour: str, dashes: Any = "-") -> None:
    """The rate of the last step of an epoch, over all of that epoch, which ends at its number."""
    x, rate = np.append(0, band.x), np.append(band.median[:1], band.median)
    axes.step(x, rate, where="pre", color=colour, linewidth=1.1, linestyle=dashes)


def _finish(
    axes: Axes,
    under: Axes,
    result: Result,
    metric: str,
    bands: Collection[Band],
    rates: dict[str, Band],
) -> None:
    low, high = _limits(bands)
    is_log = result.direction(metric) == "min" and low > 0
    if is_log:
        axes.set_ylim(low / 1.15, high * 1.15)
        style.log_axis(axes, "y")
    elif np.isfinite(low) and low < high:
        axes.set_ylim(low - 0.04 * (high - low), high + 0.04 * (high - low))
    lr_low, lr_high = _limits(rates.values())
    if lr_low > 0 and lr_high > 3 * lr_low:
        lr_low = max(lr_low, lr_high / LR_RANGE)
        under.set_yscale("log")
        under.set_ylim(lr_low / 1.5, lr_high * 1.5)
        style.few_ticks(under, lr_low, lr_high)
    elif np.isfinite(lr_high):
        under.set_ylim(0, lr_high * 1.25)
        style.few_ticks(under, 0, lr_high)
    under.set_ylabel("lr")
    under.set_xlabel("epoch")
    under.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    ends = [band.x[-1] for band in bands if len(band.x)]
    if ends and max(ends) > SPREAD_EPOCHS * max(min(ends), 1):
        under.set_xlim(1, max(ends))
        style.log_axis(under, "x")


def _limits(bands: Collection[Band]) -> tuple[float, float]:
    """The range worth seeing: all medians, and of the bands what is not an outlier; NaN without any."""
    medians = [band.median[np.isfinite(band.median)] for band in bands]
    edges = [edge[np.isfinite(edge)] for band in bands for edge in (band.low, band.high)]
    values = np.concatenate([*medians, *edges]) if medians else np.array([])
    if not len(values):
        return np.nan, np.nan
    low, high = np.percentile(values, [1, 99])
    inner = np.concatenate(medians)
    return float(min(low, inner.min())), float(max(high, min(inner.max(), 3 * high if high > 0 else high)))
