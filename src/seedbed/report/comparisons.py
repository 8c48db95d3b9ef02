"""Figures of variants side by side: every run of each, and each against the base."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from seedbed.analysis.comparing import Comparison
from seedbed.analysis.spread import Spread
from seedbed.analysis.wording import effect, number, p_phrase, unit
from seedbed.report import style
from seedbed.report.axes import draw_legend, legend_height, log_axis, panel, set_title
from seedbed.report.labels import distinct_labels, shortened
from seedbed.report.leaders import MOST_ROWS
from seedbed.report.picture import FARTHEST, Line, Picture
from seedbed.results.leading import leaders
from seedbed.results.result import Result, VersusBase

ROW = 0.36  # inches
ROW_OF_SOURCES = 0.52
MOST_OF_WHOLE = 2.0  # standard deviations, beyond which intervals are cut
LETTER, SPACE = 0.071, 0.1  # inches: a letter, and between columns
TICK = 0.5  # inches that the label of a tick may take
NAME_LETTERS = 26  # of a line of a name, which may take two
MOST_DOTS = 1000  # of a variant, above which runs are thinned
VECTOR_DOTS = 3000  # above it dots are drawn as pixels
SOURCE_COLOURS = (style.BLUE, style.ORANGE, style.GREEN, style.SOFT)
VERDICT_COLOURS = {"better": style.GREEN, "worse": style.VERMILLION}


def every_run(result: Result) -> Picture:
    """Each run as a dot on the study's metric, the median as a bar, what was published as a diamond."""
    metric, names = result.metric, leaders(result, MOST_ROWS)
    failed = [result.failures[name].runs for name in names]
    notes = [f"{count} failed" if count else "" for count in failed]
    figure, axes = _rows(f"Every run: {metric}", names, notes, [style.VERMILLION] * len(names))
    raster = len(names) * min(len(result.seeds), MOST_DOTS) > VECTOR_DOTS
    for row, name in enumerate(names):
        finite = thinned_runs(result.values(name, metric))
        shift = 0.36 * (np.arange(len(finite)) * 0.618 % 1 - 0.5)  # dots of neighbouring seeds lie apart
        axes.scatter(finite, row + shift, s=11, color=style.BLUE, alpha=0.65, linewidths=0, rasterized=raster)
        median = result.summary(name, metric).median
        if np.isfinite(median):
            axes.plot([median] * 2, [row - 0.3, row + 0.3], color=style.INK, linewidth=2)
        published = result.published(name).get(metric)
        if published is not None:
            axes.plot(published, row, "D", markersize=5, color=style.VERMILLION, markerfacecolor="none")
    shown = np.concatenate([result.values(name, metric) for name in names])
    shown = shown[np.isfinite(shown)]
    if result.scale(metric) == "ratio" and len(shown) and shown.min() > 0:
        log_axis(axes, "x")
    beyond = result.fails_beyond(result.base)
    if beyond is not None and any(failed):
        axes.axvline(beyond, color=style.VERMILLION, linewidth=0.9, linestyle=":")
    return Picture("every-run", figure, f"Every run of each variant on {metric}")


def thinned_runs(values: np.ndarray) -> np.ndarray:
    """The finite ones of values (seeds,) or, of very many, so many at equal steps from the least to the largest."""
    finite = values[np.isfinite(values)]
    if len(finite) <= MOST_DOTS:
        return finite
    return np.sort(finite)[np.linspace(0, len(finite) - 1, MOST_DOTS).round().astype(int)]


def forest(result: Result) -> Picture | None:
    """Each variant against the base with its 95 % interval; None where there is nothing to compare or no interval."""
    if result.levels:
        return None
    names = [name for name in leaders(result, MOST_ROWS) if name != result.base]
    rows = {name: result.versus_base[name] for name in names if result.versus_base[name].comparison.n}
    if not any(np.isfinite(versus.comparison.estimate) for versus in rows.values()):
        return None
    ratio = result.scale(result.metric) == "ratio"
    colours = [VERDICT_COLOURS.get(versus.verdict, style.SOFT) for versus in rows.values()]
    notes = [_estimate(result, name, versus) for name, versus in rows.items()]
    figure, axes = _rows(f"{result.metric} against {result.base}", list(rows), notes, colours, foot=2)
    axes.axvline(1 if ratio else 0, color=style.INK, linewidth=0.9)
    for row, (versus, colour) in enumerate(zip(rows.values(), colours, strict=True)):
        seen = versus.comparison
        axes.plot([seen.low, seen.high], [row] * 2, color=colour, linewidth=2.2)
        axes.plot(seen.estimate, row, "o", markersize=5.5, color=colour)
    axes.set_xlim(*_limits([versus.comparison for versus in rows.values()], ratio))
    if ratio:
        log_axis(axes, "x")
    better = "left" if result.direction(result.metric) == "min" else "right"
    kind = "ratio to" if ratio else "difference from"
    legend = f"{kind} {shortened(result.base, 20)}, 95 % interval\n(better to the {better})"
    axes.set_xlabel(legend)
    return Picture("forest", figure, f"Each variant against {result.base} on {result.metric}")


def by_source(result: Result) -> list[Picture]:
    """The share of each source of randomness in the spread, and the intervals of these; nothing where none is known."""
    varying = {name for name, one in result.spread.items() if one.total > 0}
    names = [name for name in leaders(result, MOST_ROWS) if name in varying]
    if not names:
        return []
    found = [result.spread[name] for name in names]
    return [_shares(result, names, found), _intervals_by_source(result, names, found)]


def _shares(result: Result, names: Sequence[str], found: Sequence[Spread]) -> Picture:
    """Shares of the variance as bars that add up, the whole standard deviation at the right."""
    notes = [number(one.total**0.5, 2) for one in found]
    title = f"Spread of {result.metric}: share of the variance"
    figure, axes, foot = _by_source(title, names, notes, found[0], ROW, 1)
    for row, one in enumerate(found):
        start = 0.0
        for source, colour in zip(one.components, SOURCE_COLOURS, strict=False):
            axes.barh(row, one.share(source), 0.62, start, color=colour)
            start += one.share(source)
    axes.set_xlim(0, 1)
    axes.set_xticks([0, 0.5, 1], ["0", "50\u00a0%", "100\u00a0%"])
    axes.set_xlabel("at the right: the standard deviation of all")
    return _source_picture(result, "spread", figure, foot, found[0], "share of the spread")


def _intervals_by_source(result: Result, names: Sequence[str], found: Sequence[Spread]) -> Picture:
    """The standard deviation that each source adds, with its interval, as a multiple of the whole one."""
    title = f"Spread of {result.metric}: intervals"
    figure, axes, foot = _by_source(title, names, [""] * len(names), found[0], ROW_OF_SOURCES, 2)
    for row, one in enumerate(found):
        for place, (part, colour) in enumerate(zip(one.components.values(), SOURCE_COLOURS, strict=False)):
            at = row + 0.19 * (place - (len(one.components) - 1) / 2)
            low, middle, high = np.sqrt(np.array([part.low, part.variance, part.high]) / one.total)
            axes.plot([low, high], [at] * 2, color=colour, linewidth=1.8)
            axes.plot(middle, at, "o", markersize=4.5, color=colour, clip_on=False)
    axes.set_xlim(0, MOST_OF_WHOLE)
    axes.set_xlabel("standard deviation as a multiple\nof the whole, 95 % interval")
    return _source_picture(result, "spread-intervals", figure, foot, found[0], "standard deviation")


def _by_source(
    title: str, names: Sequence[str], notes: Sequence[str], one: Spread, height: float, lines: int
) -> tuple[Figure, Axes, float]:
    """A figure with a row for each variant, `lines` below the axis and a legend, and how many inches this takes."""
    legend = _source_legend(one)
    foot = legend_height(legend, len(legend))
    colours = [style.INK] * len(names)
    figure, axes = _rows(title, names, notes, colours, lines + foot / style.LEGEND_LINE, height)
    return figure, axes, foot


def _source_legend(one: Spread) -> tuple[Line, ...]:
    return tuple(Line(name, colour) for name, colour in zip(one.components, SOURCE_COLOURS, strict=False))


def _source_picture(
    result: Result, name: str, figure: Figure, foot: float, one: Spread, what: str
) -> Picture:
    legend = _source_legend(one)
    draw_legend(figure, legend, len(legend))
    label = f"The {what} of {result.metric} that each source of randomness carries, by variant"
    return Picture(name, figure, label, legend=legend, foot=foot)


def _estimate(result: Result, name: str, versus: VersusBase) -> str:
    """The estimate of a row, or why it has none, and its p."""
    p = "" if versus.p is None else f"\n{p_phrase(versus.p)}"
    if np.isfinite(versus.comparison.estimate):
        return effect(versus.comparison) + p
    return _without_estimate(result, name, versus.comparison) + p


def _without_estimate(result: Result, name: str, seen: Comparison) -> str:
    """Why there is no typical gap."""
    for variant, whose in ((name, ""), (result.base, "base ")):
        if not result.ended(variant).any():
            statuses = set(result.status_of(variant).values())
            return f"{whose}crashed" if statuses == {"crashed"} else f"{whose}diverged"
    if seen.is_typical:
        return f"no {unit(seen)}"
    return "often failed" if seen.fails_more >= 0 else "base often failed"


def _limits(seen: list[Comparison], ratio: bool) -> tuple[float, float]:
    """What shows every estimate and, as far as they do not dwarf these, the intervals."""
    table = np.array([[one.low, one.estimate, one.high] for one in seen])
    table = np.log(np.where(table > 0, table, np.nan)) if ratio else table
    table = np.where(np.abs(table) < FARTHEST, table, np.nan)
    low, high = np.nanmin(table[:, 1], initial=0), np.nanmax(table[:, 1], initial=0)
    room = max(high - low, np.nanmin(table[:, 2] - table[:, 0], initial=np.inf) if high == low else 0)
    room = room if np.isfinite(room) and room else 1.0
    low = max(np.nanmin(table[:, 0], initial=low), low - room) - 0.06 * room
    high = min(np.nanmax(table[:, 2], initial=high), high + room) + 0.06 * room
    return (float(np.exp(low)), float(np.exp(high))) if ratio else (float(low), float(high))


def _rows(
    title: str,
    names: Sequence[str],
    notes: Sequence[str],
    colours: Sequence[str],
    foot: float = 0,
    row_height: float = ROW,
) -> tuple[Figure, Axes]:
    """A figure with a row for each name: the name in a column at the left, its note in one at the right.

    `foot` is the number of lines of text below the axis.
    """
    labels = _labels(names)
    left, right = (_width(texts) for texts in (labels, notes))
    bottom = style.BOTTOM / 2 + foot * style.LEGEND_LINE
    height = style.TOP + bottom + row_height * (len(names) + 0.2)
    width = style.WIDTH - left - right
    figure, axes = panel(height, "", left=left, bottom=bottom, right=right)
    set_title(axes, title, x=(SPACE - left) / width)
    axes.locator_params(axis="x", nbins=max(2, min(6, int(width / TICK))))
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_yticks(range(len(names)), labels, color=style.INK, linespacing=1.15)
    axes.tick_params(axis="y", pad=72 * SPACE)
    axes.spines["left"].set_visible(False)
    across = axes.get_yaxis_transform()
    end = 1 + (right - SPACE) / width
    for row, (text, colour) in enumerate(zip(notes, colours, strict=True)):
        axes.text(end, row, text, color=colour, transform=across, ha="right", va="center", linespacing=1.15)
    return figure, axes


def _labels(names: Sequence[str]) -> list[str]:
    """Names in at most two lines, no two of them alike."""
    short = distinct_labels(names, 2 * NAME_LETTERS - 8)  # lines are seldom filled to their ends
    return ["\n".join(textwrap.wrap(short[name], NAME_LETTERS)) or short[name] for name in names]


def _width(texts: Sequence[str]) -> float:
    """Inches of a column of texts, with the space beside it."""
    letters = max((len(line) for text in texts for line in text.split("\n")), default=0)
    return LETTER * letters + 2 * SPACE if letters else style.RIGHT
