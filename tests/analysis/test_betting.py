"""The e-value of peeks: on average 1 where nothing differs, whatever the sizes, and large only where something does."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from seedbed.analysis.betting import SHARES, e_value

SIZES = arrays(float, st.integers(1, 8), elements=st.floats(1e-6, 1e6) | st.sampled_from([0, np.inf]))


@given(SIZES)
def test_it_is_one_on_average_over_all_signs_of_gains_of_any_sizes(sizes: np.ndarray) -> None:
    signs = itertools.product((-1.0, 1.0), repeat=len(sizes))
    values = [e_value(np.array(pattern) * sizes) for pattern in signs]
    assert np.mean(values) == pytest.approx(1, rel=1e-9)


@given(SIZES, st.floats(1e-3, 1e3))
def test_it_depends_on_no_unit(sizes: np.ndarray, unit: float) -> None:
    assert e_value(sizes * unit) == pytest.approx(e_value(sizes), rel=1e-6)


def test_gains_of_one_size_are_bet_on_by_their_signs_alone() -> None:
    wins, losses = 9, 3
    by_hand = np.mean((1 + SHARES / 1.5) ** wins * (1 - SHARES / 1.5) ** losses)
    gains = np.array([2.0] * wins + [-2.0] * losses)
    assert e_value(gains) == pytest.approx(by_hand)
    assert e_value(np.zeros(5)) == e_value(np.zeros(0)) == 1


def test_it_passes_a_bound_at_any_of_many_looks_no_more_often_than_it_says() -> None:
    rng, studies = np.random.default_rng(0), 1000
    for draw in (rng.standard_normal, rng.standard_cauchy):
        gains = draw((studies, 30))
        passed = [any(e_value(one[:n]) >= 20 for n in range(5, 31, 5)) for one in gains]
        assert np.mean(passed) <= 0.05
    better = rng.standard_normal((100, 60)) + 1
    assert np.mean([e_value(one) >= 40 for one in better]) > 0.99
