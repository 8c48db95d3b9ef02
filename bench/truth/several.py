"""Many variants against the base, and many claims in one study: how often any verdict is wrong."""

from __future__ import annotations

from functools import partial

import numpy as np

from bench.truth import draws
from bench.truth.counting import Cell, Outcome
from bench.truth.made import Made, verdicts_alone
from bench.truth.questions import Question, Table, coverage, errors
from seedbed.analysis.runs import NOTHING
from seedbed.text import counted

VARIANTS = (1, 5, 9, 20)
CLAIMS = (1, 6, 10)
SEEDS = (12, 30, 100)
NORMAL = draws.Kind(draws.normal)
ERRORS = draws.Kind(partial(draws.log_normal, 1.0), "val.mse", "min")
OF_BASE = (*(("normal", NORMAL, count) for count in VARIANTS), ("log-normal errors, sigma 1", ERRORS, 9))
CLAIMED = (*(("normal", NORMAL, count) for count in CLAIMS), ("log-normal errors, sigma 1", ERRORS, 6))


def drawn(kind: draws.Kind, others: int, seeds: int, random: np.random.Generator) -> dict[str, np.ndarray]:
    """The base and so many others that are as good."""
    values = kind.draw(random, others + 1, seeds)
    return dict(zip(("base", *(f"v{i}" for i in range(others))), values, strict=True))


def against_base(kind: draws.Kind, others: int, seeds: int, random: np.random.Generator) -> Outcome:
    """A study without claims, of which all variants are equally good."""
    with verdicts_alone():
        study = Made(drawn(kind, others, seeds, random), kind.metric, kind.direction)
        return {"any": any(one.verdict in ("better", "worse") for one in study.versus_base.values())}


def covered(kind: draws.Kind, others: int, seeds: int, random: np.random.Generator) -> Outcome:
    """Whether all intervals of such a study hold the truth."""
    study = Made(drawn(kind, others, seeds, random), kind.metric, kind.direction)
    seen = [one.comparison for one in study.versus_base.values()]
    return {"all": all(one.low <= NOTHING[one.scale] <= one.high for one in seen)}


def among_the_best(kind: draws.Kind, others: int, seeds: int, random: np.random.Generator) -> Outcome:
    """Whether a certain one of variants that are all best is named among the best."""
    with verdicts_alone():
        study = Made(drawn(kind, others, seeds, random), kind.metric, kind.direction)
        return {"best": "base" in study.among_the_best}


def claimed(kind: draws.Kind, claims: int, seeds: int, random: np.random.Generator) -> Outcome:
    """A study that claims of each variant that it beats the base; none does."""
    values = drawn(kind, claims, seeds, random)
    written = [
        {"claim": f"{name} is better", "better": name, "than": "base"} for name in values if name != "base"
    ]
    with verdicts_alone():
        return _verdicts(Made(values, kind.metric, kind.direction, written))


def mixed(kind: draws.Kind, claims: int, seeds: int, random: np.random.Generator) -> Outcome:
    """A study of claims of several forms, each on the boundary of what it says."""
    values = drawn(kind, claims, seeds, random)
    names = list(values)[1:]
    written = []
    for i, name in enumerate(names):
        form = i % 5
        if form == 0:
            written.append({"better": name, "than": "base"})
        elif form == 1:  # ahead by just the margin
            values[name] = values[name] + 1.0
            written.append({"better": name, "than": "base", "margin": 1.0})
        elif form == 2:
            written.append({"variant": name, "metric": kind.metric, "above": 0.0})
        elif form == 3:
            written.append({"better": name, "than": ["base", names[0]]})
        else:
            values[name] = values[name] + 1.0
            written.append({"similar": [name, "base"], "within": 1.0})
    written = [{"claim": f"claim {i}", **keys} for i, keys in enumerate(written)]
    with verdicts_alone():
        return _verdicts(Made(values, kind.metric, kind.direction, written))


def _verdicts(study: Made) -> Outcome:
    verdicts = [judgement.verdict for judgement in study.judgements]
    supported = verdicts.count("supported")
    return {
        "each": (supported, len(verdicts)),
        "supported": supported > 0,
        "any": supported + verdicts.count("refuted") > 0,
    }


def _cells_of_variants() -> list[Cell]:
    each = [
        (f"{name}, {counted(others, 'variant')}", kind, others, n)
        for name, kind, others in OF_BASE
        for n in (8, *SEEDS)
    ]
    verdicts = [
        Cell(row, f"{n}", partial(against_base, kind, others, n), 0.5) for row, kind, others, n in each
    ]
    intervals = [
        Cell(row, f"{n}", partial(covered, kind, others, n), 0.1)
        for row, kind, others, n in each
        if others > 1 and n < 100
    ]
    best = [
        Cell(row, f"{n}", partial(among_the_best, kind, others, n), 0.3)
        for row, kind, others, n in each
        if others > 1 and n < 100
    ]
    return verdicts + intervals + best


def _cells_of_claims() -> list[Cell]:
    cells = [
        Cell(f"{name}, {counted(claims, 'claim')}", f"{n}", partial(claimed, kind, claims, n), 0.5)
        for name, kind, claims in CLAIMED
        for n in SEEDS
    ]
    forms = [
        Cell("normal, 10 claims of five forms", f"{n}", partial(mixed, NORMAL, 10, n), 0.5) for n in SEEDS
    ]
    return cells + forms


OF_VARIANTS = Question(
    title="Many variants against the base",
    text="All variants are equally good. Intervals are simultaneous: all of a study's hold the truth at once.",
    before=(
        "Before: intervals held one at a time. All of a study's held the truth at once in 83, 70 and 57 % of "
        "studies of 5, 9 and 20 variants."
    ),
    corner="variants",
    tables=(
        Table("any", "any “better” or “worse” in a study, stated at most 5 %", errors(0.05)),
        Table("all", "all intervals of a study hold the truth, stated 95 %", coverage()),
        Table(
            "best", "one that is as good as the best is named among them, stated at least 95 %", coverage()
        ),
    ),
    cells=_cells_of_variants,
)
OF_CLAIMS = Question(
    title="Many claims in a study",
    text=(
        "Each claim says that a variant beats the base, and none does; or claims of five forms (better, better by a "
        "margin, better than two, above, similar) are each just on the boundary."
    ),
    before=(
        "Before: of six claims, each was falsely supported in 10 to 15 % of studies where it was on the "
        "boundary, and 20 to 28 % "
        "of studies had any false verdict."
    ),
    corner="claims",
    tables=(
        Table("each", "a claim is supported, stated at most 2.5 %", errors(0.025)),
        Table("supported", "any claim is supported, stated at most 2.5 %", errors(0.025)),
        Table("any", "any claim is supported or refuted, stated at most 5 %", errors(0.05)),
    ),
    cells=_cells_of_claims,
)
