"""Balanced class weights are scikit-learn's, and a table of weights is by name."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.utils.class_weight import compute_class_weight

from seedbed.class_weights import class_weights

NAMES = tuple("abcde")


@given(st.lists(st.integers(0, 4), min_size=1, max_size=60))
def test_balanced_weights_are_scikit_learns(labels):
    labels = np.array(labels)
    there = np.unique(labels)
    found = class_weights("balanced", NAMES, labels)
    expected = compute_class_weight("balanced", classes=there, y=labels)
    np.testing.assert_allclose(found[there], expected, rtol=1e-6)
    assert (np.delete(found, there) == 1).all()
    assert found[labels].mean() == pytest.approx(1, rel=1e-6)


def test_a_table_is_by_name_and_the_rest_count_once():
    np.testing.assert_array_equal(class_weights({"c": 3.0, "a": 0.5}, NAMES, np.zeros(3)), [0.5, 1, 3, 1, 1])
