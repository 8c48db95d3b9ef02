"""Watches a group while it trains: evaluates its runs, gathers their curves and summarises them as events."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from seedbed.engines.base import Engine
from seedbed.metrics.names import Direction, direction
from seedbed.study.checkpoints import State
from seedbed.study.events import Epoch, Events
from seedbed.training.curves import Curves, is_recorded
from seedbed.training.evaluation import Evaluator
from seedbed.training.group import Group
from seedbed.training.saved import combined, part

Claimed = Collection[tuple[str, int]]  # a metric in full, and the epoch at which a claim names it


@dataclass(frozen=True)
class Moment:
    """When the runs of a group are evaluated, and what is known of them then.

    Attributes
    ----------
    active
        Which runs of the group still train, by index, in the order of the engine's arrays.
    step
        Steps done.
    train_loss, rate
        (active runs,): the mean loss over the batches of this period, and the learning rate of the last step.
    ending, diverged
        (active runs,) bool: which have done all their steps, and which have a loss that is not finite.
    scheduled
        Whether `eval_every` epochs end here. Elsewhere only runs that end here are evaluated, and what claims name:
        training must not depend on what is claimed of it.
    """

    active: np.ndarray
    step: int
    train_loss: np.ndarray
    rate: np.ndarray
    ending: np.ndarray
    diverged: np.ndarray
    scheduled: bool

    @property
    def due(self) -> np.ndarray:
        """(active runs,) bool: for whose training the evaluation counts."""
        return ~self.diverged & (self.ending | self.scheduled)


class Monitor:
    """Evaluates the active runs of a group.

    Parameters
    ----------
    metric, better
        The study's metric in full, and its better direction.
    claimed
        Metrics whose curves hold them at the epoch named, whatever else these leave out.

    Attributes
    ----------
    metric
        The study's.
    watched
        The metric that picks the best parameters: the study's own on validation, else the loss there.
    claimed_steps
        After which claims name a metric.
    """

    def __init__(
        self, group: Group, metric: str, better: Direction, events: Events, claimed: Claimed
    ) -> None:
        followed = {metric, *(name for name, _ in claimed)}
        self.evaluator, self.curves = Evaluator(group, followed), Curves(group, followed)
        self._group, self._events, self.metric = group, events, metric
        self.claimed_steps = {epoch * group.steps_per_epoch for _, epoch in claimed}
        self.watched = "train.loss"
        if "val" in group.part_sizes:
            self.watched = metric if metric.startswith("val.") else "val.loss"
        self._better = better if self.watched == metric else direction(self.watched)
        has_target = any(run.recipe.training.stop.target is not None for run in group.runs)
        self._parts = {"val", metric.partition(".")[0]} if has_target else {"val"}
        self._recorded_parts = {"train", "test", *(name.partition(".")[0] for name, _ in claimed)}
        self._total = group.total_steps()
        self._evaluations = 0
        self._latest = np.full(len(group.runs), np.nan)

    def evaluate(self, engine: Engine, moment: Moment) -> dict[str, np.ndarray]:
        """Metrics that training depends on, by full name, (active runs,) each."""
        self._evaluations += moment.scheduled
        values = {"train.loss": moment.train_loss} | self._metrics(engine, moment, self._parts)
        counted = moment.ending | moment.scheduled
        losses = [values[name][counted] for name in ("train.loss", "val.loss") if name in values]
        self.curves.losses.add(moment.active[counted], np.stack(losses))
        return values

    def score(self, values: dict[str, np.ndarray]) -> np.ndarray:
        """The watched metric of an evaluation, as a number of which less is better."""
        return values[self.watched] if self._better == "min" else -values[self.watched]

    def record(
        self, engine: Engine, moment: Moment, values: dict[str, np.ndarray], stopping: np.ndarray
    ) -> None:
        """Add an evaluation to the curves as far as they keep it, and tell it.

        Parameters
        ----------
        values
            What `evaluate` gave.
        stopping
            (active runs,) bool: which runs stop here.
        """
        kept = moment.ending | stopping | is_recorded(self._evaluations)
        claimed = ~moment.diverged & (moment.step in self.claimed_steps)
        recorded = claimed | moment.due & kept
        if recorded.any():
            known = {name.partition(".")[0] for name in values if name != "train.loss"}
            values = values | self._metrics(engine, moment, self._recorded_parts - known)
            values |= {"lr": moment.rate}
            point = {name: value[recorded] for name, value in values.items()}
            self.curves.add(moment.active[recorded], moment.step, point)
        self._tell(moment, values[self.watched])

    def state(self) -> State:
        """What `restore` takes."""
        own = State({"latest": self._latest.copy()}, {"evaluations": self._evaluations})
        return combined({"own": own, "curves": self.curves.state(), "losses": self.curves.losses.state()})

    def restore(self, state: State) -> None:
        """Go on from there."""
        own = part(state, "own")
        self._latest, self._evaluations = np.array(own.arrays["latest"]), own.facts["evaluations"]
        self.curves.restore(part(state, "curves"))
        self.curves.losses.restore(part(state, "losses"))

    def _metrics(self, engine: Engine, moment: Moment, parts: set[str]) -> dict[str, np.ndarray]:
        """Metrics on the named parts, as far as there are such; of training those along its curve."""
        values: dict[str, np.ndarray] = {}
        for name in [name for name in self._group.part_sizes if name in parts]:
            if name == "train":  # its loss is the mean over the batches, which costs nothing
                metrics = self.evaluator.training_metrics(engine, moment.active)
                del metrics["train.loss"]
                values |= metrics
            else:
                values |= self.evaluator.metrics(engine, moment.active, name, final=False)
        return values

    def _tell(self, moment: Moment, watched: np.ndarray) -> None:
        """Summarise the group; runs that have ended count with their last value, diverged ones not at all."""
        self._latest[moment.active] = np.where(moment.diverged, np.nan, watched)
        finite = self._latest[np.isfinite(self._latest)]
        pick = np.min if self._better == "min" else np.max
        best, median = (float(pick(finite)), float(np.median(finite))) if len(finite) else (None, None)
        per_epoch = self._group.steps_per_epoch
        epochs = -(-int(self._total[moment.active].max()) // per_epoch)
        epoch = -(-moment.step // per_epoch)
        self._events(Epoch(epoch, epochs, len(moment.active), best, median, self.watched))
