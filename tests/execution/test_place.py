"""What a worker makes ready of a study: no more than what it is given, and that once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cloudpickle
import pytest
from execution.test_executors import RECIPE
from trainables.test_toy import TEXT, Toy

from seedbed.api import Study
from seedbed.execution.executors.assignment import Round
from seedbed.execution.executors.place import Opened
from seedbed.plan import plan as planning
from seedbed.study.trainable import Compute, PlannedRun, Shard

MANY = 100_000  # seeds, whose data would take minutes


def opened(text: str, study: Study, seeds: int) -> Opened:
    names = tuple(variant.name for variant in study.variants)
    pickled = cloudpickle.dumps(study.trainable)
    return Opened(Round(text, Path("study.toml"), pickled, names, (0, seeds), Compute("numpy"), None))


@pytest.fixture
def prepared(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The studies that are made ready from now on."""
    studies, plan = [], planning.plan

    def noted(study: Any, *arguments: Any) -> Any:
        studies.append(study)
        return plan(study, *arguments)

    monkeypatch.setattr("seedbed.execution.executors.place.plan", noted)
    return studies


def shard(*runs: tuple[str, int]) -> Shard:
    return Shard(0, tuple(PlannedRun(*run) for run in runs))


def test_a_worker_makes_only_the_runs_of_its_shard_ready(prepared: list[Any]) -> None:
    text = RECIPE.replace("seeds = 7", f"seeds = {MANY}")
    there = opened(text, Study.parse(text), MANY)
    work = there.work(shard(*(("lr = 0.01", seed) for seed in range(900, 905))))
    assert len([run for one in work.shards for run in one.runs]) == 5
    assert there.work(shard(("lr = 0.01", 904), ("lr = 0.01", 901))) is work
    assert there.work(shard(("base", 904))) is not work
    assert [one.to_train for one in prepared] == [range(900, 905), range(904, 905)]


def test_where_seeds_are_crossed_all_of_them_tell_their_levels(prepared: list[Any]) -> None:
    text = RECIPE.replace("seeds = 7", 'seeds = 9\nvary_seeds = ["init", "order"]')
    there = opened(text, Study.parse(text), 9)
    assert there.work(shard(("base", 4))) is there.work(shard(("lr = 0.01", 8)))
    assert [one.to_train for one in prepared] == [range(9)]


def test_what_takes_nothing_for_a_run_is_made_ready_once(prepared: list[Any]) -> None:
    study = Study.parse(TEXT, trainable=Toy())
    there = opened(TEXT, study, study.seeds)
    names = [variant.name for variant in study.variants]
    assert there.work(shard((names[0], 0))) is there.work(shard((names[1], 1)))
    assert len(prepared) == 1
