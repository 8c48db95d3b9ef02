"""What `seedbed new --from` writes works as it is, and nothing is overwritten."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from seedbed.api import Study
from seedbed.cli.new import BESIDE, command
from seedbed.study.trust import TrustError, code_of


def new(*arguments: str | Path) -> Result:
    return CliRunner().invoke(command, [*map(str, arguments)])


@pytest.mark.parametrize("kind", BESIDE)
def test_what_it_writes_runs(kind: str, tmp_path: Path) -> None:
    if kind == "module" and not find_spec("torch"):
        pytest.skip("needs PyTorch")
    path = tmp_path / "study.toml"
    said = new("--from", kind, path)
    assert said.exit_code == 0, said.output
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted(["study.toml", BESIDE[kind][1]])
    study = Study.load(path)
    assert study.seeds >= study.seeds_needed.versus_base
    if kind != "results":
        with pytest.raises(TrustError):
            study.run(runs_dir=tmp_path / "runs")
        code = code_of(study)
        assert code is not None
        assert list(code.files) == [BESIDE[kind][1]]
        study = study.override(seeds=2)
    if kind == "module":
        study = study.override(set={"training.epochs": 1})
    result = study.run(runs_dir=tmp_path / "runs", trust=True)
    assert result.status == "complete"
    assert set(result.runs["status"].to_pylist()) == {"complete"}
    if kind == "results":
        assert [one["verdict"] for one in result.document["hypotheses"]] == ["supported"]


@pytest.mark.parametrize("name", ["study.toml", "train.py"])
def test_nothing_is_overwritten(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("mine")
    said = new("--from", "command", tmp_path / "study.toml")
    assert said.exit_code == 1
    assert f"{name} exists already; nothing was written" in said.output
    assert [file.read_text() for file in tmp_path.iterdir()] == ["mine"]


def test_a_link_that_leads_nowhere_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "train.py").symlink_to(tmp_path / "elsewhere.py")
    assert new("--from", "command", tmp_path / "study.toml").exit_code == 1
    assert not (tmp_path / "elsewhere.py").exists()


def test_a_directory_that_is_not_there_is_said(tmp_path: Path) -> None:
    assert "cannot write" in new("--from", "command", tmp_path / "absent" / "study.toml").output


def test_without_more_it_writes_a_recipe(tmp_path: Path) -> None:
    assert new(tmp_path / "a.toml").exit_code == new("--from", "recipe", tmp_path / "b.toml").exit_code == 0
    assert (tmp_path / "a.toml").read_text() == (tmp_path / "b.toml").read_text()
    assert Study.load(tmp_path / "a.toml").name == "my/first-study"
