"""A study that is struck again and again, and resumed until it is done; and the same one that nothing happened to."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from faults import strange
from faults.moments import FREEING, Action, Fault
from faults.process import Ended, Prepare, ended
from faults.studies import write

from seedbed.store.schema import JOURNAL

MOST_TIMES = 200  # that one study is begun or resumed


@dataclass
class Scene:
    """A place for one kind of study: it uninterrupted, and how many operations that took, and how many seconds."""

    root: Path
    name: str
    words: list[str] = field(init=False)
    reference: Path = field(init=False)
    operations: int = field(init=False)
    seconds: float = field(init=False)

    def __post_init__(self) -> None:
        self.words = write(self.root, self.name)
        runs, note = self.root / "whole", self.root / "note"
        watched = Fault("none", runs, note, operation=1, lasting=True)
        end = self.command([*self.words, "--runs-dir", str(runs)], watched)
        assert end.code == 0, end.output
        (self.reference,) = directories(runs)
        self.operations, self.seconds = len(note.read_text().splitlines()), end.seconds
        note.unlink()

    def command(self, words: list[str], prepare: Prepare | None = None) -> Ended:
        """A command of the product, from beginning to end."""
        if self.name == "partitioned":
            prepare = partial(strange.all_of, strange.few_runs_in_a_file, *([prepare] if prepare else []))
        return ended([*words, "--quiet"], self.root / "log", prepare)

    def go_on(self, runs: Path, prepare: Prepare | None = None) -> Ended:
        """Begin the study, or resume it; begin it again where it was struck before it was recorded."""
        for begun in directories(runs):
            end = self.command(["resume", str(begun), "--runs-dir", str(runs)], prepare)
            if end.code != 2 or "run the study again" not in end.output:
                return end
            shutil.rmtree(begun)
        return self.command([*self.words, "--runs-dir", str(runs)], prepare)

    def any_moment(self, draw: random.Random, action: Action, runs: Path) -> Fault:
        """A fault at a random moment: at an operation on files, after some seconds, or in the midst of a stage."""
        note, kind = self.root / "struck", draw.choice(("operation", "seconds", "stage"))
        if kind == "operation":
            return Fault(action, runs, note, operation=draw.randint(1, self.operations))
        if kind == "seconds":
            return Fault(action, runs, note, seconds=draw.uniform(0, self.seconds))
        stage = draw.choice(("training", "training", "evaluating", "joining", "judging"))
        return Fault(action, runs, note, stage=stage, calls=draw.randint(1, 40))

    def struck(self) -> tuple[str, str]:
        """The stage that the last fault struck in first, and the operation; both empty where it did not."""
        note = self.root / "struck"
        first = note.read_text().partition("\n")[0] if note.exists() else ""
        note.unlink(missing_ok=True)
        stage, _, operation = first.partition(": ")
        return stage, operation.partition(" ")[0]


def directories(runs: Path) -> list[Path]:
    """The studies that were begun in a directory of runs."""
    return sorted(path.parent for path in runs.rglob(JOURNAL)) if runs.exists() else []


def survive(
    scene: Scene, runs: Path, draw: random.Random, most: int, after: Callable[[Path], None] | None = None
) -> list[str]:
    """Kill a study up to so many times, resuming it each time, then let it end; gives the stages that it was killed in.

    Parameters
    ----------
    after
        Called with the study's directory after each kill.
    """
    stages: list[str] = []
    for _ in range(MOST_TIMES):
        changes = [strange.saving_often] if draw.random() < 0.7 else []
        if len(stages) < most:
            changes.append(scene.any_moment(draw, "SIGKILL", runs))
        end = scene.go_on(runs, partial(strange.all_of, *changes))
        stage, _ = scene.struck()
        if not end.is_killed:
            assert end.code == 0, end.output
            return stages
        stages.append(stage)
        for directory in directories(runs) if after else []:
            after(directory)
    raise AssertionError(f"{scene.name} did not end after {MOST_TIMES} times")


MESSAGES = {"ENOSPC": "No space left on device", "EIO": "Input/output error"}


def fail_and_go_on(scene: Scene, runs: Path, draw: random.Random, number: int | None = None) -> list[str]:
    """Let a write fail, hold what is said to what was promised, and resume the study; gives the stage.

    Parameters
    ----------
    number
        Of the operation that fails; by default a random one.
    """
    action: Action = draw.choice(("ENOSPC", "EIO"))
    number = number or draw.randint(1, scene.operations)
    fault = Fault(action, runs, scene.root / "struck", operation=number, lasting=action == "ENOSPC")
    end = scene.go_on(runs, fault)
    stage, operation = scene.struck()
    assert stage
    if end.code == 0:  # what could not be removed stays, and a directory may be there already
        assert operation in (*FREEING, "mkdir"), operation
        return [stage]
    told_of_a_failed_write(end, action, runs)
    end = scene.go_on(runs)
    assert end.code == 0, end.output
    return [stage]


def told_of_a_failed_write(end: Ended, action: str, runs: Path) -> None:
    """The message names the path; it is no traceback, and nobody is told to report a bug."""
    begun = any((directory / JOURNAL).stat().st_size for directory in directories(runs))
    assert end.code == (1 if begun else 2), (
        end.output
    )  # where nothing could be made, another directory is asked for
    for text in (MESSAGES.get(action, action), str(runs)):
        assert text in end.output, end.output
    for text in ("Traceback", "bug in Seedbed"):
        assert text not in end.output, end.output
