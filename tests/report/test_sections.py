"""The sections of the report: each is there where the study stored what it is about, and no study needs any."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fake_studies
import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
from click.testing import CliRunner
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from seedbed.api import Result
from seedbed.cli import program
from seedbed.report import sections
from seedbed.report.axes import panel
from seedbed.report.blocks import Block, Gallery, Note
from seedbed.report.picture import Picture
from seedbed.report.sections import SECTIONS, Section
from seedbed.store.schema import COLUMNS, RUN_COLUMNS

ALWAYS = ["verdicts", "variants", "findings"]


def shown(page: Path) -> list[str]:
    return re.findall(r'<section id="([\w-]+)">', page.read_text(encoding="utf-8"))


def bare(directory: Path, values: dict[str, list[float]], **facts: Any) -> Path:
    """A study of one metric, "score", with nothing else that could be left out."""
    directory.mkdir(parents=True)
    variants = [{"name": name} for name in values]
    study = {"study": "bare", "metric": "score", "direction": "max", "variants": variants}
    study |= {"seeds": len(next(iter(values.values()))), **facts}
    (directory / "resolved.json").write_text(json.dumps(study))
    (directory / "journal.jsonl").write_text('{"event": "finished", "status": "complete"}\n')
    rows = [(name, seed, "complete", score) for name, own in values.items() for seed, score in enumerate(own)]
    columns = zip(("variant", "seed", "status", "score"), zip(*rows, strict=True), strict=True)
    parquet.write_table(
        pa.table({name: list(column) for name, column in columns}), directory / "runs.parquet"
    )
    return directory


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return bare(tmp_path / "bare", {"base": [1.0, 2, 3, 4, 5], "b": [2.5, 3, 4, 5.5, 6.5]})


def test_a_study_of_one_metric_and_nothing_else_has_a_whole_page(directory: Path) -> None:
    page = Result.open(directory).report()
    assert shown(page) == ALWAYS
    text = page.read_text(encoding="utf-8")
    assert "By median score (higher is better) “b” comes first with 4.000." in text
    assert "No variant is distinguishable from the best." in text
    assert (
        "+1.33" in text
    )  # the mean of 1, 1.5 and 1.5: the smallest and the largest of five gaps are left out
    for absent in ("parameters", "seconds", "learning rate", "None", "baseline"):
        assert absent not in text[text.index("<body>") :]


def test_a_study_of_one_metric_and_nothing_else_is_shown(directory: Path) -> None:
    output = CliRunner().invoke(program, ["show", str(directory)]).output
    head, *lines = output.splitlines()
    assert head == "bare · bare · complete"
    assert lines[1].split() == [
        "variant",
        "runs",
        "score",
        "95",
        "%",
        "interval",
        "mean",
        "vs",
        "base",
        "wins",
        "p",
        "verdict",
    ]
    document = json.loads(CliRunner().invoke(program, ["show", str(directory), "--json"]).output)
    assert [one["parameters"] for one in document["variants"]] == [None, None]


def test_settings_of_any_kind_and_depth_are_listed(tmp_path: Path) -> None:
    values = {"base": [1.0], "b": [2.0]}
    variants = [
        {"name": name, "recipe": {"a": {"b": {"c": name}}, "list": [1, {"x": None}]}} for name in values
    ]
    page = Result.open(bare(tmp_path / "s", values, variants=variants)).report()
    assert shown(page) == [*ALWAYS, "configuration"]
    assert re.search(r'<tr class="varied"><th scope="row">a\.b\.c</th>', page.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "facts", [{"notes": ["as they are"]}, {"rows": 3}, {"parts": {"train": 2}}, {"classes": {"a": 1}}]
)
def test_facts_of_the_data_need_not_be_all_there(tmp_path: Path, facts: dict[str, Any]) -> None:
    text = Result.open(bare(tmp_path / "s", {"base": [1.0]}, data=facts)).report().read_text(encoding="utf-8")
    assert text.split('<ul class="data">')[1].split("</ul>")[0].count("<li>") == 1


def test_curves_without_a_learning_rate_have_no_strip_for_it(directory: Path) -> None:
    curves = fake_studies.Curves()
    for seed in range(5):
        for epoch in range(1, 4):
            curves.add("base", seed, epoch, score=seed + epoch)
    fake_studies.write_table(directory, "curves", curves.columns)
    result = Result.open(directory)
    page = result.report()
    assert shown(page) == ["verdicts", "variants", "curves", "findings"]
    assert "learning rate" not in page.read_text(encoding="utf-8")
    (gallery, *_) = next(iter(one.blocks(result) for one in SECTIONS if one.id == "curves"))
    assert [len(picture.figure.axes) for picture in gallery.pictures] == [1]


# --- what may be missing --------------------------------------------------------------------------------

KEPT = {"study", "metric", "direction", "seeds", "variants"}
OPTIONAL_COLUMNS = set(RUN_COLUMNS) - {"variant", "seed", "status"} | {"confusion"}
NEEDS = {
    "curves": "curves",
    "predicted": "predictions",
    "confusion": "confusion",
    "environment": "environment",
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small study with curves, predictions, confusion matrices, an environment and everything else."""
    variants = {"base": {"published": {"val.accuracy": 0.9}}, "b": {"settings": {"training.lr": 1.0}}}
    facts = {"val.accuracy": 0.5, "confusion": [1, 2, 3, 4]}
    rows = [fake_studies._row(name, 0, **facts) for name in variants]
    curves, predictions = fake_studies.Curves(), {name: list[Any]() for name in COLUMNS["predictions"]}
    curves.add("base", 0, 1, val__accuracy=0.5, lr=0.1)
    fake_studies._predict(predictions, "base", 0, "test", *np.arange(9.0).reshape(3, 3))
    return fake_studies.write_study(
        tmp_path_factory.mktemp("whole"), "whole", variants, 1, "val.accuracy", "max", rows, curves.columns,
        predictions, ({"claim": "c", "better": "b", "than": "base"},), (), ("yes", "no"),
    )  # fmt: skip


@settings(max_examples=6, phases=[Phase.generate])  # a page takes a while: what fails is not made smaller
@given(st.data())
def test_whatever_a_study_lacks_its_page_has_the_rest(
    whole: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    study = json.loads((whole / "resolved.json").read_text())
    lacks = data.draw(st.sets(st.sampled_from(sorted({*study, "recipe", "settings", "published"} - KEPT))))
    lost = data.draw(st.sets(st.sampled_from(sorted(OPTIONAL_COLUMNS))))
    files = data.draw(st.sets(st.sampled_from(["curves", "predictions", "environment"])))
    directory = tmp_path_factory.mktemp("part")
    study["variants"] = [{key: one[key] for key in one if key not in lacks} for one in study["variants"]]
    (directory / "resolved.json").write_text(
        json.dumps({key: study[key] for key in study if key not in lacks})
    )
    (directory / "journal.jsonl").write_bytes((whole / "journal.jsonl").read_bytes())
    parquet.write_table(Result.open(whole).runs.drop_columns(sorted(lost)), directory / "runs.parquet")
    for path in (whole / "curves.parquet", whole / "predictions.parquet", whole / "environment.json"):
        if path.stem not in files:
            (directory / path.name).write_bytes(path.read_bytes())
    found = shown(Result.open(directory).report())
    absent = {name for name, artefact in NEEDS.items() if artefact in files | lost}
    assert set(found) - {"configuration"} == {*ALWAYS, *NEEDS} - absent
    assert ("configuration" in found) == (not {"recipe", "settings"} <= lacks)


# --- a section more -------------------------------------------------------------------------------------


def times(result: Result) -> Iterator[Block]:
    """A section on an artefact that no trainable of ours has."""
    table = parquet.read_table(result.directory / "times.parquet")
    figure, axes = panel(2.4, "load")
    axes.plot(table["minute"].to_numpy(), table["load"].to_numpy())
    yield Gallery([Picture("times", figure, "Load over the minutes")])
    yield Note("Load of the machine.", "", "By the minute <sic>.")


def test_a_section_is_a_function_and_a_row(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sections, "SECTIONS", (*SECTIONS, Section("times", "Times", times, "times")))
    assert shown(Result.open(directory).report()) == ALWAYS
    parquet.write_table(pa.table({"minute": [1, 2], "load": [0.5, 0.7]}), directory / "times.parquet")
    page = Result.open(directory).report()
    assert shown(page) == [*ALWAYS, "times"]
    text = page.read_text(encoding="utf-8")
    assert '<p class="note">Load of the machine. By the minute &lt;sic&gt;.</p>' in text
    assert (directory / "figures" / "times.png").exists()


def test_artefacts_of_a_study_that_runs_are_seen(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sections, "SECTIONS", (Section("a-b", "A", lambda _: [Note("There.")], "a-b"),))
    (directory / "parts").mkdir()
    parquet.write_table(pa.table({"x": [1]}), directory / "parts" / "a-b-000000.parquet")
    assert shown(Result.open(directory).report()) == ["a-b"]


def test_a_section_without_anything_to_say_is_left_out(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sections, "SECTIONS", (Section("nothing", "Nothing", lambda _: []), *SECTIONS))
    page = Result.open(directory).report()
    assert shown(page) == ALWAYS
    assert "#nothing" not in page.read_text(encoding="utf-8")


def test_every_section_has_its_own_anchor() -> None:
    assert len({one.id for one in SECTIONS}) == len(SECTIONS)


def test_findings_have_codes_and_those_of_the_whole_study_name_no_variant(tmp_path: Path) -> None:
    data = {"rows": 500, "parts": {"train": 300, "test": 200}, "repeated": {"test": 50}}
    where = bare(tmp_path / "leaking", {"base": [1.0, 2, 3]}, data=data)
    with (where / "journal.jsonl").open("a") as journal:
        journal.write(
            '{"event": "finding", "variant": "base", "kind": "overfit", "runs": 1, "message": "1 of 3 runs x. Do."}\n'
        )
    result = Result.open(where)
    assert [(one["variant"], one["code"], one["runs"]) for one in result.document["findings"]] == [
        ("base", "SB104", 1), (None, "SB301", None)
    ]  # fmt: skip
    text = result.report().read_text(encoding="utf-8")
    findings = text.partition('<section id="findings">')[2].partition("</section>")[0]
    assert re.findall(r"SB\d+ [a-z ]+", findings) == ["SB104 overfit", "SB301 leak"]
    assert re.search(r"the whole study</h3>\s*<p>Drop duplicates", findings)
    assert "<li>50 of 200 samples" in re.sub(r"\s+", " ", findings).replace("<li> ", "<li>")
    assert "http" not in findings
    shown = CliRunner().invoke(program, ["show", str(where)]).stdout
    assert "! SB104 base: 1 of 3 runs x. Do." in shown
    assert "! SB301 50 of 200 samples of the test part (25.0%) are in the training part as well" in shown
