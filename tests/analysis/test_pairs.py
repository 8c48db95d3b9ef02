"""Paired comparisons and what they say, against SciPy or a calculation by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from seedbed.analysis.comparing import Comparison, compared, gap_bounds, verdict
from seedbed.analysis.flips import flip_p
from seedbed.analysis.pairs import Pairs
from seedbed.analysis.power import FEWEST_PAIRS
from seedbed.analysis.runs import Runs

nan, inf = float("nan"), float("inf")
values = st.floats(-100, 100).map(lambda x: round(x, 3))
sides = st.integers(1, 10).flatmap(
    lambda n: st.tuples(*[st.lists(values, min_size=n, max_size=n) for _ in range(2)])
)


def paired(a, b, scale="difference", direction="min"):
    """Where a run has an infinite value it failed."""
    return compared(Pairs.of(Runs.of(a), Runs.of(b), scale), direction)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [((0, 1), (0, 1), (-1, 1)), ((0, inf), (0, inf), (-inf, inf)), ((-inf, 1), (0, 1), (-inf, 1))],
)
def test_a_difference_lies_within_what_both_metrics_allow(first, second, expected):
    assert gap_bounds(first, second) == expected


@settings(max_examples=60, deadline=None)
@given(sides)
def test_swapping_the_sides_turns_the_difference_round(both):
    a, b = both
    one, other = paired(a, b), paired(b, a)
    assert one.estimate == pytest.approx(-other.estimate)
    assert [one.low, one.high] == pytest.approx([-other.high, -other.low], nan_ok=True, abs=1e-9)
    assert (one.p, one.n, one.side) == (other.p, other.n, -other.side)
    assert one.wins + other.wins == sum(x != y for x, y in zip(a, b, strict=True))
    assert one.p is None if len(a) < FEWEST_PAIRS else 0 < one.p <= 1


@settings(max_examples=60, deadline=None)
@given(sides)
def test_ratios_are_differences_of_logarithms(both):
    a, b = (np.exp(np.array(side) / 20) for side in both)
    ratio, gap = paired(a, b, "ratio"), paired(np.log(a), np.log(b))
    assert [ratio.estimate, ratio.low, ratio.high] == pytest.approx(
        np.exp([gap.estimate, gap.low, gap.high]), nan_ok=True
    )
    assert ratio.p == gap.p
    assert ratio.estimate == pytest.approx(np.exp(stats.trim_mean(np.log(a) - np.log(b), 0.2)))


def test_p_is_that_of_clipped_sign_flips():
    random = np.random.default_rng(7)
    a, b = random.normal(1, 1, 9), random.normal(0, 1, 9)
    assert paired(a, b).p == flip_p(a - b)


def test_failed_runs_are_no_part_of_what_is_typical_and_are_losses():
    base = np.arange(20.0)
    variant = np.where(np.arange(20) < 3, inf, base - 1)
    seen = paired(variant, base)
    assert (seen.is_typical, seen.estimate, seen.p) == (True, -1, flip_p(np.full(17, -1.0)))
    assert (seen.n, seen.wins, seen.failed, seen.failed_other) == (20, 17, 3, 0)
    assert seen.failures_p == pytest.approx(stats.binomtest(3, 3).pvalue)
    assert verdict(seen, seen.p, "min") == "better"


def test_where_over_a_fifth_failed_wins_and_losses_decide():
    base = np.arange(20.0)
    variant = np.where(np.arange(20) < 5, inf, base - 1)
    seen = paired(variant, base)
    assert (seen.is_typical, seen.n, seen.wins) == (False, 20, 15)
    assert np.isnan([seen.estimate, seen.low, seen.high]).all()
    assert seen.p == pytest.approx(stats.binomtest(15, 20).pvalue)
    assert verdict(seen, seen.p, "min") == "better"
    other = paired(base, variant)
    assert (other.is_typical, other.wins, other.p) == (False, 5, seen.p)
    assert verdict(other, other.p, "min") == "worse"


def test_runs_that_all_diverged_lose():
    seen = paired(np.full(8, inf), np.arange(8.0))
    assert (seen.side, seen.p, seen.failures_p) == (1, pytest.approx(2**-7), pytest.approx(2**-7))
    assert verdict(seen, seen.p, "min") == "worse"
    seen = paired(np.full(8, -inf), np.linspace(0.8, 0.9, 8), direction="max")
    assert verdict(seen, seen.p, "max") == "worse"


def test_a_run_beyond_the_bound_has_failed_whatever_its_value():
    failed = np.arange(12) == 4
    a = Runs(np.where(failed, 1.0, 0.001 + 1e-4 * np.arange(12)), failed, np.full(12, True))
    b = Runs.of(np.full(12, 0.004))
    seen = compared(Pairs.of(a, b, "ratio"), "min")
    assert (seen.failed, seen.wins, seen.n) == (1, 11, 12)
    assert seen.estimate == pytest.approx(np.exp(stats.trim_mean(np.log(a.values[~failed] / 0.004), 0.2)))


def test_a_run_that_failed_by_a_stricter_bound_may_still_be_the_better():
    """A variant a hundred times worse is held against its own median, and base against base's."""
    base, worse = np.full(8, 1.0), np.full(8, 100.0)
    base[:2] = 15.0
    a = Runs(worse, np.full(8, False), np.full(8, True))
    b = Runs(base, base > 10, np.full(8, True))
    seen = compared(Pairs.of(a, b, "ratio"), "min")
    assert (seen.is_typical, seen.wins, seen.n, seen.failed_other) == (False, 0, 8, 2)
    assert verdict(seen, seen.p, "min") == "worse"


def test_pairs_in_which_both_failed_are_counted_and_not_compared():
    a, b = np.append(np.arange(10.0), [inf, inf]), np.append(np.arange(10.0) + 1, [inf, 3.0])
    seen = paired(a, b)
    assert (seen.n, seen.both_failed, seen.failed, seen.failed_other) == (11, 1, 2, 1)
    assert seen.failures_p == 1.0


def test_pairs_that_say_nothing_are_left_out():
    pairs = Pairs.of(Runs.of([1.0, nan, inf, 4.0, nan]), Runs.of([0.5, 2.0, inf, nan, nan]), "difference")
    assert pairs.gaps.tolist() == [0.5]
    assert (pairs.both, pairs.undefined, pairs.counting) == (1, 0, 1)


def test_runs_that_ended_without_such_a_number_are_counted():
    ended, none = np.full(3, True), np.full(3, False)
    a, b = (Runs(np.array(values), none, ended) for values in ([1.0, nan, nan], [0.5, 2.0, nan]))
    pairs = Pairs.of(a, b, "difference")
    assert (pairs.gaps.tolist(), pairs.undefined) == ([0.5], 2)


def test_a_failed_run_beside_none_is_no_loss():
    """The other seed was never run, or interrupted."""
    pairs = Pairs.of(Runs.of([inf, 1.0]), Runs.of([nan, 2.0]), "difference")
    assert (pairs.only_first, pairs.counting) == (0, 1)


def test_a_perfect_fit_is_better_than_any_other():
    seen = paired(np.append(np.full(9, 0.0), 0.2), np.full(10, 0.1), "ratio")
    assert (seen.wins, seen.undefined) == (9, 0)
    assert seen.estimate < 1e-300
    assert paired(np.zeros(8), np.zeros(8), "ratio").estimate == 1.0
    assert verdict(seen, seen.p, "min") == "better"


def test_a_negative_value_has_no_ratio():
    seen = paired([1.0, -1.0, 2.0], [1.0, 1.0, 1.0], "ratio")
    assert (seen.n, seen.undefined) == (2, 1)


def test_what_cannot_be_compared_is_refused():
    with pytest.raises(ValueError, match="expected as many runs on both sides, got 1 and 2"):
        paired([1.0], [1.0, 2.0])


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


def test_the_verdict_of_the_issue_behind_report_e():
    """A norm that typically hurts, in 25 of 30 seeds, beside four runs that ended near 1."""
    random = np.random.default_rng(1)
    base = 0.0003 * np.exp(random.normal(0, 0.5, 30))
    variant = base * np.exp(random.normal(-2, 0.9, 30))
    failed = np.arange(30) % 8 == 3
    seen = compared(
        Pairs.of(Runs(np.where(failed, 1.0, variant), failed, ~failed), Runs.of(base), "ratio"), "min"
    )
    assert verdict(seen, seen.p, "min") == "better"
    assert 0 < seen.low < seen.estimate < seen.high < 1
    assert (seen.failed, seen.failed_other, seen.failures_p) == (4, 0, pytest.approx(0.125))


def test_the_p_of_failures_is_adjusted_for_all_that_is_compared():
    values = np.linspace(1, 2, 20)
    first = np.where(np.arange(20) < 8, inf, values)
    seen = [
        compared(Pairs.of(Runs.of(first), Runs.of(values), "ratio"), "min", 1 - 0.05 / n) for n in (1, 9, 200)
    ]
    once = stats.binomtest(8, 8).pvalue
    assert [one.failures_p for one in seen] == pytest.approx([once, 9 * once, 1.0])
