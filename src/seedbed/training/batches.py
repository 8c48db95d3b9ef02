"""The order in which training samples come: which of them make up the batch of every step."""

from __future__ import annotations

import numpy as np

from seedbed.draws import generator
from seedbed.engines.base import Batches
from seedbed.training.group import Group


class BatchOrder:
    """Draws the batches of the runs still active: every epoch a permutation of the training part, by seed."""

    def __init__(self, group: Group) -> None:
        self._group = group
        self._train = np.stack([run.prepared.parts["train"] for run in group.runs])
        self._active = np.arange(len(group.runs))
        self._drawn: dict[tuple[int, int], np.ndarray] = {}  # of the last epoch, by epoch and seed

    def keep(self, runs: np.ndarray) -> None:
        """Drop every active run but those named by index."""
        self._active = self._active[runs]

    def batches(self, first_step: int, steps: int) -> Batches:
        """The batches of `steps` steps after `first_step` ones, which may begin and end inside an epoch."""
        group, n, size = self._group, self._group.train_size, self._group.batch_size
        per_epoch = group.steps_per_epoch
        if size >= n:
            offsets = np.arange(steps + 1, dtype=np.int64) * n
            return Batches(self._train[self._active].astype(np.int32), offsets)
        first_epoch, last_epoch = first_step // per_epoch, (first_step + steps - 1) // per_epoch
        step = np.arange(first_step, first_step + steps + 1)
        ends = step // per_epoch * n + np.minimum(step % per_epoch * size, n)
        first, last = int(ends[0]), int(ends[-1])
        indices = np.empty((len(self._active), last - first), np.int32)
        for epoch in range(first_epoch, last_epoch + 1):
            start, stop = max(first, epoch * n), min(last, (epoch + 1) * n)
            stretch = slice(start - epoch * n, stop - epoch * n)
            self._fill(indices[:, start - first : stop - first], epoch, stretch)
        return Batches(indices, (ends - first).astype(np.int64))

    def _fill(self, indices: np.ndarray, epoch: int, stretch: slice) -> None:
        """Write the samples of a stretch of an epoch, in its order, to (active runs, length)."""
        group = self._group
        of_seed: dict[int, list[int]] = {}  # by seed, indices of active runs
        for index, run in enumerate(self._active):
            of_seed.setdefault(group.runs[run].seed_for("batches"), []).append(index)
        for seed, members in of_seed.items():
            order = self._order(epoch, seed)[stretch]
            for index in members:
                indices[index] = self._train[self._active[index]][order]

    def _order(self, epoch: int, seed: int) -> np.ndarray:
        """The order of a whole epoch, (samples,); that of the last one is kept, since several calls may share it."""
        if (epoch, seed) not in self._drawn:
            self._drawn = {key: order for key, order in self._drawn.items() if key[0] == epoch}
            drawn = generator(self._group.study_seed, seed, "batches", epoch)
            self._drawn[epoch, seed] = drawn.permutation(self._group.train_size).astype(np.int32)
        return self._drawn[epoch, seed]
