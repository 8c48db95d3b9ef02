"""The README says what is so."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import click
import pytest

from seedbed.api import Study
from seedbed.cli import program
from seedbed.study import labs

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """What stands in the fences of one language."""
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def commands() -> list[list[str]]:
    """Every `seedbed ...` of the shell examples, as words."""
    lines = "\n".join(blocks("sh")).replace("&&", "\n").splitlines()
    return [words[1:] for line in lines if (words := shlex.split(line, comments=True))[:1] == ["seedbed"]]


def test_its_study_is_valid_and_its_claim_can_be_tested() -> None:
    (text,) = blocks("toml")
    study = Study.parse(text)
    assert [variant.name for variant in study.variants] == ["base", "norm = none", "lr = 0.01", "lr = 1.0"]
    assert len(study.hypotheses) == 1


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_its_commands_parse(words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "new.csv").write_text("x\n0\n")
    context = click.Context(program, info_name="seedbed")
    command = program.get_command(context, words[0])
    assert command is not None
    command.make_context(words[0], words[1:], parent=context)  # raises where an option is not one


def test_its_labs_are_those_there_are() -> None:
    listed = re.findall(r"`([a-z0-9]+/[a-z0-9-]+)`", README.partition("## Labs")[2].partition("## From")[0])
    assert sorted(listed) == labs.names()


def test_its_python_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    for text in blocks("python"):
        short = text.replace(".run(seeds=10)", '.override(set={"training.epochs": 1}).run(seeds=1)')
        short = short.replace("seeds=10, metric", "seeds=2, metric")
        exec(short.replace('"epochs": 20', '"epochs": 1'), names)
    assert (tmp_path / "report.html").exists()
    assert names["answer"].table.column_names == ["mean", "spread"]
    assert set(names["answer"].scores.seeds) == set(range(8))


def test_what_contributing_names_exists() -> None:
    """Paths from the root, and modules by their path in the package."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    quoted = re.findall(r"`([\w./-]+(?:\.(?:py|md|txt|toml|json)|/))`", text) + re.findall(
        r"\]\(([\w./-]+)\)", text
    )
    paths = {one for one in quoted if not one.startswith("..")}
    assert {"docs/architecture.md", "bench/"} <= paths
    missing = {
        one for one in paths if not ((ROOT / one).exists() or (ROOT / "src" / "seedbed" / one).exists())
    }
    assert not missing


def test_it_counts_the_claims_as_their_page_does() -> None:
    page = (ROOT / "docs" / "claims.md").read_text(encoding="utf-8")
    found = re.search(
        r"Of (\d+) claims that others made, in \d+ studies: (\d+) supported, (\d+) refuted, (\d+) und", page
    )
    assert found
    total, supported, refuted, undecided = found.groups()
    told = f"Of {total} of their claims, tested here with 10 to 60 seeds, {supported} are supported, {refuted} refuted "
    assert f"{told}and {undecided} undecided" in " ".join(README.split())


def test_the_page_on_claims_has_those_of_the_labs() -> None:
    """Where a lab's claims change, it is run again."""
    page = (ROOT / "docs" / "claims.md").read_text(encoding="utf-8")
    sections = dict(re.findall(r"^## (\S+)\n(.*?)(?=^## |\Z)", page, flags=re.DOTALL | re.MULTILINE))
    for name, text in sections.items():
        rows = [line.split(" | ") for line in text.splitlines() if line.startswith("| **")]
        made = [claim.claim for claim in Study.load(name).hypotheses]
        assert [next(cell for cell in row if cell in made) for row in rows] == made
    (line,) = re.findall("^Not run: .*", page, flags=re.MULTILINE) or [""]
    waiting = re.findall(r"`(\S+)`", line)
    assert sorted([*sections, *waiting]) == labs.names()
