"""How often runs fail: intervals and tests against SciPy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from seedbed.analysis.reliable import bounds_of_failure, mcnemar, too_often, wilson


@given(st.integers(1, 200), st.data(), st.sampled_from([0.9, 0.95, 0.99]))
def test_the_interval_of_a_share_is_scipys(n, data, level):
    count = data.draw(st.integers(0, n))
    expected = stats.binomtest(count, n).proportion_ci(level, method="wilson")
    assert wilson(count, n, level) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_of_no_runs_there_is_no_share():
    assert np.isnan(wilson(0, 0)).all()


@given(st.integers(0, 40), st.integers(0, 40))
def test_pairs_of_which_one_failed_are_a_toss_of_a_coin(first, second):
    expected = stats.binomtest(first, first + second).pvalue if first + second else 1.0
    assert mcnemar(first, second) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("failed", "runs", "expected"), [(0, 0, False), (2, 10, False), (3, 10, True), (1, 4, True)]
)
def test_over_a_fifth_is_too_often(failed, runs, expected):
    assert too_often(failed, runs) is expected


def test_errors_fail_beyond_ten_times_the_median_of_base_or_of_a_far_worse_variant():
    values = np.array([[1.0, 2.0, 30.0], [4.0, 5.0, 6.0], [6.5, 7.0, 90.0], [np.inf, np.inf, 1.0]])
    found = bounds_of_failure(values, "min", "ratio", None, None)
    assert found == pytest.approx([20.0, 20.0, 70.0, np.nan], nan_ok=True)
    assert bounds_of_failure(values, "min", "ratio", None, 3.0).tolist() == [3.0] * 4


def test_scores_fail_halfway_to_chance():
    values = np.array([[0.9, 0.9, 0.1], [0.7, 0.7, 0.7], [0.1, 0.1, 0.9]])
    found = bounds_of_failure(values, "max", "difference", 0.1, None)
    assert found == pytest.approx([0.5, 0.4, np.nan], nan_ok=True)
    assert np.isnan(bounds_of_failure(values, "max", "difference", None, None)).all()
