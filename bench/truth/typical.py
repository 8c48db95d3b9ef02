"""Two variants: how often a difference is seen where there is none, and how often its interval holds the truth."""

from __future__ import annotations

from functools import partial

import numpy as np

from bench.truth import draws
from bench.truth.counting import Cell, Outcome
from bench.truth.made import Made, verdicts_alone
from bench.truth.questions import Question, Table, coverage, errors
from seedbed.analysis.runs import NOTHING

SEEDS = (5, 8, 12, 30, 100)
VERDICTS = {5: 0.1}  # of so few pairs there is none
INTERVALS = {5: 0.4, 8: 0.4, 12: 0.4, 30: 0.3, 100: 0.15}  # how many studies: they take long to find
KINDS = {
    "normal": draws.Kind(draws.normal),
    "log-normal errors, sigma 1": draws.Kind(partial(draws.log_normal, 1.0), "val.mse", "min"),
    "log-normal errors, sigma 2": draws.Kind(partial(draws.log_normal, 2.0), "val.mse", "min"),
    "heavy tails (t, 2 degrees)": draws.Kind(draws.t2),
    "10 % of one side's runs 100 times worse": draws.Kind(
        partial(draws.failing, "one", 100.0, 0.1), "val.mse", "min"
    ),
    "10 % of both sides' runs 100 times worse": draws.Kind(
        partial(draws.failing, "both", 100.0, 0.1), "val.mse", "min"
    ),
    "20 % of both sides' runs 100 times worse": draws.Kind(
        partial(draws.failing, "both", 100.0, 0.2), "val.mse", "min"
    ),
    "10 % of one side's runs diverged": draws.Kind(
        partial(draws.failing, "one", np.inf, 0.1), "val.mse", "min"
    ),
    "accuracies of 200 samples": draws.Kind(draws.accuracies, "val.accuracy", "max"),
    "skewed gaps": draws.Kind(draws.skewed),
}
CLAIM = {"claim": "the other is better", "better": "other", "than": "base"}


def judged(kind: draws.Kind, seeds: int, random: np.random.Generator) -> Outcome:
    """The verdicts of a study of two variants of which neither is better."""
    with verdicts_alone():
        verdict = drawn(kind, seeds, random).versus_base["other"].verdict
    return {"difference": verdict in ("better", "worse")}


def covered(kind: draws.Kind, seeds: int, random: np.random.Generator) -> Outcome:
    """Whether the interval of such a study holds the truth."""
    seen = drawn(kind, seeds, random).versus_base["other"].comparison
    nothing = NOTHING[seen.scale]
    return {"covered": None if np.isnan(seen.low) else bool(seen.low <= nothing <= seen.high)}


def drawn(kind: draws.Kind, seeds: int, random: np.random.Generator) -> Made:
    """A study of two variants, of which it claims that one is better."""
    base, other = kind.draw(random, 2, seeds)
    return Made({"base": base, "other": other}, kind.metric, kind.direction, [CLAIM])


def cells() -> list[Cell]:
    """Every kind of runs with every number of seeds."""
    each = [(name, kind, n) for name, kind in KINDS.items() for n in SEEDS]
    verdicts = [Cell(name, f"{n}", partial(judged, kind, n), VERDICTS.get(n, 1.0)) for name, kind, n in each]
    intervals = [Cell(name, f"{n}", partial(covered, kind, n), INTERVALS[n]) for name, kind, n in each]
    return verdicts + intervals


QUESTION = Question(
    title="Two variants that are equally good",
    text=(
        "Under the same seeds, the runs of both come from one distribution, but for those that fail on one side; "
        "of skewed "
        "gaps, the 20 % trimmed mean is 0. A verdict “better” or “worse” is wrong."
    ),
    before=(
        "Before: where one side fails in 10 % of its runs, claims got a wrong verdict in 21, 28, 26 and 10 % of "
        "studies of 5, 8, 12 "
        "and 30 seeds."
    ),
    corner="runs",
    tables=(
        Table("difference", "“better” or “worse”, stated at most 5 %", errors(0.05)),
        Table("covered", "the 95 % interval holds the typical gap", coverage()),
    ),
    cells=cells,
)
