"""One variant by itself: whether the interval of its median holds, and how often a bound on the boundary is claimed."""

from __future__ import annotations

from functools import partial

import numpy as np

from bench.truth import draws
from bench.truth.counting import Cell, Outcome
from bench.truth.made import Made
from bench.truth.questions import Question, Table, coverage, errors

SEEDS = (8, 12, 30, 100)
KINDS = {
    "normal": (draws.Kind(draws.normal), 0.0),
    "log-normal errors, sigma 2": (draws.Kind(partial(draws.log_normal, 2.0), "val.mse", "min"), 0.01),
}


def judged(kind: draws.Kind, median: float, seeds: int, random: np.random.Generator) -> Outcome:
    """A study that claims of a variant that it lies above, and below, just its median."""
    (values,) = kind.draw(random, 1, seeds)
    about = {"variant": "base", "metric": kind.metric}
    claims = [{"claim": "above", **about, "above": median}, {"claim": "below", **about, "below": median}]
    outcome: dict[str, bool | None] = {}
    for claim in claims:  # each in a study of its own
        study = Made({"base": values}, kind.metric, kind.direction, [claim])
        outcome[claim["claim"]] = study.judgements[0].verdict == "supported"
    seen = study.summary("base", kind.metric)
    outcome["covered"] = bool(seen.median_low <= median <= seen.median_high)
    return outcome


def cells() -> list[Cell]:
    """Every kind of runs with every number of seeds."""
    return [
        Cell(name, f"{n}", partial(judged, kind, median, n))
        for name, (kind, median) in KINDS.items()
        for n in SEEDS
    ]


QUESTION = Question(
    title="One variant's median",
    text=(
        "Intervals of medians end at values that were seen, so their coverage goes in steps: it is 95 % or the "
        "next step above. "
        "Claims name just the true median as a bound."
    ),
    before=(
        "Before: a mean was shown, and a geometric mean tested: “below” was supported beside a mean thirty times "
        "the bound."
    ),
    corner="runs",
    tables=(
        Table("covered", "the interval holds the median, stated at least 95 %", coverage()),
        Table("above", "“above” is supported, stated at most 2.5 %", errors(0.025)),
        Table("below", "“below” is supported, stated at most 2.5 %", errors(0.025)),
    ),
    cells=cells,
)
