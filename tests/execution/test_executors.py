"""Shards in other processes: the same results as in this one, whatever becomes of a worker."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from faults.same import differences
from trainables.test_toy import TEXT, Toy, Toys

import seedbed
from seedbed.api import Result, Study
from seedbed.execution import cutting
from seedbed.execution.executors.base import ExecutorError
from seedbed.execution.progress import Silent
from seedbed.store import reader
from seedbed.study.checkpoints import Checkpoints
from seedbed.study.contents import Contents
from seedbed.study.events import Epoch, Events
from seedbed.study.shards import Block, PlannedRun, Runs, Shard
from seedbed.study.trainable import Finished, TrainableError, Work

RECIPE = """
name = "elsewhere"
[data]
source = "function"
expression = "sin(x)"
domain = [-3.0, 3.0]
samples = 60
[model]
kind = "mlp"
hidden = [8]
[training]
loss = "mse"
lr = 0.05
epochs = 30
batch_size = 16
[study]
seeds = 7
[ablate]
"training.lr" = [0.01]
"model.hidden" = [[4]]
"""
NUMBERED = ["runs: column group"]  # what may differ where shards were cut


class Breaking(Toy):
    """A toy whose second variant does something else where it trains."""

    def __init__(self, how: str) -> None:
        self.how = how

    def prepare(self, study: Contents, data_dir: Path | None = None) -> Work:
        return BreakingWork(study, self.how)


class BreakingWork(Toys):
    def __init__(self, study: Contents, how: str) -> None:
        super().__init__(study)
        self.how = how

    def train(self, shard: Shard, events: Events, checkpoints: Checkpoints) -> Finished:
        if "skill = 5.5" in shard.variants:
            match self.how:
                case "exit":
                    os._exit(7)
                case "once" if not (flag := Path(os.environ["ONCE"])).exists():
                    flag.touch()
                    os.kill(os.getpid(), signal.SIGKILL)
                case "raise":
                    raise ValueError("no such skill")
                case "memory" if len(shard.runs) > 2:
                    raise MemoryError
        return super().train(shard, events, checkpoints)


def toys(directory: Path, how: str = "well", on: str = "processes") -> Result:
    return Study.parse(TEXT, trainable=Breaking(how)).run(runs_dir=directory, on=on)


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Result:
    return toys(tmp_path_factory.mktemp("alone"), on="local")


def metrics(result: Result) -> list[Any]:
    return [variant["metrics"] for variant in result.document["variants"]]


@pytest.fixture(scope="module")
def recipes(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Result]:
    def run(on: str, observer: Silent | None = None) -> Result:
        directory = tmp_path_factory.mktemp("recipes")
        return Study.parse(RECIPE).run(
            runs_dir=directory, on=on, engine="numpy", observer=observer or Silent()
        )

    return run


@pytest.fixture(scope="module")
def recipe(recipes: Callable[..., Result]) -> Result:
    return recipes("local")


def test_processes_give_the_bits_of_this_one(recipe: Result, recipes: Callable[..., Result]) -> None:
    there = recipes("processes")
    assert differences(recipe.directory, there.directory) == NUMBERED
    trained = [event for event in reader.events(there.directory) if event["event"] == "group"]
    assert len(trained) > 2  # they were cut
    assert all(event["node"] and event["engine"] == "numpy" for event in trained)


class Once(Silent):
    """Does something when the first run is evaluated."""

    def __init__(self, act: Callable[[], object]) -> None:
        self._act: Callable[[], object] | None = act

    def epoch(self, epoch: Epoch) -> None:
        act, self._act = self._act, None
        if act:
            act()


def test_an_interrupted_study_goes_on_in_processes_and_here(
    recipe: Result, recipes: Callable[..., Result]
) -> None:
    result = recipes("processes", Once(lambda: signal.raise_signal(signal.SIGINT)))
    assert result.status == "interrupted"
    assert len(result.runs) < 21
    for on in ("processes", "local"):
        again = seedbed.resume(result.directory, on=on)
        assert again.status == "complete"
    assert differences(recipe.directory, result.directory) == NUMBERED


def test_a_killed_worker_loses_nothing(
    alone: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONCE", str(tmp_path / "once"))
    assert metrics(toys(tmp_path, "once")) == metrics(alone)


def test_a_shard_that_ends_its_workers_is_given_up(tmp_path: Path) -> None:
    with pytest.raises(TrainableError, match=r"3 workers ended .* \"skill = 5.5\".*exit code 7"):
        toys(tmp_path, "exit")


def test_errors_and_lack_of_memory_come_back(alone: Result, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no such skill"):
        toys(tmp_path / "a", "raise")
    assert metrics(toys(tmp_path / "b", "memory")) == metrics(alone)


def test_a_word_that_means_nothing_is_refused_before_anything_is_stored(tmp_path: Path) -> None:
    with pytest.raises(ExecutorError, match='expected local, processes, ray or ray://HOST:PORT, got "gpu"'):
        toys(tmp_path, on="gpu")
    assert list(tmp_path.iterdir()) == []


# --- how shards are cut -----------------------------------------------------------------------------------


def sizes(seconds_per_run: float, runs: int, workers: int) -> Iterator[tuple[int, int]]:
    """The sizes that are cut off a shard one after another, each with what was left."""
    all_runs = tuple(PlannedRun("base", seed) for seed in range(runs))
    cuts, left = cutting.Cutting(workers), runs
    while left:
        whole = Shard(0, all_runs[:left])
        size = cuts.size(whole, left)
        yield size, left
        cuts.measured(Shard(0, all_runs[:size]), seconds_per_run * size)
        left -= size


@pytest.mark.parametrize("seconds", [1e-5, 0.01, 1.0, 500.0])
@pytest.mark.parametrize("workers", [1, 2, 64])
@pytest.mark.parametrize("runs", [1, 10, 400])
def test_shards_take_seconds_to_a_minute_and_get_finer(seconds: float, workers: int, runs: int) -> None:
    cut = list(sizes(seconds, runs, workers))
    assert sum(size for size, _ in cut) == runs
    for index, (size, left) in enumerate(cut):
        if index == 0:
            assert size <= cutting.FIRST
        elif size not in (1, left):
            assert cutting.SHORTEST * 0.5 <= size * seconds <= cutting.LONGEST * 1.5
            assert size <= max(-(-left // (2 * workers)), 2 * cutting.SHORTEST / seconds)


@pytest.mark.parametrize(
    ("left", "seconds"),
    [(10**6, 1.25 * 100 * 0.5), (2000, (2000 * 0.01 * 0.5) ** 0.5), (100, cutting.SHORTEST / 2)],
)
def test_shards_are_no_shorter_than_storing_them_allows(left: int, seconds: float) -> None:
    runs = Runs(["base"], [Block(0, 1, 0, left)])
    cuts = cutting.Cutting(100)
    cuts.measured(Shard(0, runs[:10]), 10 * 0.01)
    cuts.stored(0.4)
    cuts.stored(0.6)
    assert cuts.size(Shard(0, runs), left) * 0.01 == pytest.approx(seconds, rel=0.01)


def test_no_piece_has_the_end_of_a_variant_and_a_part_of_the_next() -> None:
    runs, cuts, pieces = (
        [PlannedRun(name, seed) for name in "abcdef" for seed in range(20)],
        cutting.Cutting(2),
        [],
    )
    while runs:
        whole = Shard(0, tuple(runs))
        size = cutting.between_variants(whole, cuts.size(whole, len(runs)))
        pieces.append({(run.variant, run.seed) for run in runs[:size]})
        cuts.measured(Shard(0, tuple(runs[:size])), 0.02 * size)
        runs = runs[size:]
    assert max(map(len, pieces)) > 20
    for piece in pieces:
        seeds = {seed for _, seed in piece}
        assert len(piece) <= 2 * len({name for name, _ in piece}) * len(range(min(seeds), max(seeds) + 1))
