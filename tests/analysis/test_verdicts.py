"""Every form of a hypothesis: supported, refuted, undecided, with few seeds and with diverged runs."""

from dataclasses import dataclass, field

import numpy as np
import pytest
from scipy import stats

from seedbed.analysis.forms import FORMS
from seedbed.analysis.pairs import scale_for
from seedbed.analysis.sentences import sentence
from seedbed.analysis.verdicts import judge
from seedbed.study.hypotheses import Hypothesis

inf = float("inf")
WOBBLE = np.array([0.01, -0.02, 0.015, -0.005, 0.02, -0.01, 0.0, 0.005])
A, B, C = 0.9 + WOBBLE, 0.5 + WOBBLE[::-1], 0.9 + WOBBLE[::-1]


@dataclass
class Made:
    """A table of made-up runs: variant and metric -> values."""

    runs: dict
    metric: str = "val.accuracy"
    ways: dict = field(default_factory=dict)
    ends: dict = field(default_factory=dict)

    def values(self, variant, metric):
        return np.asarray(self.runs[variant, metric], dtype=float)

    def ended(self, variant):
        found = [values for (name, _), values in self.runs.items() if name == variant]
        return np.isfinite(np.array(found, dtype=float)).any(axis=0)

    def same_runs(self, variant, other):
        metrics = {metric for _, metric in self.runs}
        return self.ended(variant).any() and all(
            np.array_equal(self.values(variant, m), self.values(other, m), True) for m in metrics
        )

    def direction(self, metric):
        return self.ways.get(metric, "max")

    def bounds(self, metric):
        return self.ends.get(metric, (-inf, inf))

    def scale(self, metric):
        return scale_for(
            np.concatenate([v for (_, m), v in self.runs.items() if m == metric]), self.direction(metric)
        )


def accuracies(**runs):
    return Made({(name, "val.accuracy"): np.asarray(values) for name, values in runs.items()})


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
        ({"not_better": "b", "than": "a"}, "supported"),
        ({"not_better": "a", "than": "b"}, "refuted"),
        ({"not_better": "a", "than": "c"}, "undecided"),
        ({"not_better": "a", "than": "c", "margin": 0.1}, "supported"),
        ({"not_better": "a", "than": "a"}, "supported"),
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
    }  # fmt: skip
    assert tried.keys() == FORMS.keys()
    values = {
        "similar": ("a", "b"),
        "above": 0.1,
        "below": 0.1,
        "exceeds": "val.accuracy",
        "matches": "val.accuracy",
    }
    for form, rest in tried.items():
        hypothesis = Hypothesis(claim="so", **{form: values.get(form, "a")}, **rest)
        for facts in (hypothesis.model_dump(), hypothesis.model_dump(exclude_none=True)):
            assert judge(facts, TABLE).form == form


# --- what is told beside the verdict --------------------------------------------------------------------


def test_p_is_one_sided_and_seen_is_the_paired_difference():
    seen = judge({"claim": "so", "better": "a", "than": "b"}, TABLE)
    assert seen.p == pytest.approx(2**-8)
    assert seen.seen.estimate == pytest.approx(np.mean(A - B))
    expected = stats.ttest_rel(A, B).confidence_interval()
    assert (seen.seen.low, seen.seen.high) == pytest.approx((expected.low, expected.high))
    assert judge({"claim": "so", "better": "b", "than": "a"}, TABLE).p == 1.0


def test_means_are_told_as_means():
    seen = judge({"claim": "so", "variant": "a", "metric": "val.accuracy", "above": 0.8}, TABLE).seen
    expected = stats.ttest_1samp(A, 0).confidence_interval()
    assert (seen.estimate, seen.low, seen.high) == pytest.approx((A.mean(), expected.low, expected.high))


def test_means_of_errors_that_span_decades_are_geometric():
    errors = 0.001 * np.exp(WOBBLE * 30)
    table = Made({("a", "val.mse"): errors, ("b", "val.mse"): errors * 100}, "val.mse", {"val.mse": "min"})
    seen = judge({"claim": "so", "variant": "a", "metric": "val.mse", "below": 0.002}, table)
    assert (seen.verdict, seen.seen.scale) == ("supported", "ratio")
    assert seen.seen.estimate == pytest.approx(stats.gmean(errors))


def test_no_error_is_a_ratio_to_nothing():
    errors = 0.001 * np.exp(WOBBLE * 30)
    table = Made({("a", "val.mse"): errors, ("b", "val.mse"): errors * 100}, "val.mse", {"val.mse": "min"})
    for bound in (0.0, -1.0):
        judgement = judge({"claim": "so", "variant": "a", "metric": "val.mse", "above": bound}, table)
        assert (judgement.verdict, judgement.seen.scale) == ("supported", "difference")
        assert judgement.seen.estimate == pytest.approx(errors.mean())


@pytest.mark.parametrize(("within", "verdict", "p"), [(0.25, "supported", 0.0), (0.1, "refuted", 1.0)])
def test_gaps_all_alike_need_no_t_test(within, verdict, p):
    numbers = np.arange(8) / 64
    table = accuracies(a=numbers, b=numbers + 0.125)
    judgement = judge({"claim": "so", "similar": ["a", "b"], "within": within}, table)
    assert (judgement.verdict, judgement.p) == (verdict, p)


def test_of_several_undecided_comparisons_the_weakest_is_told():
    table = accuracies(a=A, b=C, few=[*A[:4], *[np.nan] * 4])
    judgement = judge({"claim": "so", "better": "a", "than": ["b", "few"]}, table)
    assert (judgement.verdict, judgement.p, judgement.against) == ("undecided", None, "few")


def test_equivalence_is_the_two_one_sided_t_tests():
    judgement = judge({"claim": "so", "similar": ["a", "c"], "within": 0.02}, TABLE)
    gaps = A - C
    sides = [
        stats.ttest_1samp(gaps, -0.02, alternative="greater").pvalue,
        stats.ttest_1samp(gaps, 0.02, alternative="less").pvalue,
    ]
    assert judgement.p == pytest.approx(max(sides))
    low, high = stats.ttest_1samp(gaps, 0).confidence_interval(0.9)
    assert (judgement.verdict == "supported") == (low > -0.02 and high < 0.02)


def test_undecided_says_how_many_seeds_would_decide():
    random = np.random.default_rng(4)
    noisy = accuracies(a=0.5 + random.normal(0.02, 0.05, 12), b=np.full(12, 0.5))
    judgement = judge({"claim": "so", "better": "a", "than": "b"}, noisy)
    assert judgement.verdict == "undecided"
    gaps = noisy.values("a", "val.accuracy") - 0.5
    power = [
        stats.nct.sf(stats.t.ppf(0.975, n - 1), n - 1, gaps.mean() / gaps.std(ddof=1) * n**0.5)
        for n in (judgement.seeds_to_decide - 1, judgement.seeds_to_decide)
    ]
    assert power[0] < 0.8 <= power[1]
    assert judge({"claim": "so", "better": "a", "than": "b"}, TABLE).seeds_to_decide is None


def test_errors_that_span_decades_are_compared_as_ratios():
    table = Made(
        {("a", "val.mse"): 0.001 * np.exp(WOBBLE), ("b", "val.mse"): np.exp(-WOBBLE)},
        "val.mse",
        {"val.mse": "min"},
    )
    judgement = judge({"claim": "so", "better": "a", "than": "b"}, table)
    assert (judgement.verdict, judgement.seen.scale) == ("supported", "ratio")
    assert judgement.seen.estimate == pytest.approx(0.001 * np.exp(2 * WOBBLE.mean()))
    with_margin = judge({"claim": "so", "better": "a", "than": "b", "margin": 0.5}, table)
    assert (with_margin.verdict, with_margin.seen.scale) == ("supported", "difference")


def test_against_several_the_deciding_one_is_told():
    judgement = judge({"claim": "so", "better": "a", "than": ["b", "c"]}, TABLE)
    assert judgement.against == "c"


# --- diverged runs --------------------------------------------------------------------------------------


def test_a_variant_that_mostly_diverges_loses():
    lost = np.where(np.arange(8) < 6, -inf, 0.99)  # the two that ended did well
    table = accuracies(a=np.full(8, 0.5), b=lost)
    judgement = judge({"claim": "so", "better": "b", "than": "a"}, table)
    assert (judgement.verdict, judgement.seen.diverged) == ("undecided", 6)
    table = accuracies(a=np.full(8, 0.5), b=np.full(8, -inf))
    assert judge({"claim": "so", "better": "a", "than": "b"}, table).verdict == "supported"
    assert judge({"claim": "so", "better": "b", "than": "a"}, table).verdict == "refuted"
    assert judge({"claim": "so", "not_better": "b", "than": "a"}, table).verdict == "supported"
    assert judge({"claim": "so", "similar": ["a", "b"], "within": 0.1}, table).verdict == "refuted"


def test_diverged_runs_keep_two_variants_from_being_alike():
    table = accuracies(a=A, b=np.concatenate([C[:7], [-inf]]))
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
        assert (judgement.verdict, judgement.p, judgement.seeds_to_decide) == ("undecided", None, None)


def judged(table, **facts):
    return judge({"claim": "so", **facts}, table)


@pytest.mark.parametrize(
    ("facts", "verdict"),
    [
        ({"better": "a", "than": "b"}, "refuted"),
        ({"not_better": "a", "than": "b"}, "supported"),
        ({"similar": ["a", "b"], "within": 0.0}, "supported"),
    ],
)
@pytest.mark.parametrize("seeds", [4, 5, 8])
def test_same_runs_have_no_difference_and_are_not_tested(facts, verdict, seeds):
    table = accuracies(a=A[:seeds], b=A[:seeds], c=B[:seeds])
    judgement = judged(table, **facts)
    assert judgement.verdict == (verdict if seeds >= 5 else "undecided")
    assert judgement.same_runs
    assert judgement.seeds_to_decide is None
    assert judged(table, better="a", than=["c", "b"]).same_runs == (
        seeds >= 5
    )  # what decides a claim is told


def test_runs_that_agree_in_one_metric_only_are_not_the_same():
    """Both may answer every sample right: then the claim fails, but the setting has an effect."""
    runs = {("a", "val.accuracy"): A * 0 + 1, ("b", "val.accuracy"): A * 0 + 1}
    table = Made(runs | {("a", "val.loss"): A, ("b", "val.loss"): B}, ways={"val.loss": "min"})
    judgement = judged(table, better="a", than="b")
    assert (judgement.verdict, judgement.same_runs) == ("refuted", False)
    assert "val.accuracy is the same with “a” as with “b”" in sentence(judgement)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (np.full(6, -inf), "All runs that it would be judged by diverged."),
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


def test_pairs_of_which_both_diverged_are_told():
    table = accuracies(a=np.append(A, -inf), b=np.append(B, -inf))
    judgement = judged(table, better="a", than="b")
    assert (judgement.verdict, judgement.seen.n, judgement.seen.both_diverged) == ("supported", 8, 1)
    assert "In 1 pair both runs diverged and are not compared." in sentence(judgement)


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
    ends = (0.89, 0.895) if "above" in facts or "below" in facts else (-0.005, 0.005)
    assert ends[0] - 1e-12 <= seen.low <= seen.high <= ends[1] + 1e-12


def test_less_is_better_where_the_table_says_so():
    runs = {("a", "score"): A, ("b", "score"): B}
    assert judged(Made(runs, "score", {"score": "min"}), better="b", than="a").verdict == "supported"


def test_an_old_study_may_be_all_about_a_cost():
    table = Made({("a", "seconds"): A * 0 + 0.03, ("b", "seconds"): A * 0 + 0.04}, metric="seconds")
    judgement = judged(table, better="a", than="b")
    assert (judgement.verdict, judgement.subject, judgement.metric) == ("undecided", "a", "seconds")
    assert "it is reported, not tested" in sentence(judgement)
