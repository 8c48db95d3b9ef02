"""Whatever names hold, the page shows it as text and figures draw it."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import odd_text
import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from seedbed.api import Result
from seedbed.report.axes import draw_legend, panel
from seedbed.report.labels import distinct_labels
from seedbed.report.picture import Line, Picture, inline
from seedbed.report.sheet import sheet
from seedbed.report.style import drawing
from seedbed.text import visible

pytestmark = pytest.mark.filterwarnings("error", "ignore::DeprecationWarning")


class Page(HTMLParser):
    """The tags of a page with their attributes' names, its figures left out, and its texts."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.texts: list[str] = []
        self.feed(re.sub(r"<svg.*?</svg>", "", html, flags=re.DOTALL))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(name for name, _ in attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def page_of(place: str, text: str, name: str) -> tuple[str, list[Path]]:
    path = Result.open(odd_text.study(Path(place), text, name)).report()
    return path.read_text(encoding="utf-8"), list(path.parent.glob("figures/*.svg"))


@cache
def tags_of_plain_names() -> set[tuple[str, tuple[str, ...]]]:
    with TemporaryDirectory() as place:
        return {*Page(page_of(place, "plain", "name")[0]).tags}


@settings(max_examples=2, phases=[Phase.explicit, Phase.generate])
@example(odd_text.LETTERS[:-1], "".join(odd_text.SNIPPETS))
@given(odd_text.NAMES, odd_text.NAMES)
def test_a_page_of_odd_names_has_the_tags_of_any_other(text: str, name: str) -> None:
    with TemporaryDirectory() as place:
        html, figures = page_of(place, text, name)
        for figure in figures:
            assert not odd_text.acts(figure.read_text(encoding="utf-8"))
            ET.parse(figure)
    assert not odd_text.acts(html)
    page = Page(html)
    assert set(page.tags) <= tags_of_plain_names()
    for shown in (text, name):
        assert any(visible(shown).strip() in one.replace("\n", "\\n") for one in page.texts)


@settings(max_examples=25)
@given(st.lists(odd_text.TEXTS, min_size=1, max_size=4, unique=True))
def test_figures_draw_any_names_as_they_are(names: list[str]) -> None:
    with drawing():
        figure, axes = panel(2.0, names[0])
        short = distinct_labels(names, 40)
        axes.set_yticks(range(len(names)), [short[name] for name in names])
        draw_legend(figure, [Line(name, "#1c1c1b") for name in names], 2)
        picture = Picture("odd", figure, names[0])
        svg = picture.svg()
        assert picture.png().startswith(b"\x89PNG")
    for drawn in (svg, inline(svg, "odd")):
        elements = ET.fromstring(drawn).iter()
        found = {"".join(one.itertext()) for one in elements if one.tag.endswith("text")}
        assert {label for label in short.values() if label.strip()} <= found
        assert not odd_text.acts(drawn)


@given(odd_text.TEXTS)
def test_what_stands_below_images_is_drawn(text: str) -> None:
    with drawing():
        figure = sheet(text, [np.zeros((2, 2, 3))] * 2, 2, [visible(text), ""])
        Picture("odd", figure, text).svg()
