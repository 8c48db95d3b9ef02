"""Axes, ticks and legends that all figures share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from seedbed.report.labels import distinct_labels, shortened
from seedbed.report.picture import Line
from seedbed.report.style import BOTTOM, DASHES, GAP, INK, LEFT, LEGEND_LINE, RIGHT, TOP, WIDTH


def panel(
    height: float,
    title: str,
    width: float = WIDTH,
    left: float = LEFT,
    bottom: float = BOTTOM,
    right: float = RIGHT,
) -> tuple[Figure, Axes]:
    """A figure of one axes; lengths in inches. Margins are given: measuring them takes most of the time."""
    figure = Figure((width, height))
    axes = _axes(figure, left, bottom, height - bottom - TOP, right)
    set_title(axes, title)
    return figure, axes


def stacked(height: float, title: str, under: float, foot: float = 0.0) -> tuple[Figure, Axes, Axes]:
    """A figure of two axes on a common x, the lower `under` inches high, `foot` inches below for a legend."""
    figure = Figure((WIDTH, height + foot))
    low, high = foot + BOTTOM, foot + BOTTOM + under + GAP
    axes = _axes(figure, LEFT, high, height + foot - high - TOP)
    below = _axes(figure, LEFT, low, under, sharex=axes)
    axes.tick_params(labelbottom=False)
    set_title(axes, title)
    return figure, axes, below


def _axes(
    figure: Figure, left: float, bottom: float, height: float, right: float = RIGHT, **options: Any
) -> Axes:
    across, along = figure.get_size_inches()
    box = (left / across, bottom / along, (across - left - right) / across, height / along)
    axes = figure.add_axes(box, **options)
    axes.locator_params(nbins=6)
    return axes


def set_title(axes: Axes, title: str, x: float = 0.0) -> None:
    """Put a title over axes, beginning at `x` of their width."""
    axes.set_title(shortened(title), x=x, y=1.0, pad=6)


def legend_height(legend: Sequence[Line], columns: int) -> float:
    """Inches that a legend takes at the foot of a figure."""
    return LEGEND_LINE * -(-len(legend) // columns)


def draw_legend(figure: Figure, lines: Sequence[Line], columns: int) -> None:
    """Name lines at the foot of a figure.

    The names are put in afterwards: matplotlib leaves out those that begin with an underscore.
    """
    handles = [Line2D([], [], color=line.colour, linestyle=DASHES if line.dashed else "-") for line in lines]
    legend = figure.legend(
        handles,
        [str(index) for index in range(len(lines))],
        loc="lower left",
        ncols=columns,
        labelcolor=INK,
        handlelength=1.4,
        borderaxespad=0,
    )
    short = distinct_labels((line.name for line in lines), 40)
    for text, line in zip(legend.get_texts(), lines, strict=True):
        text.set_text(short[line.name])


def log_axis(axes: Axes, which: Literal["x", "y"]) -> None:
    """Make an axis logarithmic, with few, plain labels."""
    axis, set_scale = (axes.xaxis, axes.set_xscale) if which == "x" else (axes.yaxis, axes.set_yscale)
    set_scale("log")
    low, high = axis.get_view_interval()
    steps = (1.0, 2.0, 5.0) if high < 30 * low else (1.0,)
    axis.set_major_locator(LogLocator(subs=steps, numticks=6) if high > 3 * low else MaxNLocator(3))
    axis.set_major_formatter(FuncFormatter(lambda value, _: plain_number(value)))
    axis.set_minor_locator(NullLocator())


def few_ticks(axes: Axes, *values: float) -> None:
    """Only these ticks on the y axis."""
    axes.set_yticks(values, [plain_number(float(f"{value:.2g}")) for value in values])
    axes.yaxis.set_minor_locator(NullLocator())


def plain_number(value: float) -> str:
    """A tick's label: 0.001 rather than a power of ten, as far as that stays short."""
    if value and not 1e-4 < abs(value) < 1e5:
        return f"{value:.0e}".replace("e-0", "e-").replace("e+0", "e").replace("-", "−")
    return f"{value:g}".replace("-", "−")
