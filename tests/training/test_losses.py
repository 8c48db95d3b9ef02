"""The losses that findings are made of: equally spaced, of few numbers, and the same whoever trains beside."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from resumed import stored

from seedbed.training.losses import MOST, Losses


def kept_of(evaluations: int) -> np.ndarray:
    """Which evaluations of so many are kept, as the rule says: from the first on, equally spaced, at most MOST."""
    every = 1
    while -(-evaluations // every) > MOST:
        every *= 2
    return np.arange(0, evaluations, every)


@pytest.mark.parametrize("most", [MOST, MOST + 1, 2 * MOST, 2 * MOST + 1, 3 * MOST, 4 * MOST + 1])
def test_a_long_run_keeps_half_of_most_at_the_least(most: int) -> None:
    assert MOST // 2 < len(kept_of(most)) <= MOST


@settings(max_examples=15, deadline=None)
@given(
    lengths=st.lists(
        st.sampled_from([0, 1, 5, 16, 17, 2047, 2048, 2049, 4096, 4097, 9000]), min_size=1, max_size=4
    ),
    saved_at=st.integers(0, 9000),
)
def test_every_run_keeps_the_evaluations_that_its_own_length_says(lengths: list[int], saved_at: int) -> None:
    ends, losses = np.array(lengths), Losses(len(lengths), 2)
    for evaluation in range(max(lengths)):
        if evaluation == saved_at:
            state, losses = losses.state(), Losses(len(lengths), 2)
            losses.restore(stored(state))
        rows = np.flatnonzero(ends > evaluation)
        losses.add(rows, np.stack([rows * 1e6 + evaluation, -rows * 1e6 - evaluation]))
    for row, length in enumerate(lengths):
        expected = row * 1e6 + kept_of(length)
        np.testing.assert_array_equal(losses.of(row), [expected, -expected])
    assert losses.state().arrays["values"].shape[1] == max(len(kept_of(length)) for length in lengths)
