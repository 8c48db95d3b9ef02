"""Medians, means and their intervals, against SciPy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from seedbed.analysis.intervals import interval, median_interval, t_tail

nan, inf = float("nan"), float("inf")


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


@given(st.floats(-50, 50), st.integers(1, 200))
def test_t_tail_is_scipys(value, freedom):
    assert t_tail(value, freedom) == pytest.approx(stats.t.sf(value, freedom), rel=1e-9)


@given(
    st.lists(st.integers(-50, 50), min_size=1, max_size=40),
    st.integers(-60, 60),
    st.sampled_from([0.95, 0.99]),
)
def test_the_interval_of_a_median_holds_what_the_sign_test_does_not_reject(values, bound, level):
    values, bound = np.array(values, dtype=float), bound + 0.5
    median, low, high = median_interval(values, level)
    assert median == np.median(values)
    p = stats.binomtest(int(np.sum(values > bound)), len(values)).pvalue
    if np.isnan(low):
        assert 2 * 0.5 ** len(values) > 1 - level
    else:
        assert (p > 1 - level + 1e-12) == (low < bound < high)


def test_a_median_among_diverged_runs():
    assert median_interval(np.array([1.0, np.inf, 2.0, np.inf, np.inf, 3.0, np.inf, np.inf])) == (
        np.inf,
        1.0,
        np.inf,
    )
    assert np.isnan(median_interval(np.array([]))).all()
