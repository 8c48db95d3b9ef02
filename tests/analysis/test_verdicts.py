"""Every form of a hypothesis: supported, refuted, undecided, with few seeds and with diverged runs."""

import itertools

import numpy as np
import pytest
from made_table import Made, accuracies, judge
from scipy import stats

from seedbed.analysis.estimate import Estimate
from seedbed.analysis.flips import flip_p
from seedbed.analysis.forms import FORMS
from seedbed.analysis.new_data import Basis
from seedbed.analysis.sentences import sentence
from seedbed.analysis.verdicts import judge as judge_all
from seedbed.study.hypotheses import Hypothesis

inf = float("inf")
WOBBLE = np.array([0.01, -0.02, 0.015, -0.005, 0.02, -0.01, 0.0, 0.005])
A, B, C = 0.9 + WOBBLE, 0.5 + WOBBLE[::-1], 0.9 + WOBBLE[::-1]


TABLE = accuracies(a=A, b=B, c=C, short=A[:4].tolist() + [np.nan] * 4)
METRICS = Made({("a", "train.accuracy"): A, ("a", "val.accuracy"): B, ("a", "test.accuracy"): C})


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"better": "a", "than": "b"}, "supported"),
        ({"better": "b", "than": "a"}, "refuted"),
        ({"better": "a", "than": "c"}, "undecided"),
        ({"better": "a", "than": ["b"]}, "supported"),
        ({"better": "a", "than": ["b", "c"]}, "undecided"),
        ({"better": "b", "than": ["c", "a"]}, "refuted"),
        ({"better": "a", "than": "b", "margin": 0.3}, "supported"),
        ({"better": "a", "than": "b", "margin": 0.5}, "refuted"),
        ({"better": "a", "than": "c", "margin": 0.01}, "undecided"),
        ({"not_better": "b", "than": "a"}, "supported"),
        ({"not_better": "a", "than": "b"}, "refuted"),
        ({"not_better": "a", "than": "c"}, "undecided"),
        ({"not_better": "a", "than": "c", "margin": 0.1}, "supported"),
        ({"not_better": "a", "than": "a", "margin": 0.1}, "supported"),
        ({"similar": ["a", "c"], "within": 0.05}, "supported"),
        ({"similar": ["a", "b"], "within": 0.05}, "refuted"),
        ({"similar": ["a", "c"], "within": 0.001}, "undecided"),
        ({"similar": ["a", "a"], "within": 0.0}, "supported"),
        ({"similar": ["a", "a"], "within": 0.01}, "supported"),
        ({"variant": "a", "metric": "val.accuracy", "above": 0.8}, "supported"),
        ({"variant": "a", "metric": "val.accuracy", "above": 0.95}, "refuted"),
        ({"variant": "a", "metric": "val.accuracy", "above": 0.9}, "undecided"),
        ({"variant": "a", "metric": "val.accuracy", "below": 0.95}, "supported"),
        ({"variant": "a", "metric": "val.accuracy", "below": 0.8}, "refuted"),
        ({"better": "short", "than": "b"}, "undecided"),  # four pairs decide nothing
        ({"similar": ["short", "c"], "within": 0.5}, "undecided"),
        ({"not_better": "b", "than": "short"}, "undecided"),
    ],
)
def test_verdicts_of_variants(facts, expected):
    assert judge({"claim": "so", **facts}, TABLE).verdict == expected


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"metric": "train.accuracy", "exceeds": "val.accuracy"}, "supported"),
        ({"metric": "val.accuracy", "exceeds": "train.accuracy"}, "refuted"),
        ({"metric": "train.accuracy", "exceeds": "test.accuracy"}, "undecided"),
        ({"metric": "train.accuracy", "exceeds": "val.accuracy", "margin": 0.5}, "refuted"),
        ({"metric": "train.accuracy", "matches": "test.accuracy", "within": 0.05}, "supported"),
        ({"metric": "train.accuracy", "matches": "val.accuracy", "within": 0.05}, "refuted"),
    ],
)
def test_verdicts_within_runs(facts, expected):
    assert judge({"claim": "so", "variant": "a", **facts}, METRICS).verdict == expected


def test_the_forms_are_those_of_the_study_file():
    tried = {
        "better": {"than": "b"}, "not_better": {"than": "b"}, "similar": {"within": 0.1},
        "above": {"variant": "a", "metric": "val.accuracy"}, "below": {"variant": "a", "metric": "val.accuracy"},
        "exceeds": {"variant": "a", "metric": "val.accuracy"},
        "matches": {"variant": "a", "metric": "val.accuracy", "within": 0.1},
        "better_than_any": {"than": ["b", "c"]}, "ordered": {}, "peak": {"than": ["b", "c"]},
        "between": {"variant": "a", "than": "b"}, "interaction": {}, "converges": {"variant": "a"},
        "near": {"variant": "a", "metric": "val.accuracy", "within": 0.1},
        "agrees": {"variant": "a", "metric": "val.accuracy"}, "jump": {"variant": "a", "metric": "val.accuracy"},
        "epochs_to": {"variant": "a", "metric": "val.accuracy", "than": "b"},
    }  # fmt: skip
    assert tried.keys() == FORMS.keys()
    values = {
        "similar": ("a", "b"),
        "above": 0.1,
        "below": 0.1,
        "near": 0.1,
        "agrees": 0.1,
        "epochs_to": 0.1,
        "jump": 2,
        "converges": 0.5,
        "between": (0.1, 0.2),
        "ordered": ("a", "b", "c"),
        "interaction": ("a", "b", "c", "short"),
        "exceeds": "val.accuracy",
        "matches": "val.accuracy",
    }
    curves = Made(
        TABLE.runs
        | {(name, f"val.accuracy@{epoch}"): A for name in "abc" for epoch in (1, 2, 3)}
        | {(name, "epochs to val.accuracy 0.1"): A for name in "abc"}
    )
    for form, rest in tried.items():
        hypothesis = Hypothesis(claim="so", **{form: values.get(form, "a")}, **rest)
        for facts in (hypothesis.model_dump(), hypothesis.model_dump(exclude_none=True)):
            assert judge(facts, curves).form == form


# --- what is told beside the verdict --------------------------------------------------------------------


def test_p_is_one_sided_and_seen_is_the_typical_gap():
    one = judge({"claim": "so", "better": "a", "than": "b"}, TABLE)
    assert (one.p, one.p_against, one.corrected_p) == (2**-8, 1.0, 2**-7)
    assert one.seen.estimate == pytest.approx(stats.trim_mean(A - B, 0.2))
    assert judge({"claim": "so", "better": "b", "than": "a"}, TABLE).p == 1.0


def test_medians_are_told_and_tested():
    one = judge({"claim": "so", "variant": "a", "metric": "val.accuracy", "above": 0.8}, TABLE)
    ordered = np.sort(A)
    assert (one.seen.estimate, one.seen.low, one.seen.high) == (np.median(A), ordered[0], ordered[-1])
    assert one.p == 2**-8


def test_a_skewed_error_is_judged_by_what_is_shown():
    """Most runs are far below the bound and a few far above: the median is, and a mean would not be."""
    errors = np.array([0.001] * 9 + [3.0])
    table = Made({("a", "val.mse"): errors}, "val.mse", {"val.mse": "min"}, ratios=("val.mse",))
    one = judge({"claim": "so", "variant": "a", "metric": "val.mse", "below": 0.1}, table)
    assert (one.verdict, one.seen.estimate) == ("supported", 0.001)
    split = Made({("a", "val.mse"): np.array([0.001] * 5 + [3.0] * 5)}, "val.mse", {"val.mse": "min"})
    assert (
        judge({"claim": "so", "variant": "a", "metric": "val.mse", "below": 0.1}, split).verdict
        == "undecided"
    )


@pytest.mark.parametrize(("within", "verdict", "p"), [(0.25, "supported", 2**-8), (0.1, "refuted", 1.0)])
def test_gaps_all_alike_are_beyond_doubt(within, verdict, p):
    numbers = np.arange(8) / 64
    table = accuracies(a=numbers, b=numbers + 0.125)
    judgement = judge({"claim": "so", "similar": ["a", "b"], "within": within}, table)
    assert (judgement.verdict, judgement.p) == (verdict, p)


def test_of_several_undecided_comparisons_the_weakest_is_told():
    table = accuracies(a=A, b=C, few=[*A[:4], *[np.nan] * 4])
    judgement = judge({"claim": "so", "better": "a", "than": ["b", "few"]}, table)
    assert (judgement.verdict, judgement.p, judgement.against) == ("undecided", None, "few")


def test_equivalence_is_two_one_sided_tests():
    judgement = judge({"claim": "so", "similar": ["a", "c"], "within": 0.02}, TABLE)
    gaps = A - C
    assert judgement.p == max(flip_p(gaps + 0.02, "greater"), flip_p(0.02 - gaps, "greater"))


def test_what_matters_is_the_margin_where_a_claim_says_none():
    for facts in ({"similar": ["a", "c"]}, {"not_better": "a", "than": "c"}):
        plain, asked = accuracies(a=A, c=C), Made(TABLE.runs, matters=0.05)
        assert judge({"claim": "so", **facts}, plain).verdict == "undecided"
        assert judge({"claim": "so", **facts}, asked).verdict == "supported"
    other = Made(METRICS.runs, "train.loss", matters=0.05)  # of another metric it says nothing
    matches = {"claim": "so", "variant": "a", "metric": "train.accuracy", "matches": "test.accuracy"}
    assert judge(matches, other).verdict == "undecided"


def errors(a, b):
    runs = {("a", "val.mse"): np.asarray(a), ("b", "val.mse"): np.asarray(b)}
    return Made(runs, "val.mse", {"val.mse": "min"}, ratios=("val.mse",))


@pytest.mark.parametrize(("factor", "verdict"), [(2.0, "supported"), (20.0, "refuted")])
def test_margins_of_errors_are_factors(factor, verdict):
    table = errors(0.1 * np.exp(WOBBLE), np.exp(-WOBBLE))
    judgement = judge({"claim": "so", "better": "a", "than": "b", "factor": factor}, table)
    assert (judgement.verdict, judgement.seen.scale) == (verdict, "ratio")
    assert judgement.seen.estimate == pytest.approx(0.1 * np.exp(stats.trim_mean(WOBBLE * 2, 0.2)))
    assert judge({"claim": "so", "similar": ["a", "b"], "factor": factor}, table).verdict == (
        "supported" if factor == 20 else "refuted"
    )


def test_an_older_study_may_state_a_margin_in_units_of_an_error():
    table = errors(0.1 * np.exp(WOBBLE), np.exp(-WOBBLE))
    judgement = judge({"claim": "so", "better": "a", "than": "b", "margin": 0.5}, table)
    assert (judgement.verdict, judgement.seen.scale) == ("supported", "difference")


# --- several claims -------------------------------------------------------------------------------------


def test_claims_are_corrected_together():
    claim, other = {"claim": "so", "better": "a", "than": "b"}, {"claim": "so", "better": "a", "than": "c"}
    alone, *_ = judge_all([claim], TABLE)
    assert (alone.corrected_p, alone.claims) == (2**-7, 1)
    several = judge_all([claim, other, other, other], TABLE)
    assert several[0].corrected_p == pytest.approx(4 * 2**-7)
    assert several[0].verdict == "supported"
    assert judge_all([claim] + [other] * 7, TABLE)[0].verdict == "undecided"  # 8 * 2 / 2**8 is over 0.05
    assert (
        several[1].seen.high - several[1].seen.low
        > judge(other, TABLE).seen.high - judge(other, TABLE).seen.low
    )


def test_no_claims_have_no_verdicts():
    assert judge_all([], TABLE) == []


def test_an_opponent_that_breaks_a_claim_breaks_it_beside_one_with_few_runs():
    judgement = judge({"claim": "so", "better": "b", "than": ["short", "a"]}, TABLE)
    assert (judgement.verdict, judgement.against) == ("refuted", "a")


# --- what is told of several opponents ------------------------------------------------------------------


def test_against_several_the_deciding_one_is_told():
    judgement = judge({"claim": "so", "better": "a", "than": ["b", "c"]}, TABLE)
    assert judgement.against == "c"


@pytest.mark.parametrize("order", list(itertools.permutations("bcd")))
def test_of_opponents_with_the_same_p_the_gap_tells_which_decides(order):
    table = accuracies(a=A, b=A - 0.1, c=A - 0.2, d=A - 0.3)
    judgement = judge({"claim": "so", "better": "a", "than": order}, table)
    assert (judgement.verdict, judgement.against) == ("supported", "b")
    table = accuracies(a=A, b=A + 0.1, c=A + 0.2, d=A + 0.3)
    judgement = judge({"claim": "so", "better": "a", "than": order}, table)
    assert (judgement.verdict, judgement.against) == ("refuted", "d")


# --- diverged runs --------------------------------------------------------------------------------------


def test_a_variant_that_mostly_diverges_loses():
    lost = np.where(np.arange(8) < 6, -inf, 0.99)  # the two that ended did well
    table = accuracies(a=np.full(8, 0.5), b=lost)
    judgement = judge({"claim": "so", "better": "b", "than": "a"}, table)
    assert (judgement.verdict, judgement.seen.failed) == ("undecided", 6)
    table = accuracies(a=np.full(8, 0.5), b=np.full(8, -inf))
    assert judge({"claim": "so", "better": "a", "than": "b"}, table).verdict == "supported"
    assert judge({"claim": "so", "better": "b", "than": "a"}, table).verdict == "refuted"
    assert (
        judge({"claim": "so", "not_better": "b", "than": "a", "margin": 0.01}, table).verdict == "supported"
    )
    assert judge({"claim": "so", "similar": ["a", "b"], "within": 0.1}, table).verdict == "refuted"


def test_one_failed_run_leaves_what_is_typical():
    table = accuracies(a=A, b=np.concatenate([C[:7], [-inf]]))
    judgement = judge({"claim": "so", "similar": ["a", "b"], "within": 0.2}, table)
    assert (judgement.verdict, judgement.seen.failed_other) == ("supported", 1)
    assert "no run failed against 1" in sentence(judgement)


def test_variants_that_often_fail_are_not_alike():
    table = accuracies(a=np.append(A, A), b=np.concatenate([C, C[:4], [-inf] * 4]))
    assert judge({"claim": "so", "similar": ["a", "b"], "within": 0.2}, table).verdict == "undecided"


def test_a_diverged_run_is_above_any_error():
    table = Made({("a", "train.mse"): np.full(6, inf)}, "train.mse", {"train.mse": "min"})
    facts = {"claim": "so", "variant": "a", "metric": "train.mse"}
    assert judge({**facts, "above": 1.0}, table).verdict == "supported"
    assert judge({**facts, "below": 1.0}, table).verdict == "refuted"


def test_no_runs_leave_a_claim_undecided():
    table = accuracies(a=np.full(5, np.nan), b=np.full(5, np.nan))
    for facts in ({"better": "a", "than": "b"}, {"similar": ["a", "b"], "within": 0.1}):
        judgement = judge({"claim": "so", **facts}, table)
        assert (judgement.verdict, judgement.p, judgement.corrected_p) == ("undecided", None, None)


def judged(table, **facts):
    return judge({"claim": "so", **facts}, table)


@pytest.mark.parametrize(
    ("facts", "verdict"),
    [
        ({"better": "a", "than": "b"}, "refuted"),
        ({"not_better": "a", "than": "b", "margin": 0.1}, "supported"),
        ({"similar": ["a", "b"], "within": 0.0}, "supported"),
    ],
)
@pytest.mark.parametrize("seeds", [4, 5, 6, 8])
def test_same_runs_have_no_difference_and_are_not_tested(facts, verdict, seeds):
    table = accuracies(a=A[:seeds], b=A[:seeds], c=B[:seeds])
    judgement = judged(table, **facts)
    assert judgement.verdict == (verdict if seeds >= 6 else "undecided")
    assert judgement.same_runs
    assert judged(table, better="a", than=["c", "b"]).same_runs == (
        seeds >= 6
    )  # what decides a claim is told


def test_runs_that_agree_in_one_metric_only_are_not_the_same():
    """Both may answer every sample right: then the claim fails, but the setting has an effect."""
    runs = {("a", "val.accuracy"): A * 0 + 1, ("b", "val.accuracy"): A * 0 + 1}
    table = Made(runs | {("a", "val.loss"): A, ("b", "val.loss"): B}, ways={"val.loss": "min"})
    judgement = judged(table, better="a", than="b")
    assert (judgement.verdict, judgement.same_runs) == ("refuted", False)
    assert "val.accuracy is typically the same with “a” as with “b”" in sentence(judgement)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (np.full(6, -inf), "All runs that it would be judged by failed."),
        (np.full(6, np.nan), "No runs to judge it by."),
    ],
)
def test_why_nothing_can_be_judged_is_told(values, told):
    table = accuracies(a=values, b=values.copy())
    for facts in ({"better": "a", "than": "b"}, {"similar": ["a", "b"], "within": 0.1}):
        judgement = judged(table, **facts)
        assert (judgement.verdict, judgement.p) == ("undecided", None)
        assert sentence(judgement) == told


def test_a_metric_that_is_undefined_is_told():
    undefined = np.full(6, np.nan)
    runs = {(name, "val.r2"): undefined for name in "ab"} | {("a", "val.mse"): A[:6], ("b", "val.mse"): B[:6]}
    table = Made(runs, metric="val.r2", ways={"val.mse": "min"})
    judgement = judged(table, better="a", than="b")
    assert (judgement.verdict, judgement.seen.undefined) == ("undecided", 6)
    assert sentence(judgement) == "val.r2 is undefined in the runs that it would be judged by."
    partly = Made({**runs, ("a", "val.r2"): np.append(A[:5], np.nan), ("b", "val.r2"): B[:6]}, "val.r2")
    assert "In 1 pair the metric is undefined." in sentence(judged(partly, better="a", than="b"))


def test_pairs_of_which_both_failed_are_told():
    table = accuracies(a=np.append(A, -inf), b=np.append(B, -inf))
    judgement = judged(table, better="a", than="b")
    assert (judgement.verdict, judgement.seen.n, judgement.seen.both_failed) == ("supported", 8, 1)
    assert "1 run failed on either side, both in 1 pair" in sentence(judgement)


def test_a_cost_that_an_old_study_claims_is_not_tested():
    table = Made({("a", "seconds"): A * 0 + 0.03, ("b", "seconds"): A * 0 + 0.04})
    judgement = judged(table, better="a", than="b", metric="seconds")
    assert (judgement.verdict, judgement.p) == ("undecided", None)
    assert (
        sentence(judgement) == "seconds is a cost that all runs of a group share: it is reported, not tested."
    )


@pytest.mark.parametrize(
    "facts",
    [
        {"better": "a", "than": "b"},
        {"not_better": "b", "than": "a", "margin": 0.1},
        {"similar": ["a", "c"], "within": 0.05},
        {"variant": "a", "metric": "score", "above": 0.5},
        {"variant": "a", "metric": "score", "below": 3},
        {"variant": "a", "metric": "score", "exceeds": "other score"},
        {"variant": "a", "metric": "score", "matches": "score", "within": 0.1},
    ],
)
def test_metrics_that_nobody_knows_are_judged_as_their_table_says(facts):
    """Names mean nothing here: which way is better and where a metric ends are the table's to say."""
    runs = {("a", "score"): A, ("b", "score"): B, ("c", "score"): C}
    runs |= {(name, "other score"): B for name in "abc"}
    judgement = judged(Made(runs, "score", {"score": "max"}), **facts)
    assert judgement.verdict == "supported"
    assert "score" in sentence(judgement)
    narrow = Made(runs, "score", {"score": "max"}, {"score": (0.89, 0.895), "other score": (0.89, 0.895)})
    seen = judged(narrow, **facts).seen
    ends = (A.min(), A.max()) if "above" in facts or "below" in facts else (-0.005, 0.005)
    assert ends[0] - 1e-12 <= seen.low <= seen.high <= ends[1] + 1e-12


def test_less_is_better_where_the_table_says_so():
    runs = {("a", "score"): A, ("b", "score"): B}
    assert judged(Made(runs, "score", {"score": "min"}), better="b", than="a").verdict == "supported"


def test_an_old_study_may_be_all_about_a_cost():
    table = Made({("a", "seconds"): A * 0 + 0.03, ("b", "seconds"): A * 0 + 0.04}, metric="seconds")
    judgement = judged(table, better="a", than="b")
    assert (judgement.verdict, judgement.subject, judgement.metric) == ("undecided", "a", "seconds")
    assert "it is reported, not tested" in sentence(judgement)


# --- on new data ----------------------------------------------------------------------------------------


def table_of(basis, **runs):
    made = accuracies(**runs)
    made.there = basis
    return made


def noisy(error, estimate=0.1):
    """What splits or a fixed test part let one say, so sure."""
    return Basis("split", Estimate(estimate, error, 30.0))


def claims_of(*names):
    return [{"claim": name, "better": name, "than": "a"} for name in names]


def spread_runs(seed, ahead=0.1):
    return A + ahead + np.random.default_rng(seed).normal(0, 0.01, len(A))


@pytest.mark.parametrize(("error", "verdict"), [(0.01, "supported"), (0.2, "undecided")])
def test_a_claim_is_also_judged_on_new_data(error, verdict):
    judged = judge(claims_of("b")[0], table_of(noisy(error), a=A, b=spread_runs(1)))
    assert (judged.verdict, judged.new_data.verdict, judged.new_data.kind) == ("supported", verdict, "split")
    low, high = Estimate(0.1, error, 30.0).interval()
    assert judged.new_data.low == pytest.approx(min(low, judged.seen.low))
    assert judged.new_data.high == pytest.approx(max(high, judged.seen.high))


def test_new_data_are_never_surer_than_the_data_at_hand():
    table = table_of(noisy(1e-6), a=A, b=A + np.resize([0.1, -0.1], len(A)))
    judged = judge(claims_of("b")[0], table)
    assert judged.verdict == judged.new_data.verdict == "undecided"
    assert judged.new_data.low <= judged.seen.low < judged.seen.high <= judged.new_data.high


def test_a_claim_against_the_runs_is_refuted_on_new_data_too():
    claim = {"claim": "behind", "better": "a", "than": "b"}
    judged = judge(claim, table_of(noisy(0.01, -0.1), a=A, b=spread_runs(1)))
    assert judged.verdict == judged.new_data.verdict == "refuted"


@pytest.mark.parametrize(("error", "verdict"), [(0.001, "supported"), (0.1, "undecided")])
def test_similar_on_new_data_is_two_one_sided_t_tests(error, verdict):
    claim = {"claim": "alike", "similar": ["b", "a"], "within": 0.05}
    judged = judge(claim, table_of(noisy(error, 0.0), a=A, b=spread_runs(1, 0.0)))
    assert (judged.verdict, judged.new_data.verdict) == ("supported", verdict)


def test_claims_are_corrected_together_on_new_data_too():
    error = 0.1 / 2.2  # a two-sided p of 0.036
    runs = {name: spread_runs(seed) for seed, name in enumerate("bcdef")}
    one = judge_all(claims_of("b"), table_of(noisy(error), a=A, **runs))
    five = judge_all(claims_of(*"bcdef"), table_of(noisy(error), a=A, **runs))
    assert [judged.new_data.verdict for judged in one] == ["supported"]
    assert {judged.new_data.verdict for judged in five} == {"undecided"}


def test_without_a_basis_nothing_is_said_of_new_data():
    assert judge(claims_of("b")[0], table_of(None, a=A, b=spread_runs(1))).new_data is None
    same = judge(claims_of("b")[0], table_of(noisy(0.01), a=A, b=A))
    assert same.same_runs
    assert same.new_data is None


def test_data_of_its_own_under_every_seed_leave_the_verdict_as_it_is():
    judged = judge(claims_of("b")[0], table_of(Basis("drawn"), a=A, b=spread_runs(1)))
    there = judged.new_data
    assert (there.verdict, there.low, there.high) == (judged.verdict, judged.seen.low, judged.seen.high)


def test_a_run_that_failed_by_the_studys_metric_has_not_failed_by_another():
    """Both variants take as many steps; that some runs of one end with a large error is no loss in steps."""
    errors, steps = np.where(np.arange(10) < 4, 5.0, 0.01), np.full(10, 0.5)
    runs = {("a", "val.mse"): errors, ("b", "val.mse"): np.full(10, 0.02)}
    ways = {"val.mse": "min", "steps": "min"}
    table = Made(runs | {(name, "steps"): steps for name in "ab"}, "val.mse", ways, beyond=1.0)
    assert judged(table, better="b", than="a").seen.failed_other == 4
    one = judged(table, better="b", than="a", metric="steps")
    assert (one.seen.failed_other, one.seen.is_typical, one.verdict) == (0, True, "refuted")
    assert one.p == 1.0
