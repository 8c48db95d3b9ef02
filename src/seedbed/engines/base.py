"""The contract of an engine: it trains and applies one group of runs; everything else is shared by all engines."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from seedbed.arrays import Array, Namespace
from seedbed.nn.losses import Loss
from seedbed.nn.network import Network
from seedbed.optim.base import Optimizer


@dataclass(frozen=True)
class Program:
    """What all runs of a group have in common: the network, its loss and its update rule.

    Attributes
    ----------
    decay_mask
        (P,) float32, see `Layout.decay_mask`.
    """

    model: Network
    loss: Loss
    optimizer: Optimizer
    decay_mask: np.ndarray


@dataclass(frozen=True)
class GroupData:
    """The samples of a group: D distinct datasets of N samples, and which of them each run reads.

    Attributes
    ----------
    inputs
        (D, N, *shape) float32, or uint8 for images; nan where `fill` stands for it.
    targets
        (D, N, outputs) float32 for numbers and for bce (0 or 1), (D, N) int64 class indices for cross_entropy.
    dataset
        (runs,) int64, the index into D of each run.
    center, scale
        (runs or 1, *shape or broadcastable to it) float32: a network sees (inputs - center) * scale.
        Both None where nothing is scaled.
    fill
        (runs or 1, features) float32: what stands for a missing input before it is scaled; None where none is missing.
    class_weights
        (runs, classes) float32: how much samples of each class count in the loss; None where all count the same.
    """

    inputs: np.ndarray
    targets: np.ndarray
    dataset: np.ndarray
    center: np.ndarray | None = None
    scale: np.ndarray | None = None
    fill: np.ndarray | None = None
    class_weights: np.ndarray | None = None

    def of_runs(self, rows: np.ndarray) -> GroupData:
        """The same samples with what belongs to some of the runs, by index."""
        per_run = {name: getattr(self, name) for name in ("center", "scale", "fill", "class_weights")}
        own = {
            name: values[rows] if values is not None and len(values) > 1 else values
            for name, values in per_run.items()
        }
        return replace(self, dataset=self.dataset[rows], **own)


def seen(
    xp: Namespace, inputs: Array, center: Array | None, scale: Array | None, fill: Array | None
) -> Array:
    """What networks see of raw inputs (runs, samples, *shape): gaps filled, then scaled.

    `center`, `scale` and `fill` are as in `GroupData`, also None.
    """
    if fill is not None:
        inputs = xp.where(xp.isnan(inputs), fill[:, None, ...], inputs)
    if center is None or scale is None:
        return inputs
    return (inputs - center[:, None, ...]) * scale[:, None, ...]


@dataclass(frozen=True)
class Batches:
    """Batch indices of consecutive steps (they may span several epochs; the last batch of an epoch may be smaller).

    Attributes
    ----------
    indices
        (runs, length) int32 sample numbers in order; one row per run.
    offsets
        (steps + 1,) int64: step s takes the samples from offsets[s] up to offsets[s + 1]. The indices repeat: where
        offsets pass their length they start over, and no batch crosses that end. So full-batch descent is one row
        of all samples with offsets 0, n, 2n, ...
    """

    indices: np.ndarray
    offsets: np.ndarray

    @property
    def steps(self) -> int:
        """How many training steps these are."""
        return len(self.offsets) - 1

    def bounds(self, step: int) -> tuple[int, int]:
        """Where in `indices` the samples of a step start and stop."""
        start = int(self.offsets[step]) % self.indices.shape[1]
        return start, start + int(self.offsets[step + 1] - self.offsets[step])


class Engine(Protocol):
    """One group of runs under training. Arrays that cross this border are NumPy's, float32 unless said."""

    def __init__(
        self,
        program: Program,
        data: GroupData,
        params: np.ndarray,
        state: np.ndarray,
        dropout_keys: np.ndarray,
        augment_keys: np.ndarray,
    ) -> None:
        """Take params (runs, P), state (runs, S) and Philox keys (runs, 2) int64; optimizer slots start at zero."""
        ...

    def train(
        self,
        batches: Batches,
        hyper: Mapping[str, np.ndarray],
        first_step: int,
        frozen: np.ndarray | None = None,
    ) -> np.ndarray:
        """Do `batches.steps` steps and return the loss of each before its update: (runs, steps) float32.

        `hyper` holds (steps, runs) float64 arrays by name: lr, weight_decay, l1, clip_norm (inf for none),
        dropout, label_smoothing, whatever the optimizer asks for and derives. `first_step` counts the steps done
        before. A run whose loss is not finite is frozen from that step on (its parameters stay as they were before
        it) and its remaining losses are nan; its neighbours are untouched. `frozen` (runs,) bool says of which runs
        that was so in an earlier call: they stay as they are. No bit depends on how steps are cut into calls.
        """
        ...

    def predict(self, indices: np.ndarray, runs: np.ndarray | None = None) -> np.ndarray:
        """Network outputs in evaluation mode for samples (runs, m) int32: (runs, m, outputs) float32.

        Of the runs named by index (runs,) int64, or of all. No bit of a run's outputs depends on what other runs are
        asked, but on torch.
        """
        ...

    def read(self, names: Collection[str] | None = None) -> dict[str, np.ndarray]:
        """Copies of all that changes: "params" (runs, P), "state" (runs, S), and the optimizer's slots by name.

        Or of what is named alone.
        """
        ...

    def write(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Set any of the arrays that `read` gives."""
        ...

    def keep(self, runs: np.ndarray) -> None:
        """Drop every run but those named by index (runs,) int64; the order of axes follows it."""
        ...

    def close(self) -> None:
        """End its threads, and put back what it has set for the whole process. It is of no use afterwards."""
        ...
