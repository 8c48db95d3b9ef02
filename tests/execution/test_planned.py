"""The plan of a study: rounds and pieces, and that it reads back as it was written."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from study_files import small

from seedbed.api import Study
from seedbed.execution.planned import Planned, Round
from seedbed.execution.rounds import Until
from seedbed.files import to_json
from seedbed.plan.plan import plan
from seedbed.study.shards import Block, Runs, Shard
from seedbed.study.trainable import Compute

STUDY = Study.parse(small({"study.seeds": 4, "ablate": {"model.hidden": [[3]]}}))


def planned(until: Until | None = None) -> Planned:
    made = Planned(Compute("numpy"), "/data", until)
    made.add(STUDY, plan(STUDY).work.on(made.compute).shards)
    return made


def test_it_reads_back_as_it_was_written() -> None:
    made = planned(Until(30, 1.5))
    again = Planned.from_plain(json.loads(to_json(made.to_plain())))
    assert again.to_plain() == made.to_plain()
    assert (again.compute, again.until, again.seeds) == (made.compute, made.until, 4)
    assert again.rounds[0].is_of(STUDY)


def test_rounds_go_on_counting() -> None:
    made = planned()
    part = STUDY.only(["base"], range(4, 6))
    made.add(part, plan(part).work.shards)
    assert [list(one.shards) for one in made.rounds] == [[0, 1], [2]]
    assert ([one.runs for one in made.rounds], made.seeds, made.looked_at) == ([8, 2], 6, [4])


def test_pieces_are_the_whole_shard_and_have_numbers_of_their_own() -> None:
    made = planned()
    runs = list(made.rounds[0].shards[0].runs)
    first, second, event = made.cut(0, 2)
    assert ([*first.runs, *second.runs], len(first.runs)) == (runs, 2)
    assert list(made.rounds[0].shards) == [0, 1, 2]
    assert made.rounds[0].is_of(STUDY)
    assert event == {"event": "cut", "group": 0, "first": 2, "new": 2}


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 3)), max_size=8), st.integers(0, 8))
def test_cuts_are_taken_up_again_from_the_journal(cuts: list[tuple[int, int]], written_after: int) -> None:
    made, events, plain = planned(), [], planned().to_plain()
    for place, (number, first) in enumerate(cuts):
        if place == written_after:
            plain = made.to_plain()
        whole = made.rounds[0].shards.get(number)
        if whole and first < len(whole.runs):
            events.append(made.cut(number, first)[2])
    again = Planned.from_plain(json.loads(to_json(plain)))
    again.take_up(json.loads(to_json(events)))
    assert again.to_plain() == made.to_plain()
    assert again.rounds[0].is_of(STUDY)
    part = STUDY.only(["base"], range(4, 6))
    for one in (again, made):
        one.add(part, plan(part).work.shards)
    assert again.to_plain() == made.to_plain()


@pytest.mark.parametrize("event", [{"group": 7}, {"first": 0}, {"first": 4}, {"new": 1}, {"first": "2"}])
def test_a_cut_that_cannot_be_is_refused(event: dict[str, Any]) -> None:
    made = planned()
    with pytest.raises((ValueError, KeyError, TypeError)):
        made.take_up([{"group": 0, "first": 2, "new": 2} | event])


def test_a_million_runs_are_a_few_lines_and_are_cut_at_once() -> None:
    names = [f"v{index}" for index in range(10_000)]
    whole = Runs(names, [Block(0, 10_000, 0, 100)])
    made = Planned(Compute("numpy"), None, None, [Round(tuple(names), range(100), {0: Shard(0, whole)})])
    began, number = time.process_time(), 0
    for _ in range(2000):
        number = made.cut(number, 100)[1].number
    assert time.process_time() - began < 1
    assert made.rounds[0].runs == 10**6
    assert len(to_json(made.to_plain())) < 10**6


def test_a_plan_that_lacks_a_run_is_not_of_the_study() -> None:
    made = planned()
    plain = made.to_plain()
    plain["rounds"][0]["shards"][0]["runs"] = [(0, 1, 0, 3)]
    assert not Planned.from_plain(plain).rounds[0].is_of(STUDY)
    plain["rounds"][0]["shards"][0]["runs"] = [(0, 1, 0, 3), (0, 1, 2, 4)]
    assert not Planned.from_plain(plain).rounds[0].is_of(STUDY)
    assert not made.rounds[0].is_of(STUDY.only(["base"], range(4)))


def test_a_plan_of_an_older_version_names_every_seed() -> None:
    made = planned()
    plain = made.to_plain()
    plain["rounds"][0]["shards"][0]["runs"] = {"base": [0, 1, 2, 3]}
    del plain["cuts"]
    assert Planned.from_plain(plain).to_plain() == made.to_plain()


def test_variants_have_as_many_runs_as_their_study_says_where_these_are_not_paired() -> None:
    made = planned()
    plain = made.to_plain()
    plain["rounds"][0]["shards"][0]["runs"] = [(0, 1, 0, 2)]
    fewer = Planned.from_plain(plain).rounds[0]
    assert fewer.is_of(STUDY, {"base": 2})
    assert not fewer.is_of(STUDY, {"base": 3})
    assert not made.rounds[0].is_of(STUDY, {"base": 2})
