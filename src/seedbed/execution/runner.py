"""A whole study: plan it, train every group and store all of it."""

from __future__ import annotations

import hashlib
import os
import shlex
import time
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from seedbed.analysis import findings as diagnostics
from seedbed.engines.choice import Choice, EngineError, UnfitError, choose
from seedbed.execution import environment
from seedbed.execution.progress import GroupStart, Observer, events_of, watched
from seedbed.files import to_json
from seedbed.plan.plan import Plan, plan
from seedbed.store.models import Trained
from seedbed.store.schema import runs_root
from seedbed.store.writer import Store
from seedbed.study import labs
from seedbed.study.model import Study
from seedbed.text import counted
from seedbed.training import memory
from seedbed.training.evaluation import curve_samples
from seedbed.training.group import Group
from seedbed.training.loop import Outcome, train

NAMED = 5  # variants that a message names, at most


def run(
    study: Study,
    *,
    engine: str = "auto",
    device: str = "auto",
    precision: str = "float32",
    cuda_graphs: bool = False,
    data_dir: str | os.PathLike[str] | None = None,
    runs_dir: str | os.PathLike[str] | None = None,
    progress: bool | None = None,
    observer: Observer | None = None,
) -> Path:
    """Train every variant under every seed and store all of it; returns the directory.

    Parameters
    ----------
    engine, device, precision, cuda_graphs
        See `engines.choice.choose`.
    data_dir
        Where data is looked for first.
    runs_dir
        Where studies are kept; by default $SEEDBED_RUNS, or ./runs.
    progress
        Whether to show how it goes; by default on a terminal and in a notebook.
    observer
        Called instead of a display; see `progress.Observer`.

    Raises
    ------
    StudyError, DataError, EngineError, StoreError
        Where the study, its data, the engine or the directory of runs will not do; nothing is stored then.
    """
    planned = plan(study, Path(data_dir) if data_dir else None)
    engines = _chosen(planned.groups, engine, device, precision, cuda_graphs)
    planned, engines = _fitted(planned, engines)
    root = runs_root(runs_dir)
    Store.parent(root, study.name)  # a wrong one is told before anything is compiled
    for choice in engines:
        if choice.prepare:  # here, so that no group's time is that of a compiler
            choice.prepare()
    resolved = _resolved(study, planned)
    fingerprint = hashlib.sha256(to_json(resolved).encode()).hexdigest()
    with Store.create(root, study.name, fingerprint) as store:
        store.write_text("study.toml", study.text)
        if study.own_data:
            store.write_copy(study.own_data.file)
        store.write_json("resolved.json", resolved)
        with watched(progress) if observer is None else nullcontext(observer) as watching:
            for line in (*(f"! {note}" for note in planned.facts["notes"]), *study.beforehand):
                watching.message(line)
            return _Execution(study, planned, store, engines, watching).run()


def _chosen(groups: Sequence[Group], engine: str, *how: Any) -> list[Choice]:
    """The engine of every group; where the one asked for cannot train some, it is said of which variants."""
    choices, unfit = [], {}
    for group in groups:
        try:
            choices.append(choose(engine, group.program(), *how))
        except UnfitError as reason:
            unfit.update(dict.fromkeys((run.variant for run in group.runs), (group, str(reason))))
    if not unfit:
        return choices
    names, variants = list(unfit), {run.variant for group in groups for run in group.runs}
    listed = ", ".join(names[:NAMED]) + (f" and {len(names) - NAMED} more" if len(names) > NAMED else "")
    reasons = "; ".join(dict.fromkeys(reason for _, reason in unfit.values()))
    best = " and ".join(dict.fromkeys(choose("auto", group.program()).engine for group, _ in unfit.values()))
    raise EngineError(
        f"the {engine} engine cannot train {len(names)} of {counted(len(variants), 'variant')} ({listed}): {reasons}; "
        f"use --engine auto, which takes {best} for what {engine} cannot train"
    )


def _fitted(planned: Plan, engines: list[Choice]) -> tuple[Plan, list[Choice]]:
    """Groups cut to the memory of what trains them, device or machine, and the engine of each piece."""
    pieces: list[tuple[Group, Choice]] = []
    for group, choice in zip(planned.groups, engines, strict=True):
        one = replace(group, runs=group.runs[:1])
        if lack := memory.lack(one, choice.memory, f"are free on the {choice.device} device", choice.engine):
            raise EngineError(f"{lack}: take --device cpu")
        free = choice.memory or memory.available()
        pieces += [(piece, choice) for piece in memory.fitted(group, free, choice.engine)]
    return replace(planned, groups=tuple(piece for piece, _ in pieces)), [choice for _, choice in pieces]


def _resolved(study: Study, planned: Plan) -> dict[str, Any]:
    """The study with every default filled in."""
    samples = planned.groups[0].samples
    sizes = {run.variant: group.part_sizes for group in planned.groups for run in group.runs}
    return {
        "study": study.name,
        "description": study.description,
        "metric": study.metric,
        "direction": study.direction,
        "seeds": study.seeds,
        "study_seed": study.seed,
        "variants": [
            {
                "name": variant.name,
                "settings": variant.settings,
                "recipe": variant.recipe.model_dump(),
                "published": variant.published,
                "train_curve": {
                    "samples": curve_samples(sizes[variant.name]),
                    "of": sizes[variant.name]["train"],
                },
            }
            for variant in study.variants
        ],
        "hypotheses": [hypothesis.model_dump(exclude_none=True) for hypothesis in study.hypotheses],
        "classes": samples.classes,
        "features": samples.features,
        "data": planned.facts,
    }


class _Execution:
    """One execution of a study: what it has gathered so far, and the writing of it."""

    def __init__(
        self,
        study: Study,
        planned: Plan,
        store: Store,
        engines: list[Choice],
        observer: Observer,
    ) -> None:
        self.study, self.plan, self.store = study, planned, store
        self.engines, self.observer = engines, observer
        self.started = time.time()
        self.train_seconds = 0.0
        self.evidence: list[diagnostics.Evidence] = []
        self.models: dict[str, list[tuple[Group, int, np.ndarray, np.ndarray]]] = {}
        self.settings = {variant.name: variant.settings for variant in study.variants}

    def run(self) -> Path:
        """Train group after group; what is finished is stored before the next begins. Returns the directory."""
        groups = self.plan.groups
        self._write_environment(None)
        self.store.journal({"event": "started", "runs": sum(len(group.runs) for group in groups)})
        status = "complete"
        for number, group in enumerate(groups):
            if self._train(number, group).interrupted:
                status = "interrupted"
                break
        self.store.join_groups(list(self.settings))
        for finding in diagnostics.find(self.evidence):
            self.store.journal({"event": "finding", **vars(finding)})
        self._write_environment(status)
        self.store.finish(status)
        return self.store.directory

    def _train(self, number: int, group: Group) -> Outcome:
        choice = self.engines[number]
        if choice.reason:
            self.observer.message(choice.reason)
        epochs = int(-(-group.total_steps().max() // group.steps_per_epoch))
        label = f"{counted(len({run.variant for run in group.runs}), 'variant')}, {choice.engine} engine"
        start = GroupStart(number, len(self.plan.groups), len(group.runs), epochs, label)
        self.observer.group_started(start)
        began = time.perf_counter()
        metric, better = self.study.metric, self.study.direction
        events = events_of(self.observer)
        # A copy, with which the arrays go that are made of the group's data.
        outcome = train(replace(group), choice.make, metric, better, events, self.plan.claimed)
        seconds = time.perf_counter() - began
        self.train_seconds += seconds
        self._write(number, group, outcome)
        facts = {"group": number, "runs": len(group.runs), "seconds": seconds, "engine": choice.engine}
        self.store.journal({"event": "group", **facts})
        self.observer.group_finished()
        return outcome

    # --- writing ----------------------------------------------------------------------------------------

    def _write(self, number: int, group: Group, outcome: Outcome) -> None:
        """Store what a group adds, and the networks of the variants that it completes."""
        rows = []
        for place, record in enumerate(outcome.records):
            settings = {
                f"setting:{key}": to_json(value) for key, value in self.settings[record.variant].items()
            }
            facts = {
                name: value for name, value in vars(record).items() if name not in ("metrics", "confusion")
            }
            confusion = None if record.confusion is None else record.confusion.ravel()
            rows.append({**facts, "group": number, "confusion": confusion, **settings, **record.metrics})
            self.models.setdefault(record.variant, []).append(
                (group, place, outcome.params[place], outcome.state[place])
            )
        columns = {name: getattr(outcome, name) for name in ("curves", "predictions", "mistakes")}
        self.store.add_group(number, rows, columns)
        self.evidence += outcome.evidence
        for variant in [name for name, runs in self.models.items() if len(runs) == self.study.seeds]:
            self.store.write_models(self._trained(variant, self.models.pop(variant)))

    def _trained(self, variant: str, runs: list[tuple[Group, int, np.ndarray, np.ndarray]]) -> Trained:
        runs = sorted(runs, key=lambda entry: entry[0].runs[entry[1]].seed)
        group = runs[0][0]
        members = [group.runs[place] for group, place, _, _ in runs]
        scaling = {
            name: np.stack([getattr(run.prepared, name) for run in members])
            for name in ("center", "scale", "fill")
            if getattr(members[0].prepared, name) is not None
        }
        weights = [own[place] for group, place, _, _ in runs if (own := group.data.class_weights) is not None]
        if weights:
            scaling["class_weights"] = np.stack(weights)
        return Trained(
            variant=variant,
            recipe=members[0].recipe.model_dump(),
            seeds=tuple(run.seed for run in members),
            parameters=group.network.parameters.views(np.stack([params for _, _, params, _ in runs])),
            state=group.network.state.views(np.stack([state for _, _, _, state in runs])),
            features=group.samples.features,
            classes=group.samples.classes,
            dtype=str(group.samples.inputs.dtype),
            encodings=group.samples.encodings,
            shape=group.samples.inputs.shape[1:],
            outputs=group.network.outputs,
            **scaling,
        )

    def _command(self) -> str:
        """What runs a study again that was run from Python: its file, the lab, or what was stored of it."""
        given = self.study.place
        known = given in labs.names() or Path(given).is_file()
        return shlex.join(["seedbed", "run", given if known else str(self.store.directory / "study.toml")])

    def _write_environment(self, status: str | None) -> None:
        facts = environment.describe()
        again = facts["command"] or self._command()
        self.store.write_json(
            "environment.json",
            {
                **facts,
                "command": again,
                **{
                    fact: " + ".join(dict.fromkeys(getattr(choice, fact) for choice in self.engines))
                    for fact in ("engine", "device", "precision")
                },
                "cuda_graphs": any(choice.cuda_graphs for choice in self.engines),
                "data": self.plan.checksums(),
                "started": time.strftime("%Y-%m-%dT%H:%M:%S%z", time.localtime(self.started)),
                "seconds": {"total": time.time() - self.started, "train": self.train_seconds},
                "seeds": self.study.seeds,
                "status": status,
            },
        )
