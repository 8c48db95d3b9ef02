"""What the runs say of a claim, in sentences."""

from dataclasses import replace

import numpy as np
import pytest

from seedbed.analysis.claims import Judgement
from seedbed.analysis.pairs import paired
from seedbed.analysis.sentences import sentence

nan, inf = float("nan"), float("inf")


def judged(verdict, form, a, b, p=0.01, seeds=None, scale="difference"):
    return Judgement("so", verdict, form, "A", "B", "val.mse", paired(a, b, scale), p, seeds)


LOW, HIGH = np.arange(1.0, 9.0), np.arange(1.0, 9.0) * 2


@pytest.mark.parametrize(
    ("judgement", "told"),
    [
        (judged("supported", "better", LOW, HIGH), "val.mse is 4.50 lower with “A” than with “B” (95"),
        (
            judged("supported", "better", LOW, HIGH, scale="ratio"),
            "val.mse with “A” is 0.500 times that with “B”",
        ),
        (judged("supported", "better", HIGH, LOW), "4.50 higher with"),
        (judged("supported", "exceeds", HIGH, LOW), "val.mse of “A” is 4.50 higher than its B"),
        (judged("supported", "above", LOW, LOW * 0), "val.mse of “A” is 4.500 on average, compared with B"),
        (
            judged("supported", "below", LOW, LOW / LOW, scale="ratio"),
            "is 3.764 in geometric mean, compared with B",
        ),
        (judged("undecided", "better", LOW[:4], HIGH[:4], None, 9), "A verdict needs at least 5 seeds"),
        (judged("undecided", "better", LOW, HIGH, 0.3, 1234), "about 1,234 seeds would decide"),
        (judged("undecided", "better", LOW, HIGH, 0.3), "No practical number of seeds"),
        (judged("supported", "better", LOW, HIGH, 1e-9), "p\u00a0<\u00a00.0001"),
        (judged("supported", "better", np.full(8, inf), LOW), "no pair of runs ended"),
        (judged("undecided", "better", LOW * nan, LOW), "No runs to judge it by."),
        (judged("supported", "better", LOW[:1], HIGH[:1]), "Over 1 seed,"),
    ],
)
def test_sentences(judgement, told):
    assert told in sentence(judgement)


def test_a_refuted_claim_shows_no_p_near_one():
    assert "p\u00a0" not in sentence(judged("refuted", "better", HIGH, LOW, 1.0))


def test_diverged_pairs_are_told():
    told = sentence(judged("supported", "better", LOW, np.concatenate([HIGH[:7], [inf]])))
    assert "In 1 pair one run diverged and counts as the worse" in told


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        ({"margin": 0.5}, "The claim is about a difference of more than 0.5 in val.mse."),
        ({"form": "not_better", "margin": 0.5}, "a difference of no more than 0.5 in val.mse."),
        ({"form": "similar", "within": 0.05}, "The claim allows a difference of up to 0.05."),
        ({"within": 0.0}, "up to 0."),
        ({"opponents": 3}, "Of 3 opponents “B” decides the verdict."),
        ({"verdict": "undecided", "p": 0.001}, "p supports the claim and the interval does not"),
    ],
)
def test_what_a_claim_asks_for_is_told(facts, told):
    assert told in sentence(replace(judged("refuted", "better", LOW, HIGH), **facts))


def test_a_claim_without_a_margin_speaks_of_none():
    told = sentence(judged("refuted", "better", LOW, HIGH))
    assert "claim" not in told
    assert "opponents" not in told


def test_diverged_runs_are_told_as_what_they_are():
    """No other pairs where all are decided by divergence, and no pairs where a number is the opponent."""
    all_diverged = sentence(judged("supported", "better", LOW, np.full(8, inf)))
    assert "In 8 pairs one run diverged and counts as the worse: p is from the sign test." in all_diverged
    below = sentence(judged("refuted", "below", np.append(LOW[:6], [inf, inf]), LOW * 0))
    assert "2 of 8 runs diverged, which counts as the worst value: p is from the sign test." in below
    assert "no run ended" in sentence(judged("refuted", "below", np.full(8, inf), LOW * 0))
