"""Strange places: a directory that was moved, copied or may not be written, no locks, a clock that jumps, no memory."""

from __future__ import annotations

import shutil
import subprocess
import sys
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from faults import strange
from faults.moments import Fault
from faults.process import Command, ended
from faults.same import differences
from faults.studies import FUNCTION
from faults.survival import Scene, directories
from study_files import toml

from seedbed.results.documents import document
from seedbed.results.result import Result
from seedbed.store import reader

ROOM = 420 * 2**20  # eight runs take over 550 MB, a quarter of them less than 300


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return Scene(tmp_path_factory.mktemp("scene"), "small")


def killed(scene: Scene, runs: Path, stage: str = "training", *changes: object) -> Path:
    """A study that was killed in some stage."""
    prepare = partial(strange.all_of, *changes, Fault("SIGKILL", runs, scene.root / "struck", stage=stage))
    end = scene.command([*scene.words, "--runs-dir", str(runs)], prepare)
    assert end.is_killed, end.output
    (directory,) = directories(runs)
    return directory


def test_a_study_that_was_renamed_moved_or_copied_goes_on(scene: Scene, tmp_path: Path) -> None:
    directory = killed(scene, tmp_path / "runs")
    renamed, copied = tmp_path / "elsewhere" / "my study", tmp_path / "copied" / "a" / directory.name
    renamed.parent.mkdir()
    shutil.copytree(directory, copied)
    directory.rename(renamed)
    for where in (renamed, copied):
        end = scene.command(["resume", str(where), "--runs-dir", str(where.parent)])
        assert end.code == 0, end.output
        assert differences(scene.reference, where) == []
        assert (where / "report.html").exists()


READ_ONLY = """
mount --bind {place} {place} && mount -o remount,bind,ro {place} || exit 99
for words in "show {place} --json" "show {place}" "ls --runs-dir {place}" "report {place} --output {elsewhere}"; do
    {python} -m seedbed $words > /dev/null || exit 1
done
{python} -m seedbed report {place}; echo "report: $?"
{python} -m seedbed resume {place}; echo "resume: $?"
"""


@pytest.mark.skipif(not shutil.which("unshare"), reason="needs unshare")
def test_a_read_only_study_is_shown_and_told_not_to_go_on(scene: Scene, tmp_path: Path) -> None:
    directory = killed(scene, tmp_path / "runs")
    script = READ_ONLY.format(place=directory, python=sys.executable, elsewhere=tmp_path / "report.html")
    ran = subprocess.run(["unshare", "-rm", "sh", "-c", script], capture_output=True, text=True, timeout=120)
    if ran.returncode == 99 or "unshare" in ran.stderr:
        pytest.skip(f"nothing can be mounted read-only here: {ran.stderr}")
    assert ran.returncode == 0, ran.stderr
    assert (tmp_path / "report.html").exists()
    assert "report: 1" in ran.stdout or "report: 2" in ran.stdout
    assert "resume: 2" in ran.stdout or "resume: 1" in ran.stdout
    assert ran.stderr.count("error:") == 2, ran.stderr
    assert ran.stderr.count(str(directory)) == 2, ran.stderr
    assert "Traceback" not in ran.stderr
    assert "bug in Seedbed" not in ran.stderr


def text_of(path: Path) -> str:
    """What a file says; nothing where there is none, or none any more."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""


def test_without_locks_a_study_goes_on_and_has_one_writer(scene: Scene, tmp_path: Path) -> None:
    directory = killed(scene, tmp_path, "training", strange.without_locks)
    words = ["resume", str(directory), "--runs-dir", str(tmp_path), "--quiet"]
    first = Command(words, scene.root / "first", strange.without_locks)
    while str(first.process.pid) not in text_of(directory / "writer.json"):
        assert first.process.exitcode is None, first.output
    second = Command(words, scene.root / "second", strange.without_locks).wait()
    assert second.code == 2, second.output
    assert str(first.process.pid) in second.output
    assert first.wait().code == 0, first.output
    assert differences(scene.reference, directory) == []


def test_a_clock_that_jumps_changes_no_result_and_no_duration(scene: Scene, tmp_path: Path) -> None:
    directory = killed(scene, tmp_path, "training", strange.clock_that_jumps)
    end = scene.command(["resume", str(directory), "--runs-dir", str(tmp_path)], strange.clock_that_jumps)
    assert end.code == 0, end.output
    assert differences(scene.reference, directory) == []
    shown = document(Result.open(directory))
    assert 0 <= shown["seconds"]["train"] <= shown["seconds"]["total"] < 120
    assert all(0 <= value < 120 for value in reader.read_table(directory, "runs")["seconds"].to_pylist())
    for event in reader.events(directory):
        assert 0 <= event.get("seconds", 0) < 120
        datetime.fromisoformat(event["time"])


def other_results(one: Path, other: Path) -> list[str]:
    """What differs, but for how runs were grouped."""
    different = differences(one, other)
    return [
        line for line in different if line.startswith(("models", "runs", "shown")) and "group" not in line
    ]


@pytest.mark.parametrize("call", [1, 2])
def test_where_memory_runs_out_the_study_goes_on_with_less_at_once(
    scene: Scene, call: int, tmp_path: Path
) -> None:
    end = scene.go_on(tmp_path, partial(strange.out_of_memory_at, call))
    assert end.code == 0, end.output
    (directory,) = directories(tmp_path)
    assert other_results(scene.reference, directory) == []


def test_where_the_system_gives_no_more_memory_the_study_goes_on_with_less_at_once(tmp_path: Path) -> None:
    tables: dict[str, Any] = {
        "name": "large",
        "data": {**FUNCTION, "samples": 15_000, "grid": 2},
        "model": {"kind": "mlp", "hidden": [512]},
        "training": {"lr": 0.05, "epochs": 1, "batch_size": "all"},
        "study": {"seeds": 8, "metric": "val.mse"},
    }
    (tmp_path / "large.toml").write_text(toml(tables), encoding="utf-8")
    words = ["run", str(tmp_path / "large.toml"), "--engine", "numpy", "--quiet", "--runs-dir"]
    directory: dict[str, Path] = {}
    for name, prepare in (("whole", None), ("limited", partial(strange.few_addresses, ROOM))):
        end = ended([*words, str(tmp_path / name)], tmp_path / "log", prepare)
        assert end.code == 0, end.output
        (directory[name],) = directories(tmp_path / name)
    assert "cut" in [event["event"] for event in reader.events(directory["limited"])]
    assert other_results(directory["whole"], directory["limited"]) == []
