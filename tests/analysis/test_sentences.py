"""What the runs say of a claim, in sentences."""

from dataclasses import replace

import numpy as np
import pytest

from seedbed.analysis.comparing import compared, of_median_seen
from seedbed.analysis.judgements import Judgement
from seedbed.analysis.pairs import Pairs
from seedbed.analysis.runs import Runs
from seedbed.analysis.sentences import corrections, sentence

nan, inf = float("nan"), float("inf")


def judged(verdict, form, a, b, p=0.01, scale="difference", direction="min"):
    if form in ("above", "below"):
        seen = of_median_seen(np.asarray(a))
    else:
        seen = compared(Pairs.of(Runs.of(a), Runs.of(b), scale), direction)
    return Judgement("so", verdict, form, "A", "B", "val.mse", seen, p, corrected_p=p)


LOW, HIGH = np.arange(1.0, 9.0), np.arange(1.0, 9.0) * 2


@pytest.mark.parametrize(
    ("judgement", "told"),
    [
        (
            judged("supported", "better", LOW, HIGH),
            "Over 8 seeds, val.mse is typically 4.50 lower with “A” than with “B” (95",
        ),
        (
            judged("supported", "better", LOW, HIGH, scale="ratio"),
            "is typically 2.0 times lower with “A” than",
        ),
        (judged("supported", "better", HIGH, LOW), "4.50 higher with"),
        (judged("supported", "better", LOW, HIGH), ", better in 8 of 8 seeds."),
        (judged("supported", "exceeds", HIGH, LOW), "val.mse of “A” is typically 4.50 higher than its B"),
        (judged("supported", "above", LOW, LOW), "the median val.mse of “A” is 4.500, compared with B (95"),
        (judged("undecided", "better", LOW[:4], HIGH[:4], None), "A verdict needs at least 6 seeds"),
        (judged("supported", "better", LOW, HIGH, 1e-9), "p\u00a0<\u00a00.0001"),
        (judged("undecided", "better", LOW * nan, LOW), "No runs to judge it by."),
        (judged("undecided", "better", LOW * inf, LOW * inf), "All runs that it would be judged by failed."),
        (judged("supported", "better", LOW[:1], HIGH[:1]), "Over 1 seed,"),
        (judged("refuted", "better", LOW, LOW), "is typically the same with “A” as with “B”"),
    ],
)
def test_sentences(judgement, told):
    assert told in sentence(judgement)


@pytest.mark.parametrize(
    ("powers", "told"),
    [
        (-np.arange(1.0, 9.0), "23 times lower with “A” than with “B” (95\u00a0%\u00a0interval 5.0 to 102"),
        (np.arange(-3.0, 5.0), "interval 3.2 times lower to 6.3 times higher"),
    ],
)
def test_an_interval_of_ratios_is_told_as_the_estimate_is(powers, told):
    text = sentence(judged("undecided", "better", 2.0**powers, np.ones(8), scale="ratio"))
    assert told in text


def test_failures_are_told_with_what_they_show():
    few = judged("supported", "better", np.append(LOW, [3.0, 4.0, inf]), np.append(HIGH, [6.0, 8.0, 9.0]))
    assert (
        "better in 10 of 11 seeds; but 1 run failed against none (p\u00a0=\u00a01.00: not yet shown)."
        in sentence(few)
    )
    many = np.concatenate([np.full(9, inf), np.ones(40)])
    shown = judged("supported", "better", many, np.arange(49.0) + 2)
    assert "but 9 runs failed against none (p\u00a0=\u00a00.0039: shown)" in sentence(shown)
    both = judged("supported", "better", np.append(LOW, [inf, inf]), np.append(HIGH, [inf, inf]))
    assert "; 2 runs failed on either side, both in 2 pairs" in sentence(both)
    fewer = judged("supported", "better", np.append(LOW, [3.0, 4.0]), np.append(HIGH, [6.0, inf]))
    assert "; no run failed against 1 (" in sentence(fewer)


def test_without_a_typical_value_wins_are_told():
    told = sentence(judged("refuted", "better", np.append(LOW, [inf] * 4), np.append(HIGH, [1.0] * 4)))
    assert "no val.mse is typical of “A”, of which over a fifth of the runs failed" in told
    assert "better in 8 of 12 seeds; but 4 runs failed against none" in told
    told = sentence(judged("refuted", "better", np.append(HIGH, [1.0] * 4), np.append(LOW, [inf] * 4)))
    assert "no val.mse is typical of “B”" in told


def test_a_pair_without_such_a_number_is_told():
    seen = judged("supported", "better", LOW, HIGH)
    assert "In 1 pair the metric is undefined." in sentence(
        replace(seen, seen=replace(seen.seen, undefined=1))
    )


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        ({"margin": 0.5}, "The claim is about a difference of more than 0.5 in val.mse."),
        ({"factor": 1.1}, "The claim is about more than 1.1 times in val.mse."),
        ({"form": "not_better", "margin": 0.5}, "a difference of no more than 0.5 in val.mse."),
        ({"form": "similar", "within": 0.05}, "The claim allows a difference of up to 0.05."),
        ({"form": "similar", "within": 0.0}, "up to 0."),
        ({"form": "similar", "factor": 1.1}, "The claim allows a factor of up to 1.1."),
        ({"opponents": 3}, "Of 3 opponents “B” decides the verdict."),
    ],
)
def test_what_a_claim_asks_for_is_told(facts, told):
    assert told in sentence(replace(judged("refuted", "better", LOW, HIGH), **facts))


def test_a_claim_without_a_margin_speaks_of_none():
    told = sentence(judged("refuted", "better", LOW, HIGH))
    assert "claim" not in told
    assert "opponents" not in told


def test_a_median_among_diverged_runs():
    below = sentence(judged("refuted", "below", np.append(LOW[:6], [inf, inf]), LOW))
    assert "the median val.mse of “A” is 4.500" in below
    assert "; 2 runs diverged or crashed." in below
    assert "at least half of the runs of “A” diverged or crashed" in sentence(
        judged("refuted", "below", np.full(8, inf), LOW)
    )


def test_what_several_claims_share_is_told_once():
    one = judged("supported", "better", LOW, HIGH)
    assert corrections([one]) == ""
    assert "adjusted for all 2 claims (Holm)" in corrections([one, one])
    assert "A verdict needs at least 8 seeds" in sentence(
        replace(judged("undecided", "better", LOW[:7], HIGH[:7]), claims=5)
    )
