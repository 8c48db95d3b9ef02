"""`seedbed compare` as its users call it."""

from __future__ import annotations

import json
from pathlib import Path

import fake_studies
import pytest
from click.testing import CliRunner

from seedbed.cli import program

CLAIMS = """
[[hypothesis]]
claim = "Norm matters in the other study, too"
better = "my/other: base"
than = "my/other: norm none"
"""


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("runs")
    for name in ("my/one", "my/other"):
        fake_studies.regression(root, name=name)
    return root


def called(runs: Path, *arguments: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(
        program, ["compare", *arguments, "--runs-dir", str(runs), "--quiet"], prog_name="seedbed"
    )
    return done.exit_code, done.stdout, done.stderr


def test_it_shows_one_table_and_stores_a_study(runs: Path) -> None:
    (runs / "claims.toml").write_text(CLAIMS, encoding="utf-8")
    asked = ("--base", "my/other: base", "--claims", str(runs / "claims.toml"), "--name", "my/both", "--json")
    code, printed, _ = called(runs, "my/one", "my/other", *asked)
    document = json.loads(printed)
    assert code == 0
    assert (document["study"], document["paired"]) == ("my/both", True)
    assert [row["name"] for row in document["variants"]][:2] == ["base", "my/one: base"]
    assert document["hypotheses"][0]["verdict"] == "supported"
    assert Path(document["directory"], "report.html").is_file()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("my/one",), "expected two or more, got 1"),
        (("my/one", "my/one"), "is named twice"),
        (("my/one", "my/other", "--metric", "accuracy"), '"accuracy" is not a metric of all of them'),
        (("my/one", "my/other", "--base", "nothing"), 'there is no variant "nothing"'),
        (("my/one", "my/none"), "my/none"),
    ],
)
def test_what_is_wrong_is_one_error_and_stores_nothing(
    runs: Path, arguments: tuple[str, ...], told: str
) -> None:
    before = sorted(runs.rglob("*"))
    code, printed, error = called(runs, *arguments)
    assert code != 0
    assert told in error
    assert not printed
    assert "Traceback" not in error
    assert sorted(runs.rglob("*")) == before
