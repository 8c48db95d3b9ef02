"""Figures of variants side by side: every run of each, and each against the base."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from seedbed.report import style
from seedbed.report.style import Picture, panel
from seedbed.results import Result, VersusBase
from seedbed.statistics import Comparison
from seedbed.wording import effect, p_phrase

ROW = 0.36  # inches
VECTOR_DOTS = 3000  # above it dots are drawn as pixels
VERDICT_COLOURS = {"better": style.GREEN, "worse": style.VERMILLION}


def every_run(result: Result) -> Picture:
    """Each run as a dot on the study's metric, the median as a bar, what was published as a diamond."""
    metric, names = result.metric, result.variants
    figure, axes = panel(_height(len(names)), f"Every run: {metric}", left=style.RIGHT)
    raster = len(names) * len(result.seeds) > VECTOR_DOTS
    for row, name in enumerate(names):
        values = result.values(name, metric)
        finite = values[np.isfinite(values)]
        shift = 0.24 * (np.arange(len(finite)) * 0.618 % 1 - 0.5)  # dots of neighbouring seeds lie apart
        axes.scatter(
            finite, row + 0.14 + shift, s=11, color=style.BLUE, alpha=0.65, linewidths=0, rasterized=raster
        )
        median = result.summary(name, metric).median
        if np.isfinite(median):
            axes.plot([median] * 2, [row - 0.06, row + 0.34], color=style.INK, linewidth=2)
        published = result.published(name).get(metric)
        if published is not None:
            axes.plot(
                published, row + 0.14, "D", markersize=5, color=style.VERMILLION, markerfacecolor="none"
            )
        diverged = int(np.sum(np.isinf(values)))
        _row_label(axes, row, name, f"{diverged} diverged" if diverged else "", style.VERMILLION)
    _finish_rows(axes, len(names))
    if result.scale(metric) == "ratio":
        style.log_axis(axes, "x")
    return Picture("every-run", figure, f"Every run of every variant on {metric}")


def forest(result: Result) -> Picture | None:
    """Each variant against the base with its 95 % interval; None where there is nothing to compare."""
    rows = {name: versus for name, versus in result.versus_base.items() if versus.comparison.n}
    if not rows:
        return None
    ratio = result.scale(result.metric) == "ratio"
    figure, axes = panel(_height(len(rows)), f"{result.metric} against {result.base}", left=style.RIGHT)
    axes.axvline(1 if ratio else 0, color=style.INK, linewidth=0.9)
    for row, (name, versus) in enumerate(rows.items()):
        seen, colour = versus.comparison, VERDICT_COLOURS.get(versus.verdict, style.SOFT)
        axes.plot([seen.low, seen.high], [row + 0.14] * 2, color=colour, linewidth=2.2)
        axes.plot(seen.estimate, row + 0.14, "o", markersize=5.5, color=colour)
        _row_label(axes, row, name, _told(versus), colour)
    _finish_rows(axes, len(rows))
    axes.set_xlim(*_limits([versus.comparison for versus in rows.values()], ratio))
    if ratio:
        style.log_axis(axes, "x")
    better = "left" if result.direction(result.metric) == "min" else "right"
    kind = "ratio to" if ratio else "difference from"
    axes.set_xlabel(f"{kind} {style.shortened(result.base, 20)}, 95 % interval (better to the {better})")
    return Picture("forest", figure, f"Every variant against {result.base} on {result.metric}")


def _told(versus: VersusBase) -> str:
    p = "" if versus.p is None else f", {p_phrase(versus.p)}"
    return effect(versus.comparison) + p


def _limits(seen: list[Comparison], ratio: bool) -> tuple[float, float]:
    """What shows every estimate and, as far as they do not dwarf these, the intervals."""
    table = np.array([[one.low, one.estimate, one.high] for one in seen])
    table = np.log(table) if ratio else table
    low, high = np.nanmin(table[:, 1], initial=0), np.nanmax(table[:, 1], initial=0)
    room = max(high - low, np.nanmin(table[:, 2] - table[:, 0], initial=np.inf) if high == low else 0)
    room = room if np.isfinite(room) and room else 1.0
    low = max(np.nanmin(table[:, 0], initial=low), low - room) - 0.06 * room
    high = min(np.nanmax(table[:, 2], initial=high), high + room) + 0.06 * room
    return (float(np.exp(low)), float(np.exp(high))) if ratio else (float(low), float(high))


def _row_label(axes: Axes, row: int, name: str, told: str, colour: str) -> None:
    """A row's name over its marks, and what is to be said of it at the right end."""
    across = axes.get_yaxis_transform()
    halo = {"facecolor": style.PAPER, "edgecolor": "none", "pad": 0.8}
    name = style.shortened(name, 50 - len(told))
    axes.text(0, row - 0.14, name, transform=across, va="bottom", bbox=halo)
    if told:
        axes.text(1, row - 0.14, told, transform=across, va="bottom", ha="right", color=colour, bbox=halo)


def _height(rows: int) -> float:
    return style.TOP + style.BOTTOM + ROW * (rows + 0.35)


def _finish_rows(axes: Axes, count: int) -> None:
    axes.set_ylim(count - 0.4, -0.75)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
