"""The page and its figures, drawn, filled in and written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import assert_never

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from seedbed.files import write_whole
from seedbed.report.blocks import Block, Filled, Gallery, Note
from seedbed.report.header import header
from seedbed.report.picture import Picture, inline, themed
from seedbed.report.sections import Section, present
from seedbed.report.style import drawing
from seedbed.results.result import Result
from seedbed.text import visible_lines

REPORT = "report.html"


@dataclass(frozen=True)
class Figure:
    """A picture as the page holds it; lengths in pixels of the page."""

    svg: Markup
    legend: tuple[tuple[str, str, bool], ...]
    label: str
    in_colour: bool
    width: int


def write_page(result: Result, path: Path) -> None:
    """Write the figures, then the page that holds them too.

    The figures lie in `figures/` beside a page called report.html, in `<name>-figures/` beside any other.
    """
    folder = path.parent / ("figures" if path.name == REPORT else f"{path.stem}-figures")
    files: dict[str, bytes] = {}
    with drawing():
        sections = [(section, _html(blocks, files)) for section, blocks in present(result)]
    page = visible_lines(render(result, sections)).encode()
    for name, content in files.items():  # only now that all was read, drawn and filled in
        write_whole(folder / name, content)
    write_whole(path, page)


def render(result: Result, sections: Sequence[tuple[Section, Markup]]) -> str:
    """The page as text, of its sections and what each holds."""
    return _fill("page.html", sections=sections, **header(result))


def _html(blocks: Sequence[Block], files: dict[str, bytes]) -> Markup:
    """Blocks as HTML; their figures are also added to files by name."""
    return Markup("").join(_block(block, files) for block in blocks)


def _block(block: Block, files: dict[str, bytes]) -> Markup:
    match block:
        case Gallery(pictures, size):
            figures = [_figure(picture, files) for picture in pictures]
            return _fill("gallery.html", figures=figures, size=size)
        case Note(sentences):
            return Markup('<p class="note">{}</p>\n').format(Markup(" ").join(sentences))
        case Filled(template, values):
            return _fill(template, **values)
        case other:
            assert_never(other)


def _figure(picture: Picture, files: dict[str, bytes]) -> Figure:
    svg = picture.svg()
    files |= {f"{picture.name}.svg": svg.encode(), f"{picture.name}.png": picture.png()}
    return Figure(
        Markup(inline(svg, picture.name, picture.foot)),  # matplotlib has escaped what it was given
        tuple((line.name, themed(line.colour), line.dashed) for line in picture.legend),
        picture.label,
        picture.in_colour,
        round(picture.figure.get_figwidth() * 96),
    )


def _fill(template: str, **values: object) -> Markup:
    """A template of the folder `templates`, filled; whatever is not `Markup` is escaped."""
    return Markup(_templates().get_template(template).render(values))


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("seedbed.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
