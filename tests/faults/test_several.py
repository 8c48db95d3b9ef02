"""Several processes at once: studies that are begun together, a reader beside the writer, two that resume one study."""

from __future__ import annotations

import multiprocessing
import signal
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest
from faults.moments import Fault
from faults.process import Command, context
from faults.same import differences
from faults.studies import write
from faults.survival import Scene, directories

from seedbed.results.documents import document
from seedbed.results.result import Result
from seedbed.store import reader
from seedbed.store.groups import Group
from seedbed.store.writer import Store


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return Scene(tmp_path_factory.mktemp("scene"), "fused")


def begun_together(file: str, runs: Path, barrier: multiprocessing.synchronize.Barrier) -> None:
    """Run a study, without a report, as soon as all are ready."""
    from seedbed.api.study import Study

    study = Study.load(file)
    barrier.wait()
    study.run(engine="numpy", runs_dir=runs, progress=False)


def test_twenty_studies_that_begin_together_are_twenty_directories(tmp_path: Path) -> None:
    _, file, *_ = write(tmp_path, "tiny")
    runs, barrier = tmp_path / "runs", context().Barrier(20)
    together = [context().Process(target=begun_together, args=(file, runs, barrier)) for _ in range(20)]
    for process in together:
        process.start()
    for process in together:
        process.join(60)
    assert [process.exitcode for process in together] == [0] * 20
    first, *others = directories(runs)
    assert len(others) == 19
    assert [listed["status"] for listed in reader.listing(runs)] == ["complete"] * 20
    for other in others:
        assert differences(first, other) == []


def at_the_pace_of_a_reader(looked: Path) -> None:
    """Have this process wait after each group until a reader has looked, who then makes a file of that group's name."""
    add_groups = Store.add_groups

    def add_and_wait(self: Store, groups: Sequence[Group]) -> None:
        add_groups(self, groups)
        while not (looked / str(len(self.groups))).exists():
            time.sleep(0.001)

    Store.add_groups = add_and_wait  # type: ignore[method-assign]


def test_a_reader_beside_the_writer_always_sees_a_whole_study(scene: Scene, tmp_path: Path) -> None:
    runs, looked = tmp_path / "runs", tmp_path / "looked"
    looked.mkdir()
    words = [*scene.words, "--runs-dir", str(runs), "--quiet"]
    command = Command(words, scene.root / "log", partial(at_the_pace_of_a_reader, looked))
    seen: list[int] = []
    while command.process.exitcode is None:
        for listed in reader.listing(runs):
            assert listed["status"] in ("running", "complete")
        for directory in directories(runs):
            if (directory / "resolved.json").exists():  # the study was recorded
                groups = sum(event["event"] == "group" for event in reader.events(directory))
                shown = document(Result.open(directory))
                seen.append(sum(variant["runs"] for variant in shown["variants"]))
                (looked / str(groups)).touch()
        time.sleep(0.001)
    assert command.wait().code == 0, command.output
    assert seen == sorted(seen)
    assert len(set(seen)) > 2
    assert seen[-1] == 12


def test_of_two_that_resume_one_study_one_is_refused(scene: Scene, tmp_path: Path) -> None:
    end = scene.go_on(tmp_path, Fault("SIGKILL", tmp_path, scene.root / "struck", stage="training"))
    assert end.is_killed
    (directory,) = directories(tmp_path)
    words = ["resume", str(directory), "--runs-dir", str(tmp_path), "--quiet"]
    first = Command(words, scene.root / "first")
    while not any(event["event"] == "opened" for event in reader.events(directory)):
        time.sleep(0.001)
    first.signal(signal.SIGSTOP)
    second = Command(words, scene.root / "second").wait()
    first.signal(signal.SIGCONT)
    assert second.code == 2, second.output
    assert str(first.process.pid) in second.output
    assert first.wait().code == 0, first.output
    assert differences(scene.reference, directory) == []
