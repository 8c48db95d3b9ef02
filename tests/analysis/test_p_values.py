"""p values of signs, and their adjustment, against SciPy or a calculation by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from seedbed.analysis.p_values import holm, sign_test


@given(st.integers(1, 60), st.data(), st.sampled_from(["two-sided", "greater", "less"]))
def test_sign_test_is_scipys(pairs, data, alternative):
    wins = data.draw(st.integers(0, pairs))
    expected = stats.binomtest(wins, pairs, 0.5, alternative).pvalue
    assert sign_test(wins, pairs, alternative) == pytest.approx(expected, rel=1e-9)


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
