"""Forms of claims, each just on the boundary of what it says: how often it is decided either way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from bench.truth.counting import Cell, Outcome
from bench.truth.draws import normal
from bench.truth.made import Made, verdicts_alone
from bench.truth.questions import Question, Table, errors

SEEDS = (12, 30)
NAMES = ("base", "a", "b", "c")
OF_A = {"variant": "a", "metric": "score"}
Shift = tuple[float, float, float, float]  # of the variants, whose gaps have a standard deviation of 1
CLAIMS: dict[str, tuple[Shift, Mapping[str, Any]]] = {
    "not better by over 1, ahead by 1": ((0, 1, 0, 0), {"not_better": "a", "than": "base", "margin": 1.0}),
    "better than any of three that are as good": (
        (0, 0, 0, 0),
        {"better_than_any": "a", "than": ["base", "b", "c"]},
    ),
    "better than three, as good as one, far from two": (
        (0, 0, -3, -3),
        {"better": "a", "than": ["base", "b", "c"]},
    ),
    "ordered, the last step is none": ((0, 0, -3, -6), {"ordered": ["base", "a", "b", "c"]}),
    "a peak, as good as one neighbour": ((0, 0, -3, 0), {"peak": "a", "than": ["base", "b"]}),
    "between 1 and 5, ahead by 1": ((0, 1, 0, 0), {"variant": "a", "between": [1.0, 5.0], "than": "base"}),
    "similar within 1, ahead by 1": ((0, 1, 0, 0), {"similar": ["a", "base"], "within": 1.0}),
    "an interaction, the sum of both": ((0, 1, 2, 3), {"interaction": ["base", "a", "b", "c"]}),
    "near 0 within 1, at 1": ((0, 1, 0, 0), {**OF_A, "near": 0.0, "within": 1.0}),
    "above 0, at 0": ((0, 0, 0, 0), {**OF_A, "above": 0.0}),
}


def judged(shift: Shift, keys: Mapping[str, Any], seeds: int, random: np.random.Generator) -> Outcome:
    """A study with one claim, on its boundary."""
    drawn = normal(random, len(NAMES), seeds) + np.array(shift)[:, None]
    return _decided(dict(zip(NAMES, drawn, strict=True)), keys)


def converging(share: float, seeds: int, random: np.random.Generator) -> Outcome:
    """A study that claims of a variant just the share of runs that do not fail."""
    values = random.normal(size=(2, seeds))
    values[1, random.random(seeds) > share] = -np.inf
    return _decided(dict(zip(NAMES, values, strict=False)), {"variant": "a", "converges": share})


def agreeing(seeds: int, random: np.random.Generator) -> Outcome:
    """A study that claims that a number could be one more of a variant's runs, as it is."""
    values = random.normal(size=(2, seeds))
    return _decided(dict(zip(NAMES, values, strict=False)), {**OF_A, "agrees": random.normal()})


def _decided(values: Mapping[str, np.ndarray], keys: Mapping[str, Any]) -> Outcome:
    with verdicts_alone():
        (judgement,) = Made(values, claims=[{"claim": "on its boundary", **keys}]).judgements
    wrong = ("refuted",) if "agrees" in keys else ("supported", "refuted")
    return {"decided": judgement.verdict in wrong}


def cells() -> list[Cell]:
    """Every form with every number of seeds."""
    studies: dict[str, Callable[..., Outcome]] = {
        name: partial(judged, shift, keys) for name, (shift, keys) in CLAIMS.items()
    }
    studies["converges in 80 %, as it does"] = partial(converging, 0.8)
    studies["agrees with a number that is one more run"] = agreeing
    return [Cell(name, f"{n}", partial(study, n), 0.5) for name, study in studies.items() for n in SEEDS]


QUESTION = Question(
    title="Claims on the boundary",
    text=(
        "One claim of a form, of runs that are just where it begins or ends to hold, so any verdict may be "
        "wrong. A claim "
        "of several parts is decided more rarely than 5 %. That a number agrees is wrong only where it is refuted."
    ),
    before="",
    corner="claim",
    tables=(Table("decided", "supported or refuted, stated at most 5 %", errors(0.05)),),
    cells=cells,
)
