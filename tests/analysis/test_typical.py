"""The typical gap: its estimate and error against SciPy, its interval against the test that it inverts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from seedbed.analysis.flips import flip_p
from seedbed.analysis.typical import trimmed, typical

GAPS = st.lists(st.integers(-1000, 1000), min_size=6, max_size=16).map(lambda whole: np.array(whole) / 100)


@given(GAPS)
def test_the_estimate_is_scipys_trimmed_mean(gaps):
    assert typical(gaps).estimate == pytest.approx(stats.trim_mean(gaps, 0.2))


def test_the_error_is_that_of_the_winsorized_variance():
    gaps = np.array([3.0, -1.0, 40.0, 2.0, 5.0, 4.0, 1.0, 6.0, -30.0, 2.5])
    winsorized = np.array(stats.mstats.winsorize(gaps, (0.2, 0.2)))
    estimate, error, freedom = trimmed(gaps)
    # Yuen: s_w sqrt(n - 1) / sqrt(h (h - 1)), h = 10 - 2 * 2
    assert (freedom, error) == (5, pytest.approx(winsorized.std(ddof=1) * 3 / np.sqrt(30)))
    assert error == pytest.approx(
        stats.mstats.trimmed_stde(gaps, (0.2, 0.2)), rel=0.1
    )  # same, n for h (h - 1)
    assert estimate == pytest.approx(3.0 - 0.0 + (2 + 2.5 + 3 + 4 + 5 + 1) / 6 - 3.0)


@pytest.mark.parametrize("n", [6, 9, 12, 20, 120])
def test_the_interval_leaves_out_zero_exactly_where_the_test_rejects(n):
    draw = np.random.default_rng(n)
    for kind in (
        draw.standard_normal,
        lambda size: draw.standard_t(2, size),
        lambda size: draw.integers(-3, 5, size) / 200,
    ):
        for _ in range(40):
            gaps = kind(n) + draw.choice([0, 0.6])
            seen = typical(gaps)
            assert (flip_p(gaps) < 0.05) == (not seen.low <= 0 <= seen.high), gaps


@given(GAPS, st.integers(-1000, 1000))
def test_it_moves_with_the_gaps_and_holds_the_estimate(gaps, shift):
    seen, moved = typical(gaps), typical(gaps + shift)
    assert seen.low <= seen.estimate <= seen.high
    assert moved.estimate == pytest.approx(seen.estimate + shift, abs=1e-9)


@given(GAPS)
def test_it_turns_round_with_the_gaps(gaps):
    seen, turned = typical(gaps), typical(-gaps)
    assert [seen.estimate, seen.low, seen.high] == pytest.approx(
        [-turned.estimate, -turned.high, -turned.low], abs=1e-9
    )


def test_with_few_gaps_it_is_yuens():
    gaps = np.array([1.0, 2.0, 3.0, 5.0, 9.0])
    estimate, error, freedom = trimmed(gaps)
    seen = typical(gaps)
    assert (seen.estimate, freedom) == (estimate, 2)
    assert seen.high - seen.estimate == pytest.approx(stats.t.ppf(0.975, 2) * error)
    two = typical(gaps[:2])  # nothing is trimmed of two: the t interval
    expected = stats.t.interval(0.95, 1, loc=1.5, scale=stats.sem(gaps[:2]))
    assert (two.low, two.high) == pytest.approx(expected)


def test_gaps_too_few_for_a_shared_level_are_all_within_the_interval():
    draw = np.random.default_rng(0)
    level = 1 - 0.05 / 9  # of nine comparisons: 2 / 2**8 is more than what is left to each
    seen = [(gaps, typical(gaps, level)) for gaps in draw.normal(size=(2000, 8))]
    assert all(one.low <= gaps.min() and gaps.max() <= one.high for gaps, one in seen)
    assert np.mean([one.low <= 0 <= one.high for _, one in seen]) > level


def test_with_one_gap_or_none_there_is_no_interval():
    one, none = typical(np.array([2.0])), typical(np.array([]))
    assert one.estimate == 2.0
    assert np.isnan([one.low, one.high, none.estimate, none.low, none.high]).all()


def test_equal_gaps_leave_no_room():
    seen = typical(np.full(8, 0.25))
    assert (seen.estimate, seen.low, seen.high) == (0.25, 0.25, 0.25)


@pytest.mark.parametrize("n", [5, 8, 30])
def test_it_covers_what_it_says(n):
    draw = np.random.default_rng(n)
    seen = [typical(draw.normal(1, 2, n)) for _ in range(1000)]
    assert 0.93 < np.mean([one.low <= 1 <= one.high for one in seen]) < 0.98


def test_a_wider_level_is_a_wider_interval():
    gaps = np.random.default_rng(0).normal(size=20)
    wide, narrow = typical(gaps, 0.99), typical(gaps)
    assert wide.low < narrow.low < narrow.high < wide.high
