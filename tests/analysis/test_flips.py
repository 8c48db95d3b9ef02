"""The sign-flip test, against SciPy and by hand: every number of gaps, ties, clipped and infinite gaps."""

import itertools
import time
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from seedbed.analysis.flips import CLIP, COUNTED_UP_TO, LISTED_UP_TO, clipped, flip_p, sign_flip

ALTERNATIVES = pytest.mark.parametrize("alternative", ["two-sided", "greater"])
GAPS = {
    "five": [0.3, -0.1, 0.5, 0.7, 0.2],
    "all positive": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
    "ties": [1.0, -1.0, 1.0, -1.0, 1.0, 0.0],
    "twelve": np.random.default_rng(3).normal(0.4, 1, 12).tolist(),
    "sixteen, counted": np.random.default_rng(5).normal(0.35, 1, 16).tolist(),
}


@pytest.mark.parametrize("name", ["five", "all positive", "ties"])
@ALTERNATIVES
def test_all_flips_are_listed(name, alternative):
    gaps = GAPS[name]
    sums = [
        sum(s * g for s, g in zip(signs, gaps, strict=True))
        for signs in itertools.product((1, -1), repeat=len(gaps))
    ]
    extreme = [
        abs(s) >= abs(sum(gaps)) - 1e-9 if alternative == "two-sided" else s >= sum(gaps) - 1e-9 for s in sums
    ]
    assert sign_flip(np.array(gaps), alternative) == pytest.approx(np.mean(extreme))


@pytest.mark.parametrize("name", GAPS)
@ALTERNATIVES
def test_it_is_scipys(name, alternative):
    gaps = np.array(GAPS[name])
    expected = stats.permutation_test(
        (gaps,), np.mean, permutation_type="samples", alternative=alternative, n_resamples=np.inf
    )
    tolerance = 0 if len(gaps) <= LISTED_UP_TO else 0.01  # the gaps are rounded to a grid
    assert sign_flip(gaps, alternative) == pytest.approx(expected.pvalue, rel=max(tolerance, 1e-12))


@given(st.integers(LISTED_UP_TO + 1, COUNTED_UP_TO), st.integers(0, 10**6), st.integers(0, 60))
def test_of_equal_gaps_it_is_the_sign_test(n, size, wins):
    wins = min(wins, n)
    gaps = (size + 1) * 1e-3 * np.where(np.arange(n) < wins, 1.0, -1.0)
    assert sign_flip(gaps, "greater") == pytest.approx(
        stats.binomtest(wins, n, alternative="greater").pvalue, rel=1e-9
    )


@pytest.mark.parametrize("n", [101, 1000, 20_000])
def test_of_many_gaps_the_sum_is_taken_as_normal(n):
    for wins in (n // 2, n // 2 + int(0.9 * np.sqrt(n)), n // 2 + int(1.4 * np.sqrt(n))):
        gaps = np.where(np.arange(n) < wins, 1.0, -1.0)
        exact = stats.binomtest(wins, n, alternative="greater").pvalue
        assert 0.99 < sign_flip(gaps, "greater") / exact < 1.06  # the tail of a bounded sum is lighter
    smooth = np.random.default_rng(n).normal(0.1, 1, n)
    z = smooth.sum() / np.sqrt(np.sum(smooth**2))
    assert sign_flip(smooth) == pytest.approx(2 * stats.norm.sf(z), rel=0.01)


def test_the_count_meets_the_normal_sum():
    gaps = clipped(np.random.default_rng(7).normal(0.2, 1, COUNTED_UP_TO + 1))
    assert sign_flip(gaps) == pytest.approx(sign_flip(gaps[np.argsort(abs(gaps))[1:]]), rel=0.05)


@pytest.mark.parametrize("n", [1, 6, 12, 13, 64, 100])
def test_of_gaps_of_one_sign_it_is_known(n):
    gaps = np.abs(np.random.default_rng(n).normal(size=n)) + 0.5
    assert sign_flip(gaps) == sign_flip(-gaps) == pytest.approx(min(1, 2 * 0.5**n))
    assert sign_flip(gaps, "greater") == pytest.approx(0.5**n)
    assert sign_flip(-gaps, "greater") == 1
    assert sign_flip(np.append(gaps, 0.0)) == pytest.approx(min(1, 2 * 0.5**n), rel=1e-3)


@pytest.mark.parametrize("n", [0, 1, 7, 40, 400])
def test_nothing_but_zeros_is_no_evidence(n):
    assert flip_p(np.zeros(n)) == flip_p(np.zeros(n), "greater") == 1


def test_a_hundred_thousand_gaps_take_neither_time_nor_memory():
    gaps = np.random.default_rng(0).normal(0.003, 1, 100_000)
    tracemalloc.start()
    began = time.process_time()
    assert 0 < sign_flip(gaps) < 1
    assert time.process_time() - began < 2
    assert tracemalloc.get_traced_memory()[1] < 2e8
    tracemalloc.stop()


# --- clipping -------------------------------------------------------------------------------------------


def test_one_odd_gap_cannot_decide():
    gaps = np.array([-0.1, -0.2, -0.15, -0.1, -0.3, -0.2, -0.25, -0.1, -0.2, -0.3, -0.25, 1e6])
    assert clipped(gaps).max() == pytest.approx(CLIP * 0.2)
    assert flip_p(gaps) == flip_p(np.append(gaps[:-1], np.inf)) < 0.05 < sign_flip(gaps)


def test_where_most_gaps_are_zero_the_others_set_the_bound():
    gaps = np.array([0, 0, 0, 0, 0, 0.1, 0.2, 0.9])
    assert clipped(gaps) == pytest.approx([0, 0, 0, 0, 0, 0.1, 0.2, 0.3])


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=20), st.data())
def test_clipping_does_not_look_at_signs(gaps, data):
    gaps = np.array(gaps)
    signs = data.draw(st.lists(st.sampled_from([-1, 1]), min_size=len(gaps), max_size=len(gaps)))
    assert clipped(gaps * signs) == pytest.approx(clipped(gaps) * signs)


@given(st.lists(st.floats(-10, 10) | st.sampled_from([np.inf, -np.inf]), min_size=1, max_size=15))
def test_it_is_a_p_and_symmetric(gaps):
    gaps = np.array(gaps)
    p = flip_p(gaps)
    assert 0 < p <= 1
    assert p == pytest.approx(flip_p(-gaps))
    assert p == pytest.approx(min(1, 2 * min(flip_p(gaps, "greater"), flip_p(-gaps, "greater"))), rel=1e-6)


@pytest.mark.parametrize("n", [8, 30, 150])
def test_it_rejects_as_often_as_it_says(n):
    draw = np.random.default_rng(n)
    ps = [flip_p(draw.standard_t(2, n)) for _ in range(1000)]
    assert 0.03 < np.mean(np.array(ps) < 0.05) < 0.07
