"""The kinds of claims beyond a comparison of two: ordered, peak, between, near, agrees, converges, interaction."""

import numpy as np
import pytest
from made_table import Made, accuracies, judge
from scipy import stats

from seedbed.analysis.estimate import Estimate
from seedbed.analysis.flips import flip_p
from seedbed.analysis.new_data import Basis
from seedbed.analysis.sentences import sentence

inf, nan = float("inf"), float("nan")
WOBBLE = np.array([0.01, -0.02, 0.015, -0.005, 0.02, -0.01, 0.0, 0.005])
OTHER = WOBBLE[::-1]
A, B, C = 0.9 + WOBBLE, 0.7 + OTHER, 0.5 + np.roll(WOBBLE, 3)
TABLE = accuracies(a=A, b=B, c=C, twin=A, even=0.9 + OTHER, few=[*B[:4], *[nan] * 4])
ERRORS = Made(
    {(name, "val.mse"): value for name, value in {"a": np.exp(WOBBLE), "b": 3 * np.exp(OTHER)}.items()},
    "val.mse",
    {"val.mse": "min"},
    ratios=("val.mse",),
)


def judged(table=TABLE, **facts):
    return judge({"claim": "so", **facts}, table)


# --- several variants -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "verdict", "deciding"),
    [
        ({"ordered": ["a", "b", "c"]}, "supported", None),
        ({"ordered": ["a", "c", "b"]}, "refuted", ("c", "b")),
        ({"ordered": ["c", "b", "a"]}, "refuted", None),
        ({"ordered": ["a", "even", "b"]}, "undecided", ("a", "even")),
        ({"ordered": ["a", "twin", "b"]}, "refuted", ("a", "twin")),
        ({"ordered": ["a", "few", "c"]}, "undecided", None),
        ({"ordered": ["a", "b", "c"], "margin": 0.15}, "supported", None),
        ({"ordered": ["a", "b", "c"], "margin": 0.25}, "refuted", None),
        ({"peak": "a", "than": ["b", "c"]}, "supported", None),
        ({"peak": "b", "than": ["a", "c"]}, "refuted", ("b", "a")),
        ({"better_than_any": "b", "than": ["a", "c"]}, "supported", ("b", "c")),
        ({"better_than_any": "c", "than": ["a", "b"]}, "refuted", None),
        ({"better_than_any": "a", "than": ["twin", "even"]}, "undecided", ("a", "even")),
        ({"better_than_any": "a", "than": ["twin", "b"]}, "supported", ("a", "b")),
        ({"better_than_any": "b", "than": ["few", "a"]}, "undecided", None),
        ({"between": [0.1, 0.3], "variant": "a", "than": "b"}, "supported", None),
        ({"between": [0.0, 0.1], "variant": "a", "than": "b"}, "refuted", None),
        ({"between": [0.3, 0.4], "variant": "a", "than": "b"}, "refuted", None),
        ({"between": [0.2, 0.4], "variant": "a", "than": "b"}, "undecided", None),
        ({"between": [0.0, 0.1], "variant": "a", "than": "twin"}, "refuted", None),
        ({"between": [0.1, 0.3], "variant": "b", "than": "a"}, "refuted", None),
    ],
)
def test_verdicts_on_several_variants(facts, verdict, deciding):
    judgement = judged(**facts)
    assert judgement.verdict == verdict
    if deciding:
        assert (judgement.subject, judgement.against) == deciding


def test_p_of_several_steps_is_their_largest():
    """All have to hold, so the largest p counts; that one fails is one of several chances, so theirs is multiplied."""
    judgement = judged(ordered=["a", "b", "even"])
    steps = [flip_p(gaps, "greater") for gaps in (A - B, B - (0.9 + OTHER))]
    against = [flip_p(gaps, "greater") for gaps in (B - A, 0.9 + OTHER - B)]
    assert (judgement.p, judgement.p_against) == (max(steps), min(1.0, 2 * min(against)))
    anyone = judged(better_than_any="a", than=["b", "even"])
    ps = [flip_p(gaps, "greater") for gaps in (A - B, A - (0.9 + OTHER))]
    assert anyone.p == min(1.0, 2 * min(ps))


@pytest.mark.parametrize(
    ("ends", "verdict"), [((2.0, 4.0), "supported"), ((1.0, 1.5), "refuted"), ((5.0, 9.0), "refuted")]
)
def test_between_two_factors(ends, verdict):
    judgement = judged(ERRORS, between=ends, variant="a", than="b")
    assert (judgement.verdict, judgement.value, judgement.seen.scale) == (verdict, ends, "ratio")
    assert f"The claim is about {ends[0]:g} to {ends[1]:g} times in val.mse." in sentence(judgement)


def test_between_is_two_one_sided_tests():
    gains = A - B
    judgement = judged(between=[0.19, 0.3], variant="a", than="b")
    assert judgement.p == max(flip_p(gains - 0.19, "greater"), flip_p(0.3 - gains, "greater"))
    assert judgement.p_against == min(flip_p(0.19 - gains, "greater"), flip_p(gains - 0.3, "greater"))


def test_the_deciding_step_is_told():
    assert "Of 2 steps that from “c” to “b” decides the verdict." in sentence(judged(ordered=["a", "c", "b"]))
    assert "Of 2 neighbours “a” decides the verdict." in sentence(judged(peak="b", than=["a", "c"]))


# --- two factors ----------------------------------------------------------------------------------------


def four(scale=1.0, **changes):
    neither, first, second = 0.5 + WOBBLE, 0.55 + OTHER, 0.6 + np.roll(WOBBLE, 2)
    both = first + second - neither + scale * (0.1 + np.roll(OTHER, 3))
    return accuracies(**({"n": neither, "f": first, "s": second, "b": both} | changes))


FACTORS = ["n", "f", "s", "b"]


def test_interaction_is_what_both_do_beyond_the_sum():
    for scale, verdict in ((1.0, "supported"), (-1.0, "refuted")):
        table = four(scale)
        judgement = judged(table, interaction=FACTORS)
        gains = scale * (0.1 + np.roll(OTHER, 3))
        assert judgement.verdict == verdict
        assert judgement.seen.estimate == pytest.approx(stats.trim_mean(gains, 0.2))
    assert (
        "val.accuracy with “b” is typically 0.102 higher than the effects of “f” and “s” alone"
        in sentence(judged(four(), interaction=FACTORS))
    )
    assert judged(four(), interaction=FACTORS, margin=0.2).verdict == "refuted"


@pytest.mark.parametrize(("error", "verdict"), [(0.01, "supported"), (0.2, "undecided")])
def test_an_interaction_is_also_judged_on_new_data(error, verdict):
    table = four()
    table.there = Basis("split", Estimate(0.1, error, 20.0))
    judgement = judged(table, interaction=FACTORS)
    assert (judgement.verdict, judgement.new_data.verdict) == ("supported", verdict)
    assert judgement.new_data.low == pytest.approx(
        min(judgement.seen.low, table.there.estimate.interval()[0])
    )


def test_of_errors_the_two_factors_multiply():
    runs = {"n": 8.0, "f": 4.0, "s": 2.0, "b": 0.25}  # the two alone would give 1
    table = Made(
        {(name, "val.mse"): mean * np.exp(0 * WOBBLE) for name, mean in runs.items()},
        "val.mse",
        {"val.mse": "min"},
        ratios=("val.mse",),
    )
    judgement = judged(table, interaction=FACTORS)
    assert (judgement.verdict, judgement.seen.estimate) == ("supported", pytest.approx(0.25))
    assert "4.0 times lower than the effects of" in sentence(judgement)
    assert judged(table, interaction=FACTORS, factor=5.0).verdict == "refuted"


def test_seeds_in_which_one_of_the_four_failed_are_left_out():
    table = four()
    failed = table.values("f", "val.accuracy").copy()
    failed[3] = -inf
    table = four(f=failed)
    judgement = judged(table, interaction=FACTORS)
    assert (judgement.seen.n, judgement.seen.both_failed, judgement.verdict) == (7, 1, "supported")
    assert "in 1 seed a run failed" in sentence(judgement)
    failed[:3] = -inf
    often = judged(four(f=failed), interaction=FACTORS)
    assert (often.verdict, often.p) == ("undecided", None)
    assert "in over a fifth of the seeds one of the four failed" in sentence(often)


def test_a_seed_that_one_of_the_four_lacks_says_nothing():
    ragged = four().values("s", "val.accuracy").copy()
    ragged[0] = nan
    seen = judged(four(s=ragged), interaction=FACTORS).seen
    assert (seen.n, seen.both_failed) == (7, 0)


# --- one variant by itself ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "verdict"),
    [
        ({"near": 0.9, "within": 0.05}, "supported"),
        ({"near": 0.8, "within": 0.05}, "refuted"),
        ({"near": 1.0, "within": 0.05}, "refuted"),
        ({"near": 0.9, "within": 0.01}, "undecided"),
        ({"near": 0.9, "factor": 1.1}, "supported"),
        ({"near": 0.7, "factor": 1.1}, "refuted"),
    ],
)
def test_near_a_number(facts, verdict):
    judgement = judged(variant="a", metric="val.accuracy", **facts)
    assert judgement.verdict == verdict
    assert "allows a " + ("factor" if "factor" in facts else "difference") in sentence(judgement)


def test_near_is_two_sign_tests():
    judgement = judged(near=0.9, within=0.012, variant="a", metric="val.accuracy")
    over, under = int(np.sum(A > 0.888)), int(np.sum(A < 0.912))
    ps = [stats.binomtest(count, 8, alternative="greater").pvalue for count in (over, under)]
    assert judgement.p == pytest.approx(max(ps))
    ps = [stats.binomtest(count, 8, alternative="less").pvalue for count in (over, under)]
    assert judgement.p_against == pytest.approx(min(ps))


def test_what_matters_is_what_counts_as_near():
    table = Made(TABLE.runs, matters=0.05)
    judgement = judged(table, near=0.9, variant="a", metric="val.accuracy")
    assert (judgement.verdict, judgement.within) == ("supported", 0.05)
    errors = Made(ERRORS.runs, "val.mse", ERRORS.ways, ratios=ERRORS.ratios, matters=1.1)
    assert judged(errors, near=1.0, variant="a", metric="val.mse").verdict == "supported"
    assert judged(errors, near=1.2, variant="a", metric="val.mse").verdict == "refuted"


def test_runs_that_diverged_are_not_near_anything():
    table = accuracies(a=[-inf] * 8)
    assert judged(table, near=0.9, within=0.1, variant="a", metric="val.accuracy").verdict == "refuted"


@pytest.mark.parametrize(
    ("fails", "runs", "share", "verdict"),
    [(0, 40, 0.9, "supported"), (0, 8, 0.9, "undecided"), (4, 8, 0.9, "refuted"), (2, 40, 0.9, "undecided"),
     (8, 8, 0.5, "refuted"), (0, 5, 0.1, "undecided")],
)  # fmt: skip
def test_the_share_of_runs_that_do_not_fail(fails, runs, share, verdict):
    values = np.where(np.arange(runs) < fails, -inf, 0.9)
    judgement = judged(accuracies(a=[*values, nan]), converges=share, variant="a")
    assert (judgement.verdict, judgement.seen.n, judgement.value) == (verdict, runs, share)
    assert f"{runs - fails} of {runs} runs of “a” did not fail" in sentence(judgement)
    assert ("takes at least 36 runs" in sentence(judgement)) == (share == 0.9 and (fails, runs) == (0, 8))
    if runs >= 6:
        for side, alternative in ((judgement.p, "greater"), (judgement.p_against, "less")):
            exact = stats.binomtest(runs - fails, runs, share, alternative=alternative).pvalue
            assert side == pytest.approx(exact, rel=1e-9)
    wilson = stats.binomtest(runs - fails, runs).proportion_ci(method="wilson")
    assert (judgement.seen.low, judgement.seen.high) == pytest.approx((wilson.low, wilson.high))


@pytest.mark.parametrize(
    ("number", "verdict"), [(0.9, "supported"), (0.93, "supported"), (0.95, "refuted"), (0.7, "refuted")]
)
def test_a_number_that_a_run_could_have_given(number, verdict):
    judgement = judged(agrees=number, variant="a", metric="val.accuracy")
    half = stats.t.ppf(0.975, 7) * A.std(ddof=1) * np.sqrt(1 + 1 / 8)
    assert judgement.verdict == verdict
    assert (judgement.seen.low, judgement.seen.high) == pytest.approx((A.mean() - half, A.mean() + half))
    t = abs(number - A.mean()) / (A.std(ddof=1) * np.sqrt(1 + 1 / 8))
    assert judgement.corrected_p == pytest.approx(2 * stats.t.sf(t, 7))
    assert "and a new run is expected from" in sentence(judgement)


def test_of_errors_the_logs_are_normal():
    judgement = judged(ERRORS, agrees=1.05, variant="a", metric="val.mse")
    half = stats.t.ppf(0.975, 7) * WOBBLE.std(ddof=1) * np.sqrt(1 + 1 / 8)
    expected = np.exp([WOBBLE.mean() - half, WOBBLE.mean() + half])
    assert (judgement.seen.low, judgement.seen.high) == pytest.approx(tuple(expected))
    assert judgement.verdict == "refuted"


def test_runs_that_failed_are_left_out_of_what_a_run_may_give():
    judgement = judged(accuracies(a=[*A, -inf, nan]), agrees=0.9, variant="a", metric="val.accuracy")
    assert (judgement.verdict, judgement.seen.n, judgement.seen.failed) == ("supported", 8, 1)
    assert "; 1 run that failed is left out." in sentence(judgement)
    few = judged(accuracies(a=A[:5]), agrees=0.9, variant="a", metric="val.accuracy")
    assert (few.verdict, few.p) == ("undecided", None)
    assert "A verdict needs at least 6 seeds." in sentence(few)


def test_runs_all_alike_could_give_only_one_number():
    table = accuracies(a=np.full(8, 0.5))
    assert judged(table, agrees=0.5, variant="a", metric="val.accuracy").verdict == "supported"
    assert judged(table, agrees=0.51, variant="a", metric="val.accuracy").verdict == "refuted"


# --- curves ---------------------------------------------------------------------------------------------


def curve(**at):
    """Accuracies of some variants by epoch, each a start and gains per epoch, with some luck."""
    runs = {}
    for place, (name, values) in enumerate(at.items()):
        for epoch, value in values.items():
            runs[name, f"val.accuracy@{epoch}"] = value + np.roll(WOBBLE, 3 * place + epoch) / 10
    return Made(runs)


STEADY = {1: 0.50, 5: 0.58, 6: 0.60}  # 0.02 each epoch
JUMPS = {1: 0.50, 5: 0.58, 6: 0.70}
JUMP = {"jump": 5, "variant": "a", "metric": "val.accuracy"}


@pytest.mark.parametrize(
    ("facts", "verdict"),
    [
        ({}, "supported"),
        ({"margin": 0.05}, "supported"),
        ({"margin": 0.2}, "refuted"),
        ({"than": "b"}, "supported"),
        ({"than": "c"}, "refuted"),
        ({"variant": "b"}, "undecided"),
        ({"variant": "flat"}, "refuted"),
    ],
)
def test_a_jump_exceeds_the_slope_before_it_and_a_control(facts, verdict):
    table = curve(a=JUMPS, b=STEADY, c={1: 0.5, 5: 0.58, 6: 0.8}, flat={1: 0.5, 5: 0.7, 6: 0.7})
    judgement = judged(table, **{**JUMP, **facts})
    assert judgement.verdict == verdict
    assert "from epoch 5 to 6 is typically" in sentence(judgement)


def test_a_jump_is_the_change_less_the_mean_change_per_epoch_before():
    table = curve(a={2: 0.5, 7: 0.6, 8: 0.7})
    v2, v7, v8 = (table.values("a", f"val.accuracy@{epoch}") for epoch in (2, 7, 8))
    gains = (v8 - v7) - (v7 - v2) / 5
    judgement = judged(table, jump=7, variant="a", metric="val.accuracy")
    assert judgement.seen.estimate == pytest.approx(stats.trim_mean(gains, 0.2))
    assert judgement.p == pytest.approx(flip_p(gains, "greater"))
    assert "higher than its mean change per epoch from epoch 2 to 7" in sentence(judgement)


def test_a_control_is_told_where_it_decides():
    table = curve(a=JUMPS, b=STEADY, c={1: 0.5, 5: 0.58, 6: 0.8})
    told = sentence(judged(table, **JUMP, than="c"))
    assert "0.100 lower than that of “c”" in told
    assert "Of 2 tests that against “c” decides the verdict." in told
    ends = {"@1": 0.5, "@5": 0.58, "@6": 0.7, "": 0.7}
    twin = Made({(name, f"val.accuracy{at}"): value + WOBBLE for name in "ab" for at, value in ends.items()})
    assert judged(twin, **JUMP, than="b").verdict == "refuted"


def test_of_errors_a_jump_is_one_of_logs():
    runs = {("a", f"val.loss@{at}"): value * np.exp(WOBBLE) for at, value in {1: 8.0, 2: 4.0, 3: 0.5}.items()}
    table = Made(runs, "val.loss", {"val.loss": "min"}, ratios=("val.loss", *(metric for _, metric in runs)))
    table.ways |= {metric: "min" for _, metric in runs}
    judgement = judged(table, jump=2, variant="a", metric="val.loss")
    assert (judgement.verdict, judgement.seen.estimate) == (
        "supported",
        pytest.approx(0.25),
    )  # 1 / 8 by 1 / 2
    assert "4.0 times lower than its mean change per epoch from epoch 1 to 2" in sentence(judgement)


def epochs(**runs):
    """After how many epochs runs reach an accuracy of 0.9."""
    runs = {name: np.array(values, dtype=float) for name, values in runs.items()}
    return Made(
        {(name, "epochs to val.accuracy 0.9"): values for name, values in runs.items()}
        | {(name, "val.accuracy"): 1 - values / 1000 for name, values in runs.items()}
    )


LEVEL = {"epochs_to": 0.9, "variant": "a", "than": "b", "metric": "val.accuracy"}
FAST, SLOW = [10, 11, 12, 9, 10, 13, 8, 11], [21, 22, 23, 19, 20, 26, 17, 24]


@pytest.mark.parametrize(
    ("runs", "verdict", "told"),
    [
        (
            {"a": FAST, "b": SLOW},
            "supported",
            "“a” typically reaches val.accuracy 0.9 after 2.1 times fewer epochs than",
        ),
        ({"a": SLOW, "b": FAST}, "refuted", "2.1 times more epochs than “b”"),
        ({"a": FAST, "b": FAST[::-1]}, "undecided", "sooner in"),
        ({"a": FAST, "b": FAST}, "refuted", "are the same in every metric"),
        (
            {"a": FAST, "b": [inf] * 8},
            "supported",
            "over a fifth of the runs of “b” never reach val.accuracy 0.9",
        ),
        ({"a": [inf] * 8, "b": FAST}, "refuted", "; 8 runs of “a” and 0 of “b” never reached it"),
        ({"a": [inf] * 8, "b": [inf] * 8}, "undecided", "No run of either reaches val.accuracy 0.9."),
        ({"a": FAST[:5], "b": SLOW[:5]}, "undecided", "A verdict needs at least 6 seeds."),
        ({"a": [*FAST, nan, nan], "b": [*SLOW, 9, nan]}, "supported", "Over 8 seeds"),
        ({"a": [*FAST, 10], "b": [*SLOW, inf]}, "supported", "; 0 runs of “a” and 1 of “b” never reached it"),
    ],
)
def test_epochs_to_a_level(runs, verdict, told):
    judgement = judged(epochs(**runs), **LEVEL)
    assert judgement.verdict == verdict
    assert told in sentence(judgement)


def test_epochs_are_compared_by_ratios():
    judgement = judged(epochs(a=FAST, b=SLOW), **LEVEL)
    gaps = np.log(FAST) - np.log(SLOW)
    assert judgement.seen.estimate == pytest.approx(np.exp(stats.trim_mean(gaps, 0.2)))
    assert judgement.p == flip_p(-gaps, "greater")


# --- error rates where a claim is just not true --------------------------------------------------------


STUDIES = 500


def rate(facts, draw, wrong, studies=STUDIES):
    """How often a claim gets a wrong verdict in studies of made-up accuracies."""
    generator = np.random.default_rng(7)
    found = 0
    for _ in range(studies):
        table = Made({(name, "val.accuracy"): values for name, values in draw(generator).items()})
        found += judged(table, **facts).verdict in wrong
    return found / studies


def normal(generator, seeds=9, **means):
    return {name: mean + generator.standard_normal(seeds) for name, mean in means.items()}


ONE = {"variant": "a", "metric": "val.accuracy"}


@pytest.mark.parametrize(
    ("facts", "means", "wrong"),
    [
        ({"ordered": ["a", "b", "c"]}, {"a": 2, "b": 0, "c": 0}, {"supported"}),
        ({"better_than_any": "a", "than": ["b", "c"]}, {"a": 0, "b": 0, "c": 0}, {"supported"}),
        ({"between": [1.0, 3.0], "variant": "a", "than": "b"}, {"a": 1, "b": 0}, {"supported", "refuted"}),
        ({"interaction": ["a", "b", "c", "d"]}, {"a": 0, "b": 1, "c": 1, "d": 2}, {"supported", "refuted"}),
        ({"near": 1.0, "within": 1.0, **ONE}, {"a": 0}, {"supported", "refuted"}),
    ],
)
def test_verdicts_at_the_boundary_are_wrong_in_at_most_5_percent(facts, means, wrong):
    """0.05 two-sided, and 3 standard errors of so many studies."""
    found = rate(facts, lambda generator: normal(generator, **means), wrong)
    assert found <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / STUDIES)
    if wrong == {"supported"}:
        assert found <= 0.025 + 3 * np.sqrt(0.025 * 0.975 / STUDIES)


def test_a_run_of_the_same_kind_is_refuted_in_5_percent():
    generator = np.random.default_rng(8)
    refuted = 0
    for _ in range(STUDIES):
        values = generator.standard_normal(9)
        facts = {"agrees": float(values[-1]), **ONE}
        refuted += judged(accuracies(a=values[:-1]), **facts).verdict == "refuted"
    assert abs(refuted / STUDIES - 0.05) <= 3 * np.sqrt(0.05 * 0.95 / STUDIES)


def test_a_share_at_the_boundary_gets_a_wrong_verdict_in_at_most_5_percent():
    def draw(generator):
        return {"a": np.where(generator.random(30) < 0.2, -inf, 0.9)}

    found = rate({"converges": 0.8, "variant": "a"}, draw, {"supported", "refuted"})
    assert 0.0 < found <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / STUDIES)
