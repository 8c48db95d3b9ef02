"""What is stored of the code that ran, and that one study is never of two programs."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from shutil import which
from typing import Any

import cloudpickle
import pytest
from coded import Coded, Reading, coded

from seedbed.api import Result, Study, resume
from seedbed.execution import provenance
from seedbed.execution.executors.assignment import Assignment, Round
from seedbed.execution.executors.place import Place
from seedbed.store.contents import Contents
from seedbed.store.schema import StoreError
from seedbed.study import trust
from seedbed.study.checkpoints import Checkpoints
from seedbed.study.code import ChangedCode
from seedbed.study.contents import Contents as StudyContents
from seedbed.study.events import Events
from seedbed.study.trainable import Compute, Finished, PlannedRun, Shard, Work
from seedbed.study.trust import TrustError, code_of

needs_git = pytest.mark.skipif(which("git") is None, reason="there is no git")


@pytest.fixture(autouse=True)
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEEDBED_TRUST", str(tmp_path / "trusted"))


def ran(study: Study, tmp_path: Path, **options: Any) -> Result:
    return study.run(runs_dir=tmp_path / "runs", trust=True, **options)


def git(directory: Path, *words: str) -> None:
    identity = ["-c", "user.name=A", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "-C", str(directory), *identity, *words], check=True, capture_output=True)


def committed(tmp_path: Path) -> Study:
    """A study in a repository with all of it committed."""
    study = coded(tmp_path / "study")
    git(study.directory, "init")
    git(study.directory, "add", ".")
    git(study.directory, "commit", "-m", "all")
    return study


def test_the_code_that_ran_is_stored_and_verified_as_other_files_are(tmp_path: Path) -> None:
    result = ran(coded(tmp_path / "study"), tmp_path)
    code = result.environment["code"]
    assert code["what"] == "read the bonus"
    assert code["files"] == {"bonus.txt": hashlib.sha256(b"1").hexdigest()}
    assert len(code["digest"]) == 64
    contents = Contents(result.directory)
    assert contents.text("code/bonus.txt") == "1"
    (result.directory / "code" / "bonus.txt").write_text("2")
    with pytest.raises(StoreError, match="another checksum"):
        Contents(result.directory).text("code/bonus.txt")


def test_the_report_says_which_code_ran(tmp_path: Path) -> None:
    result = ran(coded(tmp_path / "study"), tmp_path)
    page = result.report().read_text(encoding="utf-8")
    assert result.environment["code"]["digest"] in page
    assert "read the bonus" in page


def test_files_that_lie_elsewhere_and_files_too_large_for_a_copy_are_told_by_their_checksums(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "far.txt").write_text("1")
    result = ran(coded(tmp_path / "study", Coded(file="../far.txt")), tmp_path)
    (name,) = result.environment["code"]["files"]
    assert name.startswith("elsewhere/")
    assert Contents(result.directory).text(f"code/{name}") == "1"
    monkeypatch.setattr("seedbed.study.code.MOST_KEPT", 0)
    result = ran(coded(tmp_path / "other"), tmp_path)
    assert result.environment["code"]["files"] == {"bonus.txt": hashlib.sha256(b"1").hexdigest()}
    assert not (result.directory / "code").exists()


def test_nothing_is_stored_of_a_study_that_may_not_run(tmp_path: Path) -> None:
    trainable = Coded()
    with pytest.raises(TrustError):
        coded(tmp_path / "study", trainable).run(runs_dir=tmp_path / "runs")
    assert not trainable.prepared
    assert not (tmp_path / "runs").exists()


# --- two programs ---------------------------------------------------------------------------------------


def test_seeds_are_added_without_a_question_and_from_where_the_code_lies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = ran(coded(tmp_path / "study").override(set={"coded.skill": 4}), tmp_path)
    monkeypatch.setattr(trust, "_allowed", set())  # as another process
    assert resume(result.directory, 3, Coded()).values("base", "score").tolist() == [5, 5, 5]
    monkeypatch.setattr(trust, "_allowed", set())
    assert resume(result.directory, 4, Coded()).values("base", "score").tolist() == [5, 5, 5, 5]


def test_a_stored_study_that_was_never_allowed_here_is_not_gone_on_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = ran(coded(tmp_path / "study"), tmp_path)
    monkeypatch.setattr(trust, "_allowed", set())
    monkeypatch.setenv("SEEDBED_TRUST", str(tmp_path / "another user's"))
    with pytest.raises(TrustError):
        resume(result.directory, 3, Coded())
    assert resume(result.directory, 3, Coded(), trust=True).seeds == [0, 1, 2]


def test_a_study_is_not_gone_on_with_by_other_code(tmp_path: Path) -> None:
    result = ran(coded(tmp_path / "study"), tmp_path)
    (tmp_path / "study" / "bonus.txt").write_text("2")
    with pytest.raises(ChangedCode, match=r"bonus.txt has changed .* put the old file back"):
        resume(result.directory, 3, Coded(), trust=True)
    (tmp_path / "study" / "bonus.txt").write_text("1")
    assert resume(result.directory, 3, Coded(), trust=True).seeds == [0, 1, 2]


class Editing(Coded):
    """Somebody edits the code while the first shard trains."""

    def prepare(self, study: StudyContents, data_dir: Path | None = None) -> Work:
        return Edited(study, self.file)


class Edited(Reading):
    def train(self, shard: Shard, events: Events, checkpoints: Checkpoints) -> Finished:
        finished = super().train(shard, events, checkpoints)
        self.file.write_text("2")
        return finished


def test_code_that_is_edited_while_a_study_runs_ends_it(tmp_path: Path) -> None:
    study = coded(tmp_path / "study", Editing())
    with pytest.raises(ChangedCode, match=r"bonus.txt has changed since the study was begun"):
        ran(study, tmp_path)
    (tmp_path / "study" / "bonus.txt").write_text("1")
    (stored,) = (tmp_path / "runs" / "coded").iterdir()
    result = resume(stored, trainable=Coded())
    assert result.status == "complete"
    assert result.values("skill = 5.5", "score").tolist() == [6.5, 6.5]


def test_a_worker_elsewhere_does_not_train_by_other_code(tmp_path: Path) -> None:
    study = coded(tmp_path / "study")
    code = code_of(study)
    assert code is not None
    trainable = cloudpickle.dumps(Coded())
    path, variants = tmp_path / "study" / "study.toml", ["base"]
    part = Round(study.text, path, trainable, variants, (0, 1), Compute(), None, code=code.files)
    shard = Shard(0, (PlannedRun("base", 0),))
    said: list[Any] = []
    Place().train(Assignment(shard, part, None, None), said.append)
    assert said[-1].finished.runs[0].metrics == {"score": 6.0}
    (tmp_path / "study" / "bonus.txt").write_text("2")
    Place().train(Assignment(shard, part, None, None), said.append)
    assert "the code of the study is not the same on" in str(said[-1].error)


# --- git ------------------------------------------------------------------------------------------------


@needs_git
def test_the_commit_is_stored_and_whether_the_tree_differed(tmp_path: Path) -> None:
    study = committed(tmp_path)
    facts = provenance.facts_of(code_of(study), study.directory)["code"]
    assert len(facts["commit"]) == 40
    assert facts["dirty"] is False
    (study.directory / "study.toml").write_text("# new")
    assert provenance.facts_of(code_of(study), study.directory)["code"]["dirty"] is True


@needs_git
def test_code_that_git_does_not_know_is_no_code_of_the_commit(tmp_path: Path) -> None:
    study = committed(tmp_path)
    (study.directory / "new.txt").write_text("1")
    study = coded(study.directory, Coded(file="new.txt"))
    assert provenance.facts_of(code_of(study), study.directory)["code"]["dirty"] is True


@needs_git
def test_nothing_that_a_repository_names_is_started_nor_anything_in_it_written(tmp_path: Path) -> None:
    study = committed(tmp_path)
    hook = tmp_path / "hook"
    hook.write_text(f"#!/bin/sh\ntouch '{tmp_path / 'ran'}'\n")
    hook.chmod(0o755)
    git(study.directory, "config", "core.fsmonitor", str(hook))
    os.utime(study.directory / "bonus.txt", (0, 0))  # git would refresh its index
    before = (study.directory / ".git" / "index").read_bytes()
    assert provenance.facts_of(code_of(study), study.directory)["code"]["dirty"] is False
    assert (study.directory / ".git" / "index").read_bytes() == before
    assert not (tmp_path / "ran").exists()


def test_without_git_and_with_one_that_hangs_the_rest_is_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = coded(tmp_path / "study")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert set(provenance.facts_of(code_of(study), study.directory)["code"]) == {"what", "digest", "files"}
    (tmp_path / "bin").mkdir()
    slow = tmp_path / "bin" / "git"
    slow.write_text(f"#!{sys.executable}\nimport time\ntime.sleep(60)\n")
    slow.chmod(0o755)
    monkeypatch.setattr(provenance, "PATIENCE", 0.1)
    assert set(provenance.facts_of(code_of(study), study.directory)["code"]) == {"what", "digest", "files"}
