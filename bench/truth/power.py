"""How often a difference that is there is found, beside the paired t test on the same normal gaps."""

from __future__ import annotations

from functools import partial

import numpy as np

from bench.truth.counting import Cell, Outcome
from bench.truth.draws import normal
from bench.truth.made import Made, verdicts_alone
from bench.truth.questions import Question, Table, as_often_as
from seedbed.analysis.intervals import t_interval

SEEDS = (8, 12, 30, 100)
POWERS = {"about a half": 1.96, "about four fifths": 2.80}  # effects in standard errors of a mean


def judged(errors_apart: float, seeds: int, random: np.random.Generator) -> Outcome:
    """A study of two variants of which one is better."""
    base, other = normal(random, 2, seeds)
    other = other + errors_apart / np.sqrt(seeds)
    with verdicts_alone():
        found = Made({"base": base, "other": other}).versus_base["other"].verdict == "better"
    return {"found": found, "t": t_interval(other - base)[1] > 0}


def cells() -> list[Cell]:
    """Every power with every number of seeds."""
    return [Cell(name, f"{n}", partial(judged, apart, n)) for name, apart in POWERS.items() for n in SEEDS]


QUESTION = Question(
    title="Differences that are there",
    text=(
        "Normal gaps, one variant against the base, with a mean of 1.96 or 2.8 standard errors. With 5 seeds "
        "nothing can be found: "
        "of 32 patterns of signs, the two in which all agree are 6 %."
    ),
    before="",
    corner="power of the t test",
    tables=(
        Table(
            "found",
            "“better” is found; the goal is at least 0.9 times as often as the t test",
            as_often_as("t"),
        ),
        Table("t", "the paired t test at 5 % finds it", None),
    ),
    cells=cells,
)
