"""What whole studies say of variants whose runs are the same, all diverged, have no such number, or cost time."""

import numpy as np
import pytest
from study_files import plain

from seedbed.api import Result, Study, run
from seedbed.study.problems import StudyError

DECAY = {"training.optimizer": "adamw"}  # with no decay it is adam
FASTER = {"training.lr": 0.02}


def text(changes=None, change=DECAY, of_claim=None):
    claim = {"claim": "the other is better", "better": "other", "than": "base", **(of_claim or {})}
    own = {
        "training.optimizer": "adam",
        "study.fails_above": 1e9,
        "variant": [{"name": "other", "set": change}],
        "hypothesis": [claim],
    }
    return plain(own | (changes or {}))


def studied(tmp_path, *facts):
    return Result.open(run(Study.parse(text(*facts)), runs_dir=tmp_path).directory)


@pytest.mark.parametrize(
    ("facts", "verdict", "claim"),
    [
        ((), "same runs", "refuted"),
        (({}, FASTER), "better", "supported"),
        (({"training.lr": 1e30},), "all failed", "undecided"),
        (
            ({"data.expression": "2 + 0*x", "study.metric": "val.r2", "study.fails_above": None}, FASTER),
            "undefined",
            "undecided",
        ),
    ],
)
def test_the_verdict_says_what_is_the_case(tmp_path, facts, verdict, claim):
    result = studied(tmp_path, *facts)
    versus = result.versus_base["other"]
    assert versus.verdict == verdict
    assert (versus.p is None) == (verdict != "better")
    assert [judgement.verdict for judgement in result.judgements] == [claim]
    assert verdict in str(result.table)
    assert verdict in result.report().read_text()
    assert result.document["variants"][1]["versus_base"]["verdict"] == verdict


def test_same_runs_do_not_count_as_a_comparison(tmp_path):
    result = studied(tmp_path)
    assert result.versus_base["other"].comparison.n == 6
    assert result.same_runs("other", "base")
    assert "are the same in every metric" in result.report().read_text()


@pytest.mark.parametrize(
    "facts", [{"changes": {"study.metric": "seconds"}}, {"of_claim": {"metric": "seconds"}}]
)
def test_costs_are_not_tested(facts):
    with pytest.raises(StudyError, match='"seconds" is a cost: all runs of a group share one clock'):
        Study.parse(text(**facts))


def test_costs_of_every_variant_are_reported(tmp_path):
    result = studied(tmp_path, {}, {"model.hidden": [40]})
    small, large = result.document["variants"]
    assert (small["parameters"], large["parameters"]) == (13, 121)
    seconds = np.array(result.runs["seconds"])
    assert small["seconds_per_run"] == pytest.approx(seconds[:6].mean())
    assert result.table.header[-2:] == ["parameters", "seconds/run"]
    assert [row[-2] for row in result.table.rows] == ["13", "121"]
    page = result.report().read_text()
    assert "seconds per run" in page
    assert ">121<" in page


def test_published_seconds_stand_beside_a_mean_without_an_interval(tmp_path):
    result = studied(tmp_path, {"published": {"seconds": 10}})
    seen = result.document["variants"][0]["metrics"]["seconds"]
    assert (seen["published"], seen["low"], seen["high"]) == (10, None, None)
    assert seen["mean"] > 0
