"""A stored study as numbers by variant and seed."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cached_property

import numpy as np

from seedbed.analysis.comparing import Gap
from seedbed.analysis.pairing import Pairing, pairings
from seedbed.analysis.pairs import Pairs
from seedbed.analysis.reliable import bounds_of_failure
from seedbed.analysis.rows import by_length
from seedbed.analysis.runs import Runs
from seedbed.analysis.unpaired import Unpaired
from seedbed.metrics.names import split_epoch
from seedbed.results.by_run import ByRun
from seedbed.results.curve_values import at_epoch, first_epochs
from seedbed.results.described import Described
from seedbed.results.statuses import BROKEN, ENDED, INTERRUPTED, Statuses
from seedbed.store.schema import RUN_COLUMNS

MOST_KEPT = 8  # variants and metrics sample by sample, kept in memory


class Stored(Described):
    """A stored study's runs as numbers by variant and seed.

    Parameters
    ----------
    most
        How many of its seeds are looked at, the first ones; by default all.
    """

    def __init__(self, directory: str | os.PathLike[str], most: int | None = None) -> None:
        super().__init__(directory, most)
        self._known_values: dict[str, np.ndarray] = {}
        self._known_first: dict[tuple[str, float], np.ndarray] = {}
        self._known_same: dict[str, np.ndarray] = {}
        self._known_samples: dict[tuple[str, str], dict[int, np.ndarray]] = {}

    @cached_property
    def metrics(self) -> list[str]:
        """Names of the metrics that the finished runs have: the columns of numbers beside those of every run."""
        import pyarrow as pa

        return [
            column.name
            for column in self.runs.schema
            if column.name not in RUN_COLUMNS and pa.types.is_floating(column.type)
        ]

    def by_sample(self, variant: str, metric: str) -> dict[int, np.ndarray]:
        """Seed -> a metric sample by sample, where that is stored."""
        key, kept = (variant, metric), self._known_samples
        kept[key] = kept.pop(key) if key in kept else self._read_samples(variant, metric)
        while len(kept) > MOST_KEPT:  # the one that nobody asked for longest
            kept.pop(next(iter(kept)))
        return kept[key]

    def _read_samples(self, variant: str, metric: str) -> dict[int, np.ndarray]:
        wanted = [("variant", "==", variant), ("metric", "==", metric)]
        rows = self._table("samples", filters=wanted)
        seeds, values = rows["seed"].to_pylist(), rows["values"] if len(rows) else ()
        return {seed: one.values.to_numpy() for seed, one in zip(seeds, values, strict=True)}

    def status_of(self, variant: str) -> dict[int, str]:
        """Seed -> how that run ended."""
        statuses = self.statuses.of(self.row_of[variant])
        return {seed: status for seed, status in zip(self.seeds, statuses, strict=True) if status}

    def runs_of(self, variant: str) -> int:
        """How many runs of a variant are stored."""
        return int(np.count_nonzero(self.statuses.there[self.row_of[variant]]))

    @property
    def diverged(self) -> int:
        """How many runs diverged."""
        return int(self.statuses.count("diverged").sum())

    @property
    def crashed(self) -> int:
        """How many runs crashed."""
        return int(self.statuses.count("crashed").sum())

    def ended(self, variant: str) -> np.ndarray:
        """(seeds,) bool: where there is a run that ended without diverging or crashing."""
        return self._ended[self.row_of[variant]]

    def finished(self, variant: str) -> list[int]:
        """The seeds of its runs that were not interrupted."""
        return [self.seeds[index] for index in np.flatnonzero(self.statuses.finished[self.row_of[variant]])]

    def same_runs(self, variant: str, other: str) -> bool:
        """Whether two variants have the same runs: every metric is the same under every seed; of pairs alone."""
        if not self.paired:
            return False
        if other not in self._known_same:
            self._known_same[other] = self._same_runs_as(self.row_of[other])
        return bool(self._known_same[other][self.row_of[variant]])

    def _same_runs_as(self, row: int) -> np.ndarray:
        """(variants,) bool: which have the same runs as that at an index."""
        codes = self.statuses.codes
        same = self._ended.any(axis=1) & (codes == codes[row]).all(axis=1)
        for metric in (*self.metrics, "steps"):
            values = self._by_run.numbers(metric)
            rows = np.flatnonzero(same)
            own = values[rows]
            same[rows] = ((own == values[row]) | (np.isnan(own) & np.isnan(values[row]))).all(axis=1)
        return same

    def costs(self, variant: str) -> dict[str, float]:
        """What a variant costs: its parameters, and seconds per run (of a group an equal share of its clock)."""
        row = self.row_of[variant]
        return {name: value for name, means in self._costs.items() if (value := means[row]) == value}

    @cached_property
    def _costs(self) -> dict[str, list[float]]:
        """The means over runs, by variant; NaN where no run has any."""
        found = {}
        for name in ("parameters", "seconds"):
            values, means = self._by_run.numbers(name), np.full(len(self.variants), np.nan)
            for rows, own in by_length(values, ~np.isnan(values)):
                if own.shape[1]:
                    means[rows] = own.mean(axis=1)
            found[name] = means.tolist()
        return found

    def failed(self, variant: str) -> np.ndarray:
        """(seeds,) bool: where a run diverged or crashed, or lies beyond what the study calls a failure."""
        return self._failed[self.row_of[variant]]

    def fails_beyond(self, variant: str) -> float | None:
        """The value of the study's metric beyond which a run of a variant has failed; None where none has."""
        bound = self._bounds_of_failure[self.row_of[variant]]
        return None if np.isnan(bound) else float(bound)

    @cached_property
    def _failed(self) -> np.ndarray:
        values, bound = self._values(self.metric), self._bounds_of_failure[:, None]
        with np.errstate(invalid="ignore"):
            beyond = values > bound if self.study["direction"] == "min" else values < bound
        return self.statuses.are(*BROKEN) | (beyond & ~self.statuses.are(INTERRUPTED))

    @cached_property
    def _bounds_of_failure(self) -> np.ndarray:
        chance = self.data.get("baseline", {}).get(self.metric)
        own = self.study.get("fails_above" if self.study["direction"] == "min" else "fails_below")
        return bounds_of_failure(
            self._values(self.metric), self.study["direction"], self.scale(self.metric), chance, own
        )

    def values(self, variant: str, metric: str) -> np.ndarray:
        """One value per seed: the worst infinity where the run diverged or crashed, NaN where there is no finished run.

        Parameters
        ----------
        metric
            A column of the runs, or `name@EPOCH`: what its curve held at that epoch, or at its end if the run
            stopped before.
        """
        return self._values(metric)[self.row_of[variant]]

    def _values(self, metric: str) -> np.ndarray:
        """What `values` gives, of all variants: (variants, seeds)."""
        if metric not in self._known_values:
            column, epoch = split_epoch(metric, self.study.get("classes") or ())
            if metric in self.runs.column_names:  # other people's metrics are called hit@10, too
                column, epoch = metric, None
            values = self._by_run.numbers(column) if epoch is None else self._at_epoch(column, epoch)
            worst = np.inf if self.direction(metric) == "min" else -np.inf
            values = np.where(self.statuses.are(*BROKEN), worst, values)
            self._known_values[metric] = np.where(self.statuses.are(INTERRUPTED), np.nan, values)
            self._known_values[metric].flags.writeable = False  # every caller gets the same
        return self._known_values[metric]

    def gap(self, variant: str, other: str) -> Gap:
        """The runs of a variant against those of another on the study's metric."""
        return self.gaps([variant], other)[0]

    def gaps(self, variants: Sequence[str], other: str) -> list[Gap]:
        """The runs of each of some variants against those of another on the study's metric."""
        scale, rows = self.scale(self.metric), [self.row_of[name] for name in variants]
        of_all = (self._values(self.metric), self._failed, self._ended)
        theirs = Runs(*(grid[self.row_of[other]] for grid in of_all))
        if self.paired:
            return list(Pairs.of_rows(Runs(*(grid[rows] for grid in of_all)), theirs, scale))
        return [Unpaired.of(Runs(*(grid[row] for grid in of_all)), theirs, scale) for row in rows]

    def pairings(self, variants: Sequence[str], other: str) -> list[Pairing]:
        """What pairing each of some variants with another was worth on the study's metric."""
        rows, values = [self.row_of[name] for name in variants], self._values(self.metric)
        failed = self._failed[rows] | self.failed(other)
        return pairings(values[rows], values[self.row_of[other]], failed, self.scale(self.metric))

    def epochs_to(self, variant: str, metric: str, level: float) -> np.ndarray:
        """(seeds,): the first epoch on the curve of a metric at which it is at least as good as a level.

        Infinite where a run never is, diverged or crashed, NaN where there is no finished run.
        """
        if (metric, level) not in self._known_first:
            points, direction = self.curves_of(metric), self.direction(metric)
            first = first_epochs(points, level, direction, self.variants, self.seeds)
            first = np.where(np.isnan(first) | self.statuses.are(*BROKEN), np.inf, first)
            self._known_first[metric, level] = np.where(self.statuses.finished, first, np.nan)
        return self._known_first[metric, level][self.row_of[variant]]

    def _at_epoch(self, metric: str, epoch: int) -> np.ndarray:
        return at_epoch(self.curves_of(metric), epoch, self.variants, self.seeds)

    @cached_property
    def _by_run(self) -> ByRun:
        return ByRun(self.runs, self.variants, self.seeds)

    @cached_property
    def statuses(self) -> Statuses:
        """How its runs ended."""
        return Statuses(*self._by_run.categories("status"))

    @cached_property
    def _ended(self) -> np.ndarray:
        """(variants, seeds) bool, see `ended`."""
        return self.statuses.are(*ENDED)
