"""How many runs go side by side, with how many threads, and in which order."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from seedbed import machine
from seedbed.api import Study
from seedbed.trainables.outside.work import MOST_SHARDS, OutsideWork

STUDY = """
name = "many"
function = {{ call = "none:none"{options} }}
settings = {{ a = 1 }}
study = {{ seeds = {seeds}, metric = "acc" }}
ablate = {{ "settings.a" = [2, 3] }}
"""


def work(seeds: int = 100, options: str = "") -> OutsideWork[Any]:
    """A study of three variants made ready."""
    study = Study.parse(STUDY.format(seeds=seeds, options=options))
    made = study.trainable.prepare(study)
    assert isinstance(made, OutsideWork)
    return made


@pytest.mark.parametrize("seeds", [1, 60, 70, 1000])
def test_every_run_is_in_one_shard_and_pairs_complete_first(seeds: int) -> None:
    shards = work(seeds).shards
    runs = [(run.seed, run.variant) for shard in shards for run in shard.runs]
    assert runs == [(seed, name) for seed in range(seeds) for name in ("base", "a = 2", "a = 3")]
    assert len(shards) == min(3 * seeds, -(-3 * seeds // -(-3 * seeds // MOST_SHARDS)))
    assert [shard.number for shard in shards] == list(range(len(shards)))


@pytest.mark.parametrize(
    ("options", "seeds", "at_once", "threads"),
    [
        ("", 100, 8, 1),
        ("", 1, 3, 1),
        (", at_once = 2", 100, 2, 4),
        (", at_once = 20", 100, 20, 1),
        (", threads = 4", 100, 2, 4),
        (", threads = 16", 100, 1, 16),
        (', memory = "4 GB"', 100, 2, 1),
        (', memory = "20 GB"', 100, 1, 1),
    ],
)
def test_runs_take_the_cores_and_the_memory_that_there_are(
    monkeypatch: pytest.MonkeyPatch, options: str, seeds: int, at_once: int, threads: int
) -> None:
    monkeypatch.setattr(machine, "usable_cores", lambda: 8)
    monkeypatch.setattr(machine, "available", lambda: 10 * 10**9)
    made = work(seeds, options)
    assert (made.at_once, made.threads) == (at_once, threads)


def test_the_seed_of_the_study_gives_all_runs_other_seeds(tmp_path: Path) -> None:
    given = []
    for own in (0, 1, 4294, 10**9):
        made = work(50)
        made.study = replace(made.study, seed=own)
        jobs = [made._job(run, tmp_path) for shard in made.shards for run in shard.runs]
        assert {job.random_seed for job in jobs if job.seed == 7} == {jobs[21].random_seed}  # of all variants
        given += sorted({job.random_seed for job in jobs})
    assert given[:50] == list(range(50))
    assert len(set(given)) == 200
    assert max(given) < 2**32
