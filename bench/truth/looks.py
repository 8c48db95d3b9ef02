"""Seeds added until the claims are decided: how often that decides wrongly, and how often what is there is found."""

from __future__ import annotations

from functools import partial

import numpy as np

from bench.truth import draws
from bench.truth.counting import Cell, Outcome
from bench.truth.made import Made, verdicts_alone
from bench.truth.questions import Question, Table, errors
from bench.truth.several import drawn
from bench.truth.typical import KINDS
from seedbed.analysis.deciding import UNDECIDED
from seedbed.analysis.looks import AT_MOST, Rule
from seedbed.results import tested

CLAIMS = (1, 5)


def judged(kind: draws.Kind, claims: int, ahead: float, random: np.random.Generator) -> Outcome:
    """A study that gets seeds until each claim that a variant beats the base is decided, or 60 are there."""
    values = drawn(kind, claims, AT_MOST, random)
    written = [{"claim": name, "better": name, "than": "base"} for name in values if name != "base"]
    for name in values:
        values[name] = values[name] + (ahead if name != "base" else 0.0)
    rule, verdicts, seeds = Rule.up_to(AT_MOST), [UNDECIDED] * claims, 0
    for look, seeds in enumerate(rule.looks):
        so_far = {name: drawn[:seeds] for name, drawn in values.items()}
        with verdicts_alone():
            found = tested.claims(Made(so_far, kind.metric, kind.direction, written))
        verdicts = [verdict for verdict, _ in rule.decided(look, verdicts, [one.p for one in found])]
        if UNDECIDED not in verdicts:
            break
    supported = verdicts.count("supported")
    taken: Outcome = {"seeds": (seeds, AT_MOST)}
    if ahead:
        return {**taken, "found": (supported, claims)}
    return {**taken, "any": supported + verdicts.count("refuted") > 0}


def cells() -> list[Cell]:
    """Claims that do not hold, of several kinds of runs, and claims that hold."""
    names = (
        "normal",
        "log-normal errors, sigma 1",
        "10 % of one side's runs diverged",
        "accuracies of 200 samples",
    )
    nothing = [
        Cell(f"{name}, equally good", _counted(claims), partial(judged, KINDS[name], claims, 0.0), 0.25)
        for name in names
        for claims in CLAIMS
    ]
    there = [
        Cell(
            "normal, better by half a standard deviation of the gaps",
            _counted(claims),
            partial(judged, KINDS["normal"], claims, 0.5),
            0.1,
        )
        for claims in CLAIMS
    ]
    return nothing + there


def _counted(claims: int) -> str:
    return f"{claims} {'claims' if claims > 1 else 'claim'}"


QUESTION = Question(
    title="Seeds until the claims are decided",
    text=(
        "Looks at 10, 15, ... 60 seeds, with a boundary of its own for each. Claims that variants beat the base, "
        "where none does, or "
        "each by half a standard deviation of its gaps."
    ),
    before=(
        "Before: rerunning at 5, 10, ... 60 seeds until something was decided turned 5 % into 21 % for one "
        "claim, 66 % for five."
    ),
    corner="runs",
    tables=(
        Table(
            "any", "any claim that does not hold is supported or refuted, stated at most 5 %", errors(0.05)
        ),
        Table("found", "a claim that holds is supported", None),
        Table("seeds", "seeds taken, as a share of the 60", None),
    ),
    cells=cells,
)
