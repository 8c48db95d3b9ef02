"""The page and its figures, drawn, filled in and written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from seedbed.files import write_whole
from seedbed.report.comparisons import every_run, forest
from seedbed.report.content import content
from seedbed.report.curves import accuracy_pictures, curve_pictures
from seedbed.report.fits import confusion_pictures, fit_pictures, predicted_pictures
from seedbed.report.images import mistake_pictures, weight_pictures
from seedbed.report.series import has_finished
from seedbed.report.style import Picture, drawing, inline, themed
from seedbed.results.result import Result

REPORT = "report.html"
SECTION = re.compile(r'<section id="([\w-]+)">\s*<h2>(.*?)</h2>')


def write_page(result: Result, path: Path) -> None:
    """Write the figures, then the page that holds them too.

    The figures lie in `figures/` beside a page called report.html, in `<name>-figures/` beside any other.
    """
    folder = path.parent / ("figures" if path.name == REPORT else f"{path.stem}-figures")
    with drawing():
        sections = {name: list(pictures) for name, pictures in _pictures(result)}
        inlined = {}
        for name, pictures in sections.items():
            inlined[name] = [_figure(picture, folder) for picture in pictures]
    write_whole(path, render(result, inlined).encode(errors="backslashreplace"))


def _pictures(result: Result) -> Iterator[tuple[str, list[Picture]]]:
    ran = has_finished(result)
    yield "runs", [every_run(result)] if ran else []
    yield "differences", [picture for picture in (forest(result),) if picture]
    yield "curves", curve_pictures(result)
    yield "accuracy", accuracy_pictures(result)
    yield "fits", fit_pictures(result)
    yield "predicted", predicted_pictures(result)
    yield "confusion", confusion_pictures(result) if ran else []
    yield "mistakes", mistake_pictures(result)
    yield "weights", weight_pictures(result)


def _figure(picture: Picture, folder: Path) -> dict[str, Any]:
    svg = picture.svg()
    write_whole(folder / f"{picture.name}.svg", svg.encode())
    write_whole(folder / f"{picture.name}.png", picture.png())
    return {
        # matplotlib has escaped what it was given
        "svg": Markup(inline(svg, picture.name, picture.foot)),
        "legend": [(line.name, themed(line.colour), line.dashed) for line in picture.legend],
        "label": picture.label,
        "in_colour": picture.in_colour,
        "metrics": picture.metrics,
        "width": round(picture.figure.get_figwidth() * 96),
    }


def render(result: Result, figures: dict[str, list[dict[str, Any]]]) -> str:
    """The page as text."""
    environment = Environment(
        loader=PackageLoader("seedbed.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["sections"] = _sections
    return environment.get_template("page.html").render(result=result, figures=figures, **content(result))


def _sections(main: str) -> list[tuple[str, Markup]]:
    """The id and title of every section of the page."""
    return [(name, Markup(title)) for name, title in SECTION.findall(main)]
