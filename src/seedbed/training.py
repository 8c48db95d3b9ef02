"""The one loop: a group of runs through its epochs, with schedules, stopping, divergence and the best parameters."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

import numpy as np

from seedbed.dead_units import rectified
from seedbed.diagnostics import Evidence, Rectified, output_spread
from seedbed.engines.base import Engine
from seedbed.evaluation import Evaluator
from seedbed.group import BatchOrder, Group, Hyperparameters
from seedbed.metrics import Direction, direction
from seedbed.optim.schedules import Plateau
from seedbed.optim.stopping import Stopping
from seedbed.outcome import Curves, Outcome, RunRecord, is_recorded

EngineClass = Callable[..., Engine]
ORDER_ENTRIES = 2**24  # batch indices handed to an engine in one call, at most


class Observer(Protocol):
    """Told after every evaluation how a group is doing."""

    def epoch(
        self, epoch: int, epochs: int, active: int, best: float | None, median: float | None, metric: str
    ) -> None:
        """`best` and `median` are of the watched metric over the runs still active."""


class Trainer:
    """Trains one group to its end.

    Runs that finish are dropped from the engine, so every array below named `active` or returned by the engine
    follows `self.rows`, the group's runs that still train.
    """

    def __init__(
        self, group: Group, engine_class: EngineClass, metric: str, better: Direction, observer: Observer
    ) -> None:
        self.group, self.metric, self.better, self.observer = group, metric, better, observer
        self._engine_class = engine_class
        self.initial = group.initial_params()
        self.engine = self._engine(self.initial, group.initial_state())
        self.evaluator, self.order, self.hyper = Evaluator(group), BatchOrder(group), Hyperparameters(group)
        recipes = [run.recipe for run in group.runs]
        self.plateau = Plateau.of([recipe.training.schedule for recipe in recipes])
        self.stopping = Stopping([recipe.training.stop for recipe in recipes], better)
        count = len(group.runs)
        self.rows, self.step, self.evaluations = np.arange(count), 0, 0
        self.total = group.total_steps()
        self.loss_sum, self.loss_weight = np.zeros(count), 0.0
        self.records: list[RunRecord | None] = [None] * count
        self.seconds, self.started = np.zeros(count), time.perf_counter()
        self.final = self.engine.read()
        self.watched = self._watched_metric()
        self.keeps_best = np.array([recipe.training.keep_best for recipe in recipes])
        self.best = np.full(count, np.inf)
        self.curves = Curves(group, metric)

    def _engine(self, params: np.ndarray, state: np.ndarray) -> Engine:
        group = self.group
        return self._engine_class(
            group.program(), group.data, params, state, group.keys("dropout"), group.keys("augment")
        )

    def _watched_metric(self) -> str:
        """The metric that picks best parameters: the study's own on validation, else the loss there."""
        if "val" not in self.evaluator.sizes():
            return "train.loss"
        return self.metric if self.metric.startswith("val.") and "@" not in self.metric else "val.loss"

    def _direction(self, metric: str) -> Direction:
        """Whether less or more is better; of its own metric the study may say so itself."""
        return self.better if metric == self.metric else direction(metric)

    # --- the loop ---------------------------------------------------------------------------------------

    def run(self) -> Outcome:
        """Train every run to its end; an interrupt ends all of them where they are."""
        interrupted = False
        try:
            with np.errstate(all="ignore"):  # runs may diverge; that is recorded, not warned about
                while len(self.rows):
                    self._advance()
        except KeyboardInterrupt:
            interrupted = True
            self._finish(dict.fromkeys(range(len(self.rows)), ("interrupted", None)))
        with np.errstate(all="ignore"):
            return self._outcome(interrupted)

    def _advance(self) -> None:
        """Train up to the next evaluation, or to the end of the shortest run; observe; drop what has finished."""
        started = time.perf_counter()
        period = self.group.training.eval_every * self.group.steps_per_epoch
        boundary = (self.step // period + 1) * period
        end = self.hyper.next_restart(self.step, int(min(boundary, self.total[self.rows].min())))
        diverged = self._train_until(end)
        ending = self.total[self.rows] == end
        endings: dict[int, tuple[str, str | None]] = {}
        if end == boundary or ending.any():
            observed = np.full(len(self.rows), end == boundary) | ending
            reasons = self._observe(observed, diverged, end == boundary)
            for place in np.flatnonzero(observed & np.array([reason is not None for reason in reasons])):
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
        broken = np.zeros(len(self.rows), dtype=bool)
        while self.step < end:
            steps = min(end - self.step, epochs * per_epoch)
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

    def _observe(self, observed: np.ndarray, diverged: np.ndarray, boundary: bool) -> np.ndarray:
        """Evaluate; tell schedules and stopping; keep the best. Returns why a run should stop, or None."""
        values = self._evaluate(boundary)
        train_loss = values["train.loss"]
        watched_loss = values.get("val.loss", train_loss)
        for place in np.flatnonzero(observed):
            self.curves.add_losses(self.rows[place], train_loss[place], watched_loss[place])
        self._record(values, observed & ~diverged)
        self._keep_best(values[self.watched], observed & ~diverged)
        self._report(values, diverged)
        if not boundary:
            return np.full(len(self.rows), None)
        self.loss_sum[self.rows], self.loss_weight = 0.0, 0.0
        self.plateau.update(watched_loss)
        return self.stopping.update(
            epoch=self.step / self.group.steps_per_epoch,
            watched=watched_loss,
            train_loss=train_loss,
            lr=self._next_rates(),
            metric=values.get(self.metric),
            elapsed=time.perf_counter() - self.started,
        )

    def _evaluate(self, boundary: bool) -> dict[str, np.ndarray]:
        values = {"train.loss": self.loss_sum[self.rows] / self.loss_weight}
        sizes = self.evaluator.sizes()
        if "val" in sizes:
            values |= self.evaluator.metrics(self.engine, self.rows, "val")
        self.evaluations += boundary
        if is_recorded(self.evaluations):
            train = self.evaluator.training_metrics(self.engine, self.rows)
            values |= {name: value for name, value in train.items() if name != "train.loss"}
            if "test" in sizes:
                values |= self.evaluator.metrics(self.engine, self.rows, "test")
        return values

    def _next_rates(self) -> np.ndarray:
        """The learning rates of the step to come."""
        return self.hyper.steps(self.step, 1, self.plateau.factor_now)["lr"][0]

    def _record(self, values: dict[str, np.ndarray], observed: np.ndarray) -> None:
        """Add to the curves of the observed runs."""
        ending = self.total[self.rows] == self.step
        rates = values | {"lr": self.rate}
        for place in np.flatnonzero(observed & (ending | is_recorded(self.evaluations))):
            self.curves.add(
                self.rows[place], self.step, {name: value[place] for name, value in rates.items()}
            )

    def _keep_best(self, values: np.ndarray, observed: np.ndarray) -> None:
        score = values if self._direction(self.watched) == "min" else -values
        better = observed & self.keeps_best[self.rows] & (score < self.best[self.rows])
        if better.any():
            self._store(np.flatnonzero(better))
            self.best[self.rows[better]] = score[better]

    def _report(self, values: dict[str, np.ndarray], diverged: np.ndarray) -> None:
        name = self.metric if self.metric in values else self.watched
        finite = values[name][~diverged & np.isfinite(values[name])]
        pick = np.min if self._direction(name) == "min" else np.max
        best, median = (float(pick(finite)), float(np.median(finite))) if len(finite) else (None, None)
        per_epoch = self.group.steps_per_epoch
        epochs = -(-int(self.total[self.rows].max()) // per_epoch)
        self.observer.epoch(-(-self.step // per_epoch), epochs, len(self.rows), best, median, name)

    # --- endings ----------------------------------------------------------------------------------------

    def _restart(self) -> None:
        """Zero the optimizer slots of the runs that start afresh here."""
        if places := self.hyper.restarting(self.step):
            arrays = self.engine.read()
            slots = {name: array for name, array in arrays.items() if name not in ("params", "state")}
            for array in slots.values():
                array[places] = 0
            self.engine.write(slots)

    def _store(self, places: np.ndarray) -> None:
        """Take the engine's present parameters of some active runs as their final ones."""
        arrays = self.engine.read()
        for name in ("params", "state"):
            self.final[name][self.rows[places]] = arrays[name][places]

    def _finish(self, endings: dict[int, tuple[str, str | None]]) -> None:
        """Note how runs ended and drop them."""
        if not endings:
            return
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
        left = np.array([place for place in range(len(self.rows)) if place not in endings], dtype=np.int64)
        self.rows = self.rows[left]
        for part in (self.order, self.hyper, self.plateau, self.stopping):
            part.keep(left)
        if len(left):
            self.engine.keep(left)

    def _finite(self) -> np.ndarray:
        """Which active runs still have finite parameters and statistics: a last update may have broken them."""
        arrays = self.engine.read()
        return np.logical_and.reduce([np.isfinite(arrays[name]).all(axis=1) for name in ("params", "state")])

    def _outcome(self, interrupted: bool) -> Outcome:
        """Judge the final parameters of all runs on all parts."""
        rows = np.arange(len(self.group.runs))
        engine = self._engine(self.final["params"], self.final["state"])
        records = [record for record in self.records if record is not None]
        assert len(records) == len(rows)
        values: dict[str, np.ndarray] = {}
        for part in self.evaluator.sizes():
            values |= self.evaluator.metrics(engine, rows, part)
        confusion, mistakes = self.evaluator.answers(engine, rows)
        finite = np.logical_and.reduce(
            [np.isfinite(values[f"{part}.loss"]) for part in self.evaluator.sizes()]
        )
        for row, record in enumerate(records):
            record.seconds = float(self.seconds[row])
            if record.status != "diverged" and not finite[row]:
                record.status, record.stop_reason = "diverged", "outputs not finite"
            record.metrics = {
                name: float(value[row]) if record.status != "diverged" else np.nan
                for name, value in values.items()
            }
            if confusion is not None and record.status != "diverged":
                record.confusion = confusion[row]
        predictions = self.evaluator.predictions(engine, rows)
        spread = output_spread(self.evaluator.outputs(engine, rows))
        layers = rectified(self.group, self.final["params"], self.final["state"])
        evidence = [
            self._evidence(record, row, float(spread[row]), layers[row]) for row, record in enumerate(records)
        ]
        return Outcome(
            records,
            self.curves.columns,
            predictions,
            mistakes,
            self.final["params"],
            self.final["state"],
            evidence,
            interrupted,
        )

    def _evidence(
        self, record: RunRecord, row: int, spread: float, layers: tuple[Rectified, ...]
    ) -> Evidence:
        train_loss, val_loss = self.curves.losses(row)
        if "val" not in self.evaluator.sizes():
            val_loss = val_loss[:0]
        moved = not np.array_equal(self.initial[row], self.final["params"][row])
        ending = (record.status, record.stop_reason)
        return Evidence(record.variant, record.seed, *ending, moved, train_loss, val_loss, spread, layers)


def train(
    group: Group, engine_class: EngineClass, metric: str, better: Direction, observer: Observer
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
    observer
        Told after every evaluation.
    """
    return Trainer(group, engine_class, metric, better, observer).run()
