"""Every loss against torch's own, against finite differences, and where logits are extreme."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import array_api_compat.numpy as xnp
import array_api_compat.torch as xtorch
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from nn.gradient_check import check
from numpy.testing import assert_allclose, assert_array_equal

from seedbed.nn.losses import LOSSES

RUNS, BATCH, OUTPUTS = 3, 5, 4
SMOOTHING = np.array([0.0, 0.1, 0.5])
WEIGHTS = np.array([[1.0, 2.0, 0.5, 3.0], [0.1, 0.2, 10.0, 1.0], [1.0, 1.0, 1.0, 1.0]])
PAIRS = np.array([[0.5, 2.0], [3.0, 0.25], [1.0, 1.0]])
POSITIVE = np.array([[1.0, 4.0], [1.0, 0.1], [1.0, 1.0]])


@dataclass(frozen=True)
class Case:
    """A loss, what its targets are, and the same in torch's words: (outputs, targets, run) to a number."""

    name: str
    loss: str
    targets: str  # numbers, labels or classes
    reference: Callable[[torch.Tensor, torch.Tensor, int], torch.Tensor]
    smoothed: bool = False
    weights: np.ndarray | None = None

    def arrays(self, dtype: type = np.float64, runs: int = RUNS) -> tuple[np.ndarray, np.ndarray, dict]:
        """Outputs, targets and hyperparameters."""
        rng = np.random.default_rng(4)
        outputs = 2 * rng.standard_normal((RUNS, BATCH, OUTPUTS))
        kinds = {
            "numbers": rng.standard_normal((runs, BATCH, OUTPUTS)).astype(dtype),
            "labels": rng.integers(0, 2, (runs, BATCH, OUTPUTS)).astype(dtype),
            "classes": rng.integers(0, OUTPUTS, (runs, BATCH)),
        }
        return (
            outputs.astype(dtype),
            kinds[self.targets],
            ({"label_smoothing": SMOOTHING} if self.smoothed else {})
            | ({} if self.weights is None else {"class_weights": self.weights.astype(dtype)}),
        )


CASES = [
    Case("mse", "mse", "numbers", lambda y, t, run: F.mse_loss(y, t)),
    Case("mae", "mae", "numbers", lambda y, t, run: F.l1_loss(y, t)),
    Case("huber", "huber", "numbers", lambda y, t, run: F.huber_loss(y, t)),
    Case("bce", "bce", "labels", lambda y, t, run: F.binary_cross_entropy_with_logits(y, t)),
    Case("cross entropy", "cross_entropy", "classes", lambda y, t, run: F.cross_entropy(y, t)),
    Case(
        "cross entropy with label smoothing",
        "cross_entropy",
        "classes",
        lambda y, t, run: F.cross_entropy(y, t, label_smoothing=SMOOTHING[run]),
        smoothed=True,
    ),
    Case(
        "weighted bce",
        "bce",
        "labels",
        lambda y, t, run: F.binary_cross_entropy_with_logits(y, t, weight=torch.tensor(PAIRS[run])[t.long()]),
        weights=PAIRS,
    ),
    Case(
        "bce with a weight of class 1",
        "bce",
        "labels",
        lambda y, t, run: F.binary_cross_entropy_with_logits(y, t, pos_weight=torch.tensor(POSITIVE[run, 1])),
        weights=POSITIVE,
    ),
    Case(
        "weighted cross entropy",
        "cross_entropy",
        "classes",
        lambda y, t, run: F.cross_entropy(y, t, weight=torch.tensor(WEIGHTS[run])),
        weights=WEIGHTS,
    ),
    Case(
        "weighted cross entropy with label smoothing",
        "cross_entropy",
        "classes",
        lambda y, t, run: F.cross_entropy(
            y, t, weight=torch.tensor(WEIGHTS[run]), label_smoothing=SMOOTHING[run]
        ),
        smoothed=True,
        weights=WEIGHTS,
    ),
]
every_loss = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


def computed(case: Case, outputs: Any, targets: Any, hyper: dict, xp: Any = xnp) -> tuple[Any, Any]:
    """The loss and its derivative."""
    loss, backward = LOSSES[case.loss].forward(xp, outputs, targets, hyper)
    return loss, backward()


@every_loss
def test_value_and_gradient_agree_with_torch(case: Case) -> None:
    outputs, targets, hyper = case.arrays()
    loss, grads = computed(case, outputs, targets, hyper)
    assert loss.shape == (RUNS,)
    for run in range(RUNS):
        own = torch.tensor(outputs[run], requires_grad=True)
        expected = case.reference(own, torch.tensor(targets[run]), run)
        expected.backward()
        assert_allclose(loss[run], expected.item(), rtol=1e-12)
        assert_allclose(grads[run], own.grad.numpy(), rtol=1e-10, atol=1e-14)


@every_loss
def test_gradient_agrees_with_finite_differences(case: Case) -> None:
    outputs, targets, hyper = case.arrays()

    def forward(arrays: Any) -> Any:
        loss, grads = computed(case, arrays["outputs"], targets, hyper)
        return loss, lambda dy: {"outputs": dy[:, None, None] * grads}

    check(forward, {"outputs": outputs})


@every_loss
def test_numpy_and_torch_agree(case: Case) -> None:
    outputs, targets, hyper = case.arrays()
    tensors = {name: torch.tensor(array) for name, array in hyper.items()}
    there = computed(case, torch.tensor(outputs), torch.tensor(targets), tensors, xtorch)
    for found, expected in zip(there, computed(case, outputs, targets, hyper), strict=True):
        assert_allclose(found.numpy(), expected, rtol=1e-12, atol=1e-15)


@every_loss
def test_shared_targets_are_every_runs_targets(case: Case) -> None:
    outputs, targets, hyper = case.arrays(runs=1)
    shared = computed(case, outputs, targets, hyper)
    repeated = computed(case, outputs, np.repeat(targets, RUNS, axis=0), hyper)
    for found, expected in zip(shared, repeated, strict=True):
        assert_array_equal(found, expected)


@every_loss
def test_a_run_alone_is_the_run_in_its_group(case: Case) -> None:
    outputs, targets, hyper = case.arrays(np.float32)
    together = computed(case, outputs, targets, hyper)
    assert {array.dtype for array in together} == {np.dtype(np.float32)}
    for run in range(RUNS):
        rows = slice(run, run + 1)
        alone = computed(
            case, outputs[rows], targets[rows], {name: array[rows] for name, array in hyper.items()}
        )
        for found, expected in zip(alone, together, strict=True):
            assert_array_equal(found, expected[rows])


@pytest.mark.parametrize("logit", [1e4, -1e4])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@every_loss
def test_extreme_outputs_give_finite_numbers(case: Case, logit: float, dtype: type) -> None:
    outputs, targets, hyper = case.arrays(dtype)
    outputs = np.zeros_like(outputs)
    outputs[..., 0] = logit
    loss, grads = computed(case, outputs, targets, hyper)
    assert np.all(np.isfinite(loss))
    assert np.all(np.isfinite(grads))


def test_a_certain_and_right_classifier_has_no_loss() -> None:
    outputs = np.full((1, 1, OUTPUTS), -1e4)
    outputs[..., 2] = 1e4
    loss, backward = LOSSES["cross_entropy"].forward(xnp, outputs, np.array([[2]]), {})
    assert loss == 0
    assert_array_equal(backward(), np.zeros_like(outputs))


def test_every_loss_has_a_row() -> None:
    assert LOSSES.keys() == {case.loss for case in CASES}
