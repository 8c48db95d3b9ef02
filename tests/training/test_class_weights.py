"""Balanced class weights are scikit-learn's, and a table of weights is by name."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made import group, recipe
from pydantic import ValidationError
from sklearn.utils.class_weight import compute_class_weight

from seedbed.training.class_weights import class_weights

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


def test_every_run_is_balanced_by_its_own_training_part():
    balanced = recipe(None, {"loss": "cross_entropy", "class_weight": "balanced"})
    named = recipe(None, {"loss": "cross_entropy", "class_weight": {"2": 4.0}})
    of = group([balanced, named])
    for run, weights in zip(of.runs, of.data.class_weights, strict=True):
        labels = run.prepared.samples.targets[run.prepared.parts["train"]]
        expected = compute_class_weight("balanced", classes=np.arange(4), y=labels)
        np.testing.assert_allclose(weights, expected if run.recipe == balanced else [1, 1, 4, 1], rtol=1e-6)
    first, second = of.data.class_weights[:2]
    assert (first != second).any()
    assert group([recipe(None, {"loss": "cross_entropy"})]).data.class_weights is None


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"loss": "mse", "class_weight": "balanced"}, "class_weight needs loss bce or cross_entropy"),
        ({"class_weight": "balanced"}, "class_weight needs loss bce or cross_entropy"),  # mse by default
        ({"loss": "bce", "class_weight": "balance"}, '"balanced", "none" or a table'),
        ({"loss": "bce", "class_weight": {"a": 0.0}}, "greater than 0"),
        ({"loss": "bce", "class_weight": {"a": "much"}}, "valid number"),
    ],
)
def test_weights_that_make_no_sense_are_refused(settings, says):
    with pytest.raises(ValidationError, match=says):
        recipe(None, {**({} if "loss" in settings else {"loss": None}), **settings})
