"""How often runs fail: intervals and tests against SciPy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from seedbed.analysis.reliable import mcnemar, too_often, wilson


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
