"""The report's page, read as a browser reads it: sections in order, nothing from outside, everything escaped."""

import math
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import fake_studies
import pytest

from seedbed.api import Result
from seedbed.files import slug

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")

EVIL = "<script>alert(1)</script>"
DOLLARS = '$x$ & "quoted" \' 1 < 2'
SECTIONS = [
    "verdicts",
    "variants",
    "curves",
    "fit",
    "predicted",
    "confusion",
    "findings",
    "configuration",
    "environment",
]
VOID = {"meta", "br", "link", "img", "hr", "input"}


class Page(HTMLParser):
    """What a page holds: its tags in order, its text, whether every tag is closed."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.texts, self.sections, self.urls, self.ids = [], [], [], [], [], []
        self.feed(text)
        self.close()
        self.text = " ".join(" ".join(self.texts).split())

    def handle_starttag(self, tag, attributes):
        facts = dict(attributes)
        self.tags.append(tag)
        self.urls += [
            facts[name] for name in ("src", "href", "xlink:href", "data", "action") if name in facts
        ]
        if "id" in facts:
            self.ids.append(facts["id"])
        if tag == "section":
            self.sections.append(facts["id"])
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, f"</{tag}> closes another tag"

    def handle_data(self, data):
        if self.open and self.open[-1] != "style":
            self.texts.append(data)


class Written:
    """A study, its page and the folder of its figures."""

    def __init__(self, directory):
        self.result = Result.open(directory)
        self.path = self.result.report()
        self.html = self.path.read_text(encoding="utf-8")
        self.page = Page(self.html)
        self.figures = sorted(self.path.parent.glob("figures/*"))


@pytest.fixture(scope="module")
def regression(tmp_path_factory):
    return Written(fake_studies.regression(tmp_path_factory.mktemp("regression")))


@pytest.fixture(scope="module")
def classification(tmp_path_factory):
    return Written(fake_studies.classification(tmp_path_factory.mktemp("classification")))


@pytest.fixture(scope="module")
def evil(tmp_path_factory):
    return Written(
        fake_studies.regression(
            tmp_path_factory.mktemp("evil"), seeds=2, names=(EVIL, DOLLARS), description=f"{EVIL} & more"
        )
    )


@pytest.fixture(params=["regression", "classification", "evil"])
def written(request):
    return request.getfixturevalue(request.param)


# --- every page -----------------------------------------------------------------------------------------


def test_page_is_well_formed(written):
    assert written.page.open == []
    assert written.html.lstrip().startswith("<!DOCTYPE html>")


def test_page_needs_nothing_from_outside(written):
    assert all(url.startswith(("#", "data:")) for url in written.page.urls)
    assert not {"script", "link", "iframe", "object", "img"} & set(written.page.tags)
    assert not re.search(r"@import|url\((?!#)", written.html)
    addresses = re.findall(r"https?://[^\s\"'<]+", written.html)
    assert {address for address in addresses if "www.w3.org" not in address} == set()


def test_figures_refer_to_their_own_parts(written):
    ids, page = written.page.ids, written.page
    assert len(ids) == len(set(ids))
    referred = {url[1:] for url in page.urls if url.startswith("#")} | set(
        re.findall(r"url\(#([^)]+)\)", written.html)
    )
    assert referred <= set(ids)


def test_figures_follow_the_theme(written):
    drawn = written.html[written.html.index("<body>") :]
    assert "var(--ink)" in drawn
    assert not re.search(r"style=\"[^\"]*#[0-9a-f]{6}", drawn)


def test_page_stays_small(written):
    assert len(written.html) < 3_000_000


def test_figures_are_files_too(written):
    stems = {path.stem for path in written.figures}
    assert {path.name for path in written.figures} == {
        f"{stem}.{kind}" for stem in stems for kind in ("svg", "png")
    }
    assert written.html.count("<figure") == len(stems)
    for path in written.figures:
        if path.suffix == ".svg":
            ET.fromstring(path.read_bytes())
        else:
            assert path.read_bytes().startswith(b"\x89PNG")


def test_every_figure_has_a_text_for_those_who_cannot_see_it(written):
    assert written.html.count("<figure") == len(
        re.findall(r'<figure role="img" aria-label="[^"]+"', written.html)
    )


# --- what is on it --------------------------------------------------------------------------------------


def test_sections_come_in_order(regression, classification):
    assert regression.page.sections == [name for name in SECTIONS if name != "confusion"]
    assert classification.page.sections == [name for name in SECTIONS if name not in ("fit", "predicted")]


def test_every_hypothesis_has_its_verdict_and_numbers(regression):
    judgements = regression.result.judgements
    assert {one.verdict for one in judgements} == {"supported", "refuted", "undecided"}
    for one in judgements:
        assert re.search(rf"{one.verdict} {re.escape(one.claim)} Over 12 seeds, ", regression.page.text)


def test_the_seconds_of_a_group_are_said_to_be_shared(regression):
    assert "Seconds per run are the time of a group divided by the runs in it" in regression.page.text


def test_table_holds_ours_and_the_published_numbers(regression):
    text = regression.page.text
    for cell in ("published", "0.002730", "0.1539", "0.001032", "1.078", "worse", "no evidence"):
        assert cell in text


def test_diverged_runs_are_counted(classification):
    assert "3 diverged" in classification.page.text
    assert "3 of 10 runs diverged" in classification.page.text


def test_configuration_shows_every_setting_and_what_varied(regression):
    rows = re.findall(r"<tr( class=\"varied\")?><th scope=\"row\">([\w.]+)</th>", regression.html)
    varied = {key for marked, key in rows if marked}
    assert varied == {"model.norm", "model.init"}
    assert {"data.expression", "training.schedule.kind", "training.batch_size"} <= {key for _, key in rows}


def test_page_says_how_to_run_it_again(regression):
    assert "<code>seedbed run trig/norm-init --seeds 12</code>" in regression.html
    assert "ab" * 32 in regression.html


def test_two_seeds_are_said_to_be_too_few(evil):
    assert "Too few runs to tell from base" in evil.page.text
    assert "undecided" in evil.page.text


# --- names are text -------------------------------------------------------------------------------------


def test_names_are_text_wherever_they_stand(evil):
    assert EVIL not in evil.html
    for name in (EVIL, DOLLARS):
        assert evil.page.texts.count(name) >= 3  # table, figures, configuration
        assert name in evil.page.text


def test_unfinished_study_says_so(tmp_path):
    written = Written(fake_studies.regression(tmp_path, finished=False))
    assert "This is a part of the study , interrupted: 0 of 48 runs finished" in written.page.text
    assert "No run has finished" in written.page.text
    assert "curves" not in written.page.sections
    assert written.figures == []


def test_many_variants_get_a_panel_each(tmp_path):
    names = tuple(f"shape {i}-10-100-10-1" for i in range(4))
    written = Written(fake_studies.regression(tmp_path, seeds=2, names=names))
    curves = [path for path in written.figures if path.name.startswith("curve-") and path.suffix == ".svg"]
    assert len(curves) == len(written.result.variants) == 8


def test_many_variants_with_classes_show_both_accuracies_of_each(tmp_path, monkeypatch):
    monkeypatch.setattr("seedbed.report.sections.curves.VARIANT_COLOURS", ("#000000",) * 3)
    written = Written(fake_studies.classification(tmp_path, seeds=2))
    curves = {path.stem for path in written.figures if path.name.startswith("curve-")}
    assert curves == {f"curve-val.accuracy-{slug(name)}" for name in written.result.variants}
    assert "train.accuracy and val.accuracy of momentum" in written.html


def test_one_seed_makes_a_page(tmp_path):
    written = Written(fake_studies.regression(tmp_path, seeds=1))
    assert {path.stem for path in written.figures} >= {"every-run", "forest", "fit-base", "predicted-base"}


def test_a_partly_run_study_makes_a_page(tmp_path):
    directory = fake_studies.regression(tmp_path, seeds=6)
    rows = [row for row in Result.open(directory).runs.to_pylist() if row["variant"] in ("base", "norm none")]
    for row in rows[3:6]:
        row["status"] = "interrupted"
    fake_studies.write_table(directory, "runs", rows)
    assert "2 interrupted" in Written(directory).page.text


def test_outputs_that_are_not_finite_make_a_page(tmp_path):
    directory = fake_studies.regression(tmp_path, seeds=2)
    table = Result.open(directory).predictions.to_pydict()
    lost = [variant == "norm none" for variant in table["variant"]]
    table["output"] = [math.nan if out else value for out, value in zip(lost, table["output"], strict=True)]
    fake_studies.write_table(directory, "predictions", table)
    stems = {path.stem for path in Written(directory).figures}
    assert any(stem.startswith("fit-norm-none") for stem in stems)
    assert not any(stem.startswith("predicted-norm-none") for stem in stems)


def test_one_seed_and_one_variant_make_a_page(tmp_path):
    directory = fake_studies.write_study(
        tmp_path, "small", {"base": {}}, 1, "val.mse", "min",
        [fake_studies._row("base", 0, **{"val.mse": 0.5})], fake_studies.Curves().columns,
    )  # fmt: skip
    written = Written(directory)
    assert "differences" not in written.page.sections
    assert "0.5000" in written.page.text


def test_a_variant_that_always_diverges_makes_a_page(tmp_path):
    rows = [fake_studies._row("base", seed, **{"val.mse": 0.5 + seed}) for seed in range(6)]
    rows += [fake_studies._row("lr 9", seed, status="diverged") for seed in range(6)]
    curves = fake_studies.Curves()
    for seed in range(6):
        curves.add("base", seed, 1, val__mse=0.5)
        curves.add("lr 9", seed, 1, val__mse=float("inf"))
    variants = {"base": {}, "lr 9": {"settings": {"training.lr": 9.0}}}
    written = Written(
        fake_studies.write_study(tmp_path, "wild", variants, 6, "val.mse", "min", rows, curves.columns)
    )
    assert "6 diverged" in written.page.text
    assert "worse" in written.page.text


# --- writing --------------------------------------------------------------------------------------------


def test_reports_are_the_same_when_written_again(regression, tmp_path):
    again = regression.result.report(tmp_path / "again" / "report.html")
    assert again.read_text(encoding="utf-8") == regression.html
    for path in regression.figures:
        assert (again.parent / "figures" / path.name).read_bytes() == path.read_bytes()


def test_a_page_elsewhere_keeps_its_figures_by_its_name(classification, tmp_path):
    path = classification.result.report(tmp_path / "digits.html")
    assert (path.parent / "digits-figures" / "every-run.svg").exists()


def test_a_failed_report_leaves_the_old_one(classification, tmp_path, monkeypatch):
    path = tmp_path / "report.html"
    path.write_text("old")
    monkeypatch.setattr("seedbed.report.page.render", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        classification.result.report(path)
    assert path.read_text() == "old"
    assert not list(tmp_path.glob(".*"))


def test_a_report_of_damaged_files_writes_no_figures(tmp_path):
    study = fake_studies.regression(tmp_path / "runs", seeds=2)
    (study / "predictions.parquet").write_bytes(b"damaged")
    with pytest.raises((ValueError, OSError)):
        Result.open(study).report(tmp_path / "out" / "report.html")
    assert not (tmp_path / "out").exists()
