"""How figures look: a few colours, which the page replaces by variables so that they follow its theme."""

from __future__ import annotations

import io
import re
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

PAPER, INK, SOFT, RULE = "#fefefe", "#1c1c1b", "#6a6a67", "#d8d7d3"
# Okabe and Ito's palette, which people with any colour vision can tell apart
BLUE, VERMILLION, GREEN, PURPLE, ORANGE = (
    "#0072b2",
    "#d55e00",
    "#009e73",
    "#cc79a7",
    "#e69f00",
)
VARIANT_COLOURS = (INK, BLUE, VERMILLION, GREEN, PURPLE, ORANGE)
VARIABLES = {
    INK: "var(--ink)", SOFT: "var(--soft)", RULE: "var(--rule)", BLUE: "var(--blue)", GREEN: "var(--green)",
    VERMILLION: "var(--vermillion)", PURPLE: "var(--purple)", ORANGE: "var(--orange)",
    PAPER: "var(--paper)",
}  # fmt: skip
SETTINGS: Any = {
    "svg.hashsalt": "seedbed",
    "svg.fonttype": "none",
    "font.family": ["DejaVu Sans"],
    "font.size": 8.5,
    "axes.edgecolor": SOFT,
    "axes.labelcolor": SOFT,
    "axes.labelsize": 8.5,
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 9,
    "axes.titleweight": "bold",
    "axes.titlecolor": INK,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.formatter.use_mathtext": False,
    "grid.color": RULE,
    "grid.linewidth": 0.6,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "xtick.minor.size": 0,
    "ytick.minor.size": 0,
    "text.color": INK,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "lines.linewidth": 1.5,
    "lines.solid_capstyle": "round",
    "figure.facecolor": PAPER,
    "axes.facecolor": "none",
    "savefig.facecolor": PAPER,
    "image.composite_image": False,  # every image keeps its own pixels
    "text.parse_math": False,  # names of variants are names, whatever dollars they hold
}
DASHES = (0, (4, 2))  # of the base, over the other lines, so that whatever coincides with it shows through
WIDTH = 4.6  # inches: two abreast on a desk, one on a phone without shrinking its letters
LEFT, RIGHT, TOP, BOTTOM, GAP = (
    0.56,
    0.1,
    0.3,
    0.44,
    0.14,
)  # inches: margins of a figure, between stacked axes
PNG_DPI = 160
LEGEND = '<g id="legend_1">'
LEGEND_LINE = 0.19  # inches


@dataclass(frozen=True)
class Line:
    """An entry of a legend: a line of some colour, dashed where it is the base among others."""

    name: str
    colour: str
    dashed: bool = False


@dataclass(frozen=True)
class Picture:
    """One figure.

    Attributes
    ----------
    name
        Of its files.
    figure
        As drawn.
    label
        What it shows, for those who cannot see it.
    in_colour
        Whether it holds pixels whose colours mean something, and so stay what they are in a dark theme.
    legend
        What its lines stand for. The files hold it at the foot of the figure; the page shows it once for several.
    foot
        How many inches at the foot the legend takes.
    metrics
        What its curves are of.
    """

    name: str
    figure: Figure
    label: str
    in_colour: bool = False
    legend: tuple[Line, ...] = ()
    foot: float = 0.0
    metrics: tuple[str, ...] = ()

    def svg(self) -> str:
        """The same bytes for the same figure, with text as text."""
        buffer = io.StringIO()
        with _any_script():
            self.figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None, "Type": None})
        return buffer.getvalue()

    def png(self) -> bytes:
        """The same as pixels."""
        buffer = io.BytesIO()
        with _any_script():
            self.figure.savefig(buffer, format="png", dpi=PNG_DPI, metadata={"Software": None})
        return buffer.getvalue()


def drawing() -> AbstractContextManager[None]:
    """The context in which figures are made and saved."""
    return matplotlib.rc_context(SETTINGS)


@contextmanager
def _any_script() -> Iterator[None]:
    """Names may be of scripts that the figures' font lacks: a reader of SVG has others, PNG shows boxes."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"Glyph \d+ .* missing from", UserWarning)
        yield


def inline(svg: str, name: str, foot: float = 0.0) -> str:
    """An SVG document as part of a page: colours as variables, ids of its own, its proportions.

    `foot` is how many inches at the foot hold a legend, which is left out.
    """
    body = svg[svg.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    width, height = (float(body.split(f' {side}="')[1].split("pt")[0]) for side in ("width", "height"))
    box = f"0 0 {width:g} {height - 72 * foot:g}"
    body = re.sub(r"<svg [^>]*>", f'<svg viewBox="{box}" aria-hidden="true">', body, count=1)
    if LEGEND in body:  # the last thing in the figure
        body = body[: body.index(LEGEND)] + body[body.rindex("</g>") :]
    body = re.sub(r' id="[A-Za-z.\d]+_\d+"', "", body)  # names of groups, which nothing refers to
    body = re.sub(r'( id="|xlink:href="#|url\(#)', rf"\1{name}-", body).replace("xlink:href", "href")
    body = re.sub(r'style="[^"]*"', lambda style: themed(style[0]), body)
    return re.sub(r"\n\s*", "\n", body)


def themed(style: str) -> str:
    """The colours in a text as variables of the page."""
    for colour, variable in VARIABLES.items():
        style = style.replace(colour, variable)
    return style


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
    place = (left / across, bottom / along, (across - left - right) / across, height / along)
    axes = figure.add_axes(place, **options)
    axes.locator_params(nbins=6)
    return axes


def set_title(axes: Axes, title: str, x: float = 0.0) -> None:
    """Put a title over axes, beginning at `x` of their width."""
    axes.set_title(shortened(title), x=x, y=1.0, pad=6)


def visible(text: str) -> str:
    """Text in one line that an SVG file may hold: control characters, which labels of data may have, cannot be."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def shortened(text: str, length: int = 52) -> str:
    """Text that fits over a panel."""
    text = visible(text)
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def told_apart(names: Iterable[str], length: int = 52) -> dict[str, str]:
    """Names cut to about a length so that no two look alike: at the end, else in the middle, else numbered."""
    cut = {name: shortened(name, length) for name in names}
    for name in _alike(cut):
        if len(name) > length:
            cut[name] = visible(f"{name[: length // 2 - 1]}…{name[-(length - length // 2) :]}")
    for number, name in enumerate(_alike(cut), 1):
        cut[name] += f" ({number})"
    return cut


def _alike(cut: Mapping[str, str]) -> list[str]:
    """The keys that share their value with another."""
    counts = Counter(cut.values())
    return [name for name, text in cut.items() if counts[text] > 1]


def foot(legend: Sequence[Line], columns: int) -> float:
    """Inches that a legend takes at the foot of a figure."""
    return LEGEND_LINE * -(-len(legend) // columns)


def draw_legend(figure: Figure, lines: Sequence[Line], columns: int) -> None:
    """Name lines at the foot of a figure.

    The names are put in afterwards: matplotlib leaves out those that begin with an underscore.
    """
    handles = [Line2D([], [], color=line.colour, linestyle=DASHES if line.dashed else "-") for line in lines]
    legend = figure.legend(
        handles,
        [str(place) for place in range(len(lines))],
        loc="lower left",
        ncols=columns,
        labelcolor=INK,
        handlelength=1.4,
        borderaxespad=0,
    )
    short = told_apart((line.name for line in lines), 40)
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
