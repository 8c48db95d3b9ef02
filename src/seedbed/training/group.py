"""A group: runs whose arrays have the same shapes, assembled into what an engine takes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import assert_never

import numpy as np

from seedbed import optim
from seedbed.data.base import Prepared, Samples
from seedbed.draws import generator, keys
from seedbed.engines.base import Batches, GroupData, Program
from seedbed.metrics.names import PARTS
from seedbed.nn.base import Layout
from seedbed.nn.initializers import initial
from seedbed.nn.losses import LOSSES
from seedbed.nn.models import Network
from seedbed.recipe import Recipe, Training
from seedbed.training.class_weights import class_weights
from seedbed.training.schedules import lr_factor, steps_since_restart


@dataclass(frozen=True)
class Run:
    """One variant under one seed, with its data."""

    variant: str
    seed: int
    recipe: Recipe
    prepared: Prepared


@dataclass(frozen=True)
class Group:
    """Runs trained as one batch; they agree in network, loss, update rule, batch size and all shapes."""

    runs: tuple[Run, ...]
    network: Network
    study_seed: int = 0

    @property
    def training(self) -> Training:
        """Training settings that all runs share; numbers may differ from run to run."""
        return self.runs[0].recipe.training

    @property
    def samples(self) -> Samples:
        """The first run's samples: names, classes and shapes are the same for all."""
        return self.runs[0].prepared.samples

    @cached_property
    def train_size(self) -> int:
        """Samples of the training part."""
        return len(self.runs[0].prepared.parts["train"])

    @property
    def batch_size(self) -> int:
        """Samples of a full batch."""
        size = self.training.batch_size
        return self.train_size if size == "all" else size

    @property
    def steps_per_epoch(self) -> int:
        """Training steps of one epoch; the last batch may be smaller."""
        return -(-self.train_size // self.batch_size)

    def total_steps(self) -> np.ndarray:
        """(runs,) int64: how many steps each run may take."""
        wanted = [(run.recipe.training.steps, run.recipe.training.epochs) for run in self.runs]
        return np.array(
            [steps or (epochs or 0) * self.steps_per_epoch for steps, epochs in wanted], dtype=np.int64
        )

    @property
    def loss(self) -> str:
        """The name of the loss."""
        assert self.training.loss  # a recipe fills it in
        return self.training.loss

    def part(self, name: str) -> np.ndarray | None:
        """Sample numbers of a part, (runs, m) int32, or None where there is no such part."""
        if name not in self.runs[0].prepared.parts:
            return None
        return np.stack([run.prepared.parts[name] for run in self.runs])

    @cached_property
    def part_sizes(self) -> dict[str, int]:
        """Samples of each part that there is."""
        return {name: len(members) for name, members in self.runs[0].prepared.parts.items()}

    def subset(self, name: str, count: int) -> np.ndarray:
        """At most `count` samples of a part, drawn at random without replacement.

        Parts are sorted, and a table may be sorted by its target, so the first samples of a part would not do.
        All variants of a seed get the same ones, and a smaller draw is a part of a larger one.

        Returns
        -------
        (runs, min(count, m)) int32 sample numbers, in the order of the part.
        """
        part = self.part(name)
        assert part is not None
        size = part.shape[1]
        if count >= size:
            return part
        chosen: dict[int, np.ndarray] = {}
        for seed in {run.seed for run in self.runs}:
            drawn = generator(self.study_seed, seed, "subset", PARTS.index(name)).permutation(size)
            chosen[seed] = np.sort(drawn[:count])
        return np.stack([members[chosen[run.seed]] for run, members in zip(self.runs, part, strict=True)])

    def program(self) -> Program:
        """Network, loss and update rule."""
        training = self.training
        mask = self.network.parameters.decay_mask(training.decay_on)
        return Program(self.network, LOSSES[self.loss], optim.build(training), mask)

    @cached_property
    def data(self) -> GroupData:
        """Inputs, targets and scaling; samples that several runs share are held once."""
        distinct = {id(run.prepared.samples): run.prepared.samples for run in self.runs}
        places = {key: place for place, key in enumerate(distinct)}
        dataset = np.array([places[id(run.prepared.samples)] for run in self.runs], dtype=np.int64)
        inputs = _stack([samples.inputs for samples in distinct.values()])
        targets = _stack([self._targets(samples) for samples in distinct.values()])
        has_gaps = any(samples.has_gaps for samples in distinct.values())
        center, scale, fill = (self._per_run(name) for name in ("center", "scale", "fill"))
        return GroupData(
            inputs, targets, dataset, center, scale, fill if has_gaps else None, self._class_weights()
        )

    def _per_run(self, name: str) -> np.ndarray | None:
        """What every run's data have of center, scale and fill; None where they have none."""
        if getattr(self.runs[0].prepared, name) is None:
            return None
        return _shared(np.stack([np.asarray(getattr(run.prepared, name), np.float32) for run in self.runs]))

    def _class_weights(self) -> np.ndarray | None:
        """(runs, classes) float32 by the training part of each run; None where all classes count the same."""
        if self.training.class_weight is None:
            return None
        rows = []
        for run in self.runs:
            setting, prepared = run.recipe.training.class_weight, run.prepared
            assert setting is not None  # of the group either all runs have weights or none has
            labels = prepared.samples.targets[prepared.parts["train"]]
            rows.append(class_weights(setting, prepared.samples.classes, labels))
        return np.stack(rows)

    def _targets(self, samples: Samples) -> np.ndarray:
        """Targets in the form the loss takes."""
        match target := self.runs[0].recipe.target:
            case "class":
                return samples.targets.astype(np.int64, copy=False)
            case "number" | "binary":
                return samples.targets.astype(np.float32, copy=False).reshape(len(samples.targets), -1)
            case _:
                assert_never(target)

    def initial_params(self) -> np.ndarray:
        """(runs, P) float32."""
        return self._initial(self.network.parameters)

    def initial_state(self) -> np.ndarray:
        """(runs, S) float32."""
        return self._initial(self.network.state)

    def _initial(self, layout: Layout) -> np.ndarray:
        rows = [
            initial(layout, run.recipe.model.init, run.recipe.model.init_std, self.study_seed, run.seed)
            for run in self.runs
        ]
        return np.stack(rows)

    def keys(self, purpose: str) -> np.ndarray:
        """(runs, 2) int64 Philox keys."""
        return keys(self.study_seed, [run.seed for run in self.runs], purpose)


def _stack(arrays: list[np.ndarray]) -> np.ndarray:
    return arrays[0][None] if len(arrays) == 1 else np.stack(arrays)


def _shared(rows: np.ndarray) -> np.ndarray:
    """Keep one row where all are the same."""
    return rows[:1] if (rows == rows[:1]).all() else rows


class BatchOrder:
    """Draws the batches of the runs still active: every epoch a permutation of the training part, by seed."""

    def __init__(self, group: Group) -> None:
        self._group = group
        self._train = np.stack([run.prepared.parts["train"] for run in group.runs])
        self._rows = np.arange(len(group.runs))

    def keep(self, runs: np.ndarray) -> None:
        """Drop every run but those named by index."""
        self._rows = self._rows[runs]

    def batches(self, first_step: int, steps: int) -> Batches:
        """The batches of `steps` steps after `first_step` ones, which may begin and end inside an epoch."""
        group, n, size = self._group, self._group.train_size, self._group.batch_size
        per_epoch = group.steps_per_epoch
        if size >= n:
            return Batches(self._train[self._rows].astype(np.int32), np.arange(steps + 1, dtype=np.int64) * n)
        first_epoch, last_epoch = first_step // per_epoch, (first_step + steps - 1) // per_epoch
        step = np.arange(first_step, first_step + steps + 1)
        ends = step // per_epoch * n + np.minimum(step % per_epoch * size, n)
        first, last = int(ends[0]), int(ends[-1])
        indices = np.empty((len(self._rows), last - first), np.int32)
        for epoch in range(first_epoch, last_epoch + 1):
            start, stop = max(first, epoch * n), min(last, (epoch + 1) * n)
            taken = slice(start - epoch * n, stop - epoch * n)
            self._fill(indices[:, start - first : stop - first], epoch, taken)
        return Batches(indices, (ends - first).astype(np.int64))

    def _fill(self, indices: np.ndarray, epoch: int, taken: slice) -> None:
        """Write sample numbers in the order of one epoch, or a stretch of it, to (active runs, length)."""
        group = self._group
        places: dict[int, list[int]] = {}
        for place, row in enumerate(self._rows):
            places.setdefault(group.runs[row].seed, []).append(place)
        for seed, own in places.items():
            order = generator(group.study_seed, seed, "batches", epoch).permutation(group.train_size)[taken]
            for place in own:
                indices[place] = self._train[self._rows[place]][order]


class Hyperparameters:
    """The numbers of every step of every active run: constants, schedules and what the update rule derives."""

    def __init__(self, group: Group) -> None:
        self._group = group
        self._optimizer = optim.build(group.training)
        self._rows = np.arange(len(group.runs))
        self._total = group.total_steps()
        self._constants = [self._constant(run.recipe) for run in group.runs]

    @staticmethod
    def _constant(recipe: Recipe) -> dict[str, float]:
        own = {
            "label_smoothing": recipe.training.label_smoothing,
            "dropout": getattr(recipe.model, "dropout", 0.0),
        }
        return optim.hyperparameters(recipe.training) | own

    def keep(self, runs: np.ndarray) -> None:
        """Drop every run but those named by index."""
        self._rows = self._rows[runs]

    def steps(self, first_step: int, steps: int, plateau: np.ndarray) -> dict[str, np.ndarray]:
        """Numbers by name, (steps, active runs) float64; `plateau` (active runs,) multiplies the scheduled rate."""
        names = self._constants[0]
        shape = (steps, len(self._rows))
        hyper = {
            name: np.broadcast_to(np.array([self._constants[row][name] for row in self._rows]), shape)
            for name in names
        }
        number = np.arange(first_step, first_step + steps)
        hyper["lr"] = self._rates(number) * plateau
        return hyper | self._optimizer.derived(hyper, self._since_restart(number) + 1)

    def _since_restart(self, step: np.ndarray) -> np.ndarray:
        """Steps since the optimizer last started afresh, (steps, active runs)."""
        per_epoch = self._group.steps_per_epoch
        schedules = [self._group.runs[row].recipe.training.schedule for row in self._rows]
        return np.stack([steps_since_restart(schedule, step, per_epoch) for schedule in schedules], axis=1)

    def restarting(self, step: int) -> list[int]:
        """Which active runs start their optimizer afresh before this step, by place."""
        return np.flatnonzero(self._since_restart(np.array([step]))[0] == 0).tolist() if step else []

    def next_restart(self, step: int, end: int) -> int:
        """The first step after `step`, and at most `end`, before which some run's optimizer starts afresh."""
        schedules = (self._group.runs[row].recipe.training.schedule for row in self._rows)
        if not any(getattr(schedule, "restart", False) for schedule in schedules):
            return end
        later = np.arange(step + 1, end)
        starts = later[(self._since_restart(later) == 0).any(axis=1)]
        return int(starts[0]) if len(starts) else end

    def _rates(self, step: np.ndarray) -> np.ndarray:
        """Scheduled learning rates, (steps, active runs); runs of one variant share theirs."""
        columns: dict[tuple[str, int], np.ndarray] = {}
        for row in self._rows:
            run, total = self._group.runs[row], int(self._total[row])
            if (run.variant, total) not in columns:
                training = run.recipe.training
                factor = lr_factor(training.schedule, step, self._group.steps_per_epoch, total)
                columns[run.variant, total] = training.lr * factor
        return np.stack(
            [columns[self._group.runs[row].variant, int(self._total[row])] for row in self._rows], axis=1
        )
