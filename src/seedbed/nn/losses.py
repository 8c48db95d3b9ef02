"""Losses: how wrong a batch of outputs is, one number per run, and its derivative."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Any, Protocol

from array_api_compat import device

from seedbed.nn.base import Array, Arrays
from seedbed.nn.layers.activations import sigmoid
from seedbed.nn.ops import scalar


class Loss(Protocol):
    """A frozen dataclass named after its rule."""

    def forward(
        self, xp: Any, outputs: Array, targets: Array, hyper: Arrays
    ) -> tuple[Array, Callable[[], Array]]:
        """The loss of every run, and its derivative.

        Parameters
        ----------
        xp
            The array namespace.
        outputs
            (runs, batch, outputs).
        targets
            (runs or 1, batch, outputs) of the outputs' dtype; for cross entropy (runs or 1, batch) class
            indices.
        hyper
            Per-run numbers, each (runs,): cross entropy reads "label_smoothing" if it is there. The losses of
            classes read "class_weights" (runs, classes), how much samples of each class count.

        Returns
        -------
        The loss (runs,): the mean over batch and outputs, for cross entropy over the batch, weighted by the
        samples' class weights; and a function that gives d loss / d outputs (runs, batch, outputs).
        """
        ...


class _Elementwise:
    """A loss that is the mean of one number an output."""

    def elements(self, xp: Any, outputs: Array, targets: Array) -> tuple[Array, Callable[[], Array]]:
        """The loss of every output and a function giving its derivative."""
        raise NotImplementedError

    def forward(
        self, xp: Any, outputs: Array, targets: Array, hyper: Arrays
    ) -> tuple[Array, Callable[[], Array]]:
        """See `Loss.forward`."""
        losses, derivative = self.elements(xp, outputs, targets)
        return xp.mean(losses, axis=(1, 2)), lambda: derivative() / prod(outputs.shape[1:])


@dataclass(frozen=True)
class MeanSquaredError(_Elementwise):
    """e^2."""

    def elements(self, xp: Any, outputs: Array, targets: Array) -> tuple[Array, Callable[[], Array]]:
        """See `_Elementwise.elements`."""
        error = outputs - targets
        return error * error, lambda: 2 * error


@dataclass(frozen=True)
class MeanAbsoluteError(_Elementwise):
    """|e|; at its kink the derivative is 0."""

    def elements(self, xp: Any, outputs: Array, targets: Array) -> tuple[Array, Callable[[], Array]]:
        """See `_Elementwise.elements`."""
        error = outputs - targets
        return xp.abs(error), lambda: xp.sign(error)


@dataclass(frozen=True)
class Huber(_Elementwise):
    """e^2 / 2 up to |e| = 1, |e| - 1/2 beyond."""

    def elements(self, xp: Any, outputs: Array, targets: Array) -> tuple[Array, Callable[[], Array]]:
        """See `_Elementwise.elements`."""
        error = outputs - targets
        near = xp.minimum(xp.maximum(error, scalar(xp, -1.0, error)), scalar(xp, 1.0, error))
        return near * (error - 0.5 * near), lambda: near


@dataclass(frozen=True)
class BinaryCrossEntropy(_Elementwise):
    """-t log p - (1 - t) log(1 - p) with p the sigmoid of the output, computed from the logit itself.

    Class weights multiply it and are not divided by: (1, w) is what torch calls pos_weight = w.
    """

    def forward(
        self, xp: Any, outputs: Array, targets: Array, hyper: Arrays
    ) -> tuple[Array, Callable[[], Array]]:
        """See `Loss.forward`."""
        if "class_weights" not in hyper:
            return super().forward(xp, outputs, targets, hyper)
        of_none, of_one = (hyper["class_weights"][:, i, None, None] for i in (0, 1))
        weights = xp.where(targets > 0.5, of_one, of_none)
        losses, derivative = self.elements(xp, outputs, targets)
        count = prod(outputs.shape[1:])
        return xp.mean(weights * losses, axis=(1, 2)), lambda: weights * derivative() / count

    def elements(self, xp: Any, outputs: Array, targets: Array) -> tuple[Array, Callable[[], Array]]:
        """See `_Elementwise.elements`."""
        positive = xp.maximum(outputs, scalar(xp, 0.0, outputs))
        losses = positive - outputs * targets + xp.log1p(xp.exp(-xp.abs(outputs)))
        return losses, lambda: sigmoid(xp, outputs) - targets


@dataclass(frozen=True)
class CrossEntropy:
    """- sum q log softmax(outputs), with q 1 at the true class, smoothed to (1 - s) q + s / classes.

    With class weights w it is the weighted mean - sum q w log softmax(outputs) / sum of the true classes' weights, as
    torch has it.
    """

    def forward(
        self, xp: Any, outputs: Array, targets: Array, hyper: Arrays
    ) -> tuple[Array, Callable[[], Array]]:
        """See `Loss.forward`."""
        _, batch, classes = outputs.shape
        shifted = outputs - xp.max(outputs, axis=-1, keepdims=True)
        log_p = shifted - xp.log(xp.sum(xp.exp(shifted), axis=-1, keepdims=True))
        numbers = xp.arange(classes, dtype=targets.dtype, device=device(targets))
        truth = certain = xp.astype(targets[..., None] == numbers, outputs.dtype)
        weights = hyper["class_weights"][:, None, :] if "class_weights" in hyper else None
        if "label_smoothing" in hyper:
            smoothing = xp.astype(hyper["label_smoothing"], outputs.dtype)[:, None, None]
            truth = (1 - smoothing) * truth + smoothing / classes
        if weights is None:
            return -xp.sum(truth * log_p, axis=(1, 2)) / batch, lambda: (xp.exp(log_p) - truth) / batch
        total = xp.sum(weights * certain, axis=(1, 2))
        truth = truth * weights
        mass = xp.sum(truth, axis=-1, keepdims=True)
        loss = -xp.sum(truth * log_p, axis=(1, 2)) / total
        return loss, lambda: (xp.exp(log_p) * mass - truth) / total[:, None, None]


LOSSES: dict[str, Loss] = {
    "mse": MeanSquaredError(),
    "mae": MeanAbsoluteError(),
    "huber": Huber(),
    "bce": BinaryCrossEntropy(),
    "cross_entropy": CrossEntropy(),
}
