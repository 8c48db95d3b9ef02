"""Runs that are not paired: tests and intervals against SciPy or by hand, and what holds of all of them."""

from __future__ import annotations

import itertools
from math import comb, nan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from seedbed.analysis.comparing import Comparison, compared, verdict
from seedbed.analysis.deciding import ahead, equivalent, inside
from seedbed.analysis.power import FEWEST_RUNS, can_decide, fewest_runs, least_p
from seedbed.analysis.runs import Runs
from seedbed.analysis.typical import EFFECTIVE
from seedbed.analysis.unpaired import Side, Unpaired

inf = float("inf")
VALUES = st.floats(-100, 100).map(lambda x: round(x, 3))
SIDE = st.lists(VALUES, min_size=FEWEST_RUNS, max_size=14)
MAYBE_FAILED = st.lists(st.one_of(VALUES, st.just(inf)), min_size=FEWEST_RUNS, max_size=14)


def unpaired(a, b, scale="difference"):
    """Where a run has an infinite value it failed."""
    return Unpaired.of(Runs.of(a), Runs.of(b), scale)


def seen(a, b, scale="difference", direction="min", level=0.95) -> Comparison:
    return compared(unpaired(a, b, scale), direction, level)


def spread_out(values) -> bool:
    """Whether what the trimmed mean keeps differs."""
    ordered = np.sort(values)
    cut = int(0.2 * len(ordered))
    return bool(np.ptp(ordered[cut : len(ordered) - cut]) > 1e-6)


@given(SIDE, SIDE)
def test_the_typical_gap_and_its_test_are_yuens(a, b):
    """SciPy has the test with Yuen's degrees of freedom; with fewer, the same statistic gives another p."""
    if not (spread_out(a) and spread_out(b)):
        return
    reference = stats.ttest_ind(a, b, equal_var=False, trim=0.2)
    found = unpaired(a, b).estimate
    assert found.estimate == pytest.approx(stats.trim_mean(a, 0.2) - stats.trim_mean(b, 0.2), abs=1e-9)
    assert found.estimate / found.error == pytest.approx(reference.statistic)
    assert found.freedom == pytest.approx(EFFECTIVE * reference.df)
    expected = 2 * stats.t.sf(abs(reference.statistic), EFFECTIVE * reference.df)
    assert seen(a, b).p == pytest.approx(max(expected, 2 * least_p(len(a), len(b))))
    half = stats.t.ppf(0.975, EFFECTIVE * reference.df) * found.error
    assert [seen(a, b).low, seen(a, b).high] == pytest.approx([found.estimate - half, found.estimate + half])


def test_where_many_failed_ranks_decide_as_brunner_and_munzel_say():
    random = np.random.default_rng(3)
    for n, m in ((8, 8), (12, 30), (40, 7)):
        a, b = random.normal(0.4, 2, n).round(1), random.normal(0, 1, m).round(1)
        b[: m // 3] = 9.0  # the worst, and more than a fifth
        failed = Runs(b, np.arange(m) < m // 3, np.full(m, True))
        gap = Unpaired.of(Runs.of(a), failed, "difference")
        reference = stats.brunnermunzel(a, b, alternative="two-sided")
        found = gap.rank_effect(-1)
        assert not gap.has_typical
        assert found.estimate / found.error == pytest.approx(reference.statistic)
        expected = stats.t.sf(abs(reference.statistic), found.freedom)
        assert gap.p(-1) == pytest.approx(2 * max(expected, least_p(n, m)))
        share = np.mean(a[:, None] < b) + np.mean(a[:, None] == b) / 2
        assert found.estimate == pytest.approx(share - 0.5)


def test_the_degrees_of_freedom_of_ranks_are_a_share_of_theirs():
    a, b = np.array([1.0, 2, 3, 4, 5, 9]), np.array([2.5, 6, 7, 8, 8, 10, 11])
    found = unpaired(a, b).rank_effect(1)
    placements = [np.mean(b < x) + np.mean(b == x) / 2 for x in a], [np.mean(a < x) for x in b]
    variances = [np.var(of, ddof=1) / len(of) for of in placements]
    parts = [variance**2 / (len(of) - 1) for variance, of in zip(variances, placements, strict=True)]
    assert found.freedom == pytest.approx(EFFECTIVE * sum(variances) ** 2 / sum(parts))


def test_no_p_is_below_that_of_one_way_to_divide_the_runs():
    """All runs alike on either side: t is infinite, but so few runs do not show so much."""
    found = seen(np.full(6, 1.0), np.full(6, 2.0))
    assert found.p == pytest.approx(2 / comb(12, 6))
    assert (found.low, found.estimate, found.high) == (-1.0, -1.0, -1.0)
    apart = unpaired(np.r_[np.full(4, inf), 0, 1, 2], np.arange(7.0))
    assert apart.p(1) <= 2 * apart.rank_effect(1).p_above() + 1e-12
    assert 1 / least_p(3, 4) == pytest.approx(len(list(itertools.combinations(range(7), 3))))


@settings(deadline=None)
@given(MAYBE_FAILED, MAYBE_FAILED)
def test_swapping_the_sides_turns_everything_round(a, b):
    one, other = seen(a, b), seen(b, a)
    assert one.estimate == pytest.approx(-other.estimate, nan_ok=True)
    assert [one.low, one.high] == pytest.approx([-other.high, -other.low], nan_ok=True)
    assert one.p == (None if other.p is None else pytest.approx(other.p))
    assert (one.n, one.side, one.is_typical) == (other.n, -other.side, other.is_typical)
    assert (one.failed, one.sides) == (other.failed_other, other.sides[::-1])
    assert one.failures_p == (None if other.failures_p is None else pytest.approx(other.failures_p))
    ends = [one.failures_low, one.failures_high], [-other.failures_high, -other.failures_low]
    assert ends[0] == pytest.approx(ends[1], nan_ok=True)
    evidence, against = ahead(unpaired(a, b), 1), ahead(unpaired(b, a), 1)
    assert evidence == (None if against is None else pytest.approx(against[::-1]))


@given(SIDE, SIDE, st.sampled_from([0.9, 0.95, 0.99]))
def test_the_interval_leaves_out_zero_exactly_where_the_test_rejects(a, b, level):
    found = seen(a, b, level=level)
    assert found.p is not None
    if abs(found.p - (1 - level)) > 1e-9:
        assert (found.p < 1 - level) == (not found.low <= 0 <= found.high)


@given(SIDE, SIDE, st.integers(-50, 50))
def test_a_shift_moves_the_estimate_and_the_interval_and_is_a_margin(a, b, shift):
    here, moved = seen(a, b), seen(np.array(a) + shift, b)
    ends = [moved.estimate, moved.low, moved.high]
    assert ends == pytest.approx([here.estimate + shift, here.low + shift, here.high + shift], abs=1e-6)
    gap, away = unpaired(a, b), unpaired(np.array(a) + shift, b)
    if spread_out(a) or spread_out(b):
        assert ahead(away, 1, shift) == pytest.approx(ahead(gap, 1), abs=1e-6)


@given(SIDE, SIDE, st.randoms(use_true_random=False))
def test_the_order_of_runs_says_nothing(a, b, random):
    mixed = list(a)
    random.shuffle(mixed)
    one, other = seen(a, b), seen(mixed, b)
    assert [one.estimate, one.low, one.high, one.p] == pytest.approx(
        [other.estimate, other.low, other.high, other.p]
    )


@given(SIDE, SIDE)
def test_ratios_are_differences_of_logarithms(a, b):
    a, b = (np.exp(np.array(side) / 20) for side in (a, b))
    ratio, gap = seen(a, b, "ratio"), seen(np.log(a), np.log(b))
    ends = [ratio.estimate, ratio.low, ratio.high]
    assert ends == pytest.approx(np.exp([gap.estimate, gap.low, gap.high]))
    assert ratio.p == pytest.approx(gap.p)


def test_different_numbers_of_runs_and_runs_that_are_not_there():
    a = Runs.of([1.0, 2, 3, 4, 5, 6, 7, nan, nan])
    b = Runs.of([2.0, nan, 3, 4, 5, 6, 7, 8, 9])
    found = compared(Unpaired.of(a, b, "difference"), "min")
    assert (found.sides, found.n, found.wins, found.undefined) == ((7, 8), 15, None, 0)
    undefined = Runs(np.array([1.0, nan, 3, 4, 5, 6, 7, 8]), np.full(8, False), np.full(8, True))
    assert Unpaired.of(undefined, b, "difference").undefined == 1


def test_failed_runs_are_no_part_of_what_is_typical_and_are_counted():
    a, b = np.append(np.arange(18.0), [inf, inf]), np.arange(20.0) + 3
    found = seen(a, b)
    assert (found.is_typical, found.estimate) == (True, pytest.approx(8.5 - 12.5))
    assert (found.failed, found.failed_other, found.both_failed) == (2, 0, 0)
    assert found.failures_p == pytest.approx(stats.fisher_exact([[2, 18], [0, 20]]).pvalue)
    assert found.failures_low < 0.1 < found.failures_high


def test_runs_that_all_failed_lose_and_nothing_is_said_where_all_did():
    worse = seen(np.full(8, inf), np.arange(9.0))
    assert (worse.is_typical, worse.side, worse.fails_more) == (False, 1, 72)
    assert verdict(worse, worse.p, "min") == "worse"
    nothing = seen(np.full(8, inf), np.full(9, inf))
    assert (nothing.n, nothing.both_failed) == (0, 17)
    assert verdict(nothing, nothing.p, "min") == "all failed"
    absent = seen([1.0, 2, 3, 4, 5, 6], np.full(6, nan))
    assert verdict(absent, absent.p, "min") == "no finished runs"


def test_failures_with_scores_count_as_the_worst_too():
    a, b = np.append(np.linspace(0.8, 0.9, 9), [-inf] * 4), np.linspace(0.1, 0.2, 9)
    found = seen(a, b, direction="max")
    assert not found.is_typical
    assert found.side == 1
    ranked = [np.mean((x > b) + (x == b) / 2) for x in a]
    assert unpaired(a, b).rank_effect(1).estimate == pytest.approx(np.mean(ranked) - 0.5)


def test_by_share_of_runs_not_by_number():
    """8 of 100 are fewer than 3 of 10."""
    a, b = np.append(np.arange(7.0), [inf] * 3), np.append(np.arange(92.0), [inf] * 8)
    assert seen(a, b).fails_more > 0
    assert seen(b, a).fails_more < 0


@pytest.mark.parametrize("n", [1, 2, 5])
def test_few_runs_have_an_estimate_but_no_p(n):
    found = seen(np.arange(n) + 1.0, np.arange(9.0))
    assert found.p is None
    assert found.estimate == pytest.approx(stats.trim_mean(np.arange(n) + 1.0, 0.2) - 4)
    assert np.isfinite(found.low) == (n > 1)
    assert verdict(found, None, "min") == "not enough seeds"
    assert ahead(unpaired(np.arange(n) + 1.0, np.arange(9.0)), 1) is None
    assert equivalent(unpaired(np.arange(n) + 1.0, np.arange(9.0)), 1.0) is None


@pytest.mark.parametrize(("comparisons", "runs"), [(1, 6), (23, 6), (24, 7), (10_000, 11)])
def test_the_fewest_runs_can_just_reach_significance(comparisons, runs):
    assert fewest_runs(comparisons) == runs
    assert can_decide(runs, runs, comparisons)
    assert runs == FEWEST_RUNS or not can_decide(runs - 1, runs - 1, comparisons)
    assert not can_decide(FEWEST_RUNS - 1, 1000)


def test_so_many_comparisons_that_no_p_could_decide_need_more_runs():
    found = seen(np.arange(6.0), np.arange(6.0) + 100)
    assert verdict(found, found.p, "min") == "better"
    assert verdict(found, min(1.0, 24 * found.p), "min", 24) == "not enough seeds"


@given(SIDE, SIDE, st.floats(0.1, 50))
def test_similar_is_two_one_sided_tests(a, b, within):
    gap = unpaired(a, b)
    found = equivalent(gap, within)
    inner = inside(gap, 1, -within, within)
    assert found == pytest.approx(inner)
    similar = seen(a, b, level=0.9)
    if spread_out(a) and spread_out(b) and found is not None and abs(found[0] - 0.05) > 1e-9:
        assert (found[0] < 0.05) == (-within < similar.low and similar.high < within)


def test_where_many_failed_only_failures_speak_against_similar():
    a, b = np.append(np.arange(10.0), [inf] * 10), np.arange(20.0)
    found = equivalent(unpaired(a, b), 5.0)
    assert found == (1.0, pytest.approx(stats.fisher_exact([[10, 10], [0, 20]]).pvalue))


def test_four_sides_add_up_with_their_spreads():
    random = np.random.default_rng(0)
    sides = [random.normal(mean, 1 + mean, n) for mean, n in ((0, 8), (1, 12), (2, 9), (5, 30))]
    weights = (1.0, -1.0, -1.0, 1.0)
    gap = Unpaired("difference", tuple(map(Side, weights, sides, [np.zeros(0)] * 4)))
    means = [stats.trim_mean(side, 0.2) for side in sides]
    assert gap.estimate.estimate == pytest.approx(np.dot(weights, means))
    cuts = [int(0.2 * len(side)) for side in sides]
    kept = [len(side) - 2 * cut for side, cut in zip(sides, cuts, strict=True)]
    squares = [
        (len(side) - 1) * np.var(stats.mstats.winsorize(side, (0.2, 0.2)), ddof=1) / (h * (h - 1))
        for side, h in zip(sides, kept, strict=True)
    ]
    assert gap.estimate.error == pytest.approx(np.sqrt(sum(squares)))
    spent = sum(square**2 / (h - 1) for square, h in zip(squares, kept, strict=True))
    assert gap.estimate.freedom == pytest.approx(EFFECTIVE * sum(squares) ** 2 / spent)
    assert (gap.sides, gap.wins(1), gap.lead(1)) == ((8, 12, 9, 30), None, 0)
    often = Unpaired("difference", (*gap.all_sides[:3], Side(1.0, sides[3][:6], np.full(4, inf))))
    assert not often.can_test


def test_numbers_near_the_largest_have_no_interval_and_no_warning():
    found = seen(np.full(8, 1e308) * np.linspace(-1, 1, 8), np.arange(8.0))
    assert not np.isfinite(found.high) or found.high > 1e300
