"""SIGKILL at random moments: a study that is killed again and again, and resumed, ends as if nothing had happened."""

from __future__ import annotations

import random
from importlib.util import find_spec
from pathlib import Path

import pytest
from faults.moments import STAGES, Fault
from faults.same import differences
from faults.survival import Scene, directories, survive

from seedbed.results.documents import document
from seedbed.results.result import Result

KILLS = {
    "numpy": 12,
    "fused": 16,
    "torch": 10,
    "until": 8,
    "crossed": 6,
    "partitioned": 8,
}  # at the least, of each kind of study
ROUNDS = {"numpy": 2, "fused": 2, "torch": 2, "until": 1, "crossed": 1, "partitioned": 1}


@pytest.mark.parametrize("name", KILLS)
def test_a_study_that_was_killed_again_and_again_gives_the_same(name: str, tmp_path: Path) -> None:
    if name == "torch" and not find_spec("torch"):
        pytest.skip("PyTorch is not installed")
    scene, draw, killed, number = Scene(tmp_path, name), random.Random(name), 0, 0
    while killed < KILLS[name]:
        runs, number = tmp_path / f"runs{number}", number + 1
        killed += len(survive(scene, runs, draw, KILLS[name] // ROUNDS[name], shows_what_there_is))
        (directory,) = directories(runs)
        assert differences(scene.reference, directory) == []


def shows_what_there_is(directory: Path) -> None:
    """A study that was killed is shown as far as it came."""
    if not (directory / "plan.json").exists():  # it was not recorded yet
        return
    shown = document(Result.open(directory))
    assert shown["status"] in ("interrupted", "complete")


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return Scene(tmp_path_factory.mktemp("scene"), "small")


@pytest.mark.parametrize("stage", dict.fromkeys(STAGES.values()))
def test_a_study_that_was_killed_in_any_stage_gives_the_same(
    scene: Scene, stage: str, tmp_path: Path
) -> None:
    end = scene.go_on(tmp_path, Fault("SIGKILL", tmp_path, scene.root / "struck", stage=stage))
    assert end.is_killed, end.output
    assert scene.struck()[0] == stage
    assert scene.go_on(tmp_path).code == 0
    (directory,) = directories(tmp_path)
    assert differences(scene.reference, directory) == []
