"""Figures of training: a metric over the epochs, its median and 10-90 % band, the learning rate under it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from seedbed.files import slug
from seedbed.report import style
from seedbed.report.series import (
    MOST_PANELS,
    Band,
    accuracy_metrics,
    curve_bands,
    curve_metrics,
    leaders,
)
from seedbed.report.style import VARIANT_COLOURS, Line, Picture
from seedbed.results.result import Result

DOTTED_EPOCHS = 12  # up to here each is a dot: of a single one no line could be seen
LR_RANGE = 1e4  # below the highest rate of a variant; a schedule may end at nearly nothing, which would hide its steps
SPREAD_EPOCHS = 20  # variants trained so many times as long as others need a logarithmic axis


def curve_pictures(result: Result) -> list[Picture]:
    """Curves of all variants in one figure a metric, or where there are many, a figure for each that matters.

    What `accuracy_pictures` shows is left out, but for the comparison of variants on validation.
    """
    metrics = curve_metrics(result)
    if len(result.variants) <= len(VARIANT_COLOURS):
        rates = curve_bands(result, "lr", result.variants)
        return [_together(result, name, rates) for name in metrics]
    if not metrics or accuracy_metrics(result):
        return []
    return _apart(result, {metrics[-1]: style.BLUE})


def accuracy_pictures(result: Result) -> list[Picture]:
    """Accuracy in training and on validation (else test), a figure a variant; none for numbers."""
    metrics = accuracy_metrics(result)
    return _apart(result, dict(zip(metrics, (style.ORANGE, style.BLUE), strict=False))) if metrics else []


def _together(result: Result, metric: str, rates: dict[str, Band]) -> Picture:
    bands = curve_bands(result, metric, result.variants)
    colours = dict(zip(result.variants, VARIANT_COLOURS, strict=False))
    legend = tuple(Line(name, colours[name], name == result.base) for name in bands)
    columns = 2 if max(map(len, bands), default=0) <= 26 else 1
    figure, axes, under = style.stacked(3.1, metric, under=0.4, foot=style.foot(legend, columns))
    for name, band in bands.items():
        dashes = style.DASHES if name == result.base else "-"
        _draw(axes, band, colours[name], dashes)
        if name in rates:
            _draw_rate(under, rates[name], colours[name], dashes)
    _finish(axes, under, result, metric, bands.values(), rates)
    style.draw_legend(figure, legend, columns)
    label = f"{metric} over the epochs, one line a variant"
    foot = style.foot(legend, columns)
    return Picture(f"curve-{slug(metric)}", figure, label, legend=legend, foot=foot, metrics=(metric,))


def _apart(result: Result, colours: Mapping[str, str]) -> list[Picture]:
    """One figure a variant on common axes: the metrics in their colours, the last one of the base in grey."""
    variants = leaders(result, MOST_PANELS)
    rates = curve_bands(result, "lr", variants)
    bands = {metric: curve_bands(result, metric, variants) for metric in colours}
    last, titles = list(colours)[-1], style.told_apart(variants)
    legend = tuple(Line(*pair) for pair in colours.items())
    legend += (Line(f"{last} of {result.base}", style.SOFT),) if len(bands[last]) > 1 else ()
    shown = [band for of_metric in bands.values() for band in of_metric.values()]
    pictures = []
    for name in bands[last]:
        foot = style.foot(legend, 1)
        figure, axes, under = style.stacked(2.4, titles[name], under=0.3, foot=foot)
        if name != result.base and result.base in bands[last]:
            base = bands[last][result.base]
            axes.plot(base.x, base.median, color=style.SOFT, linewidth=1, alpha=0.8)
        for metric, colour in colours.items():
            if name in bands[metric]:
                _draw(axes, bands[metric][name], colour)
        if name in rates:
            _draw_rate(under, rates[name], style.BLUE)
        _finish(axes, under, result, last, shown, rates)
        style.draw_legend(figure, legend, 1)
        label = f"{' and '.join(colours)} of {name} over the epochs, the learning rate below"
        file = f"curve-{slug(last)}-{slug(name)}"
        pictures.append(Picture(file, figure, label, legend=legend, foot=foot, metrics=tuple(colours)))
    return pictures


def _draw(axes: Axes, band: Band, colour: str, dashes: Any = "-") -> None:
    axes.fill_between(band.x, band.low, band.high, color=colour, alpha=0.16, linewidth=0)
    axes.plot(
        band.x,
        band.median,
        color=colour,
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
    _finish_rates(under, rates)
    under.set_ylabel("lr")
    under.set_xlabel("epoch")
    under.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    ends = [band.x[-1] for band in bands if len(band.x)]
    if ends and max(ends) > SPREAD_EPOCHS * max(min(ends), 1):
        under.set_xlim(1, max(ends))
        style.log_axis(under, "x")


def _finish_rates(under: Axes, rates: Mapping[str, Band]) -> None:
    """Give the strip of learning rates an axis on which every variant's can be seen."""
    drawn = [band.median[band.median > 0] for band in rates.values()]
    drawn = [values for values in drawn if len(values)]
    if not drawn:
        return
    peaks = [float(values.max()) for values in drawn]
    high, low = max(peaks), max(min(float(values.min()) for values in drawn), min(peaks) / LR_RANGE)
    ends_at_none = any((band.median == 0).any() for band in rates.values())
    if high > 3 * (min(peaks) if ends_at_none else low):
        under.set_yscale("log")
        under.set_ylim(low / 1.5, high * 1.5)
        style.few_ticks(under, low, high)
    else:
        under.set_ylim(0, high * 1.25)
        style.few_ticks(under, 0, high)


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
