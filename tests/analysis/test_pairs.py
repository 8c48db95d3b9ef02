"""Paired comparisons and what they say, against SciPy or a calculation by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from seedbed.analysis.pairs import Comparison, differences, gap_bounds, paired, scale_for, verdict
from seedbed.analysis.power import FEWEST_PAIRS

nan, inf = float("nan"), float("inf")
values = st.floats(-100, 100).map(lambda x: round(x, 3))
pairs = st.integers(1, 10).flatmap(
    lambda n: st.tuples(*[st.lists(values, min_size=n, max_size=n) for _ in range(2)])
)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [((0, 1), (0, 1), (-1, 1)), ((0, inf), (0, inf), (-inf, inf)), ((-inf, 1), (0, 1), (-inf, 1))],
)
def test_a_difference_lies_within_what_both_metrics_allow(first, second, expected):
    assert gap_bounds(first, second) == expected


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
