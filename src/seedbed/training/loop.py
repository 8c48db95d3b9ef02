"""The one loop: a group of runs through its epochs, with schedules, stopping, divergence and the best parameters."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from contextlib import closing

import numpy as np

from seedbed.engines.base import Engine
from seedbed.engines.interrupts import held_back
from seedbed.metrics.names import Direction, direction
from seedbed.study.events import Epoch, Events
from seedbed.training.evaluation import Evaluator
from seedbed.training.group import BatchOrder, Group, Hyperparameters
from seedbed.training.judging import judge
from seedbed.training.outcome import Curves, Outcome, RunRecord, is_recorded
from seedbed.training.schedules import Plateau
from seedbed.training.stopping import Stopping

EngineClass = Callable[..., Engine]
Claimed = Collection[tuple[str, int]]  # a metric in full, and the epoch at which a claim names it
# Handed to an engine in one call, at most: batch indices (but for one epoch), and steps of runs, each with its numbers.
ORDER_ENTRIES = 2**24
STEP_ENTRIES = 2**20


class Trainer:
    """Trains one group to its end.

    Runs that finish are dropped from the engine, so every array below named `active` or returned by the engine
    follows `self.rows`, the group's runs that still train.
    """

    def __init__(
        self,
        group: Group,
        engine_class: EngineClass,
        metric: str,
        better: Direction,
        events: Events,
        claimed: Claimed,
    ) -> None:
        self.group, self.metric, self.better, self.events = group, metric, better, events
        self._engine_class = engine_class
        self.initial = group.initial_params()
        self.final = {"params": self.initial.copy(), "state": group.initial_state()}
        self.evaluator = Evaluator(group, {metric, *(name for name, _ in claimed)})
        self.order, self.hyper = BatchOrder(group), Hyperparameters(group)
        recipes = [run.recipe for run in group.runs]
        self.plateau = Plateau.of([recipe.training.schedule for recipe in recipes])
        self.stopping = Stopping([recipe.training.stop for recipe in recipes], better)
        count = len(group.runs)
        self.rows, self.step, self.evaluations = np.arange(count), 0, 0
        self.total = group.total_steps()
        self.loss_sum, self.loss_weight = np.zeros(count), 0.0
        self.records: list[RunRecord | None] = [None] * count
        self.seconds, self.started = np.zeros(count), time.perf_counter()
        self.watched = self._watched_metric()
        self.claimed_steps = {epoch * group.steps_per_epoch for _, epoch in claimed}
        self.recorded_parts = {"train", "test", *(metric.partition(".")[0] for metric, _ in claimed)}
        self.has_target = any(recipe.training.stop.target is not None for recipe in recipes)
        self.keeps_best = np.array([recipe.training.keep_best for recipe in recipes])
        self.best, self.latest = np.full(count, np.inf), np.full(count, np.nan)
        self.curves = Curves(group, {metric, *(name for name, _ in claimed)})

    def _engine(self, params: np.ndarray, state: np.ndarray) -> Engine:
        group = self.group
        return self._engine_class(
            group.program(), group.data, params, state, group.keys("dropout"), group.keys("augment")
        )

    def _watched_metric(self) -> str:
        """The metric that picks best parameters: the study's own on validation, else the loss there."""
        if "val" not in self.evaluator.sizes():
            return "train.loss"
        return self.metric if self.metric.startswith("val.") else "val.loss"

    def _direction(self, metric: str) -> Direction:
        """Whether less or more is better; of its own metric the study may say so itself."""
        return self.better if metric == self.metric else direction(metric)

    # --- the loop ---------------------------------------------------------------------------------------

    def run(self) -> Outcome:
        """Train every run to its end; an interrupt ends all of them where they are."""
        with np.errstate(all="ignore"):  # runs may diverge; that is recorded, not warned about
            with closing(self._engine(self.initial, self.final["state"].copy())) as self.engine:
                interrupted = self._trained()
            del self.engine  # and its memory, before the next one takes as much
            with closing(self._engine(self.final["params"], self.final["state"])) as engine:
                return self._judged(engine, interrupted)

    def _trained(self) -> bool:
        """Train all runs; says whether there was an interrupt."""
        try:
            while len(self.rows):
                self._advance()
        except KeyboardInterrupt:
            self._finish(dict.fromkeys(range(len(self.rows)), ("interrupted", None)))
            return True
        return False

    def _advance(self) -> None:
        """Train up to the next evaluation, or to the end of the shortest run; observe; drop what has finished."""
        started = time.perf_counter()
        period = self.group.training.eval_every * self.group.steps_per_epoch
        boundary = (self.step // period + 1) * period
        claimed = min((step for step in self.claimed_steps if step > self.step), default=boundary)
        nearest = min(boundary, claimed, int(self.total[self.rows].min()))
        end = self.hyper.next_restart(self.step, nearest)
        diverged = self._train_until(end)
        ending = self.total[self.rows] == end
        endings: dict[int, tuple[str, str | None]] = {}
        if end in (boundary, claimed) or ending.any():
            reasons = self._observe(ending, diverged, end == boundary)
            for place in np.flatnonzero([reason is not None for reason in reasons]):
                endings[int(place)] = ("stopped", reasons[place])
        endings |= {int(place): ("complete", None) for place in np.flatnonzero(ending)}
        endings |= {int(place): ("diverged", "loss not finite") for place in np.flatnonzero(diverged)}
        self.seconds[self.rows] += (time.perf_counter() - started) / len(self.rows)
        self._restart()
        self._finish(endings)

    def _train_until(self, end: int) -> np.ndarray:
        """Train to step `end` in calls of bounded size; says which runs diverged, (runs,) bool."""
        per_epoch, size = self.group.steps_per_epoch, self.group.train_size
        epochs = max(1, ORDER_ENTRIES // (len(self.rows) * size))
        at_once = min(epochs * per_epoch, max(1, STEP_ENTRIES // len(self.rows)))
        broken = np.zeros(len(self.rows), dtype=bool)
        while self.step < end:
            steps = min(end - self.step, at_once)
            batches = self.order.batches(self.step, steps)
            hyper = self.hyper.steps(self.step, steps, self.plateau.factor_now)
            losses = self.engine.train(batches, hyper, self.step).astype(np.float64)
            weights = np.diff(batches.offsets)
            self.loss_sum[self.rows] += losses @ weights
            self.loss_weight += float(weights.sum())
            self.step += steps
            broken |= np.isnan(losses).any(axis=1)
            self.rate = hyper["lr"][-1]
        return broken

    # --- looking at the runs ----------------------------------------------------------------------------

    def _observe(self, ending: np.ndarray, diverged: np.ndarray, boundary: bool) -> np.ndarray:
        """Evaluate; tell schedules and stopping; keep the best. Returns why a run should stop, or None.

        Away from a `boundary` only the runs that end here are judged, and claims that name this epoch get their
        values: what training does must not depend on what is claimed of it.
        """
        self.evaluations += boundary
        judged = ~diverged & (ending | boundary)
        values = {"train.loss": self.loss_sum[self.rows] / self.loss_weight}
        values |= self._evaluate({"val", self.metric.partition(".")[0]} if self.has_target else {"val"})
        watched_loss = values.get("val.loss", values["train.loss"])
        with held_back():
            for place in np.flatnonzero(ending | boundary):
                val = watched_loss[place] if "val.loss" in values else None
                self.curves.add_losses(self.rows[place], values["train.loss"][place], val)
        self._keep_best(values[self.watched], judged)
        reasons = self._reasons_to_stop(values, watched_loss) if boundary else np.full(len(self.rows), None)
        stopping = np.array([reason is not None for reason in reasons])
        claimed = ~diverged & (self.step in self.claimed_steps)
        self._record(values, claimed | judged & (ending | stopping | is_recorded(self.evaluations)))
        self._report(values, diverged)
        return reasons

    def _reasons_to_stop(self, values: dict[str, np.ndarray], watched_loss: np.ndarray) -> np.ndarray:
        """Take in an evaluation at the end of a period, and begin the next one."""
        self.loss_sum[self.rows], self.loss_weight = 0.0, 0.0
        self.plateau.update(watched_loss)
        return self.stopping.update(
            epoch=self.step / self.group.steps_per_epoch,
            watched=watched_loss,
            train_loss=values["train.loss"],
            lr=self._next_rates(),
            metric=values.get(self.metric),
            elapsed=time.perf_counter() - self.started,
        )

    def _evaluate(self, parts: set[str]) -> dict[str, np.ndarray]:
        """Metrics on the named parts, as far as there are such; of training those along its curve."""
        values: dict[str, np.ndarray] = {}
        for part in parts & set(self.group.part_sizes):
            if part == "train":  # its loss is the mean over the batches, which costs nothing
                found = self.evaluator.training_metrics(self.engine, self.rows)
                values |= {name: value for name, value in found.items() if name != "train.loss"}
            else:
                values |= self.evaluator.metrics(self.engine, self.rows, part, final=False)
        return values

    def _next_rates(self) -> np.ndarray:
        """The learning rates of the step to come."""
        return self.hyper.steps(self.step, 1, self.plateau.factor_now)["lr"][0]

    def _record(self, values: dict[str, np.ndarray], recorded: np.ndarray) -> None:
        """Add to the curves of some runs; `values` gains what had not been evaluated yet."""
        if not recorded.any():
            return
        known = {name.partition(".")[0] for name in values if name != "train.loss"}
        values |= self._evaluate(self.recorded_parts - known)
        point = {name: value[recorded] for name, value in (values | {"lr": self.rate}).items()}
        with held_back():
            self.curves.add(self.rows[recorded], self.step, point)

    def _keep_best(self, values: np.ndarray, observed: np.ndarray) -> None:
        score = values if self._direction(self.watched) == "min" else -values
        better = observed & self.keeps_best[self.rows] & (score < self.best[self.rows])
        if better.any():
            with held_back():
                self._store(np.flatnonzero(better))
                self.best[self.rows[better]] = score[better]

    def _report(self, values: dict[str, np.ndarray], diverged: np.ndarray) -> None:
        """Summarise the evaluation as an event; a run that has ended counts with its last value, a diverged one not."""
        self.latest[self.rows] = np.where(diverged, np.nan, values[self.watched])
        finite = self.latest[np.isfinite(self.latest)]
        pick = np.min if self._direction(self.watched) == "min" else np.max
        best, median = (float(pick(finite)), float(np.median(finite))) if len(finite) else (None, None)
        per_epoch = self.group.steps_per_epoch
        epochs = -(-int(self.total[self.rows].max()) // per_epoch)
        self.events(Epoch(-(-self.step // per_epoch), epochs, len(self.rows), best, median, self.watched))

    # --- endings ----------------------------------------------------------------------------------------

    def _restart(self) -> None:
        """Zero the optimizer slots of the runs that start afresh here."""
        if places := self.hyper.restarting(self.step):
            slots = self.engine.read(self.group.program().optimizer.slots)
            for array in slots.values():
                array[places] = 0
            self.engine.write(slots)

    def _store(self, places: np.ndarray) -> None:
        """Take the engine's present parameters of some active runs as their final ones."""
        for name, final in self.final.items():
            final[self.rows[places]] = self.engine.read([name])[name][places]

    def _finish(self, endings: dict[int, tuple[str, str | None]]) -> None:
        """Note how runs ended and drop them; half of that would give runs each other's parameters."""
        if endings:
            with held_back():
                self._note(endings)
                self._drop(list(endings))

    def _note(self, endings: dict[int, tuple[str, str | None]]) -> None:
        """Take final parameters, and record how runs ended."""
        finite = self._finite()
        last = [place for place in endings if not np.isfinite(self.best[self.rows[place]])]
        if last:
            self._store(np.array(last))
        for place, (status, reason) in endings.items():
            if status != "diverged" and not finite[place]:
                status, reason = "diverged", "parameters not finite"
            row = int(self.rows[place])
            run = self.group.runs[row]
            epochs = self.step // self.group.steps_per_epoch
            self.records[row] = RunRecord(
                run.variant, run.seed, status, reason, self.step, epochs, 0.0, self.initial.shape[1]
            )

    def _drop(self, places: list[int]) -> None:
        """Go on without some of the active runs."""
        left = np.delete(np.arange(len(self.rows)), places)
        self.rows = self.rows[left]
        for part in (self.order, self.hyper, self.plateau, self.stopping):
            part.keep(left)
        if len(left):
            self.engine.keep(left)

    def _finite(self) -> np.ndarray:
        """Which active runs still have finite parameters and statistics: a last update may have broken them."""
        arrays = self.engine.read(self.final).values()
        return np.logical_and.reduce([np.isfinite(array).all(axis=1) for array in arrays])

    def _judged(self, engine: Engine, interrupted: bool) -> Outcome:
        """Judge the final parameters of all runs on all parts."""
        records = [record for record in self.records if record is not None]
        assert len(records) == len(self.group.runs)
        for record, seconds in zip(records, self.seconds, strict=True):
            record.seconds = float(seconds)
        moved = (self.final["params"] != self.initial).any(axis=1)
        return judge(self.group, engine, self.evaluator, records, self.curves, moved, self.final, interrupted)


def train(
    group: Group,
    engine_class: EngineClass,
    metric: str,
    better: Direction,
    events: Events,
    claimed: Claimed = frozenset(),
) -> Outcome:
    """Train every run of a group and judge it.

    Parameters
    ----------
    group
        Runs of equal shapes.
    engine_class
        Makes an engine (see `engines.base.Engine`) from program, data, parameters, state and keys.
    metric, better
        The study's metric, such as "val.mse", and its better direction; it picks the best parameters where a
        recipe keeps them.
    events
        Called with an `Epoch` after every evaluation.
    claimed
        Metrics that claims name at an epoch: the curves hold them there.
    """
    return Trainer(group, engine_class, metric, better, events, claimed).run()
