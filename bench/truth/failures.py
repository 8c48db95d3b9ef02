"""Runs that fail: whether the interval of their share holds, and how often a difference is seen where there is none."""

from __future__ import annotations

from functools import partial

import numpy as np

from bench.truth import draws
from bench.truth.counting import Cell, Outcome
from bench.truth.made import Made, verdicts_alone
from bench.truth.questions import Question, Table, coverage, errors
from seedbed.analysis.p_values import ALPHA

SEEDS = (8, 12, 30, 100)
SHARES = (0.05, 0.1, 0.2, 0.4)
OTHERS = (1, 9)


def judged(share: float, others: int, seeds: int, random: np.random.Generator) -> Outcome:
    """A study whose variants all fail equally often."""
    values = draws.failing("both", np.inf, share, random, others + 1, seeds)
    names = ("base", *(f"v{i}" for i in range(others)))
    with verdicts_alone():
        study = Made(dict(zip(names, values, strict=True)), "val.mse", "min")
        seen = [versus.comparison for versus in study.versus_base.values()]
        holds = study.failures["base"]
        return {
            "differ": any((one.failures_p or 1.0) < ALPHA for one in seen),
            "covered": holds.low <= share <= holds.high,
        }


def cells() -> list[Cell]:
    """Every share of failures with every number of seeds."""
    return [
        Cell(
            f"{100 * share:.0f} % fail, {others} against base", f"{n}", partial(judged, share, others, n), 0.5
        )
        for others in OTHERS
        for share in SHARES
        for n in SEEDS
        if others == 1 or share in (0.1, 0.4)
    ]


QUESTION = Question(
    title="Failures",
    text=(
        "Every run of every variant fails with the same chance. Shares of few runs go in steps, so the coverage "
        "of Wilson's interval "
        "swings about 95 %, and McNemar's test is cautious."
    ),
    before="",
    corner="runs that fail",
    tables=(
        Table(
            "differ", "any “fails more often” or “less often” in a study, stated at most 5 %", errors(0.05)
        ),
        Table("covered", "the interval holds the base's share, stated 95 %", coverage()),
    ),
    cells=cells,
)
