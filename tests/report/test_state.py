"""A page of before is never taken for what a study shows now, and a failing report changes nothing."""

from __future__ import annotations

from pathlib import Path

import fake_studies
import pytest
from click.testing import CliRunner

from seedbed.api import Result
from seedbed.cli import program
from seedbed.report.state import is_current


def run(*words: str | Path) -> tuple[int, str]:
    done = CliRunner().invoke(program, [str(word) for word in words])
    return done.exit_code, done.output


@pytest.fixture
def study(tmp_path: Path) -> Path:
    directory = fake_studies.regression(tmp_path, seeds=2)
    Result.open(directory).report()
    return directory


def test_a_page_is_current_until_something_is_added_to_the_study(study: Path) -> None:
    page = study / "report.html"
    assert is_current(Result.open(study), page)
    assert run("show", study)[1].splitlines()[-1] == f"report: {page}"
    with (study / "journal.jsonl").open("a", encoding="utf-8") as journal:
        journal.write('{"event": "resumed"}\n')
    assert not is_current(Result.open(study), page)
    assert (
        run("show", study)[1].splitlines()[-1].endswith(f", of an earlier state; seedbed report {study.name}")
    )
    assert run("report", study)[0] == 0
    assert is_current(Result.open(study), page)


def test_a_page_of_an_older_version_says_nothing_of_its_state(study: Path) -> None:
    page = study / "report.html"
    page.write_text("<html><head></head></html>", encoding="utf-8")
    assert is_current(Result.open(study), page)


@pytest.mark.parametrize("file", ["runs.parquet", "curves.parquet", "predictions.parquet", "resolved.json"])
def test_a_report_of_a_damaged_study_is_one_error_and_writes_nothing(file: str, study: Path) -> None:
    (study / file).write_bytes(b"damaged")
    before = {path: path.read_bytes() for path in study.rglob("*") if path.is_file()}
    code, told = run("report", study)
    assert code == 2
    assert told.count("\n") == 1
    assert file in told
    assert f"{study / 'report.html'} is that of before" in told
    assert {path: path.read_bytes() for path in study.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("file", ["runs.parquet", "curves.parquet", "resolved.json"])
def test_a_damaged_study_is_shown_as_one_error(file: str, tmp_path: Path) -> None:
    study = fake_studies.classification(tmp_path, seeds=6)  # with a claim on curves
    (study / file).write_bytes(b"damaged")
    for words in (["show", study], ["show", study, "--json"], ["claims", study]):
        code, told = run(*words)
        assert code == 2
        assert told.startswith("error: ")
        assert told.count("\n") == 1
