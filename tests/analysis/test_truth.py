"""docs/truth.md at a reduced size: verdicts keep the rates that they state, and a wrong method would be noticed."""

import numpy as np
import pytest

from bench.truth import QUESTIONS, failures, fresh, looks, numbers, several, typical, unpaired
from bench.truth.counting import Rate, rates_of
from bench.truth.made import verdicts_alone
from bench.truth.questions import Goal
from seedbed.analysis import flips, verdicts
from seedbed.analysis import unpaired as of_unpaired
from seedbed.analysis.looks import Rule
from seedbed.results import result


def missed(question, row, column, studies):
    """The rates of a situation that miss their goals, of so many studies."""
    rates = {}
    for cell in question.cells():
        if (cell.row, cell.column) == (row, column):
            rates |= rates_of(cell, range(max(1, round(studies * cell.share))))
    assert rates, f"no situation {row!r}, {column!r}"
    wanted = {
        table.rate: table.goal(rates) for table in question.tables if table.goal and table.rate in rates
    }
    return [name for name, goal in wanted.items() if goal.verdict(rates[name]) == "missed"]


@pytest.mark.parametrize(
    ("question", "row", "column", "studies"),
    [
        (typical.QUESTION, "normal", "12", 300),
        (typical.QUESTION, "log-normal errors, sigma 2", "30", 250),
        (typical.QUESTION, "heavy tails (t, 2 degrees)", "8", 250),
        (typical.QUESTION, "10 % of one side's runs 100 times worse", "12", 300),
        (typical.QUESTION, "accuracies of 200 samples", "30", 250),
        (unpaired.QUESTION, "normal, the first spread 4 times as wide", "6 and 18", 400),
        (unpaired.QUESTION, "30 % of both sides' runs diverged", "12", 400),
        (several.OF_VARIANTS, "normal, 5 variants", "12", 200),
        (several.OF_CLAIMS, "normal, 6 claims", "12", 250),
        (several.OF_CLAIMS, "normal, 10 claims of five forms", "30", 100),
        (fresh.QUESTION, "random splits", "10", 400),
        (looks.QUESTION, "normal, equally good", "1 claim", 240),
        (failures.QUESTION, "10 % fail, 9 against base", "30", 200),
        (numbers.QUESTION, "log-normal errors, sigma 2", "12", 400),
    ],
)
def test_stated_rates_hold(question, row, column, studies):
    assert missed(question, row, column, studies) == []


# --- and would not with a wrong method ------------------------------------------------------------------


def test_uncorrected_claims_are_noticed(monkeypatch):
    monkeypatch.setattr(verdicts, "holm", lambda ps: ps)
    assert "any" in missed(several.OF_CLAIMS, "normal, 6 claims", "12", 300)


def test_uncorrected_variants_are_noticed(monkeypatch):
    monkeypatch.setattr(result, "holm", lambda ps: ps)
    assert "any" in missed(several.OF_VARIANTS, "normal, 5 variants", "12", 300)


def test_a_mean_in_place_of_the_typical_gap_is_noticed(monkeypatch):
    monkeypatch.setattr(flips, "clipped", lambda gaps: gaps)
    assert "difference" in missed(typical.QUESTION, "skewed gaps", "100", 200)


def test_errors_that_are_taken_as_known_are_noticed_where_runs_are_not_paired(monkeypatch):
    monkeypatch.setattr(of_unpaired, "EFFECTIVE", 1000.0)
    row = "normal, the first spread 4 times as wide"
    assert {"difference", "covered"} <= set(missed(unpaired.QUESTION, row, "6", 300))


def test_looks_without_boundaries_are_noticed(monkeypatch):
    monkeypatch.setattr(Rule, "boundary", lambda rule, look, undecided: 0.025 / undecided)
    assert "any" in missed(looks.QUESTION, "normal, equally good", "1 claim", 400)


# --- the harness itself ---------------------------------------------------------------------------------


def test_verdicts_are_the_same_with_and_without_intervals():
    for name, kind in typical.KINDS.items():
        for number in range(5):
            seen = typical.drawn(kind, 12, np.random.default_rng(number))
            with verdicts_alone():
                alone = typical.drawn(kind, 12, np.random.default_rng(number))
                told = [versus.verdict for versus in alone.versus_base.values()]
                told += [judgement.verdict for judgement in alone.judgements]
            whole = [versus.verdict for versus in seen.versus_base.values()]
            assert told == whole + [judgement.verdict for judgement in seen.judgements], name


@pytest.mark.parametrize(
    ("hits", "safe", "expected"),
    [(50, "below", ""), (62, "below", "unclear"), (90, "below", "missed"), (90, "above", "cautious")],
)
def test_a_goal_is_missed_where_the_simulation_can_tell(hits, safe, expected):
    assert Goal(0.0, 0.059, safe).verdict(Rate(hits, 1000)) == expected


def test_situations_of_a_question_have_names_of_their_own():
    for question in QUESTIONS:
        named = [(cell.row, cell.column, cell.study.func) for cell in question.cells()]
        assert len(set(named)) == len(named), question.title
