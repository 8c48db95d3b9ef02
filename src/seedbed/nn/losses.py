"""Losses: how wrong a batch of outputs is, one number per run, and its derivative; a class and a row each."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import ClassVar

import numpy as np
from array_api_compat import device

from seedbed.arrays import NUMPY, Array, Arrays, Namespace
from seedbed.metrics.classes import log_losses
from seedbed.metrics.compute import Target
from seedbed.nn.layers.activations import sigmoid
from seedbed.nn.ops import scalar


class Loss(ABC):
    """A frozen dataclass named after its rule.

    Attributes
    ----------
    target
        What it is about: a number; which of two classes, for which a network has one output; which of several, an
        output for each.
    smooths
        Whether it reads "label_smoothing".
    """

    target: ClassVar[Target] = "number"
    smooths: ClassVar[bool] = False

    @abstractmethod
    def forward(
        self, xp: Namespace, outputs: Array, targets: Array, hyper: Arrays
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

    def evaluated(self, outputs: np.ndarray, targets: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
        """The metric "loss": what `forward` gives of float64 arrays, with class weights but without smoothing."""
        hyper = {} if weights is None else {"class_weights": weights}
        return np.asarray(self.forward(NUMPY, outputs, targets, hyper)[0])

    @abstractmethod
    def by_sample(self, outputs: np.ndarray, targets: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
        """(runs, m) whose mean over samples is what `evaluated` gives, and of which each is its sample's share."""


class Elementwise(Loss):
    """A loss that is the mean of one number per output; where targets are 0 or 1, times the weight of their class."""

    @abstractmethod
    def elements(self, xp: Namespace, outputs: Array, targets: Array) -> tuple[Array, Callable[[], Array]]:
        """The loss of every output and a function giving its derivative."""

    def forward(
        self, xp: Namespace, outputs: Array, targets: Array, hyper: Arrays
    ) -> tuple[Array, Callable[[], Array]]:
        """See `Loss.forward`."""
        losses, derivative = self.elements(xp, outputs, targets)
        count = prod(outputs.shape[1:])
        if "class_weights" not in hyper:
            return xp.mean(losses, axis=(1, 2)), lambda: derivative() / count
        of_none, of_one = (hyper["class_weights"][:, i, None, None] for i in (0, 1))
        weights = xp.where(targets > 0.5, of_one, of_none)
        return xp.mean(weights * losses, axis=(1, 2)), lambda: weights * derivative() / count

    def by_sample(self, outputs: np.ndarray, targets: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
        """See `Loss.by_sample`."""
        return np.asarray(self.elements(NUMPY, outputs, targets)[0]).mean(axis=2)


@dataclass(frozen=True)
class MeanSquaredError(Elementwise):
    """e^2."""

    def elements(self, xp: Namespace, outputs: Array, targets: Array) -> tuple[Array, Callable[[], Array]]:
        """See `Elementwise.elements`."""
        error = outputs - targets
        return error * error, lambda: 2 * error


@dataclass(frozen=True)
class MeanAbsoluteError(Elementwise):
    """|e|; at its kink the derivative is 0."""

    def elements(self, xp: Namespace, outputs: Array, targets: Array) -> tuple[Array, Callable[[], Array]]:
        """See `Elementwise.elements`."""
        error = outputs - targets
        return xp.abs(error), lambda: xp.sign(error)


@dataclass(frozen=True)
class Huber(Elementwise):
    """e^2 / 2 up to |e| = 1, |e| - 1/2 beyond."""

    def elements(self, xp: Namespace, outputs: Array, targets: Array) -> tuple[Array, Callable[[], Array]]:
        """See `Elementwise.elements`."""
        error = outputs - targets
        near = xp.minimum(xp.maximum(error, scalar(xp, -1.0, error)), scalar(xp, 1.0, error))
        return near * (error - 0.5 * near), lambda: near


class _LogLoss(Loss):
    """A loss whose metric is the mean of `log_losses`: finite, and exact to the last bits, also for huge logits."""

    def evaluated(self, outputs: np.ndarray, targets: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
        """See `Loss.evaluated`."""
        losses, each = self._weighed(outputs, targets, weights)
        if each is None:
            return losses.mean(axis=1)
        total = each.sum(axis=1) if self.target == "class" else losses.shape[1]
        return (each * losses).sum(axis=1) / total

    def by_sample(self, outputs: np.ndarray, targets: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
        """See `Loss.by_sample`; of a weighted mean by the slopes of both sums."""
        losses, each = self._weighed(outputs, targets, weights)
        if each is None:
            return losses
        if self.target == "binary":
            return each * losses
        mean = ((each * losses).sum(axis=1) / each.sum(axis=1))[:, None]
        return mean + each * (losses - mean) / each.mean(axis=1, keepdims=True)

    def _weighed(
        self, outputs: np.ndarray, targets: np.ndarray, weights: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """The log loss of every sample and its weight, (runs, m) each."""
        labels = (targets if self.target == "class" else targets[..., 0]).astype(np.int64)
        losses = log_losses(outputs, labels)
        if weights is None:
            return losses, None
        own = weights.astype(np.float64)
        return losses, np.take_along_axis(own, np.broadcast_to(labels, losses.shape), axis=1)


@dataclass(frozen=True)
class BinaryCrossEntropy(_LogLoss, Elementwise):
    """-t log p - (1 - t) log(1 - p) with p the sigmoid of the output, computed from the logit itself.

    Class weights multiply it and are not divided by: (1, w) is what torch calls pos_weight = w.
    """

    target: ClassVar[Target] = "binary"

    def elements(self, xp: Namespace, outputs: Array, targets: Array) -> tuple[Array, Callable[[], Array]]:
        """See `Elementwise.elements`."""
        positive = xp.maximum(outputs, scalar(xp, 0.0, outputs))
        losses = positive - outputs * targets + xp.log1p(xp.exp(-xp.abs(outputs)))
        return losses, lambda: sigmoid(xp, outputs) - targets


@dataclass(frozen=True)
class CrossEntropy(_LogLoss):
    """- sum q log softmax(outputs), with q 1 at the true class, smoothed to (1 - s) q + s / classes.

    With class weights w it is the weighted mean - sum q w log softmax(outputs) / sum of the true classes' weights, as
    torch has it.
    """

    target: ClassVar[Target] = "class"
    smooths: ClassVar[bool] = True

    def forward(
        self, xp: Namespace, outputs: Array, targets: Array, hyper: Arrays
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
