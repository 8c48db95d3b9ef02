"""`seedbed reference`, and the schema that `seedbed new` names."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import urlparse
from urllib.request import url2pathname

import pytest
from click.testing import CliRunner, Result

from seedbed.cli import program
from seedbed.reference import schema_file


def call(*words: str) -> Result:
    """Run a command in this process."""
    return CliRunner().invoke(program, list(words), prog_name="seedbed")


def test_a_key_is_explained() -> None:
    shown = call("reference", "training.lr")
    assert shown.exit_code == 0
    assert "lr: number above 0; default 0.01" in shown.stdout


def test_all_of_it_is_printed_without_a_key() -> None:
    shown = call("reference").stdout
    assert "[training]: " in shown
    assert "Forms of a claim" in shown
    assert "Metrics" in shown


def test_the_schema_is_one_json_document() -> None:
    assert json.loads(call("reference", "--schema").stdout) == json.loads(
        schema_file().read_text(encoding="utf-8")
    )


def test_the_page_begins_with_a_title() -> None:
    assert call("reference", "--markdown").stdout.startswith("# Reference of a study file\n")


def test_an_unknown_word_brings_up_the_nearest() -> None:
    shown = call("reference", "momentun")
    assert shown.exit_code == 2
    assert 'did you mean "momentum"?' in shown.stderr
    assert shown.stdout == ""


def test_a_new_study_names_the_schema_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert call("new", "mine.toml").exit_code == 0
    first, second = (tmp_path / "mine.toml").read_text(encoding="utf-8").splitlines()[:2]
    directive, url = first.split(" ", 1)
    assert directive == "#:schema"
    assert Path(url2pathname(urlparse(url).path)) == schema_file()
    assert second.startswith("# A study")
