"""A study of recipes made ready: its groups, the engine of each, and what training one leaves for the store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np

from seedbed import machine
from seedbed.data import facts
from seedbed.data.base import Prepared
from seedbed.data.evaluation import Evaluation, evaluation, is_fixed
from seedbed.data.sources import source
from seedbed.engines.choice import Choice, EngineError, UnfitError, choose
from seedbed.engines.exhaustion import as_memory_error
from seedbed.nn.modules import ModuleError
from seedbed.store.models import Trained
from seedbed.study.checkpoints import Checkpoints
from seedbed.study.contents import BASE, Contents
from seedbed.study.events import Events, Message
from seedbed.study.shards import PlannedRun, Runs, Shard
from seedbed.study.trainable import Compute, DataFile, Finished, Needs, TrainableError, Work
from seedbed.text import counted
from seedbed.trainables.recipe_groups import claimed_epochs, compared_metrics, groups_of
from seedbed.training import memory, storage
from seedbed.training.artefacts import Kept
from seedbed.training.curves import RULE, leaves_out
from seedbed.training.evaluation import curve_samples
from seedbed.training.group import Group, Run
from seedbed.training.loop import train
from seedbed.training.outcome import Outcome

NAMED = 5  # variants that a message names, at most


@dataclass(frozen=True)
class RecipeWork(Work):
    """See `study.trainable.Work`.

    Attributes
    ----------
    groups
        All runs of the study; those of one group are trained as one batch.
    claimed
        The metrics that claims name at an epoch, with that epoch.
    choices
        The engine of every group; empty until `on` has chosen them.
    """

    study: Contents
    groups: tuple[Group, ...]
    claimed: frozenset[tuple[str, int]]
    choices: tuple[Choice, ...] = ()

    @classmethod
    def of(cls, study: Contents, data_dir: Path | None = None) -> Self:
        """Load the data and cut the runs into groups; raises what `recipe_groups.groups_of` raises."""
        groups = groups_of(study, data_dir)
        return cls(study, groups, claimed_epochs(study, groups[0].samples.classes))

    # --- what would run -----------------------------------------------------------------------------------

    @cached_property
    def shards(self) -> Sequence[Shard]:
        """A shard is a group."""
        return [self._shard(number, group) for number, group in enumerate(self.groups)]

    def _shard(self, number: int, group: Group) -> Shard:
        size = group.network.parameters.size
        steps = group.total_steps()
        runs = Runs.of(
            PlannedRun(run.variant, run.seed, int(count), size)
            for run, count in zip(group.runs, steps, strict=True)
        )
        variants = counted(len(runs.variants), "variant")
        epochs = int(-(-steps.max() // group.steps_per_epoch))
        if not self.choices:
            return Shard(number, runs, variants, epochs)
        engine = self.choices[number].engine
        return Shard(number, runs, f"{variants}, {engine} engine", epochs, {"engine": engine})

    @cached_property
    def facts(self) -> dict[str, Any]:
        """Classes, features, and what the data of the base variant are; see `data.facts.describe`."""
        samples = self.groups[0].samples
        base = [run.prepared for group in self.groups for run in group.runs if run.variant == BASE]
        return {"classes": samples.classes, "features": samples.features, "data": facts.describe(base)}

    def facts_of(self, variant: str) -> dict[str, Any]:
        """What it is evaluated on, how its training curves come about, and why its runs could be no one program."""
        sizes = self._part_sizes[variant]
        curve = {"samples": curve_samples(sizes), "of": sizes["train"]}
        points = {"curve_points": RULE} if leaves_out(self._most_evaluations[variant]) else {}
        why = self._one_by_one.get(variant)
        alone = {"one_by_one": why} if why else {}
        return {"train_curve": curve, **points, **alone, "evaluation": self._evaluations[variant]}

    @cached_property
    def _one_by_one(self) -> dict[str, str | None]:
        """Of each variant, why its runs cannot be one program."""
        return {run.variant: group.network.why_alone for group in self.groups for run in group.runs}

    @cached_property
    def _most_evaluations(self) -> dict[str, int]:
        """How often runs of each variant are evaluated at the most."""
        return {
            run.variant: -(-int(steps) // (group.training.eval_every * group.steps_per_epoch))
            for group in self.groups
            for run, steps in zip(group.runs, group.total_steps(), strict=True)
        }

    @cached_property
    def _part_sizes(self) -> dict[str, dict[str, int]]:
        return {run.variant: group.part_sizes for group in self.groups for run in group.runs}

    @cached_property
    def _evaluations(self) -> dict[str, dict[str, Evaluation]]:
        prepared: dict[str, list[Prepared]] = {}
        for run in (run for group in self.groups for run in group.runs):
            prepared.setdefault(run.variant, []).append(run.prepared)
        return {variant: evaluation(runs) for variant, runs in prepared.items()}

    @cached_property
    def _kept(self) -> Kept:
        """What is kept sample by sample: metrics that variants are compared by, on parts that no seed draws anew."""
        if self.study.vary_seeds:  # nothing is tested
            return {}
        compared = compared_metrics(self.study)
        one = {run.variant: run for group in self.groups for run in group.runs}
        return {
            name: [metric for metric in compared if is_fixed(run.prepared, run.recipe.data, metric)]
            for name, run in one.items()
        }

    @cached_property
    def needs(self) -> Needs:
        """The data of all groups, and what training the most demanding one takes beside its own."""
        engines: Sequence[str | None] = [one.engine for one in self.choices] or [None] * len(self.groups)
        beside = max(
            memory.need(group, engine).peak - memory.held([group])
            for group, engine in zip(self.groups, engines, strict=True)
        )
        return Needs(
            memory=memory.PROCESS + memory.held(self.groups) + beside,
            disk=storage.PAGE + sum(map(storage.stored, self.groups)),
        )

    @property
    def environment(self) -> dict[str, Any]:
        """Engines, devices and precisions, and the sha256 of every file of data."""
        samples = [run.prepared.samples for group in self.groups for run in group.runs]
        used = {
            fact: " + ".join(dict.fromkeys(getattr(choice, fact) for choice in self.choices))
            for fact in ("engine", "device", "precision")
        }
        return {
            **used,
            "cuda_graphs": any(choice.cuda_graphs for choice in self.choices),
            "data": {name: checksum for part in samples for name, checksum in part.sha256.items()},
        }

    @property
    def files(self) -> list[DataFile]:
        """See `Work.files`."""
        runs = {id(run.prepared.samples): run for group in self.groups for run in group.runs}.values()
        read = {
            (name, path, source(run.recipe.data.source).dataset is not None)
            for run in runs
            for name, path in run.prepared.samples.paths.items()
        }
        return [DataFile(*one) for one in sorted(read)]

    # --- where --------------------------------------------------------------------------------------------

    def on(self, compute: Compute) -> Self:
        """Choose the engine of every group, and cut groups to the memory of what trains them.

        Raises
        ------
        EngineError
            Where the engine cannot be used, cannot train some variant, or a run does not fit its device.
        """
        pieces: list[tuple[Group, Choice]] = []
        for group, choice in zip(self.groups, _chosen(self.groups, compute), strict=True):
            one = replace(group, runs=group.runs[:1])
            free_there = f"are free on the {choice.device} device"
            if lack := memory.lack(one, choice.memory, free_there, choice.engine):
                raise EngineError(f"{lack}: use --device cpu")
            free = choice.memory or machine.available()
            pieces += [(piece, choice) for piece in memory.fitted(group, free, choice.engine)]
        groups, choices = zip(*pieces, strict=True)
        return replace(self, groups=groups, choices=choices)

    def warm_up(self) -> None:
        """Have engines compile what they need, so that no group's time is that of a compiler."""
        for choice in self.choices:
            if choice.prepare:
                choice.prepare()

    # --- training -----------------------------------------------------------------------------------------

    def train(self, shard: Shard, events: Events, checkpoints: Checkpoints) -> Finished:
        """Train the runs of a shard as one group."""
        group, choice = self._group_of(shard)
        if choice.reason:
            events(Message(choice.reason))
        metric, better = self.study.metric, self.study.direction
        try:
            with as_memory_error():
                outcome = train(
                    group, choice.make, metric, better, events, self.claimed, self._kept, checkpoints
                )
        except ModuleError as error:
            raise TrainableError(f"{', '.join(shard.variants[:NAMED])}: {error}") from error
        tables = {name: getattr(outcome, name) for name in ("curves", "predictions", "mistakes", "samples")}
        return Finished(
            runs=outcome.records,
            tables={name: columns for name, columns in tables.items() if columns},
            models=[_trained(group, outcome, variant) for variant in shard.variants],
            evidence=outcome.evidence,
        )

    def _group_of(self, shard: Shard) -> tuple[Group, Choice]:
        """A shard's runs as a group of their own, with which the arrays go that are made of its data, and its engine.

        An earlier process may have cut groups otherwise, as its memory was; what it trained together had equal shapes.
        """
        found = [self._places[run.variant, run.seed] for run in shard.runs]
        first = found[0][0]
        return replace(self.groups[first], runs=tuple(run for _, run in found)), self.choices[first]

    @cached_property
    def _places(self) -> dict[tuple[str, int], tuple[int, Run]]:
        """Every run, and the index of its group, by variant and seed."""
        return {
            (run.variant, run.seed): (number, run)
            for number, group in enumerate(self.groups)
            for run in group.runs
        }


def _chosen(groups: Sequence[Group], compute: Compute) -> list[Choice]:
    """The engine of every group; where the one asked for cannot train some, the error says of which variants."""
    how = compute.device, compute.precision, compute.cuda_graphs
    choices, unfit = [], {}
    for group in groups:
        try:
            choices.append(choose(compute.engine, group.program(), *how))
        except UnfitError as reason:
            unfit.update(dict.fromkeys((run.variant for run in group.runs), (group, str(reason))))
    if not unfit:
        return choices
    names, variants = list(unfit), {run.variant for group in groups for run in group.runs}
    listed = ", ".join(names[:NAMED]) + (f" and {len(names) - NAMED} more" if len(names) > NAMED else "")
    reasons = "; ".join(dict.fromkeys(reason for _, reason in unfit.values()))
    best = " and ".join(dict.fromkeys(choose("auto", group.program()).engine for group, _ in unfit.values()))
    raise EngineError(
        f"the {compute.engine} engine cannot train {len(names)} of {counted(len(variants), 'variant')} ({listed}): "
        f"{reasons}; use --engine auto, which takes {best} for what {compute.engine} cannot train"
    )


def _trained(group: Group, outcome: Outcome, variant: str) -> Trained:
    """The networks of a variant that a group has trained."""
    rows = [row for row, run in enumerate(group.runs) if run.variant == variant]
    members = [group.runs[row] for row in rows]
    scaling = {
        name: np.stack([getattr(run.prepared, name) for run in members])
        for name in ("center", "scale", "fill")
        if getattr(members[0].prepared, name) is not None
    }
    if group.class_weights is not None:
        scaling["class_weights"] = group.class_weights[rows]
    return Trained(
        variant=variant,
        recipe=members[0].recipe.model_dump(),
        seeds=tuple(run.seed for run in members),
        parameters=group.network.parameters.views(outcome.params[rows]),
        state=group.network.state.views(outcome.state[rows]),
        features=group.samples.features,
        classes=group.samples.classes,
        dtype=str(group.samples.inputs.dtype),
        encodings=group.samples.encodings,
        shape=group.samples.inputs.shape[1:],
        outputs=group.network.outputs,
        **scaling,
    )
