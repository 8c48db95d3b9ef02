"""What a trainable returns is held to what was asked of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from trainables.test_toy import TEXT, Toy, Toys

from seedbed.api import Result, Study
from seedbed.execution.returned import Artefacts, check
from seedbed.store.reader import listing, read_table
from seedbed.store.writer import Store
from seedbed.study.checkpoints import Checkpoints
from seedbed.study.contents import Contents
from seedbed.study.events import Events
from seedbed.study.trainable import Finished, FinishedRun, PlannedRun, Shard, TrainableError, Work

SHARD = Shard(0, (PlannedRun("base", 0), PlannedRun("base", 1)))
RUNS = [FinishedRun("base", seed, metrics={"score": 1.0}) for seed in (0, 1)]


def test_what_was_asked_for_is_taken() -> None:
    check(Finished(RUNS), SHARD)
    check(Finished([replace(run, metrics={"score": np.float32(1), "n": np.int64(2)}) for run in RUNS]), SHARD)


@pytest.mark.parametrize(
    ("runs", "message"),
    [
        (RUNS[:1], 'variant "base", seed 1 is missing'),
        ([*RUNS, RUNS[0]], 'variant "base", seed 0 was not asked for, or is there twice'),
        ([*RUNS, FinishedRun("other", 0)], 'variant "other", seed 0 was not asked for'),
        ([RUNS[0], replace(RUNS[1], status="done")], "expected a status among complete, stopped, .* got 'done'"),
        ([RUNS[0], replace(RUNS[1], metrics={"score": "high"})], "expected metric 'score' to be a number, got 'high'"),
        ([RUNS[0], replace(RUNS[1], metrics={"score": None})], "expected metric 'score' to be a number, got None"),
        ([RUNS[0], replace(RUNS[1], metrics={"seconds": 1.0})], "a metric cannot be called 'seconds'"),
        ([], 'seed 0 is missing; and 1 more'),
    ],
)  # fmt: skip
def test_what_cannot_be_stored_is_refused(runs: list[FinishedRun], message: str) -> None:
    with pytest.raises(TrainableError, match=message):
        check(Finished(runs), SHARD)


EMPTY = {"variant": ["base"], "seed": [0]}


@pytest.mark.parametrize(
    ("first", "second", "joined"),
    [
        ([1], [0.5], "double"),
        ([None], ["text"], "string"),
        (["text"], [None], "string"),
        ([None], [1], "int64"),
        (np.ones((1, 3)), np.ones((1, 2)), "list<"),
    ],
)
def test_artefacts_whose_types_one_type_holds_are_joined(
    first: Sequence[Any], second: Sequence[Any], joined: str, tmp_path: Path
) -> None:
    with Store.create(tmp_path, "study", "abc") as store:
        for number, values in enumerate((first, second)):
            tables = Artefacts(store.directory).tables({"own": {**EMPTY, "x": values}})  # as after a resume
            store.add_group(number, [{"variant": "base", "seed": number}], tables)
            store.join_groups(["base"])
    table = read_table(store.directory, "own")
    assert joined in str(table.schema.field("x").type)
    assert len(table) == 2


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        ([1], ["text"], '"own", column "x": .*int64 vs .*string'),
        ([1], [object()], '"own", column "x": .*object'),
        ([1], [2**70], '"own", column "x": '),
        ([1], [1, 2], '"own", .*length'),
    ],
)
def test_artefacts_that_cannot_be_joined_are_refused_when_they_are_returned(
    first: Sequence[Any], second: Sequence[Any], message: str, tmp_path: Path
) -> None:
    artefacts = Artefacts(Store.create(tmp_path, "study", "abc").directory)
    artefacts.tables({"own": {**EMPTY, "x": first}})
    with pytest.raises(TrainableError, match=message):
        artefacts.tables({"own": {**EMPTY, "x": second}})


class Failing(Toy):
    """Trains its first variant, and then goes wrong."""

    def __init__(self, wrong: Callable[[], Finished]) -> None:
        self.wrong = wrong

    def prepare(self, study: Contents, data_dir: Path | None = None) -> Work:
        wrong = self.wrong

        class Some(Toys):
            def train(self, shard: Shard, events: Events, checkpoints: Checkpoints) -> Finished:
                return wrong() if shard.number else super().train(shard, events, checkpoints)

        return Some(study)


def nothing() -> Finished:
    return Finished([])


def unfit() -> Finished:
    runs = [FinishedRun("skill = 5.5", seed, metrics={"score": 1.0, "effort": 1.0}) for seed in range(8)]
    return Finished(runs, {"own": {"variant": ["skill = 5.5"], "seed": [0, 1]}})


def fault() -> Finished:
    raise ZeroDivisionError("a fault of its own")


@pytest.mark.parametrize("wrong", [nothing, unfit, fault])
def test_what_was_stored_before_a_fault_is_kept(wrong: Callable[[], Finished], tmp_path: Path) -> None:
    with pytest.raises((TrainableError, ZeroDivisionError)):
        Study.parse(TEXT, trainable=Failing(wrong)).run(runs_dir=tmp_path)
    (row,) = listing(tmp_path)
    assert (row["status"], row["stored"], row["runs"]) == ("failed", 8, 24)
    result = Result.open(tmp_path / "toys" / row["id"])
    assert result.document["variants"][0]["runs"] == 8
    assert "failed" in result.report().read_text(encoding="utf-8")
