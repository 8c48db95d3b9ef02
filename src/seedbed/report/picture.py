"""A drawn figure as files and as part of the page, whose theme its colours follow."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from seedbed.report.style import VARIABLES

PNG_DPI = 160
FARTHEST = 1e302  # from 0, on any axis
LEGEND = '<g id="legend_1">'
TAG = re.compile(r"<[^>]*>")


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
    """

    name: str
    figure: Figure
    label: str
    in_colour: bool = False
    legend: tuple[Line, ...] = ()
    foot: float = 0.0

    def svg(self) -> str:
        """The same bytes for the same figure, with text as text."""
        buffer = io.StringIO()
        _bound(self.figure)
        with _any_script():
            self.figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None, "Type": None})
        return buffer.getvalue()

    def png(self) -> bytes:
        """The same as pixels."""
        buffer = io.BytesIO()
        _bound(self.figure)
        with _any_script():
            self.figure.savefig(buffer, format="png", dpi=PNG_DPI, metadata={"Software": None})
        return buffer.getvalue()


def _bound(figure: Figure) -> None:
    """Cut axes where matplotlib can still place ticks: its steps between them would overflow."""
    for axes in figure.axes:
        for limits, set_limits in ((axes.get_xlim(), axes.set_xlim), (axes.get_ylim(), axes.set_ylim)):
            if not all(abs(end) <= FARTHEST for end in limits):
                low, high = np.nan_to_num(np.clip(limits, -FARTHEST, FARTHEST))
                set_limits(*((low, high) if low < high else (-FARTHEST, FARTHEST)))


@contextmanager
def _any_script() -> Iterator[None]:
    """Names may be of scripts that the figures' font lacks: a reader of SVG has others, PNG shows boxes."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"Glyph \d+ .* missing from", UserWarning)
        yield


def inline(svg: str, name: str, foot: float = 0.0) -> str:
    """An SVG document as part of a page: colours as variables, ids of its own, its proportions.

    `foot` is how many inches at the foot hold a legend, which is left out. Only tags are changed, never texts, in which
    matplotlib has escaped what could be taken for a tag: a name may read like any attribute.
    """
    body = svg[svg.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    width, height = (float(body.split(f' {side}="')[1].split("pt")[0]) for side in ("width", "height"))
    box = f"0 0 {width:g} {height - 72 * foot:g}"
    body = re.sub(r"<svg [^>]*>", f'<svg viewBox="{box}" aria-hidden="true">', body, count=1)
    if LEGEND in body:  # the last thing in the figure
        body = body[: body.index(LEGEND)] + body[body.rindex("</g>") :]
    body = TAG.sub(lambda tag: _of_page(tag[0], name), body)
    return re.sub(r"\n\s*", "\n", body)


def _of_page(tag: str, name: str) -> str:
    """A tag of the SVG document of a name as it stands in a page."""
    tag = re.sub(r' id="[A-Za-z.\d]+_\d+"', "", tag)  # names of groups, which nothing refers to
    tag = re.sub(r'( id="|xlink:href="#|url\(#)', rf"\1{name}-", tag).replace("xlink:href", "href")
    return re.sub(r'style="[^"]*"', lambda style: themed(style[0]), tag)


def themed(style: str) -> str:
    """The colours in a text as variables of the page."""
    for colour, variable in VARIABLES.items():
        style = style.replace(colour, variable)
    return style
