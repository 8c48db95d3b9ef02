"""The training loop: a group of runs through its epochs, until each has done its steps, stops or diverges."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import closing
from types import MappingProxyType

import numpy as np

from seedbed.engines.base import Engine, GroupData, Program
from seedbed.metrics.names import Direction
from seedbed.study.checkpoints import Checkpoints, State
from seedbed.study.events import Events
from seedbed.training.artefacts import Kept
from seedbed.training.batches import BatchOrder
from seedbed.training.endings import Ending, Endings
from seedbed.training.group import Group
from seedbed.training.hyperparameters import Hyperparameters
from seedbed.training.monitor import Claimed, Moment, Monitor
from seedbed.training.outcome import Outcome, evaluate_final
from seedbed.training.pace import Pace
from seedbed.training.saved import Saved, combined, fitting, of_group, part
from seedbed.training.stopping import Stopping

# Of program, data, parameters, state, and the keys of dropout and of augmentation.
MakeEngine = Callable[[Program, GroupData, np.ndarray, np.ndarray, np.ndarray, np.ndarray], Engine]
# Handed to an engine in one call, at most: batch indices (but for one epoch), and steps of runs, each with its numbers.
ORDER_ENTRIES = 2**24
STEP_ENTRIES = 2**20
UNSAVED = Checkpoints()


def train(
    group: Group,
    make_engine: MakeEngine,
    metric: str,
    better: Direction,
    events: Events,
    claimed: Claimed = frozenset(),
    kept: Kept = MappingProxyType({}),
    checkpoints: Checkpoints = UNSAVED,
) -> Outcome:
    """Train every run of a group and evaluate its final parameters.

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
    checkpoints
        Where training goes on from if that was saved of these very runs, and what it is saved with.

    Raises
    ------
    Stopped
        By `checkpoints.save`.
    """
    endings, monitor = Endings(group), Monitor(group, metric, better, events, claimed)

    def engine(params: np.ndarray, state: np.ndarray) -> closing[Engine]:
        keys = group.keys("dropout"), group.keys("augment")
        return closing(make_engine(group.program(), group.data, params, state, *keys))

    def run_loop() -> np.ndarray:
        """The seconds of each run; returns when its engine's memory is free."""
        with engine(endings.initial, endings.final["state"].copy()) as training:
            stopping = Stopping([run.recipe.training.stop for run in group.runs], better)
            loop = Loop(group, training, monitor, endings, stopping, checkpoints)
            if saved := fitting(checkpoints.resume_from, group):
                loop.restore(saved)
            loop.run()
            return loop.seconds

    with np.errstate(all="ignore"):  # runs may diverge; that is recorded, not warned about
        seconds = run_loop()
        with engine(**endings.final) as trained:
            return evaluate_final(group, trained, monitor.evaluator, monitor.curves, endings, seconds, kept)


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
        self,
        group: Group,
        engine: Engine,
        monitor: Monitor,
        endings: Endings,
        stopping: Stopping,
        checkpoints: Checkpoints,
    ) -> None:
        count = len(group.runs)
        self._group, self._engine, self._monitor, self._endings = group, engine, monitor, endings
        self._order, self._hyper, self._stopping = BatchOrder(group), Hyperparameters(group), stopping
        self._active, self._step, self._total = np.arange(count), 0, group.total_steps()
        self._loss_sum, self._loss_weight = np.zeros(count), 0.0
        self._diverged = np.zeros(count, dtype=bool)  # in this period, of active runs
        self._checkpoints, self._pace = checkpoints, Pace()
        self.seconds, self._started = np.zeros(count), time.perf_counter()
        self._charged = self._started  # until when runs were charged with their seconds

    def run(self) -> None:
        """Train until all runs have ended."""
        while len(self._active):
            self._advance()
        if self._checkpoints.due(at_end=True):
            self._checkpoints.save(self.state())

    def _advance(self) -> None:
        """Train one period, evaluate, and drop the runs that have ended."""
        end, evaluated, scheduled = self._next_end()
        rate = self._train_until(end)
        ending = self._total[self._active] == end
        endings: dict[int, Ending] = {}
        if evaluated:
            endings = self._evaluate(ending, rate, scheduled)
        endings |= {int(index): ("complete", None) for index in np.flatnonzero(ending)}
        endings |= {int(index): ("diverged", "loss not finite") for index in np.flatnonzero(self._diverged)}
        self._charge()
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
        """Train to step `end` call by call, before each of which it can be saved.

        Returns
        -------
        The learning rates of the last step, (active runs,).
        """
        per_epoch, size, runs = self._group.steps_per_epoch, self._group.train_size, len(self._active)
        most = min(max(1, ORDER_ENTRIES // (runs * size)) * per_epoch, max(1, STEP_ENTRIES // runs))
        rate = np.empty(runs)
        while self._step < end:
            if self._checkpoints.due():
                self._checkpoints.save(self.state())
            began = time.perf_counter()
            steps = min(end - self._step, most, self._pace.steps)
            rate = self._train(steps)
            self._pace.learn(steps, time.perf_counter() - began)
        return rate

    def _train(self, steps: int) -> np.ndarray:
        """Train some steps in one call; no bit may depend on where training is cut into calls."""
        batches, hyper = self._order.batches(self._step, steps), self._hyper.steps(self._step, steps)
        losses = self._engine.train(batches, hyper, self._step, self._diverged).astype(np.float64)
        weights = np.diff(batches.offsets)
        terms = np.column_stack([self._loss_sum[self._active], losses * weights])
        self._loss_sum[self._active] = np.add.accumulate(terms, axis=1)[:, -1]  # one after another
        self._loss_weight += float(weights.sum())
        self._diverged = self._diverged | np.isnan(losses[:, -1])
        self._step += steps
        return hyper["lr"][-1]

    def _evaluate(self, ending: np.ndarray, rate: np.ndarray, scheduled: bool) -> dict[int, Ending]:
        """Evaluate, keep the best parameters, and find out which runs stop here."""
        train_loss = self._loss_sum[self._active] / self._loss_weight
        moment = Moment(self._active, self._step, train_loss, rate, ending, self._diverged, scheduled)
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
        """Note how runs ended and drop them."""
        if endings:
            self._endings.note(self._engine, self._active, endings, self._step)
            self._keep(np.delete(np.arange(len(self._active)), list(endings)))

    def _keep(self, left: np.ndarray) -> None:
        """Go on with some of the active runs, by index."""
        self._active, self._diverged = self._active[left], self._diverged[left]
        for one in (self._order, self._hyper, self._stopping):
            one.keep(left)
        if len(left):
            self._engine.keep(left)

    def _charge(self) -> None:
        """Share the seconds since this was last done among the active runs."""
        now = time.perf_counter()
        self.seconds[self._active] += (now - self._charged) / max(1, len(self._active))
        self._charged = now

    def state(self) -> State:
        """All that `restore` takes, between two calls of the engine."""
        self._charge()
        own = {
            "active": self._active.copy(),
            "diverged": self._diverged.copy(),
            "loss_sum": self._loss_sum.copy(),
            "loss_weight": np.array(self._loss_weight),
            "seconds": self.seconds.copy(),
            "elapsed": np.array(time.perf_counter() - self._started),
        }
        parts = {name: one.state() for name, one in self._parts.items()}
        if len(self._active):
            parts["engine"] = State(self._engine.read())
        return of_group(combined({"loop": State(own, {"step": self._step}), **parts}), self._group)

    def restore(self, state: State) -> None:
        """Go on from what `state` gave, as if nothing had happened."""
        own = part(state, "loop")
        self._keep(own.arrays["active"])
        self._diverged, self._step = np.array(own.arrays["diverged"]), own.facts["step"]
        self._loss_sum, self._loss_weight = np.array(own.arrays["loss_sum"]), float(own.arrays["loss_weight"])
        self.seconds = np.array(own.arrays["seconds"])
        self._started -= float(own.arrays["elapsed"])
        for name, one in self._parts.items():
            one.restore(part(state, name))
        if len(self._active):
            self._engine.write(part(state, "engine").arrays)

    @property
    def _parts(self) -> dict[str, Saved]:
        """Those that have a state of their own, by name."""
        return {
            "hyper": self._hyper, "stopping": self._stopping, "endings": self._endings, "monitor": self._monitor,
        }  # fmt: skip
