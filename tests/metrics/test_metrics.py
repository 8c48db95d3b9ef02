"""Every metric beside scikit-learn's, run by run."""

import array_api_compat.numpy as xp
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sk

from seedbed.metrics import compute as metrics
from seedbed.metrics import names
from seedbed.nn.losses import LOSSES as LOSS_OF

RUNS, M = 3, 40
CLASSES = ("ant", "bee", "cat")


def _rmse(truth, answer):
    return sk.mean_squared_error(truth, answer) ** 0.5


# Metric: the same of one run, from truth and answer.
NUMBERS = {
    "mse": sk.mean_squared_error,
    "rmse": _rmse,
    "mae": sk.mean_absolute_error,
    "r2": sk.r2_score,
    "mape": sk.mean_absolute_percentage_error,
    "relative_error_of_mean": lambda truth, answer: abs(answer.mean() / truth.mean() - 1),
    "max_error": lambda truth, answer: np.abs(truth - answer).max(),
    "min_error": lambda truth, answer: np.abs(truth - answer).min(),
    "max_squared_error": lambda truth, answer: np.abs(truth - answer).max() ** 2,
    "min_squared_error": lambda truth, answer: np.abs(truth - answer).min() ** 2,
}
LOSSES = {
    "mse": torch.nn.functional.mse_loss,
    "mae": torch.nn.functional.l1_loss,
    "huber": torch.nn.functional.huber_loss,
}
# Metric: the same of one run, from true labels, predicted labels and probabilities of all classes.
LABELS = {
    "accuracy": lambda truth, answer, p: sk.accuracy_score(truth, answer),
    "balanced_accuracy": lambda truth, answer, p: sk.balanced_accuracy_score(truth, answer),
    "auc": lambda truth, answer, p: sk.roc_auc_score(
        truth, p if p.shape[1] > 2 else p[:, 1], multi_class="ovr", average="macro"
    ),
    "log_loss": lambda truth, answer, p: sk.log_loss(truth, p, labels=range(p.shape[1])),
    "loss": lambda truth, answer, p: sk.log_loss(truth, p, labels=range(p.shape[1])),
    "macro_f1": lambda truth, answer, p: sk.f1_score(truth, answer, average="macro"),
    "recall.CLASS": lambda truth, answer, p: sk.recall_score(truth, answer, average=None),
}


@pytest.fixture
def random():
    return np.random.default_rng(8)


def test_every_metric_has_a_row():
    assert {*NUMBERS, "loss"} == set(names.valid_metrics(False))
    assert set(LABELS) == set(names.valid_metrics(True, ("CLASS",)))


@pytest.mark.parametrize("shared", [True, False], ids=["shared targets", "own targets"])
@pytest.mark.parametrize("outputs", [1, 2])
@pytest.mark.parametrize("loss", LOSSES)
def test_numbers(random, loss, outputs, shared):
    truth = random.normal(2, 1, size=(1 if shared else RUNS, M, outputs)).astype(np.float32)
    answer = (truth + random.normal(size=(RUNS, M, outputs))).astype(np.float32)
    found = metrics.compute(LOSS_OF[loss], answer, truth)
    assert tuple(found) == names.valid_metrics(False)
    for run in range(RUNS):
        true, answered = (array.astype(np.float64) for array in (truth[0 if shared else run], answer[run]))
        for name, expected in NUMBERS.items():
            np.testing.assert_allclose(found[name][run], expected(true, answered), rtol=1e-9, err_msg=name)
        by_torch = LOSSES[loss](torch.tensor(answered), torch.tensor(true)).item()
        np.testing.assert_allclose(found["loss"][run], by_torch, rtol=1e-12)


def _softmax(logits):
    p = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return p / p.sum(axis=-1, keepdims=True)


def _check_labels(found, run, truth, answer, p, classes):
    for name, expected in LABELS.items():
        each = [f"recall.{one}" for one in classes] if name == "recall.CLASS" else [name]
        ours = np.squeeze([found[one][run] for one in each])
        np.testing.assert_allclose(ours, expected(truth, answer, p), rtol=1e-9, err_msg=name)


@pytest.mark.parametrize("shared", [True, False], ids=["shared targets", "own targets"])
def test_softmax_classes(random, shared):
    truth = random.integers(0, 3, size=(1 if shared else RUNS, M))
    logits = random.normal(size=(RUNS, M, 3)) * 3
    found = metrics.compute(LOSS_OF["cross_entropy"], logits, truth, CLASSES)
    assert tuple(found) == names.valid_metrics(True, CLASSES)
    tables = metrics.confusion(logits, truth, 3)
    for run in range(RUNS):
        true, answer = truth[0 if shared else run], logits[run].argmax(axis=1)
        _check_labels(found, run, true, answer, _softmax(logits[run]), CLASSES)
        np.testing.assert_array_equal(tables[run], sk.confusion_matrix(true, answer))


def test_one_logit(random):
    truth = random.integers(0, 2, size=(RUNS, M, 1)).astype(np.float32)
    logits = random.normal(size=(RUNS, M, 1)) * 3
    found = metrics.compute(LOSS_OF["bce"], logits, truth, ("no", "yes"))
    tables = metrics.confusion(logits, truth, 2)
    for run in range(RUNS):
        true, answer = truth[run, :, 0].astype(int), (logits[run, :, 0] > 0).astype(int)
        p = 1 / (1 + np.exp(-logits[run]))
        _check_labels(found, run, true, answer, np.concatenate([1 - p, p], axis=1), ("no", "yes"))
        np.testing.assert_array_equal(tables[run], sk.confusion_matrix(true, answer))


@pytest.mark.parametrize("loss", ["bce", "cross_entropy"])
def test_huge_logits_give_a_finite_log_loss(loss):
    logits = np.array([[[1e30], [-1e30]]]) * (np.ones(1) if loss == "bce" else np.array([-1, 1]))
    found = metrics.compute(LOSS_OF[loss], logits, np.array([[1, 0]]), ("no", "yes"))
    assert found["log_loss"] == 0
    assert metrics.compute(LOSS_OF[loss], logits, np.array([[0, 1]]), ("no", "yes"))["log_loss"] >= 1e30


def test_absent_class_has_no_recall_and_no_share_in_macro_f1():
    truth = np.array([[0, 0, 1, 1]])
    logits = np.eye(3)[[[0, 1, 1, 1]]]
    found = metrics.compute(LOSS_OF["cross_entropy"], logits, truth, CLASSES)
    assert np.isnan(found["recall.cat"][0])
    np.testing.assert_allclose(found["macro_f1"], sk.f1_score(truth[0], [0, 1, 1, 1], average="macro"))


def test_what_is_not_defined_is_nan_without_a_warning(recwarn):
    found = metrics.compute(LOSS_OF["mse"], np.ones((1, 4, 1)), np.zeros((1, 4, 1)))
    undefined = {name for name, value in found.items() if np.isnan(value[0])}
    assert undefined == {"r2", "mape", "relative_error_of_mean"}
    assert not recwarn.list


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("loss", ["mse", "cross_entropy", "bce"])
def test_run_that_is_not_finite_has_no_metrics_and_leaves_the_others(random, loss, bad, recwarn):
    outputs = random.normal(size=(2, M, 3 if loss == "cross_entropy" else 1))
    targets = random.integers(0, 2, size=(1, M, 1))
    alone = metrics.compute(LOSS_OF[loss], outputs[:1], targets, ("a", "b", "c"))
    outputs[1, 7, 0] = bad
    both = metrics.compute(LOSS_OF[loss], outputs, targets, ("a", "b", "c"))
    for name, value in both.items():
        np.testing.assert_array_equal(value[0], alone[name][0])
        assert np.isnan(value[1])
    assert metrics.confusion(outputs, targets, 3)[1].sum() == 0
    assert not recwarn.list


def test_small_differences_of_large_float32_numbers_are_kept():
    truth = np.full((1, 3, 1), 1e6, dtype=np.float32)
    answer = truth + np.array([-0.25, 0.25, 0.5], dtype=np.float32)[None, :, None]
    np.testing.assert_allclose(
        metrics.compute(LOSS_OF["mse"], answer, truth)["mse"], (0.0625 * 2 + 0.25) / 3, rtol=1e-12
    )


@given(st.integers(1, 5), st.integers(1, 20), st.integers(2, 4), st.integers(0, 2**32 - 1))
def test_confusion_counts_every_sample_once(runs, m, classes, seed):
    random = np.random.default_rng(seed)
    truth = random.integers(0, classes, size=(1, m))
    table = metrics.confusion(random.normal(size=(runs, m, classes)), truth, classes)
    by_class = np.bincount(truth[0], minlength=classes)
    np.testing.assert_array_equal(table.sum(axis=2), np.broadcast_to(by_class, (runs, classes)))


@pytest.mark.parametrize(
    ("name", "direction"),
    [
        ("val.mse", "min"),
        ("test.r2", "max"),
        ("grid.max_error", "min"),
        ("train.loss", "min"),
        ("test.recall.3", "max"),
        ("test.recall.T-shirt/top", "max"),
        ("test.recall.a.b@2", "max"),
        ("val.accuracy@3", "max"),
        ("accuracy", "max"),
        ("steps", "min"),
        ("seconds", "min"),
    ],
)
def test_direction(name, direction):
    assert names.direction(name) == direction


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("val.acuracy", "accuracy"),
        ("valid.mse", "known are"),
        ("accuracy@", "accuracy"),
    ],
)
def test_unknown_metric_is_refused_with_a_hint(name, hint):
    with pytest.raises(ValueError, match=hint):
        names.direction(name)


def test_every_metric_has_a_direction():
    every = {*names.valid_metrics(False), *names.valid_metrics(True, CLASSES)}
    assert {names.direction(f"val.{name}") for name in every} == {"min", "max"}


@given(st.integers(2, 4), st.integers(2, 30), st.integers(1, 4), st.integers(0, 2**32 - 1))
def test_auc_is_scikit_learns_whatever_ties_and_undefined_without_a_class(classes, m, levels, seed):
    random = np.random.default_rng(seed)
    truth = random.integers(0, classes, size=(1, m))
    logits = random.integers(0, levels, size=(2, m, classes)).astype(np.float64)
    found = metrics.compute(LOSS_OF["cross_entropy"], logits, truth, tuple("abcd"[:classes]))["auc"]
    for run in range(2):
        if len(np.unique(truth)) < classes:
            assert np.isnan(found[run])
            continue
        p = metrics.probabilities(logits[run])
        score = logits[run, :, 1] - logits[run, :, 0] if classes == 2 else p
        expected = sk.roc_auc_score(truth[0], score, multi_class="ovr", average="macro")
        np.testing.assert_allclose(found[run], expected, rtol=1e-12)


def test_sure_probabilities_do_not_tie():
    """Logits of 50 and 60 both give a probability of 1 but for rounding; the surer one still ranks higher."""
    logits, truth = np.array([[[50.0], [60.0]]]), np.array([[0, 1]])
    assert metrics.compute(LOSS_OF["bce"], logits, truth, ("no", "yes"))["auc"] == 1


def test_balanced_accuracy_is_over_the_classes_that_are_there():
    truth, logits = np.array([[0, 0, 1, 1]]), np.eye(3)[[[0, 1, 1, 2]]]
    found = metrics.compute(LOSS_OF["cross_entropy"], logits, truth, CLASSES)
    assert found["balanced_accuracy"] == 0.5
    assert np.isnan(found["auc"])


def test_what_takes_long_is_left_out_where_nobody_asks(random):
    logits, truth = random.normal(size=(RUNS, M, 3)), random.integers(0, 3, size=(1, M))
    found = metrics.compute(LOSS_OF["cross_entropy"], logits, truth, CLASSES, without=names.SLOW)
    assert set(names.valid_metrics(True, CLASSES)) - set(found) == set(names.SLOW)


@pytest.mark.parametrize("loss", ["bce", "cross_entropy"])
def test_loss_is_weighted_as_in_training(random, loss):
    weights = random.uniform(0.1, 5, size=(RUNS, 2 if loss == "bce" else 3))
    truth = random.integers(0, weights.shape[1], size=(RUNS, M))
    logits = random.normal(size=(RUNS, M, 1 if loss == "bce" else 3))
    found = metrics.compute(LOSS_OF[loss], logits, truth, CLASSES[: weights.shape[1]], weights)
    plain = metrics.compute(LOSS_OF[loss], logits, truth, CLASSES[: weights.shape[1]])
    targets = truth[..., None].astype(np.float64) if loss == "bce" else truth
    expected, _ = LOSS_OF[loss].forward(xp, logits, targets, {"class_weights": weights})
    np.testing.assert_allclose(found["loss"], expected, rtol=1e-12)
    assert (found["loss"] != plain["loss"]).all()
    np.testing.assert_array_equal(found["log_loss"], plain["log_loss"])


# --- where metrics end ----------------------------------------------------------------------------------

outputs_of_a_run = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=8)


@given(outputs_of_a_run, st.sampled_from(["mse", "mae", "huber"]), st.integers(0, 99))
def test_metrics_of_numbers_lie_within_their_bounds(outputs, loss, seed):
    targets = np.random.default_rng(seed).normal(size=(1, len(outputs), 1))
    lie_within_bounds(metrics.compute(LOSS_OF[loss], np.array(outputs).reshape(1, -1, 1), targets))


@given(outputs_of_a_run, st.integers(1, 3), st.integers(0, 99))
def test_metrics_of_classes_lie_within_their_bounds(outputs, side, seed):
    logits = np.repeat(np.array(outputs)[:, None], side, axis=1) * np.random.default_rng(seed).normal(
        size=side
    )
    labels = np.random.default_rng(seed).integers(0, max(side, 2), (1, len(outputs)))
    loss = "bce" if side == 1 else "cross_entropy"
    lie_within_bounds(metrics.compute(LOSS_OF[loss], logits[None], labels, tuple("abc"[: max(side, 2)])))


def lie_within_bounds(values):
    for name, (value,) in values.items():
        low, high = names.bounds(f"val.{name}")
        assert np.isnan(value) or low <= value <= high + 1e-12, (name, value)


@pytest.mark.parametrize(
    ("metric", "known"),
    [("val.mse", True), ("test.recall.a@3", True), ("steps", True), ("score", False), ("val.score", False)],
)
def test_metrics_of_others_are_not_known(metric, known):
    assert names.is_known(metric) == known
