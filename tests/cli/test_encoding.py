"""Every command prints on any stream, and what was trained is reported even where nobody can read it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import seedbed
from seedbed.cli import program
from seedbed.cli.encoding import PLAIN

SOURCES = Path(seedbed.__file__).parent

STUDY = """
name = "etude"
description = "≠"
[data]
source = "table"
path = "mesures.csv"
target = "sorte"
split = [0.6, 0.2, 0.2]
[model]
kind = "logistic"
[training]
loss = "cross_entropy"
batch_size = 8
epochs = 2
[study]
seeds = 5
metric = "val.accuracy"
[[variant]]
name = "plus vite 🐇"
set = {"training.lr" = 1.0}
[[hypothesis]]
claim = "Un pas plus grand aide, ça marche ✓"
better = "plus vite 🐇"
than = "base"
[[hypothesis]]
claim = "Not so −"
better = "base"
than = "plus vite 🐇"
"""
RUN = ["run", "étude.toml", "--quiet"]
WORDS = [
    ["labs"],
    ["check", "étude.toml"],
    ["check", "étude.toml", "--json"],
    ["check", "absent-é.toml"],
    ["check", "étude.toml", "--set", "model.кind=✓"],
    ["ls"],
    ["ls", "--json"],
    ["show", "etude"],
    ["show", "etude", "--json"],
    ["show", "🐇"],
    ["report", "etude", "--output", "écrit.html"],
    ["predict", "etude", "--input", "mesures.csv"],
    ["data", "ls", "--data-dir", "où"],
    ["data", "path", "mnist", "--data-dir", "où"],
    ["doctor", "--runs-dir", "où", "--data-dir", "où"],
    ["new", "écrit.toml"],
    ["--help"],
    ["run", "--help"],
]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a study that was run, and names that ASCII does not have."""
    root = tmp_path_factory.mktemp("encoding")
    rows = [f"{number},{'été' if number % 2 else '冬'}" for number in range(40)]
    (root / "mesures.csv").write_text("\n".join(["durée", *rows]).replace("durée", "durée,sorte"), "utf-8")
    (root / "étude.toml").write_text(STUDY, "utf-8")
    (root / "où").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        ran = CliRunner().invoke(program, RUN)
    assert ran.exit_code == 0, ran.output
    return root


def call(words: list[str], encoding: str) -> Result:
    return CliRunner(charset=encoding).invoke(program, words, prog_name="seedbed")


@pytest.mark.parametrize("words", WORDS, ids=" ".join)
@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_every_command_prints_on_any_stream(
    place: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], encoding: str
) -> None:
    monkeypatch.chdir(place)
    expected = call(words, "utf-8")
    (place / "écrit.toml").unlink(missing_ok=True)
    found = call(words, encoding)
    (place / "écrit.toml").unlink(missing_ok=True)
    assert found.exit_code == expected.exit_code, found.output
    assert "Error" not in found.stderr
    assert bool(found.stdout_bytes) == bool(expected.stdout_bytes)
    if "--json" in words:
        assert json.loads(found.stdout) == json.loads(expected.stdout)
    if words[0] == "predict":
        assert found.stdout_bytes == expected.stdout_bytes  # UTF-8, as a file is


def test_marks_have_plain_forms_and_all_else_can_be_read_back(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(place)
    shown = call(["show", "etude"], "ascii").stdout
    assert "etude - " in shown
    assert "plus vite \\U0001f407" in shown
    assert "\\xa0" not in shown  # a space that does not break
    assert "undecided: Un pas plus grand aide, \\xe7a marche +" in shown
    assert "etude · " in call(["show", "etude"], "cp1252").stdout


def test_every_mark_of_our_own_has_a_plain_form() -> None:
    sources = [path for path in SOURCES.rglob("*.py") if path.parent.name != "report"]
    text = "".join(path.read_text("utf-8") for path in sources)
    assert {mark for mark in text if not mark.isascii()} <= {chr(mark) for mark in PLAIN}


@pytest.mark.parametrize(
    ("settings", "as_json"),
    [
        ({"PYTHONIOENCODING": "cp1252:strict"}, ["--json"]),
        ({"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}, []),
    ],
    ids=str,
)
def test_a_run_reports_on_any_stream(place: Path, settings: dict[str, str], as_json: list[str]) -> None:
    runs = place / "runs" / "etude"
    before = set(runs.iterdir())
    command = [sys.executable, "-m", "seedbed", *RUN, *as_json]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHONIO")}
    ran = subprocess.run(command, cwd=place, env={**environment, **settings}, capture_output=True)
    assert ran.returncode == 0, ran.stderr
    (directory,) = set(runs.iterdir()) - before
    assert "plus vite 🐇" in (directory / "report.html").read_text("utf-8")
    assert json.loads((directory / "resolved.json").read_text("utf-8"))["study"] == "etude"
    if as_json:
        assert json.loads(ran.stdout)["study"] == "etude"
    else:
        assert ran.stdout.isascii()


@pytest.mark.skipif("os.name != 'posix'")
@pytest.mark.parametrize("buffered", [True, False])
@pytest.mark.parametrize("kind", ["full", "full for errors", "left", "closed"])
def test_a_run_is_reported_where_nobody_reads(place: Path, kind: str, buffered: bool) -> None:
    runs = place / "runs" / "etude"
    before = set(runs.iterdir())
    streams = {
        "full": "&>/dev/full",
        "full for errors": "2>/dev/full",
        "left": "1> >(true) 2>&1",
        "closed": "1>&- 2>&-",
    }[kind]
    script = f"exec {sys.executable} -m seedbed run étude.toml {streams}"
    environment = {**os.environ, "PYTHONUNBUFFERED": "" if buffered else "1"}
    ran = subprocess.run(["bash", "-c", script], cwd=place, env=environment, capture_output=True)
    (directory,) = set(runs.iterdir()) - before
    assert (directory / "report.html").exists(), ran.stderr
    assert ran.returncode == {"full": 1, "full for errors": 0, "left": 1, "closed": 0}[kind]
