"""Ctrl-C and SIGTERM: the study stops in any stage, says how to go on, and goes on as if nothing had happened."""

from __future__ import annotations

import random
import signal
import time
from pathlib import Path

import pytest
from faults.moments import STAGES, Action, Fault
from faults.process import Command
from faults.same import differences
from faults.survival import Scene, directories

INTERRUPTED = 130


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return Scene(tmp_path_factory.mktemp("scene"), "small")


@pytest.mark.parametrize(
    ("stage", "action"),
    [
        *((stage, "SIGINT") for stage in dict.fromkeys(STAGES.values())),
        ("training", "SIGTERM"),
        ("writing", "SIGTERM"),
    ],
)
def test_a_stop_in_any_stage_says_how_to_go_on(
    scene: Scene, stage: str, action: Action, tmp_path: Path
) -> None:
    end = scene.go_on(tmp_path, Fault(action, tmp_path, scene.root / "struck", stage=stage))
    assert scene.struck()[0] == stage
    if stage == "joining":  # all was trained: what is left takes no longer than saving would
        assert end.code == 0, end.output
    else:
        assert end.code == INTERRUPTED, end.output
        assert "interrupted" in end.output
    recorded = [directory.name for directory in directories(tmp_path) if (directory / "plan.json").exists()]
    assert all(name in end.output for name in recorded)
    end = scene.go_on(tmp_path)
    assert end.code == 0, end.output
    (directory,) = directories(tmp_path)
    assert differences(scene.reference, directory) == []


@pytest.mark.parametrize("number", range(4))
def test_a_second_ctrl_c_ends_it_at_once(scene: Scene, number: int, tmp_path: Path) -> None:
    command = Command([*scene.words, "--runs-dir", str(tmp_path), "--quiet"], scene.root / "log")
    command.wait_for_handlers()
    time.sleep(random.Random(number).uniform(0, scene.seconds / 4))
    while command.process.exitcode is None:  # two that come before the first is seen are one to the system
        command.signal(signal.SIGINT)
        time.sleep(0.05)
    # Where it had not begun to train, a second may also come while Python ends; shells make 130 of that, too.
    assert command.wait(5).code in (INTERRUPTED, -signal.SIGINT)
    end = scene.go_on(tmp_path)
    assert end.code == 0, end.output
    (directory,) = directories(tmp_path)
    assert differences(scene.reference, directory) == []
