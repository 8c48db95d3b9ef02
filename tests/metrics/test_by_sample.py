"""Metrics sample by sample: their mean is the metric, and each says how its sample moves it."""

import numpy as np
import pytest

from seedbed.metrics import compute as metrics
from seedbed.metrics import names
from seedbed.metrics.classes import CLASSIFICATION
from seedbed.metrics.numbers import REGRESSION
from seedbed.nn.losses import LOSSES

RUNS, M = 3, 50
COPIES = 4000  # of the whole part, beside which one more sample is a small step
CLASSES = ("ant", "bee", "cat")


def part(loss, seed=4):
    """Outputs, targets, classes and class weights of a part."""
    random = np.random.default_rng(seed)
    if LOSSES[loss].target == "number":
        truth = random.normal(5, 1, size=(1, M, 2))
        return truth + random.normal(size=(RUNS, M, 2)), truth, (), None
    count = 2 if loss == "bce" else 3
    outputs = random.normal(size=(RUNS, M, 1 if loss == "bce" else count)) * 3
    weights = random.uniform(0.2, 4, size=(RUNS, count))
    return outputs, random.integers(0, count, size=(1, M)), CLASSES[:count], weights


def known(loss):
    table = REGRESSION if LOSSES[loss].target == "number" else CLASSIFICATION
    return ["loss", *(name for name, metric in table.items() if metric.by_sample)]


CASES = [(loss, name) for loss in LOSSES for name in known(loss)]


@pytest.mark.parametrize(("loss", "name"), CASES)
def test_mean_over_samples_is_the_metric(loss, name):
    outputs, targets, classes, weights = part(loss)
    whole = metrics.compute(LOSSES[loss], outputs, targets, classes, weights)[name]
    each = metrics.by_sample(LOSSES[loss], outputs, targets, classes, weights, [name])[name]
    assert each.shape == (RUNS, M)
    np.testing.assert_allclose(each.mean(axis=1), whole, rtol=1e-12)


@pytest.mark.parametrize(("loss", "name"), CASES)
def test_each_says_how_its_sample_moves_the_metric(loss, name):
    outputs, targets, classes, weights = part(loss)
    each = metrics.by_sample(LOSSES[loss], outputs, targets, classes, weights, [name])[name]
    many = [np.concatenate([array] * COPIES, axis=1) for array in (outputs, targets)]
    before = metrics.compute(LOSSES[loss], *many, classes, weights)[name]
    for sample in (0, 17):
        single = outputs[:, [sample]], targets[:, [sample]]
        more = [np.concatenate(both, axis=1) for both in zip(many, single, strict=True)]
        after = metrics.compute(LOSSES[loss], *more, classes, weights)[name]
        moved = (after - before) * (COPIES * M + 1)
        np.testing.assert_allclose(moved, each[:, sample] - before, rtol=1e-3, atol=1e-6)


def test_what_single_samples_do_not_say_is_left_out():
    outputs, targets, classes, weights = part("cross_entropy")
    asked = ["auc", "macro_f1", "recall.ant", "accuracy"]
    assert set(metrics.by_sample(LOSSES["cross_entropy"], outputs, targets, classes, weights, asked)) == {
        "accuracy"
    }


@pytest.mark.parametrize("loss", LOSSES)
def test_run_that_is_not_finite_has_none_and_leaves_the_others(loss, recwarn):
    outputs, targets, classes, weights = part(loss)
    alone = metrics.by_sample(LOSSES[loss], outputs, targets, classes, weights, known(loss))
    outputs = outputs.copy()
    outputs[1, 3, 0] = np.inf
    both = metrics.by_sample(LOSSES[loss], outputs, targets, classes, weights, known(loss))
    for name, values in both.items():
        assert np.isnan(values[1]).all()
        np.testing.assert_array_equal(values[[0, 2]], alone[name][[0, 2]])
    assert not recwarn.list


def test_error_of_nothing_moves_nothing(recwarn):
    targets = np.arange(6.0).reshape(1, 6, 1)
    each = metrics.by_sample(LOSSES["mse"], targets, targets, (), None, ["mse", "rmse", "r2"])
    assert {name: values.tolist() for name, values in each.items()} == {
        "mse": [[0.0] * 6],
        "rmse": [[0.0] * 6],
        "r2": [[1.0] * 6],
    }
    assert not recwarn.list


def test_every_name_is_a_metric():
    assert {name for loss in LOSSES for name in known(loss)} <= set(names.METRICS)
