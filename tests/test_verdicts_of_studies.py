"""What whole studies say of variants whose runs are the same, all diverged, have no such number, or cost time."""

import numpy as np
import pytest

from seedbed.problems import StudyError
from seedbed.results import Result
from seedbed.runner import run
from seedbed.study import Study

TEXT = """
name = "verdicts"
[data]
source = "function"
expression = "{expression}"
domain = [0, 6]
samples = 60
split = [0.6, 0.2, 0.2]
[model]
kind = "mlp"
hidden = [4]
[training]
lr = {lr}
epochs = 2
optimizer = "adam"
[study]
seeds = 6
metric = "{metric}"
[[variant]]
name = "other"
set = {{ {change} }}
[[hypothesis]]
claim = "the other is better"
better = "other"
than = "base"
"""
DECAY = '"training.optimizer" = "adamw"'  # with no decay it is adam


def studied(tmp_path, change=DECAY, metric="val.mse", expression="sin(x)", lr="0.01"):
    text = TEXT.format(expression=expression, lr=lr, metric=metric, change=change)
    return Result.open(run(Study.parse(text), runs_dir=tmp_path).directory)


@pytest.mark.parametrize(
    ("facts", "verdict", "claim"),
    [
        ({}, "same runs", "refuted"),
        ({"change": '"training.lr" = 0.02'}, "better", "supported"),
        ({"lr": "1e30"}, "all diverged", "undecided"),
        ({"expression": "2 + 0*x", "metric": "val.r2", "change": '"training.lr" = 0.02'}, "undefined", "undecided"),
    ],
)  # fmt: skip
def test_the_verdict_says_what_is_the_case(tmp_path, facts, verdict, claim):
    result = studied(tmp_path, **facts)
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


@pytest.mark.parametrize("key", ["study", "hypothesis"])
def test_costs_are_not_tested(key):
    text = TEXT.format(expression="sin(x)", lr=0.01, metric="val.mse", change=DECAY)
    if key == "study":
        text = text.replace('metric = "val.mse"', 'metric = "seconds"')
    else:
        text += 'metric = "seconds"\n'
    with pytest.raises(StudyError, match='"seconds" is a cost: all runs of a group share one clock'):
        Study.parse(text)


def test_costs_of_every_variant_are_reported(tmp_path):
    result = studied(tmp_path, change='"model.hidden" = [40]')
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
    text = TEXT.format(expression="sin(x)", lr=0.01, metric="val.mse", change=DECAY)
    text = text.replace("[[variant]]", '[published]\n"seconds" = 10\n[[variant]]', 1)
    result = Result.open(run(Study.parse(text), runs_dir=tmp_path).directory)
    seen = result.document["variants"][0]["metrics"]["seconds"]
    assert (seen["published"], seen["low"], seen["high"]) == (10, None, None)
    assert seen["mean"] > 0
