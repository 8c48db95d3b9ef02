"""Shards that train side by side: all are stored, one that fails ends the others, and a study goes on later."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from trainables.test_toy import TEXT, Toy, Toys

import seedbed
from seedbed.api import Study
from seedbed.execution import together
from seedbed.execution.executors.base import WorkerLost
from seedbed.execution.progress import GroupStart, Silent
from seedbed.execution.together import TOLD_EVERY, View
from seedbed.store.groups import Group
from seedbed.store.writer import Store
from seedbed.study.checkpoints import Checkpoints, State, Stopped
from seedbed.study.contents import Contents
from seedbed.study.events import Epoch, Events
from seedbed.study.trainable import Finished, FinishedRun, PlannedRun, Shard, Work

AT_ONCE = 3


class Together(Toys):
    """The first three shards wait for one another, so they end only if they train side by side."""

    met = threading.Barrier(AT_ONCE, timeout=20)
    memory = 10**9  # runs that fit
    closed = 0

    @property
    def at_once(self) -> int:
        return AT_ONCE

    def close(self) -> None:
        type(self).closed += 1

    def train(self, shard: Shard, events: Events, checkpoints: Checkpoints) -> Finished:
        if shard.number < AT_ONCE and len(shard.runs) == 8:
            self.met.wait()
        if len(shard.runs) > self.memory:
            raise MemoryError
        return super().train(shard, events, checkpoints)


class Small(Together):
    memory = 4


class Failing(Together):
    """One shard raises as soon as the others train; these end only where they are asked to."""

    def train(self, shard: Shard, events: Events, checkpoints: Checkpoints) -> Finished:
        self.met.wait()
        if shard.number == 1:
            raise OSError("planted")
        assert checkpoints.directory is not None
        while not checkpoints.due():
            pass
        checkpoints.save(State({}, {}))
        raise AssertionError("save has to raise Stopped")


def trainable(work: type[Work]) -> Toy:
    class Made(Toy):
        def prepare(self, study: Contents, data_dir: Path | None = None) -> Work:
            return work(study)

    return Made()


def rows(result: Any) -> list[dict[str, Any]]:
    columns = result.runs.drop_columns(["seconds", "group"])
    return sorted(columns.to_pylist(), key=lambda row: (row["variant"], row["seed"]))


class Watching(Silent):
    def __init__(self) -> None:
        self.groups: list[GroupStart] = []
        self.epochs: list[Epoch] = []

    def group_started(self, group: GroupStart) -> None:
        self.groups.append(group)

    def epoch(self, epoch: Epoch) -> None:
        self.epochs.append(epoch)


@pytest.mark.parametrize("work", [Together, Small])
def test_the_runs_are_those_of_one_shard_after_another(tmp_path: Path, work: type[Together]) -> None:
    watching, closed = Watching(), work.closed
    result = Study.parse(TEXT, trainable=trainable(work)).run(runs_dir=tmp_path / "a", observer=watching)
    alone = Study.parse(TEXT, trainable=Toy()).run(runs_dir=tmp_path / "b")
    assert result.status == "complete"
    assert rows(result) == rows(alone)
    assert result.document["hypotheses"] == alone.document["hypotheses"]
    assert work.closed == closed + 1
    (group,) = watching.groups
    assert (group.runs, group.epochs, group.unit) == (24, 24, "run")
    done = [epoch.epoch for epoch in watching.epochs]
    assert done == sorted(done)
    assert watching.epochs[-1].epoch == 24
    assert watching.epochs[-1].best == max(row["score"] for row in rows(result) if row["score"] is not None)


def test_an_observer_is_told_now_and_then_and_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr(together.time, "monotonic", lambda: now)
    watching, random = Watching(), np.random.default_rng(0)
    view = View(watching, 3000, "score", "max")
    scores = random.normal(size=(300, 10))
    for number, of_shard in enumerate(scores):
        shard = Shard(number, tuple(PlannedRun("a", seed) for seed in range(10)))
        view.events(shard)(Epoch(1, 2, 10, 9.0, None, "score"))
        view.finished(shard, Finished([FinishedRun("a", 0, metrics={"score": score}) for score in of_shard]))
        now += TOLD_EVERY / 10
    assert 25 <= len(watching.epochs) <= 30
    assert watching.epochs[0] == Epoch(5, 3000, 10, 9.0, None, "score")
    view.end()
    median = np.sort(scores.ravel())[1500]
    assert watching.epochs[-1] == Epoch(3000, 3000, 0, scores.max(), median, "score")


def test_shards_are_cut_by_how_many_runs_wait() -> None:
    waiting, numbers = [], count(2)

    def cut(shard: Shard, left: int) -> Sequence[Shard]:
        waiting.append(left)
        rest = [replace(shard, runs=shard.runs[1:], number=next(numbers))] if shard.runs[1:] else []
        return [replace(shard, runs=shard.runs[:1]), *rest]

    def train(attempt: together.Attempt, events: Events) -> Finished:
        return Finished([FinishedRun(run.variant, run.seed) for run in attempt.shard.runs])

    runs = tuple(PlannedRun("a", seed) for seed in range(4))
    view = View(Silent(), 8, "score", "max")
    side_by_side = together.Together(1, train, view, [Shard(0, runs), Shard(1, runs)], cut)
    outcomes = [one for ended in side_by_side.outcomes(lambda: False) for one in ended]
    assert waiting == [8, 7, 6, 5, 4, 3, 2, 1]
    assert [run.seed for _, outcome in outcomes for run in outcome.result().runs] == 2 * [0, 1, 2, 3]


class Late(Toys):
    """Shards that end while the first is stored, one of them with an error."""

    storing, ending = threading.Event(), threading.Barrier(AT_ONCE, timeout=20)

    @property
    def at_once(self) -> int:
        return AT_ONCE

    def train(self, shard: Shard, events: Events, checkpoints: Checkpoints) -> Finished:
        if shard.number:
            assert self.storing.wait(20)
            self.ending.wait()
        if shard.number == 1:
            raise OSError("planted")
        return super().train(shard, events, checkpoints)


def test_what_ended_with_one_that_failed_is_stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stored, store = [], Store.add_groups

    def slowly(self: Store, groups: Sequence[Group]) -> None:
        if not Late.storing.is_set():
            Late.storing.set()
            Late.ending.wait()
            time.sleep(0.3)
        stored.append([group.number for group in groups])
        store(self, groups)

    monkeypatch.setattr(Store, "add_groups", slowly)
    with pytest.raises(OSError, match="planted"):
        Study.parse(TEXT, trainable=trainable(Late)).run(runs_dir=tmp_path)
    assert stored == [[0], [2]]
    (directory,) = (tmp_path / "toys").iterdir()
    assert len(seedbed.open(directory).runs) == 16


def test_one_that_fails_ends_the_others_and_the_study_goes_on_later(tmp_path: Path) -> None:
    study = Study.parse(TEXT, trainable=trainable(Failing))
    with pytest.raises(OSError, match="planted"):
        study.run(runs_dir=tmp_path)
    (directory,) = (tmp_path / "toys").iterdir()
    assert seedbed.open(directory).status == "failed"
    result = seedbed.resume(directory, trainable=trainable(Together))
    assert result.status == "complete"
    assert len(rows(result)) == 24


# --- late shards ------------------------------------------------------------------------------------------


def shards(many: int) -> list[Shard]:
    return [Shard(number, (PlannedRun("base", number),)) for number in range(many)]


def outcomes(
    train: together.Train, many: int, at_once: int, repeats: bool = True
) -> tuple[list[int], list[together.Attempt]]:
    """The shards that were handed out, and the attempts that are over."""
    over: list[together.Attempt] = []
    view = together.View(Silent(), many, "score", "max")
    work = together.Together(at_once, train, view, shards(many), repeats=repeats, done=over.append)
    handed_out = []
    for attempt, outcome in (one for ended in work.outcomes(lambda: False) for one in ended):
        outcome.result()
        handed_out.append(attempt.shard.number)
    return sorted(handed_out), over


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(together, "LATE", 0.1)
    monkeypatch.setattr(together, "TICK", 0.02)


@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize("how", ["stopped", "finished", "lost"])
def test_a_late_shard_is_trained_by_an_idle_thread_too_and_counts_once(how: str) -> None:
    def train(attempt: together.Attempt, events: Events) -> Finished:
        if attempt.shard.number == 2 and not attempt.is_second:
            while not attempt.is_abandoned:
                time.sleep(0.01)
            if how == "stopped":
                raise Stopped
            if how == "lost":
                raise WorkerLost
        return Finished([FinishedRun("base", 0)])

    handed_out, over = outcomes(train, 4, 2)
    assert handed_out == [0, 1, 2, 3]
    assert sorted(attempt.shard.number for attempt in over) == [0, 1, 2, 2, 3]


@pytest.mark.usefixtures("soon")
def test_where_the_worker_of_a_late_shard_is_lost_the_second_one_goes_on() -> None:
    second = threading.Event()

    def train(attempt: together.Attempt, events: Events) -> Finished:
        if attempt.is_second:
            second.set()
            time.sleep(0.2)
        elif attempt.shard.number == 2:
            assert second.wait(10)
            raise WorkerLost
        return Finished([FinishedRun("base", 0)])

    assert outcomes(train, 4, 2)[0] == [0, 1, 2, 3]


@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize(("many", "repeats"), [(4, False), (2, True)])
def test_shards_are_not_repeated_where_they_may_not_or_nothing_says_what_they_take(
    many: int, repeats: bool
) -> None:
    def train(attempt: together.Attempt, events: Events) -> Finished:
        time.sleep(0.4 if attempt.shard.number < 2 else 0.3)
        return Finished([FinishedRun("base", 0)])

    assert len(outcomes(train, many, 2, repeats)[1]) == many
