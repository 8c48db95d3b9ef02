"""Runs as blocks are the same sequence as the runs themselves, however they are cut."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.study.shards import PlannedRun, Runs, Shard

single = st.builds(PlannedRun, st.sampled_from("abc"), st.integers(0, 4), st.sampled_from([None, 7]))
orders = st.sampled_from(
    [
        [PlannedRun(name, seed) for name in "abc" for seed in range(5)],
        [PlannedRun(name, seed) for seed in range(5) for name in "abc"],
    ]
)
sequences = orders | st.lists(single, max_size=12)
bounds = st.none() | st.integers(-16, 16)


@given(sequences, st.lists(st.tuples(bounds, bounds), max_size=3))
def test_cut_anywhere_they_are_the_same_runs(runs: list[PlannedRun], cuts: list[tuple[int, int]]) -> None:
    made = Runs.of(runs)
    for first, last in [(None, None), *cuts]:
        runs, made = runs[first:last], made[first:last]
        assert list(made) == runs
        assert (len(made), made == runs, made == [*runs, runs]) == (len(runs), True, False)
        assert [made[index] for index in range(-len(runs), len(runs))] == runs + runs
        assert made.variants == list(dict.fromkeys(run.variant for run in runs))
        assert pickle.loads(pickle.dumps(made)) == runs
        assert list(Runs("cba", made.over("cba"))) == runs


@pytest.mark.parametrize("index", [15, -16])
def test_an_index_beyond_them_is_none_of_theirs(index: int) -> None:
    made = Runs.of(PlannedRun(name, seed) for name in "abc" for seed in range(5))
    with pytest.raises(IndexError):
        made[index]
    with pytest.raises(ValueError, match="expected runs one after another, got every 2"):
        made[::2]


def test_they_are_few_blocks_in_both_orders() -> None:
    by_variant = Runs.of(PlannedRun(name, seed) for name in "abc" for seed in range(100))
    by_seed = Runs.of(PlannedRun(name, seed) for seed in range(100) for name in "abc")
    assert (len(by_variant.blocks), len(by_seed.blocks)) == (1, 100)


def test_what_travels_names_no_other_variants() -> None:
    names = [f"variant {index}" for index in range(10_000)]
    whole = Shard(0, Runs.of(PlannedRun(name, seed) for name in names for seed in range(10)))
    piece = Shard(1, whole.runs[50_000:50_010])
    assert len(pickle.dumps(piece)) < 1000
    assert pickle.loads(pickle.dumps(piece)) == piece
