"""The plan of a study: rounds and pieces, and that it reads back as it was written."""

from __future__ import annotations

import json

from study_files import small

from seedbed.api import Study
from seedbed.execution.planned import Planned
from seedbed.execution.rounds import Until
from seedbed.files import to_json
from seedbed.plan.plan import plan
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
    assert [shard.number for one in made.rounds for shard in one.shards] == [0, 1, 2]
    assert ([one.runs for one in made.rounds], made.seeds, made.looked_at) == ([8, 2], 6, [4])


def test_pieces_are_the_whole_shard_and_have_numbers_of_their_own() -> None:
    made = planned()
    runs = made.rounds[0].shards[0].runs
    first, second = made.cut(0, 0, 2)
    assert (first.runs + second.runs, len(first.runs)) == (runs, 2)
    assert [shard.number for shard in made.rounds[0].shards] == [0, 2, 1]
    assert made.rounds[0].is_of(STUDY)


def test_a_plan_that_lacks_a_run_is_not_of_the_study() -> None:
    made = planned()
    plain = made.to_plain()
    plain["rounds"][0]["shards"][0]["runs"]["base"].pop()
    assert not Planned.from_plain(plain).rounds[0].is_of(STUDY)
    assert not made.rounds[0].is_of(STUDY.only(["base"], range(4)))


def test_variants_have_as_many_runs_as_their_study_says_where_these_are_not_paired() -> None:
    made = planned()
    plain = made.to_plain()
    del plain["rounds"][0]["shards"][0]["runs"]["base"][2:]
    fewer = Planned.from_plain(plain).rounds[0]
    assert fewer.is_of(STUDY, {"base": 2})
    assert not fewer.is_of(STUDY, {"base": 3})
    assert not made.rounds[0].is_of(STUDY, {"base": 2})
