"""Reports of many variants, and of names that look alike or that matplotlib reads as something else."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from html import escape
from itertools import pairwise
from pathlib import Path
from typing import Any

import fake_studies
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from seedbed.api import Result
from seedbed.files import slug
from seedbed.report import comparisons, style
from seedbed.report.labels import distinct_labels
from seedbed.results.leading import leaders

LONG = "a name that says all about its settings, and does so twice over: rate"
NAMES = ("_x", "__init__", "$a_b$ & <i>", f"{LONG} 0.1, width 10", f"{LONG} 0.2, width 10")


class Page:
    def __init__(self, directory: Path) -> None:
        self.result = Result.open(directory)
        self.read_whole: list[str] = []
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Result, "predictions", property(lambda _: self.read_whole.append("predictions")))
            patch.setattr(Result, "curves", property(lambda _: self.read_whole.append("curves")))
            self.path = self.result.report()
        self.html = self.path.read_text()
        self.figures = {path.stem: path for path in self.path.parent.glob("figures/*.svg")}

    def section(self, name: str) -> str:
        return self.html.split(f'<section id="{name}">')[1].split("</section>")[0]


def texts(path: Path) -> list[str]:
    return [
        "".join(element.itertext()) for element in ET.parse(path).iter("{http://www.w3.org/2000/svg}text")
    ]


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Page:
    names = tuple(f"lr {number}" for number in range(26))
    return Page(fake_studies.regression(tmp_path_factory.mktemp("many"), seeds=2, names=names))


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Page:
    """Six variants, as many as share a figure: base and those of odd names."""
    directory = tmp_path_factory.mktemp("odd")
    rows, curves = [], fake_studies.Curves()
    for variant in ("base", *NAMES):
        for seed in range(6):
            value = 0.5 + 0.1 * len(variant) % 7 + 0.01 * seed
            rows.append(fake_studies._row(variant, seed, **{"val.mse": value, "test.mse": value}))
            for epoch in range(3):
                curves.add(variant, seed, epoch, train__loss=value, val__mse=value, test__mse=value, lr=0.1)
    variants: dict[str, dict[str, Any]] = {name: {} for name in ("base", *NAMES)}
    return Page(
        fake_studies.write_study(directory, "odd", variants, 6, "val.mse", "min", rows, curves.columns)
    )


# --- many variants --------------------------------------------------------------------------------------


def test_only_what_matters_is_drawn_and_the_page_says_so(many: Page) -> None:
    kinds = [stem.split("-")[0] for stem in many.figures]
    assert {kind: kinds.count(kind) for kind in kinds} == {
        "every": 1,
        "forest": 1,
        "curve": 12,
        "fit": 12,
        "predicted": 6,
    }
    for section, count in (("variants", 24), ("curves", 12), ("fit", 12), ("predicted", 6)):
        assert f"Shown are {count} of 30 variants" in many.section(section)
    drawn = texts(many.figures["every-run"])
    assert {"base", "no norm, default init", many.result.ranking[0]} <= set(drawn)  # the second is of a claim


def test_the_table_has_all_variants_the_best_first(many: Page) -> None:
    names = re.findall(r'<tr>\s*<th scope="row">([^<]*?)(?: <span|</th>)', many.section("variants"))
    assert names == many.result.ranking
    assert len(names) == 30


def test_predictions_and_curves_of_variants_that_are_not_drawn_are_not_read(many: Page) -> None:
    assert many.read_whole == []


def test_a_setting_of_many_values_shows_some_of_them(many: Page) -> None:
    (row,) = re.findall(r'<th scope="row">training\.lr</th>(.*)</tr>', many.section("configuration"))
    assert row.count("·") == 12
    assert "and 13 more" in row  # one of the 26 is that of base


def test_contents_name_every_section(many: Page, odd: Page) -> None:
    for page in (many, odd):
        contents = page.html.split("<nav")[1].split("</nav>")[0]
        assert re.findall(r'href="#([\w-]+)"', contents) == re.findall(r'<section id="([\w-]+)"', page.html)


def test_the_table_says_that_it_scrolls_on_a_narrow_screen(odd: Page) -> None:
    assert odd.section("variants").index('class="hint"') < odd.section("variants").index('class="scroll"')
    assert re.search(r"@media screen and \(max-width: \d+rem\) { \.hint { display: block; } }", odd.html)
    assert ".wide .scroll { scroll-timeline: --columns x; }" in odd.html  # where known, exactly if it scrolls


def test_leaders_hold_base_the_best_and_what_claims_name(many: Page) -> None:
    result = many.result
    for count in (1, 2, 5, 20, 99):
        found = leaders(result, count)
        assert len(found) == min(count, 30)
        assert found == [name for name in result.ranking if name in found]
        assert result.base in found
    assert set(leaders(result, 5)) == {
        "base", result.ranking[0], "no norm, default init", "init kaiming_normal", "norm none"
    }  # fmt: skip


# --- legends --------------------------------------------------------------------------------------------


def test_legends_name_every_variant_once(odd: Page) -> None:
    curves = odd.section("curves")
    (legend,) = re.findall(r'<p class="legend">.*?</p>', curves)
    for name in ("base", *NAMES):
        assert legend.count(f"</i>{escape(name)}</span>") == 1
        assert curves.count(escape(name)) == 1
    assert "legend_1" not in odd.html


def test_files_keep_their_legends(odd: Page) -> None:
    short = distinct_labels(("base", *NAMES), 40)
    for stem in ("curve-train.loss", "curve-val.mse"):
        assert [text for text in texts(odd.figures[stem]) if text in short.values()] == list(short.values())


def test_variants_are_not_selected_by_looking_at_the_test_part(odd: Page) -> None:
    assert sorted(stem for stem in odd.figures if stem.startswith("curve-")) == [
        "curve-train.loss",
        "curve-val.mse",
    ]


def test_names_stand_in_figures_as_they_are(odd: Page) -> None:
    found = texts(odd.figures["every-run"]) + texts(odd.figures["forest"])
    for name in NAMES[:3]:
        assert found.count(name) == 2


# --- names that are too long ----------------------------------------------------------------------------


def test_long_names_are_told_apart(odd: Page) -> None:
    for stem in ("every-run", "forest"):
        found = "".join(texts(odd.figures[stem]))
        assert ("0.1, width" in found, "0.2, width" in found) == (True, True)


@given(st.lists(st.text("ab ", min_size=1, max_size=12), unique=True, max_size=30), st.integers(4, 8))
def test_names_that_are_cut_stay_apart(names: list[str], length: int) -> None:
    found = distinct_labels(names, length)
    assert list(found) == names
    assert len(set(found.values())) == len(names)
    assert all(found[name] == name for name in names if len(name) <= length)
    assert all(len(text) <= length + 5 for text in found.values())


def test_labels_of_classes_that_no_file_could_hold_make_figures(tmp_path: Path) -> None:
    directory = fake_studies.classification(tmp_path, seeds=2)
    study = json.loads((directory / "resolved.json").read_text())
    study["classes"] = ["\x01", "a\nb", "\x0b&<", "\ud800", "$x$", *"56789"]
    (directory / "resolved.json").write_text(json.dumps(study))
    page = Page(directory)
    confusion = next(path for stem, path in page.figures.items() if stem.startswith("confusion"))
    assert {"\\x01", "\\x0b&<", "\\ud800", "$x$", "a\\nb"} <= set(texts(confusion))


# --- columns of the figures of rows ---------------------------------------------------------------------


def boxes(figure: Figure) -> tuple[Any, list[Any], list[Any]]:
    """The extents of the axes, of the labels at its left and of the texts at its right."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    (axes,), renderer = figure.axes, canvas.get_renderer()
    labels = [label.get_window_extent(renderer) for label in axes.get_yticklabels() if label.get_text()]
    told = [text.get_window_extent(renderer) for text in axes.texts if text.get_text()]
    return axes.get_window_extent(renderer), labels, told


def test_labels_and_p_have_columns_of_their_own(odd: Page) -> None:
    with style.drawing():
        forest = comparisons.forest(odd.result)
        assert forest
        for picture in (forest, comparisons.every_run(odd.result)):
            axes, labels, told = boxes(picture.figure)
            width = picture.figure.bbox.width
            assert len(labels) == len(odd.result.variants) - (picture is forest)
            assert all(box.x0 >= 0 and box.x1 <= axes.x0 for box in labels)
            assert all(axes.x1 <= box.x0 and box.x1 <= width for box in told)
            heights = sorted((box.y0, box.y1) for box in labels)
            assert all(low[1] <= high[0] + 1 for low, high in pairwise(heights))
        assert len(boxes(forest.figure)[2]) == len(NAMES)
        assert all("\np\u00a0" in text.get_text() for text in forest.figure.axes[0].texts)


def test_no_label_reaches_over_the_zero_line_however_long(tmp_path: Path) -> None:
    names = [f"{'wide ' * 12}{number}" for number in range(3)]
    rows = [
        fake_studies._row(name, seed, **{"val.mse": 1 + np.sin(seed + place)})
        for place, name in enumerate(["base", *names])
        for seed in range(5)
    ]
    variants: dict[str, dict[str, Any]] = {name: {} for name in ["base", *names]}
    empty = fake_studies.Curves().columns
    result = Result.open(fake_studies.write_study(tmp_path, "w", variants, 5, "val.mse", "min", rows, empty))
    with style.drawing():
        picture = comparisons.forest(result)
        assert picture
        axes, labels, _ = boxes(picture.figure)
    assert all(box.x0 >= 0 and box.x1 <= axes.x0 for box in labels)
    assert axes.width > picture.figure.bbox.width / 4
    assert slug(names[0]) != slug(names[1])
