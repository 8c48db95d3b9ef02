"""What becomes of one run of other people's code: its metrics epoch by epoch, its curve, and how it ended."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from seedbed.metrics.base import Direction
from seedbed.study.checkpoints import State
from seedbed.study.trainable import ColumnsByName, FinishedRun, Status
from seedbed.trainables.outside.options import StopRules

EVERY_EPOCH = 1000  # of which a curve keeps each; of later ones one every 1 %
LONGEST_REASON = 300  # characters


@dataclass(frozen=True)
class Asked:
    """What a study asks of its runs.

    Attributes
    ----------
    metric, direction
        What variants are compared by.
    epochs
        Those that claims name, which curves keep.
    """

    metric: str
    direction: Direction
    epochs: frozenset[int] = frozenset()


@dataclass
class Outcome:
    """One run; it is complete unless something else is said of it.

    Attributes
    ----------
    metrics
        The last value of each.
    points
        Of its curve: epoch, metric, value.
    output, traceback
        The end of what it printed, and of where it failed.
    """

    variant: str
    seed: int
    metrics: dict[str, float] = field(default_factory=dict)
    points: list[tuple[int, str, float]] = field(default_factory=list)
    epochs: int | None = None
    status: Status = "complete"
    stop_reason: str | None = None
    seconds: float | None = None
    output: str = ""
    traceback: str = ""
    _newest: list[tuple[int, str, float]] = field(default_factory=list)  # kept where the run ends with it
    _best: float = math.inf
    _bad: int = 0

    def epoch(self, metrics: Mapping[str, float], asked: Asked, stop: StopRules) -> bool:
        """Take in the metrics of another epoch; whether the run is to end with it, by a rule."""
        self.epochs = number = (self.epochs or 0) + 1
        self.metrics.update(metrics)
        self._newest = [(number, name, value) for name, value in metrics.items()]
        if is_kept(number) or number in asked.epochs:
            self.points += self._newest
            self._newest = []
        if (
            stop
            and asked.metric in metrics
            and (reason := self._rule_met(metrics[asked.metric], asked, stop))
        ):
            self.status, self.stop_reason = "stopped", reason
        return self.status == "stopped"

    def _rule_met(self, value: float, asked: Asked, stop: StopRules) -> str | None:
        sign = 1.0 if asked.direction == "min" else -1.0
        if stop.target is not None and sign * value <= sign * stop.target:
            return "target"
        is_better = sign * value < self._best - stop.min_delta
        self._best = sign * value if is_better else self._best
        self._bad = 0 if is_better else self._bad + 1
        return "patience" if stop.patience is not None and self._bad >= stop.patience else None

    def crash(self, reason: str, traceback: str = "") -> None:
        """Something else than its metrics ended it; what it told before remains in its curve only."""
        self.status, self.traceback = "crashed", traceback
        self.stop_reason = reason if len(reason) <= LONGEST_REASON else f"{reason[:LONGEST_REASON]}..."
        self.metrics = {}

    def end(self, asked: Asked, gave: str = "returned") -> None:
        """It has told all that it had to: hold it to the study's metric.

        Parameters
        ----------
        gave
            How it told its metrics, for messages.
        """
        self.points += self._newest
        self._newest = []
        if self.status == "crashed":
            return
        if asked.metric not in self.metrics:
            there = ", ".join(self.metrics) or "nothing"
            self.crash(f'{gave} no "{asked.metric}"; it {gave} {there}')
        elif not math.isfinite(value := self.metrics[asked.metric]):
            self.status, self.stop_reason = "diverged", f"{asked.metric} is {value}"

    @property
    def finished(self) -> FinishedRun:
        """The row of the run."""
        return FinishedRun(
            self.variant,
            self.seed,
            self.status,
            self.stop_reason,
            epochs=self.epochs,
            seconds=self.seconds,
            metrics=dict(self.metrics),
        )


def is_kept(epoch: int) -> bool:
    """Whether curves keep an epoch, counted from 1, whatever else happens: which they are depends on nothing more."""
    if epoch <= EVERY_EPOCH:
        return True
    return int(math.log(epoch) / math.log(1.01)) > int(math.log(epoch - 1) / math.log(1.01))


# --- several, as tables and as a checkpoint -------------------------------------------------------------


def tables_of(outcomes: Iterable[Outcome]) -> dict[str, ColumnsByName]:
    """Curves, and what runs printed, as artefacts."""
    outcomes = list(outcomes)
    points = [(one.variant, one.seed, *point) for one in outcomes for point in one.points]
    printed = [one for one in outcomes if one.output or one.status in ("crashed", "diverged")]
    tables: dict[str, ColumnsByName] = {}
    if points:
        variants, seeds, epochs, metrics, values = zip(*points, strict=True)
        tables["curves"] = {
            "variant": variants,
            "seed": seeds,
            "step": epochs,
            "epoch": epochs,
            "metric": metrics,
            "value": values,
        }
    if printed:
        names = ("variant", "seed", "output", "traceback")
        tables["output"] = {name: [getattr(one, name) for one in printed] for name in names}
    return tables


PLAIN = ("variant", "seed", "epochs", "status", "stop_reason", "seconds", "output", "traceback")


def state_of(outcomes: Sequence[Outcome]) -> State:
    """Finished runs as a checkpoint."""
    facts = [
        {name: getattr(one, name) for name in PLAIN}
        | {"metrics": list(one.metrics), "points": [[epoch, name] for epoch, name, _ in one.points]}
        for one in outcomes
    ]
    values = [
        value for one in outcomes for value in (*one.metrics.values(), *(point[2] for point in one.points))
    ]
    return State({"values": np.array(values, dtype=np.float64)}, {"runs": facts})


def outcomes_of(state: State | None) -> list[Outcome]:
    """Finished runs of a checkpoint."""
    if state is None:
        return []
    values = iter(state.arrays["values"].tolist())
    outcomes = []
    for facts in state.facts["runs"]:
        plain: dict[str, Any] = {name: facts[name] for name in PLAIN}
        metrics = {name: next(values) for name in facts["metrics"]}
        points = [(epoch, name, next(values)) for epoch, name in facts["points"]]
        outcomes.append(Outcome(**plain, metrics=metrics, points=points))
    return outcomes
