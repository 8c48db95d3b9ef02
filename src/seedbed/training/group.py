"""A group: runs whose arrays have the same shapes, assembled into what an engine takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import assert_never

import numpy as np

from seedbed.arrays import NUMPY
from seedbed.data.base import Prepared, Samples
from seedbed.draws import generator, keys
from seedbed.engines.base import GroupData, Program
from seedbed.metrics.names import PARTS
from seedbed.nn.base import Layout
from seedbed.nn.initializers import initial
from seedbed.nn.losses import LOSSES
from seedbed.nn.network import Network
from seedbed.recipe import ModuleModel, Recipe, Training
from seedbed.study.crossing import Source
from seedbed.training import rules
from seedbed.training.class_weights import class_weights
from seedbed.training.seeds import seed_for


@dataclass(frozen=True)
class Run:
    """One variant under one seed, with its data.

    Attributes
    ----------
    levels
        The seeds of its sources of randomness where they are not all `seed`; see `Contents.levels`.
    """

    variant: str
    seed: int
    recipe: Recipe
    prepared: Prepared
    levels: Mapping[Source, int] = field(default_factory=dict)

    def seed_for(self, purpose: str) -> int:
        """The seed of what is drawn for a purpose."""
        return seed_for(purpose, self.seed, self.levels)


@dataclass(frozen=True)
class Group:
    """Runs trained as one batch, which share network, loss, update rule, batch size and all shapes."""

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

    def part(self, name: str) -> np.ndarray:
        """Sample numbers of a part of `part_sizes`, (runs, m) int32."""
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
        size = part.shape[1]
        if count >= size:
            return part
        chosen: dict[int, np.ndarray] = {}
        seeds = [run.seed_for("subset") for run in self.runs]
        for seed in set(seeds):
            drawn = generator(self.study_seed, seed, "subset", PARTS.index(name)).permutation(size)
            chosen[seed] = np.sort(drawn[:count])
        return np.stack([members[chosen[seed]] for seed, members in zip(seeds, part, strict=True)])

    def program(self) -> Program:
        """Network, loss and update rule."""
        training = self.training
        mask = self.network.parameters.decay_mask(training.decay_on)
        return Program(self.network, LOSSES[self.loss], rules.build(training), mask)

    @cached_property
    def data(self) -> GroupData:
        """Inputs, targets and scaling; samples that several runs share are held once."""
        distinct = {id(run.prepared.samples): run.prepared.samples for run in self.runs}
        index = {key: number for number, key in enumerate(distinct)}
        dataset = np.array([index[id(run.prepared.samples)] for run in self.runs], dtype=np.int64)
        inputs = _stack([samples.inputs for samples in distinct.values()])
        targets = _stack([self._targets(samples) for samples in distinct.values()])
        has_gaps = any(samples.has_gaps for samples in distinct.values())
        center, scale, fill = (self._per_run(name) for name in ("center", "scale", "fill"))
        return GroupData(
            inputs, targets, dataset, center, scale, fill if has_gaps else None, self.class_weights
        )

    def _per_run(self, name: str) -> np.ndarray | None:
        """The center, scale or fill of every run's data; None where they have none."""
        if getattr(self.runs[0].prepared, name) is None:
            return None
        return _shared(np.stack([np.asarray(getattr(run.prepared, name), np.float32) for run in self.runs]))

    @cached_property
    def class_weights(self) -> np.ndarray | None:
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
        return np.stack([self._initial_row(layout, run) for run in self.runs])

    def _initial_row(self, layout: Layout, run: Run) -> np.ndarray:
        model, seed = run.recipe.model, run.seed_for("parameters")
        if isinstance(model, ModuleModel):
            number = int(generator(self.study_seed, seed, "parameters").integers(2**63))
            drawn = self.network.drawn(number)
            assert drawn is not None  # a module draws its own
            rows = {name: drawn[name][None] for name in layout.slots}
            return np.asarray(layout.flatten(NUMPY, rows, np.empty((1, 0), np.float32)))[0]
        return initial(layout, model.init, model.init_std, self.study_seed, seed)

    def keys(self, purpose: str) -> np.ndarray:
        """(runs, 2) int64 Philox keys."""
        return keys(self.study_seed, [run.seed_for(purpose) for run in self.runs], purpose)


def _stack(arrays: list[np.ndarray]) -> np.ndarray:
    return arrays[0][None] if len(arrays) == 1 else np.stack(arrays)


def _shared(rows: np.ndarray) -> np.ndarray:
    """One row for all runs where theirs are the same."""
    return rows[:1] if (rows == rows[:1]).all() else rows
