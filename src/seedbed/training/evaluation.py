"""Applies a group's networks to parts of their data: outputs a piece at a time, and metrics of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

import numpy as np

from seedbed.analysis import evidence
from seedbed.engines.base import Engine
from seedbed.metrics import compute as metrics
from seedbed.metrics.names import SLOW, bare_name
from seedbed.nn.losses import LOSSES
from seedbed.training.group import Group

PICTURE_SAMPLES = 1000  # predictions stored per run and part, enough for any picture
FEWEST_IN_CURVE = 1000  # training samples behind a point of a training curve, where there are as many
# Outputs that networks predict in one call, and those of them that metrics are computed of at once, which takes several
# float64 per output. A run is never cut: some metrics need all of its outputs.
PREDICTED_AT_ONCE = 2**24
EVALUATED_AT_ONCE = 2**20


class Evaluator:
    """Computes metrics of the networks of an engine.

    Methods take `runs`, the group's runs that the engine holds, by index, in the order of its arrays.

    Parameters
    ----------
    followed
        Metrics in full, such as "val.auc", to be computed during training even if that takes long.
    """

    def __init__(self, group: Group, followed: Collection[str] = ()) -> None:
        self._group = group
        self._unfollowed = tuple(name for name in SLOW if not any(bare_name(one) == name for one in followed))
        self._indices = {part: group.part(part) for part in group.part_sizes}
        self._curve = group.subset("train", curve_samples(group.part_sizes))

    def metrics(
        self, engine: Engine, runs: np.ndarray, part: str, final: bool = True
    ) -> dict[str, np.ndarray]:
        """Metrics on a part by full name such as "val.mse", each (runs,); unless `final` those to be followed."""
        return self._metrics(engine, runs, part, self._indices[part], () if final else self._unfollowed)

    def training_metrics(self, engine: Engine, runs: np.ndarray) -> dict[str, np.ndarray]:
        """Metrics for a training curve, on a random draw of `curve_samples` of the training part."""
        return self._metrics(engine, runs, "train", self._curve, self._unfollowed)

    def _metrics(
        self,
        engine: Engine,
        runs: np.ndarray,
        part: str,
        indices: np.ndarray,
        without: Collection[str],
    ) -> dict[str, np.ndarray]:
        group, values = self._group, dict[str, np.ndarray]()
        loss, classes, weights = LOSSES[group.loss], group.samples.classes, group.class_weights
        for some, outputs, targets in outputs_of(group, engine, runs, indices):
            own = None if weights is None else weights[runs[some]]
            for name, value in metrics.compute(loss, outputs, targets, classes, own, without).items():
                values.setdefault(f"{part}.{name}", np.empty(len(runs)))[some] = value
        return values


def outputs_of(
    group: Group, engine: Engine, runs: np.ndarray, indices: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Outputs and targets of the runs that an engine holds, a few runs at a time, see `PREDICTED_AT_ONCE`.

    Parameters
    ----------
    runs
        By index in the group, in the order of the engine's arrays.
    indices
        (runs of the group, m) sample numbers.

    Yields
    ------
    Indices into `runs`, outputs (those, m, outputs) and targets (those, m, ..). Every call of the engine has runs of
    all the parts that it may compute side by side.
    """
    numbers = max(1, indices.shape[1] * group.network.outputs)  # of a run
    everything = np.arange(len(runs))
    pieces = -(-len(runs) * numbers // PREDICTED_AT_ONCE)
    at_once = max(1, EVALUATED_AT_ONCE // numbers)
    for first in range(pieces):
        asked = everything[first::pieces]
        own = np.ascontiguousarray(indices[runs[asked]])
        outputs = engine.predict(own, asked if pieces > 1 else None)
        for start in range(0, len(asked), at_once):
            some = slice(start, start + at_once)
            yield asked[some], outputs[some], targets_of(group, runs[asked[some]], own[some])


def targets_of(group: Group, runs: np.ndarray, indices: np.ndarray) -> np.ndarray:
    """Targets of samples (runs, m) of the runs named by index."""
    return group.data.targets[group.data.dataset[runs][:, None], indices]


def output_spread(group: Group, engine: Engine) -> np.ndarray:
    """How much the outputs of each run vary over a random draw of the training part, (runs,)."""
    runs, spread = np.arange(len(group.runs)), np.empty(len(group.runs))
    for some, outputs, _ in outputs_of(group, engine, runs, group.subset("train", PICTURE_SAMPLES)):
        spread[some] = evidence.output_spread(outputs)
    return spread


def curve_samples(sizes: Mapping[str, int]) -> int:
    """How many training samples stand behind a point of a training curve, from the sizes of all parts.

    As many as the larger of validation and test have, so that the curve costs no more than theirs; all where there
    is neither.
    """
    others = [sizes[part] for part in ("val", "test") if part in sizes]
    return min(sizes["train"], max(FEWEST_IN_CURVE, *others)) if others else sizes["train"]
