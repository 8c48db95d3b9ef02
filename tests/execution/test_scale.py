"""The simulation behind docs/scale.md: every run is stored once, and takes what it must where that is known."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.scale.costs import FREE, Cost, Costs
from bench.scale.measuring import driven
from bench.scale.simulation import simulate
from bench.scale.situation import Load, Nodes, Outcome

SOME = Costs(
    cut=Cost(0.001, worker=1e-6, stored=1e-7),
    send=Cost(0.0005, run=1e-6),
    receive=Cost(0.0005, run=1e-5),
    event=Cost(0.0003),
    save=Cost(0.002),
    store=Cost(0.002, run=1e-5, study=1e-8),
    disk=Cost(0.008),
    file=Cost(0.008),
)

loads = st.builds(
    Load,
    variants=st.integers(1, 50),
    seeds=st.integers(1, 100),
    seconds=st.sampled_from([0.0, 0.001, 0.1, 3.0, 100.0]),
)
nodes = st.builds(
    Nodes,
    nodes=st.integers(1, 12),
    workers=st.integers(1, 4),
    spread=st.floats(0, 0.5),
    stragglers=st.floats(0, 1),
    hours_to_failure=st.sampled_from([0.1, 1.0, float("inf")]),
    start=st.floats(0, 5),
)


def shards(outcome: Outcome) -> int:
    return sum(outcome.stored.values())


def most_runs(outcome: Outcome) -> int:
    """Of a shard."""
    return max(end - first for _, first, end in outcome.stored)


@settings(deadline=None, max_examples=40)
@given(load=loads, nodes=nodes, costs=st.sampled_from([FREE, SOME]), seed=st.integers(0, 99))
def test_every_run_is_stored_once_and_no_work_is_for_nothing(
    load: Load, nodes: Nodes, costs: Costs, seed: int
) -> None:
    outcome = simulate(load, nodes, costs, seed)
    stored = Counter(
        (variant, seed)
        for (variant, first, end), count in outcome.stored.items()
        for seed in list(range(first, end)) * count
    )
    assert stored == {
        (f"{variant}", seed): 1 for variant in range(load.variants) for seed in range(load.seeds)
    }
    assert 0 <= outcome.utilisation <= 1 + 1e-9
    assert 0 <= outcome.processor <= 1 + 1e-9
    assert 0 <= outcome.storing <= 1 + 1e-9
    if not (nodes.spread or nodes.stragglers):
        worked = outcome.utilisation * outcome.seconds * nodes.count
        assert worked == pytest.approx(load.runs * load.seconds)


@pytest.mark.parametrize("hours", [float("inf"), 1.0])
def test_work_that_was_lost_is_done_again_and_no_more(hours: float) -> None:
    load, nodes = Load(50, 100, 10.0), Nodes(20, 2, hours_to_failure=hours)
    outcome = simulate(load, nodes, FREE)
    assert (outcome.failures > 0) == (hours == 1.0)
    assert outcome.utilisation * outcome.seconds * nodes.count == pytest.approx(load.runs * load.seconds)


def test_one_worker_that_nothing_keeps_waiting_takes_the_time_of_the_runs() -> None:
    outcome = simulate(Load(8, 125, 0.1), Nodes(1), FREE)
    assert outcome.seconds == pytest.approx(outcome.ideal) == pytest.approx(100.0)
    assert outcome.utilisation == pytest.approx(1.0)


@pytest.mark.parametrize("seconds", [0.01, 1.0, 100.0])
@pytest.mark.parametrize("count", [3, 50])
def test_workers_that_nothing_keeps_waiting_end_within_a_shard_of_each_other(
    seconds: float, count: int
) -> None:
    load = Load(10, 500, seconds)
    outcome = simulate(load, Nodes(count), FREE)
    longest = seconds * most_runs(outcome)
    assert outcome.ideal <= outcome.seconds + 1e-6
    assert outcome.seconds <= outcome.ideal + longest  # Graham (1966), of any order of the shards


def test_runs_that_take_no_time_take_what_cutting_and_storing_do() -> None:
    costs = replace(FREE, cut=Cost(0.001), store=Cost(0.003, run=1e-5))
    costs = replace(costs, disk=Cost(0.007), file=Cost(0.007))
    outcome = simulate(Load(4, 500, 0.0), Nodes(10), costs)
    assert outcome.seconds == pytest.approx(shards(outcome) * 0.011 + 2000 * 1e-5)
    assert outcome.storing == pytest.approx(1.0)
    assert outcome.processor == pytest.approx(1 - shards(outcome) * 0.007 / outcome.seconds)


def test_runs_that_take_no_time_take_what_sending_and_receiving_do() -> None:
    costs = replace(FREE, send=Cost(0.004), receive=Cost(0.002))
    outcome = simulate(Load(4, 500, 0.0), Nodes(10), costs)
    assert outcome.seconds == pytest.approx(shards(outcome) * 0.006)
    assert outcome.processor == pytest.approx(1.0)


def test_events_take_the_processor_and_are_dropped_where_it_is_too_slow() -> None:
    load, nodes = Load(4, 500, 1.0, told_every=0.1), Nodes(20)
    quiet, told = simulate(load, nodes, FREE), simulate(load, nodes, replace(FREE, event=Cost(0.001)))
    assert quiet.processor == 0
    assert told.processor == pytest.approx(20 * 0.001 / 0.1, rel=0.1)
    flooded = simulate(load, nodes, replace(FREE, event=Cost(0.1)))
    assert flooded.processor > 0.9
    assert flooded.seconds < 0.7 * 2000 * (1.0 / 0.1) * 0.1  # if all of them were heard


def test_stragglers_are_not_waited_for_longer_than_for_a_shard() -> None:
    load, nodes = Load(100, 1000, 0.1), Nodes(50, stragglers=0.1)
    outcome = simulate(load, nodes, FREE)
    assert outcome.seconds <= outcome.ideal + 4 * 0.1 * most_runs(outcome)
    assert outcome.seconds <= 1.2 * outcome.ideal


def test_workers_that_sleep_train_a_study_whose_costs_are_measured() -> None:
    found = driven(workers=3, variants=2, seeds=10, size=4)
    assert (found.runs, found.shards) == (20, 6)
    assert found.processor > 0
    assert found.disk > 0
    assert found.clock > 0
