"""Two groups of values are told where they are, and hardly ever where they are not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.analysis.modes import FEWEST, two_modes


def of(values: list[float], scale: str = "difference") -> tuple[list[int], list[int]] | None:
    found = two_modes(np.array(values), scale)
    return found and (found[0].tolist(), found[1].tolist())


BULK = [0.97, 0.96, 0.98, 0.972, 0.965, 0.977, 0.968, 0.971]


def test_the_groups_are_named_by_index_the_smaller_values_first() -> None:
    assert of([0.5, *BULK, 0.51]) == ([0, 9], [1, 2, 3, 4, 5, 6, 7, 8])
    assert of([*BULK, 1.5, 1.51]) == ([0, 1, 2, 3, 4, 5, 6, 7], [8, 9])


def test_what_is_not_finite_is_in_neither() -> None:
    assert of([np.nan, 0.5, *BULK, 0.51, np.inf]) == ([1, 10], [2, 3, 4, 5, 6, 7, 8, 9])


@pytest.mark.parametrize(
    "values",
    [
        [],
        [1.0] * 30,
        [np.nan] * 30,
        [0.5, *BULK, 0.97],  # one alone is an outlier
        [0.5, 0.51, *BULK[: FEWEST - 3]],  # too few
        [0.97] * 20 + [0.98] * 10,  # two values, but hardly apart
    ],
)
def test_elsewhere_there_is_one_group(values: list[float]) -> None:
    assert of(values) is None


def test_errors_are_held_against_each_other_as_ratios() -> None:
    errors = [1e-4 * 1.3**i for i in range(10)]
    assert of([*errors, 1.0, 1.1], "ratio") == (list(range(10)), [10, 11])
    assert of([*errors, 1e-4 * 1.3**10, 1e-4 * 1.3**11], "ratio") is None
    assert of([0.0, *errors, 1.0, 1.1], "ratio") is None  # no logarithm


@pytest.mark.parametrize(("n", "most"), [(10, 0.01), (20, 0.002), (30, 0.001)])
def test_normal_values_hardly_ever_look_like_two_groups(n: int, most: float) -> None:
    draws = np.random.default_rng(3).normal(size=(4000, n))  # around 0, so that any gap is large enough
    assert np.mean([two_modes(draw) is not None for draw in draws]) <= most


@given(st.lists(st.floats(-10, 10), min_size=10, max_size=40), st.integers(0, 99))
def test_order_and_unit_do_not_matter(values: list[float], seed: int) -> None:
    order = np.random.default_rng(seed).permutation(len(values))
    own = np.array(values).round(3)
    found, other = two_modes(own), two_modes(own[order])
    assert (found is None) == (other is None)
    if found and other:
        assert [sorted(order[mode].tolist()) for mode in other] == [mode.tolist() for mode in found]
    assert (found is None) == (two_modes(own * 2) is None)  # doubling is exact
