"""The section on training: metrics over the epochs, medians and 10-90 % bands, the learning rate under them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from seedbed.files import slug
from seedbed.report import style
from seedbed.report.axes import draw_legend, few_ticks, legend_height, log_axis, panel, stacked
from seedbed.report.blocks import Block, Note, per_variant
from seedbed.report.labels import distinct_labels
from seedbed.report.leaders import MOST_PANELS, left_out, listed
from seedbed.report.picture import Line, Picture
from seedbed.report.series import MOST_SEEDS, Band, curve_bands, last_drawn
from seedbed.report.style import VARIANT_COLOURS
from seedbed.results.leading import leaders
from seedbed.results.result import Result

RATE = "lr"
DOTTED_EPOCHS = 12  # up to here each is a dot: of a single one no line could be seen
LR_RANGE = 1e4  # below the highest rate of a variant; a schedule may end at nearly nothing, which would hide its steps
SPREAD_EPOCHS = 20  # variants trained so many times as long as others need a logarithmic axis


def blocks(result: Result) -> Iterator[Block]:
    """One figure per metric with the curves of all variants or, where these are many, one figure per variant."""
    known = result.curve_metrics
    metrics, accuracies = _metrics(result, known), _accuracies(known)
    is_together = len(result.variants) <= len(VARIANT_COLOURS)
    if is_together:
        rates = curve_bands(result, RATE, result.variants)
        curves = [_together(result, name, rates) for name in metrics]
    else:  # the accuracies show what the study's metric would
        metrics = [] if accuracies else metrics[-1:]
        curves = _apart(result, dict.fromkeys(metrics, style.BLUE))
    both = _apart(result, dict(zip(accuracies, (style.ORANGE, style.BLUE), strict=False)))
    for pictures in filter(None, (curves, both)):
        yield per_variant(pictures)
    if both:
        yield Note(
            f"One figure per variant: {' and '.join(accuracies)} after each epoch, on training and held-out samples.",
            left_out(result, len(both)),
        )
    elif curves and not is_together:
        yield Note(f"One figure per variant: {metrics[0]} after each epoch.", left_out(result, len(curves)))
    if curves or both:
        yield Note(
            "Lines are medians over seeds, bands the 10th to the 90th percentile; a run that stopped keeps its last "
            "value, one that diverged counts as the worst.",
            _first_seeds(result),
            _all_diverged(result),
            "Below each: the learning rate of an epoch's last step (median)." if RATE in known else "",
            _train_samples(result) if "train." in " ".join((*metrics, *accuracies)) else "",
            _points(result),
        )


def _metrics(result: Result, known: Collection[str]) -> list[str]:
    """The curves worth a figure: the training loss, and the study's metric on validation, which selects variants.

    The test part is looked at only where nothing was held out for validation. A metric that is of no part is its own.
    """
    part, dot, bare = result.metric.partition(".")
    names = (f"val.{bare}", f"test.{bare}") if dot else (part,)
    held_out = [name for name in names if name in known][:1]
    shown = [*(["train.loss"] if "train.loss" in known else []), *held_out]
    return shown if len(shown) > 1 or "val.loss" not in known else [*shown, "val.loss"]


def _accuracies(known: Collection[str]) -> list[str]:
    """The accuracies to be seen together: in training, and on validation, without it on the test part."""
    held_out = [name for name in ("val.accuracy", "test.accuracy") if name in known]
    return ["train.accuracy", held_out[0]] if held_out and "train.accuracy" in known else []


def _first_seeds(result: Result) -> str:
    """Of which seeds curves are; empty where of all."""
    if last_drawn(result) is None:
        return ""
    return (
        f"They are of the first {MOST_SEEDS:,} of {len(result.seeds):,} seeds; the table of curves has all."
    )


def _all_diverged(result: Result) -> str:
    """What to know of curves of variants that always diverged; empty where there are none."""
    diverged, there = result.statuses.count("diverged"), result.statuses.there.sum(axis=1)
    always = (diverged == there) & (there > 0)
    names = [name for name, does in zip(result.variants, always.tolist(), strict=True) if does]
    return f"Every run of {listed(names)} diverged: such a line ends early, or is missing." if names else ""


def _train_samples(result: Result) -> str:
    """Of how many samples training curves are; empty where of all, or where the study does not say."""
    drawn = {
        f"{facts['samples']:,} of {facts['of']:,}"
        for row in result.study["variants"]
        if (facts := row.get("train_curve")) and facts["samples"] < facts["of"]
    }
    if not drawn:
        return ""
    return f"Training metrics are computed on {' or '.join(sorted(drawn))} training samples, drawn at random."


def _points(result: Result) -> str:
    """Which evaluations curves hold; empty where all."""
    rules = dict.fromkeys(row["curve_points"] for row in result.study["variants"] if row.get("curve_points"))
    return f"Points: {' or '.join(rules)}." if rules else ""


def _together(result: Result, metric: str, rates: Mapping[str, Band]) -> Picture:
    """One figure of a metric, one line per variant."""
    bands = curve_bands(result, metric, result.variants)
    colours = dict(zip(result.variants, VARIANT_COLOURS, strict=False))
    legend = tuple(Line(name, colours[name], name == result.base) for name in bands)
    columns = 2 if max(map(len, bands), default=0) <= 26 else 1
    foot = legend_height(legend, columns)
    figure, axes, under = _axes(metric, 3.1, 0.4, foot, rates)
    for name, band in bands.items():
        dashes = style.DASHES if name == result.base else "-"
        _draw(axes, band, colours[name], dashes)
        if under and name in rates:
            _draw_rate(under, rates[name], colours[name], dashes)
    _finish(axes, under, result, metric, bands.values(), rates)
    draw_legend(figure, legend, columns)
    label = f"{metric} over the epochs, one line per variant"
    return Picture(f"curve-{slug(metric)}", figure, label, legend=legend, foot=foot)


def _apart(result: Result, colours: Mapping[str, str]) -> list[Picture]:
    """One figure per variant on common axes: metrics in their colours, the last one of the base in grey."""
    if not colours:
        return []
    variants = leaders(result, MOST_PANELS)
    rates = curve_bands(result, RATE, variants)
    bands = {metric: curve_bands(result, metric, variants) for metric in colours}
    last, titles = list(colours)[-1], distinct_labels(variants)
    legend = tuple(Line(*pair) for pair in colours.items())
    legend += (Line(f"{last} of {result.base}", style.SOFT),) if len(bands[last]) > 1 else ()
    foot = legend_height(legend, 1)
    shown = [band for of_metric in bands.values() for band in of_metric.values()]
    pictures = []
    for name in bands[last]:
        figure, axes, under = _axes(titles[name], 2.4, 0.3, foot, rates)
        if name != result.base and result.base in bands[last]:
            base = bands[last][result.base]
            axes.plot(base.x, base.median, color=style.SOFT, linewidth=1, alpha=0.8)
        for metric, colour in colours.items():
            if name in bands[metric]:
                _draw(axes, bands[metric][name], colour)
        if under and name in rates:
            _draw_rate(under, rates[name], style.BLUE)
        _finish(axes, under, result, last, shown, rates)
        draw_legend(figure, legend, 1)
        label = f"{' and '.join(colours)} of {name} over the epochs" + (
            ", the learning rate below" if rates else ""
        )
        pictures.append(Picture(f"curve-{slug(last)}-{slug(name)}", figure, label, legend=legend, foot=foot))
    return pictures


def _axes(
    title: str, height: float, strip: float, foot: float, rates: Mapping[str, Band]
) -> tuple[Figure, Axes, Axes | None]:
    """Axes for a metric and, where there are learning rates, a strip below for these; lengths in inches."""
    if rates:
        return stacked(height, title, under=strip, foot=foot)
    figure, axes = panel(height - strip - style.GAP + foot, title, bottom=style.BOTTOM + foot)
    return figure, axes, None


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
    under: Axes | None,
    result: Result,
    metric: str,
    bands: Collection[Band],
    rates: Mapping[str, Band],
) -> None:
    """Give the axes the limits and labels that all figures of a metric share."""
    low, high = _limits(bands)
    is_log = result.direction(metric) == "min" and low > 0
    if is_log:
        axes.set_ylim(low / 1.15, high * 1.15)
        log_axis(axes, "y")
    elif np.isfinite(low) and low < high:
        axes.set_ylim(low - 0.04 * (high - low), high + 0.04 * (high - low))
    if under:
        _finish_rates(under, rates)
        under.set_ylabel("lr")
    lowest = under or axes
    lowest.set_xlabel("epoch")
    lowest.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    ends = [band.x[-1] for band in bands if len(band.x)]
    if ends and max(ends) > SPREAD_EPOCHS * max(min(ends), 1):
        lowest.set_xlim(1, max(ends))
        log_axis(lowest, "x")


def _finish_rates(under: Axes, rates: Mapping[str, Band]) -> None:
    """Give the strip of learning rates an axis on which every variant's can be seen."""
    positive = [band.median[band.median > 0] for band in rates.values()]
    positive = [values for values in positive if len(values)]
    if not positive:
        return
    peaks = [float(values.max()) for values in positive]
    high, low = max(peaks), max(min(float(values.min()) for values in positive), min(peaks) / LR_RANGE)
    ends_at_zero = any((band.median == 0).any() for band in rates.values())
    if high > 3 * (min(peaks) if ends_at_zero else low):
        under.set_yscale("log")
        under.set_ylim(low / 1.5, high * 1.5)
        few_ticks(under, low, high)
    else:
        under.set_ylim(0, high * 1.25)
        few_ticks(under, 0, high)


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
