"""The training loop: a group of runs through its epochs, until each has done its steps, stops or diverges."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import closing
from types import MappingProxyType

import numpy as np

from seedbed.engines.base import Engine, GroupData, Program
from seedbed.engines.interrupts import held_back
from seedbed.metrics.names import Direction
from seedbed.study.events import Events
from seedbed.training.artefacts import Kept
from seedbed.training.batches import BatchOrder
from seedbed.training.endings import Ending, Endings
from seedbed.training.group import Group
from seedbed.training.hyperparameters import Hyperparameters
from seedbed.training.monitor import Claimed, Moment, Monitor
from seedbed.training.outcome import Outcome, evaluate_final
from seedbed.training.stopping import Stopping

# Of program, data, parameters, state, and the keys of dropout and of augmentation.
MakeEngine = Callable[[Program, GroupData, np.ndarray, np.ndarray, np.ndarray, np.ndarray], Engine]
# Handed to an engine in one call, at most: batch indices (but for one epoch), and steps of runs, each with its numbers.
ORDER_ENTRIES = 2**24
STEP_ENTRIES = 2**20


def train(
    group: Group,
    make_engine: MakeEngine,
    metric: str,
    better: Direction,
    events: Events,
    claimed: Claimed = frozenset(),
    kept: Kept = MappingProxyType({}),
) -> Outcome:
    """Train every run of a group and evaluate its final parameters; an interrupt ends all runs where they are.

    Parameters
    ----------
    group
        Runs of equal shapes.
    make_engine
        Makes an engine, see `engines.base.Engine`.
    metric, better
        The study's metric, such as "val.mse", and its better direction; it picks the best parameters where a
        recipe keeps them.
    events
        Called with an `Epoch` after every evaluation.
    claimed
        Metrics that claims name at an epoch: the curves hold them there.
    kept
        The metrics of each variant, in full, that are also kept sample by sample.
    """
    endings, monitor = Endings(group), Monitor(group, metric, better, events, claimed)

    def engine(params: np.ndarray, state: np.ndarray) -> closing[Engine]:
        keys = group.keys("dropout"), group.keys("augment")
        return closing(make_engine(group.program(), group.data, params, state, *keys))

    def run_loop() -> tuple[bool, np.ndarray]:
        """Whether there was an interrupt, and the seconds of each run; returns when its engine's memory is free."""
        with engine(endings.initial, endings.final["state"].copy()) as training:
            stopping = Stopping([run.recipe.training.stop for run in group.runs], better)
            loop = Loop(group, training, monitor, endings, stopping)
            return loop.run(), loop.seconds

    with np.errstate(all="ignore"):  # runs may diverge; that is recorded, not warned about
        interrupted, seconds = run_loop()
        with engine(**endings.final) as trained:
            evaluator, curves = monitor.evaluator, monitor.curves
            return evaluate_final(group, trained, evaluator, curves, endings, seconds, interrupted, kept)


class Loop:
    """Trains a group period by period: to the next evaluation, restart of an optimizer or end of a run.

    Runs that end are dropped, so arrays of the engine and of all parts below follow `_active`, the indices of the
    group's runs that still train.

    Attributes
    ----------
    seconds
        (runs,) of wall-clock time; runs that train together share it.
    """

    def __init__(
        self, group: Group, engine: Engine, monitor: Monitor, endings: Endings, stopping: Stopping
    ) -> None:
        count = len(group.runs)
        self._group, self._engine, self._monitor, self._endings = group, engine, monitor, endings
        self._order, self._hyper, self._stopping = BatchOrder(group), Hyperparameters(group), stopping
        self._active, self._step, self._total = np.arange(count), 0, group.total_steps()
        self._loss_sum, self._loss_weight = np.zeros(count), 0.0
        self._rate = np.zeros(count)  # of the last step, of active runs
        self.seconds, self._started = np.zeros(count), time.perf_counter()

    def run(self) -> bool:
        """Train until all runs have ended; says whether an interrupt ended them."""
        try:
            while len(self._active):
                self._advance()
        except KeyboardInterrupt:
            self._finish(dict.fromkeys(range(len(self._active)), ("interrupted", None)))
            return True
        return False

    def _advance(self) -> None:
        """Train one period, evaluate, and drop the runs that have ended."""
        started = time.perf_counter()
        end, evaluated, scheduled = self._next_end()
        diverged = self._train_until(end)
        ending = self._total[self._active] == end
        endings: dict[int, Ending] = {}
        if evaluated:
            endings = self._evaluate(ending, diverged, scheduled)
        endings |= {int(index): ("complete", None) for index in np.flatnonzero(ending)}
        endings |= {int(index): ("diverged", "loss not finite") for index in np.flatnonzero(diverged)}
        self.seconds[self._active] += (time.perf_counter() - started) / len(self._active)
        self._restart()
        self._finish(endings)

    def _next_end(self) -> tuple[int, bool, bool]:
        """The step at which this period ends, whether runs are evaluated there, and whether that is scheduled."""
        length = self._group.training.eval_every * self._group.steps_per_epoch
        boundary = (self._step // length + 1) * length
        claimed = min((step for step in self._monitor.claimed_steps if step > self._step), default=boundary)
        shortest = int(self._total[self._active].min())
        end = self._hyper.next_restart(self._step, min(boundary, claimed, shortest))
        return end, end in (boundary, claimed, shortest), end == boundary

    def _train_until(self, end: int) -> np.ndarray:
        """Train to step `end` in calls of bounded size; says which runs diverged, (active runs,) bool."""
        per_epoch, size, runs = self._group.steps_per_epoch, self._group.train_size, len(self._active)
        epochs = max(1, ORDER_ENTRIES // (runs * size))
        at_once = min(epochs * per_epoch, max(1, STEP_ENTRIES // runs))
        diverged = np.zeros(runs, dtype=bool)
        while self._step < end:
            steps = min(end - self._step, at_once)
            batches = self._order.batches(self._step, steps)
            hyper = self._hyper.steps(self._step, steps)
            losses = self._engine.train(batches, hyper, self._step).astype(np.float64)
            weights = np.diff(batches.offsets)
            self._loss_sum[self._active] += losses @ weights
            self._loss_weight += float(weights.sum())
            self._step += steps
            diverged |= np.isnan(losses).any(axis=1)
            self._rate = hyper["lr"][-1]
        return diverged

    def _evaluate(self, ending: np.ndarray, diverged: np.ndarray, scheduled: bool) -> dict[int, Ending]:
        """Evaluate, keep the best parameters, and find out which runs stop here."""
        train_loss = self._loss_sum[self._active] / self._loss_weight
        moment = Moment(self._active, self._step, train_loss, self._rate, ending, diverged, scheduled)
        values = self._monitor.evaluate(self._engine, moment)
        self._endings.keep_best(self._engine, self._active, self._monitor.score(values), moment.due)
        stops = self._stops(values) if scheduled else {}
        self._monitor.record(self._engine, moment, values, np.isin(np.arange(len(self._active)), list(stops)))
        return stops

    def _stops(self, values: Mapping[str, np.ndarray]) -> dict[int, Ending]:
        """Hand a scheduled evaluation to schedules and stop conditions, and begin the next period."""
        self._loss_sum[self._active], self._loss_weight = 0.0, 0.0
        watched_loss = values.get("val.loss", values["train.loss"])
        self._hyper.update(watched_loss)
        reasons = self._stopping.update(
            epoch=self._step / self._group.steps_per_epoch,
            watched=watched_loss,
            train_loss=values["train.loss"],
            lr=self._hyper.rates(self._step),
            metric=values.get(self._monitor.metric),
            elapsed=time.perf_counter() - self._started,
        )
        return {index: ("stopped", reason) for index, reason in enumerate(reasons) if reason is not None}

    def _restart(self) -> None:
        """Zero the optimizer slots of the runs that start afresh here."""
        if restarting := self._hyper.restarting(self._step):
            slots = self._engine.read(self._group.program().optimizer.slots)
            for array in slots.values():
                array[restarting] = 0
            self._engine.write(slots)

    def _finish(self, endings: Mapping[int, Ending]) -> None:
        """Note how runs ended and drop them; half of that would give runs each other's parameters."""
        if endings:
            with held_back():
                self._endings.note(self._engine, self._active, endings, self._step)
                self._drop(list(endings))

    def _drop(self, indices: list[int]) -> None:
        """Go on without some of the active runs."""
        left = np.delete(np.arange(len(self._active)), indices)
        self._active = self._active[left]
        for part in (self._order, self._hyper, self._stopping):
            part.keep(left)
        if len(left):
            self._engine.keep(left)
