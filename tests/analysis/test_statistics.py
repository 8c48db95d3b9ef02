"""Every statistic against SciPy or a calculation by hand."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from seedbed.analysis import statistics
from seedbed.analysis.statistics import (
    FEWEST_PAIRS,
    FLIPS,
    Comparison,
    differences,
    fewest_pairs,
    gap_bounds,
    holm,
    interval,
    p_value,
    paired,
    scale_for,
    seeds_to_decide,
    sign_flip,
    verdict,
)
from seedbed.draws import generator

nan, inf = float("nan"), float("inf")
GAPS = {
    "five": [0.3, -0.1, 0.5, 0.7, 0.2],
    "all positive": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
    "ties": [1.0, -1.0, 1.0, -1.0, 1.0, 0.0],
    "twelve": np.random.default_rng(3).normal(0.4, 1, 12).tolist(),
}
values = st.floats(-100, 100).map(lambda x: round(x, 3))
pairs = st.integers(1, 10).flatmap(
    lambda n: st.tuples(*[st.lists(values, min_size=n, max_size=n) for _ in range(2)])
)

# --- intervals ------------------------------------------------------------------------------------------


def test_interval_is_the_t_interval():
    sample = np.random.default_rng(0).normal(5, 2, 11)
    seen = interval(sample)
    expected = stats.t.interval(0.95, 10, loc=sample.mean(), scale=stats.sem(sample))
    assert (seen.low, seen.high) == pytest.approx(expected)
    assert (seen.mean, seen.median, seen.n) == (pytest.approx(sample.mean()), np.median(sample), 11)


@pytest.mark.parametrize(
    ("sample", "mean", "ends", "median", "n"),
    [
        ([3.0], 3.0, nan, 3.0, 1),
        ([], nan, nan, nan, 0),
        ([2.0, 2.0, 2.0], 2.0, 2.0, 2.0, 3),
        ([1.0, nan, 3.0], 2.0, None, 2.0, 2),  # NaN: no such run
        ([1.0, 3.0, inf], 2.0, None, 3.0, 2),  # a diverged run is worst in the median, not in the mean
        ([1.0, inf, inf], 1.0, nan, inf, 1),
        ([0.9, 0.8, -inf], 0.85, None, 0.8, 2),  # worst of a score
    ],
)
def test_interval_with_few_or_diverged_runs(sample, mean, ends, median, n):
    seen = interval(sample)
    assert [seen.mean, seen.median] == pytest.approx([mean, median], nan_ok=True)
    assert seen.n == n
    if ends is not None:
        assert [seen.low, seen.high] == pytest.approx([ends, ends], nan_ok=True)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [((0, 1), (0, 1), (-1, 1)), ((0, inf), (0, inf), (-inf, inf)), ((-inf, 1), (0, 1), (-inf, 1))],
)
def test_a_difference_lies_within_what_both_metrics_allow(first, second, expected):
    assert gap_bounds(first, second) == expected


# --- p values -------------------------------------------------------------------------------------------


def brute_force(gaps, two_sided):
    sums = [
        sum(s * g for s, g in zip(signs, gaps, strict=True))
        for signs in itertools.product((1, -1), repeat=len(gaps))
    ]
    seen = sum(gaps)
    extreme = [abs(s) >= abs(seen) - 1e-9 if two_sided else s >= seen - 1e-9 for s in sums]
    return sum(extreme) / len(extreme)


@pytest.mark.parametrize("name", ["five", "all positive", "ties"])
@pytest.mark.parametrize("alternative", ["two-sided", "greater"])
def test_sign_flip_lists_all_flips(name, alternative):
    gaps = np.array(GAPS[name])
    assert sign_flip(gaps, alternative) == pytest.approx(brute_force(GAPS[name], alternative == "two-sided"))


@pytest.mark.parametrize("name", GAPS)
@pytest.mark.parametrize("alternative", ["two-sided", "greater"])
def test_sign_flip_agrees_with_scipy(name, alternative):
    gaps = np.array(GAPS[name])
    expected = stats.permutation_test(
        (gaps,), np.mean, permutation_type="samples", alternative=alternative, n_resamples=inf
    )
    assert sign_flip(gaps, alternative) == pytest.approx(expected.pvalue)


def test_sampled_sign_flip_approaches_the_exact_one():
    gaps = np.random.default_rng(5).normal(0.35, 1, 16)
    exact = stats.permutation_test((gaps,), np.mean, permutation_type="samples", n_resamples=inf).pvalue
    error = np.sqrt(exact * (1 - exact) / FLIPS)
    assert sign_flip(gaps) == pytest.approx(exact, abs=4 * error)
    assert sign_flip(gaps) == sign_flip(gaps)  # nothing random about a report


@pytest.mark.parametrize("n", [13, 24, 25, 40])
def test_sampled_sums_are_those_of_the_patterns_drawn(n):
    gaps = np.random.default_rng(n).normal(size=n)
    drawn = generator(0, 0, "statistics").integers(0, 2, (FLIPS // 10, n), dtype=np.int8) * 2 - 1
    assert statistics._sampled_sums(gaps)[: FLIPS // 10] == pytest.approx(drawn @ gaps)


def test_patterns_are_drawn_once_for_a_number_of_seeds(monkeypatch):
    calls = []
    monkeypatch.setattr(statistics, "generator", lambda *key: calls.append(key) or generator(*key))
    for seed in range(5):
        sign_flip(np.random.default_rng(seed).normal(size=57))
    assert len(calls) <= 1


@given(st.integers(1, 60), st.data(), st.sampled_from(["two-sided", "greater", "less"]))
def test_sign_test_is_scipys(pairs, data, alternative):
    wins = data.draw(st.integers(0, pairs))
    expected = stats.binomtest(wins, pairs, 0.5, alternative).pvalue
    assert statistics.sign_test(wins, pairs, alternative) == pytest.approx(expected, rel=1e-9)


@given(st.floats(-50, 50), st.integers(1, 200))
def test_t_tail_is_scipys(value, freedom):
    assert statistics.t_tail(value, freedom) == pytest.approx(stats.t.sf(value, freedom), rel=1e-9)


def test_sampled_p_is_never_zero():
    gaps = np.array([1.0] * 59 + [-1e-3])  # no other pattern but this one's mirror is as extreme
    assert sign_flip(gaps) == pytest.approx(1 / (FLIPS + 1), rel=1e-9)


@pytest.mark.parametrize("n", [5, 12, 13, 20, 60, 2000])
def test_p_of_gaps_of_one_sign_is_exact_with_any_number_of_seeds(n):
    gaps = np.random.default_rng(n).exponential(size=n)
    assert sign_flip(gaps) == sign_flip(-gaps) == max(2 * 0.5**n, np.finfo(float).tiny)
    assert sign_flip(gaps, "greater") == max(0.5**n, np.finfo(float).tiny)
    assert sign_flip(-gaps, "greater") == 1
    assert sign_flip(np.append(gaps, 0.0)) == min(1, max(2 * 0.5**n, np.finfo(float).tiny))


def test_under_the_null_one_in_twenty_is_significant():
    random = np.random.default_rng(11)
    hits = sum(paired(random.normal(size=10), random.normal(size=10)).p < 0.05 for _ in range(1000))
    assert stats.binomtest(hits, 1000, 0.05).pvalue > 0.01


@settings(max_examples=60, deadline=None)
@given(pairs)
def test_swapping_the_sides_turns_the_difference_round(sides):
    a, b = sides
    one, other = paired(a, b), paired(b, a)
    assert one.estimate == pytest.approx(-other.estimate)
    assert [one.low, one.high] == pytest.approx([-other.high, -other.low], nan_ok=True)
    assert (one.p, one.n, one.side) == (other.p, other.n, -other.side)
    assert one.p is None if len(a) < FEWEST_PAIRS else 0 < one.p <= 1


@settings(max_examples=60, deadline=None)
@given(pairs)
def test_ratios_are_differences_of_logarithms(sides):
    a, b = (np.exp(np.array(side) / 20) for side in sides)
    ratio, gap = paired(a, b, "ratio"), paired(np.log(a), np.log(b))
    assert [ratio.estimate, ratio.low, ratio.high] == pytest.approx(
        np.exp([gap.estimate, gap.low, gap.high]), nan_ok=True
    )
    assert ratio.p == gap.p
    assert ratio.estimate == pytest.approx(stats.gmean(a) / stats.gmean(b))


def test_paired_interval_is_that_of_scipy():
    random = np.random.default_rng(7)
    a, b = random.normal(1, 1, 9), random.normal(0, 1, 9)
    expected = stats.ttest_rel(a, b).confidence_interval(0.95)
    seen = paired(a, b)
    assert (seen.low, seen.high) == pytest.approx((expected.low, expected.high))


# --- diverged and missing runs --------------------------------------------------------------------------


def test_a_pair_where_one_run_diverged_is_a_loss():
    base = np.arange(8.0)
    variant = base - 1
    variant[:3] = inf  # diverged
    seen = paired(variant, base)
    assert (seen.n, seen.diverged, seen.estimate) == (8, 3, -1)
    assert seen.p == pytest.approx(stats.binomtest(5, 8).pvalue)
    assert "3 pairs" in seen.note


def test_diverged_runs_alone_can_decide():
    base, variant = np.arange(8.0), np.full(8, inf)
    seen = paired(variant, base)
    assert (seen.side, seen.p) == (1, pytest.approx(2**-7))
    assert np.isnan(seen.estimate)
    assert verdict(seen, seen.p, "min") == "worse"


def test_pairs_that_say_nothing_are_left_out():
    gaps = differences([1.0, nan, inf, 4.0], [0.5, 2.0, inf, nan])
    assert gaps.tolist() == [0.5]


def test_diverged_scores_are_worst_at_the_other_end():
    seen = paired(np.full(8, -inf), np.linspace(0.8, 0.9, 8))
    assert verdict(seen, seen.p, "max") == "worse"


@pytest.mark.parametrize(
    ("a", "b", "message"), [([1.0], [1.0, 2.0], "1 and 2"), ([1.0, 0.0], [1.0, 1.0], "positive")]
)
def test_what_cannot_be_compared_is_refused(a, b, message):
    with pytest.raises(ValueError, match=message):
        paired(a, b, "ratio")


def test_p_value_of_signs_counts_no_ties():
    gaps = np.array([inf, 1.0, 2.0, 0.0, -1.0])
    assert p_value(gaps, "greater") == pytest.approx(stats.binomtest(3, 4, alternative="greater").pvalue)


# --- several comparisons, verdicts ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ps", "expected"),
    [
        ([0.01, 0.04, 0.03], [0.03, 0.06, 0.06]),
        ([0.04, 0.01, 0.5, 0.02], [0.08, 0.04, 0.5, 0.06]),
        ([0.6, 0.7], [1.0, 1.0]),
        ([None, 0.02, None, 0.03], [None, 0.04, None, 0.04]),
        ([], []),
    ],
)
def test_holm_by_hand(ps, expected):
    assert holm(ps) == [value if value is None else pytest.approx(value) for value in expected]


@given(st.lists(st.floats(1e-6, 1), min_size=1, max_size=20))
def test_holm_raises_p_keeps_order_and_stays_under_bonferroni(ps):
    adjusted = holm(ps)
    assert all(p <= a <= min(1, p * len(ps)) + 1e-12 for p, a in zip(ps, adjusted, strict=True))
    assert [adjusted[i] for i in np.argsort(ps)] == sorted(adjusted)


def made(estimate, n=10):
    return Comparison("difference", estimate, estimate - 1, estimate + 1, 0.01, n, int(np.sign(estimate)))


@pytest.mark.parametrize(
    ("comparison", "p", "direction", "comparisons", "expected"),
    [
        (made(-2), 0.01, "min", 1, "better"),
        (made(-2), 0.01, "max", 1, "worse"),
        (made(2), 0.01, "min", 1, "worse"),
        (made(2), 0.06, "min", 1, "no evidence"),
        (made(2), 0.05, "min", 1, "no evidence"),
        (made(2, n=4), None, "min", 1, "not enough seeds"),
        (made(2, n=5), 0.0625, "min", 1, "not enough seeds"),  # 2 / 2**5 is the least five pairs can give
        (made(2, n=6), 0.03, "min", 1, "worse"),
        (made(2, n=6), 0.06, "min", 2, "not enough seeds"),
        (made(0), 0.01, "min", 1, "no evidence"),
    ],
)
def test_verdicts(comparison, p, direction, comparisons, expected):
    assert verdict(comparison, p, direction, comparisons) == expected


@pytest.mark.parametrize("comparisons", [1, 2, 3, 10, 25, 200, 1000, 10_000])
def test_fewest_pairs_can_just_reach_significance(comparisons):
    n = fewest_pairs(comparisons)
    assert max(holm([sign_flip(np.ones(n))] * comparisons)) < 0.05
    assert n == FEWEST_PAIRS or max(holm([sign_flip(np.ones(n - 1))] * comparisons)) >= 0.05


@pytest.mark.parametrize(
    ("sample", "direction", "expected"),
    [
        ([0.001, 0.5], "min", "ratio"),
        ([0.1, 0.5], "min", "difference"),
        ([0.1, 0.5, inf, nan, 2.0], "min", "ratio"),
        ([0.0, 0.5, 10.0], "min", "difference"),
        ([0.01, 0.9], "max", "difference"),
        ([], "min", "difference"),
    ],
)
def test_scale_follows_the_spread_of_errors(sample, direction, expected):
    assert scale_for(sample, direction) == expected


# --- how many seeds -------------------------------------------------------------------------------------


def test_seeds_to_decide_are_the_fewest_with_the_power():
    m = np.arange(5, 160)
    for effect in (-1.0, *np.geomspace(0.25, 2, 80)):
        powers = stats.nct.sf(stats.t.ppf(0.975, m - 1), m - 1, abs(effect) * np.sqrt(m))
        assert seeds_to_decide(effect) == m[powers >= 0.8][0], effect


@pytest.mark.parametrize(
    ("effect", "power", "expected"),
    [
        *[(0.2, 0.8, 199), (0.3, 0.8, 90), (0.5, 0.8, 34), (0.8, 0.8, 15), (1.0, 0.8, 10), (1.5, 0.8, 6)],
        *[(0.5, 0.9, 44), (0.5, 0.95, 54)],
    ],
)
def test_seeds_to_decide_are_those_of_published_tables(effect, power, expected):
    """Of the two-sided paired t test at 5 %, as in Cohen's tables and G*Power."""
    assert seeds_to_decide(effect, power) == expected


def test_seeds_to_decide_by_simulation():
    n, random = seeds_to_decide(0.8), np.random.default_rng(2)
    sample = random.normal(0.8, 1, (4000, n))
    assert np.mean(stats.ttest_1samp(sample, 0, axis=1).pvalue < 0.05) == pytest.approx(0.8, abs=0.05)


@pytest.mark.parametrize(
    ("effect", "expected"),
    [(0.0, None), (1e-5, None), (nan, None), (50.0, 5), (1e15, 5), (-1e300, 5), (inf, 5)],
)
def test_seeds_to_decide_at_the_ends(effect, expected):
    assert seeds_to_decide(effect) == expected
