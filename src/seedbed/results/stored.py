"""A stored study as tables and curves, and as numbers by variant and seed."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from seedbed.analysis.comparing import Gap
from seedbed.analysis.pairs import Pairs
from seedbed.analysis.reliable import bounds_of_failure
from seedbed.analysis.runs import Runs
from seedbed.analysis.unpaired import Unpaired
from seedbed.metrics.base import Direction, Scale
from seedbed.metrics.likely import likely_direction
from seedbed.metrics.names import OF_A_RUN, bare_name, bounds, direction, is_known, scale, split_epoch
from seedbed.results.by_run import ByRun
from seedbed.results.curve_values import at_epoch, first_epochs
from seedbed.results.expected import checked, checked_table
from seedbed.store.contents import Contents
from seedbed.store.models import Trained
from seedbed.store.schema import JOURNAL, RUN_COLUMNS, StoreError, damaged, empty_table, table_file
from seedbed.text import counted, first_few, spans

if TYPE_CHECKING:
    import pyarrow as pa

MOST_KEPT = 8  # variants and metrics sample by sample, kept in memory

BROKEN = ("diverged", "crashed")  # statuses of runs that count as worst


class Stored:
    """A study's directory, opened for reading; also one whose run was interrupted, as far as it got.

    Parameters
    ----------
    most
        How many of its seeds are looked at, the first ones; by default all.
    """

    def __init__(self, directory: str | os.PathLike[str], most: int | None = None) -> None:
        self.directory, self._most = Path(directory), most
        self.id = self.directory.resolve().name
        self._contents = contents = Contents(self.directory)
        resolved, environment = "resolved.json", "environment.json"
        self.study = checked(contents.json(resolved), self.directory / resolved)
        self.environment = checked(contents.optional_json(environment), self.directory / environment)
        self.events = [
            {key: value for key, value in event.items() if key != "elapsed"}
            for event in contents.journal.events
        ]
        self.status = contents.status
        self.metric: str = self.study["metric"]
        self._known_values: dict[str, np.ndarray] = {}
        self._known_same: dict[str, np.ndarray] = {}
        self._known_samples: dict[tuple[str, str], dict[int, np.ndarray]] = {}

    @classmethod
    def open(cls, directory: str | os.PathLike[str]) -> Self:
        """Open the directory of a study.

        Raises
        ------
        StoreError
            Where it holds none.
        """
        if not (Path(directory) / JOURNAL).is_file():
            raise StoreError(f"{directory} is not the directory of a study: it has no {JOURNAL}")
        return cls(directory)

    # --- what is stored ---------------------------------------------------------------------------------

    @cached_property
    def runs(self) -> pa.Table:
        """One row per run."""
        return self._table("runs")

    @cached_property
    def curves(self) -> pa.Table:
        """One row per run, epoch and metric."""
        return self._table("curves")

    def curves_of(self, metric: str, variants: Sequence[str] | None = None) -> pa.Table:
        """The rows of `curves` of a metric and some variants, by default all; the others are not kept in memory."""
        if metric not in self.curve_metrics:  # a table without rows may have columns of any type
            return empty_table("curves")
        wanted: list[tuple[str, str, object]] = [("metric", "==", metric)]
        wanted += [("variant", "in", list(variants))] if variants is not None else []
        return self._table("curves", filters=wanted)

    @cached_property
    def curve_metrics(self) -> set[str]:
        """The metrics of which there are curves."""
        import pyarrow.compute as pc

        table = self._contents.table("curves", columns=["metric"])
        with damaged(self.directory / table_file("curves")):
            return set(pc.unique(table["metric"]).to_pylist())

    @property
    def evidence(self) -> pa.Table:
        """One row per run: what findings are made of, see `results.evidence`."""
        return self._contents.table("evidence")

    @cached_property
    def predictions(self) -> pa.Table:
        """One row per run and sample of the grid and of the test part."""
        return self._table("predictions")

    def predictions_of(self, variants: Sequence[str], part: str) -> pa.Table:
        """The rows of `predictions` of some variants and one part; the others are not kept in memory."""
        wanted = [("variant", "in", list(variants)), ("part", "==", part)]
        return self._table("predictions", filters=wanted)

    @cached_property
    def mistakes(self) -> pa.Table:
        """One row per mistake, the surest first in each variant; `image` is its (channels, height, width) uint8."""
        return self._table("mistakes")

    def output_of(self, variants: Sequence[str]) -> pa.Table:
        """What the runs of some variants printed: one row per run that printed something or crashed."""
        if not variants:  # for which a filter would have no type
            return empty_table("output")
        return self._table("output", filters=[("variant", "in", list(variants))])

    def _table(self, name: str, **wanted: Any) -> pa.Table:
        return checked_table(self._contents.table(name, **wanted), name, self.directory)

    @property
    def kinds(self) -> set[str]:
        """What is stored: the names of tables, and "models"."""
        return self._contents.kinds()

    def trained(self, variant: str) -> Trained | None:
        """The trained networks of a variant, as far as its runs have finished; None where none has."""
        return self._contents.trained(variant)

    @property
    def state(self) -> str:
        """Where its journal ends: another one after anything was added to the study."""
        journal = self._contents.journal
        return f"{journal.end}-{journal.checksum:08x}"

    @property
    def goes_on(self) -> bool:
        """Whether a process can go on with it: studies of older versions did not store what that needs."""
        return self._contents.journal.format > 1

    # --- as numbers by variant and seed --------------------------------------------------------------------

    @property
    def data(self) -> dict[str, Any]:
        """What the data are, see `data.facts.describe`; empty for studies of older versions."""
        return self.study.get("data") or {}

    @cached_property
    def variants(self) -> list[str]:
        """Names, in the order of the study."""
        return [variant["name"] for variant in self.study["variants"]]

    @property
    def base(self) -> str:
        """The variant that all others are compared with."""
        return self.variants[0]

    @cached_property
    def metrics(self) -> list[str]:
        """Names of the metrics that the finished runs have: the columns of numbers beside those of every run."""
        import pyarrow as pa

        return [
            column.name
            for column in self.runs.schema
            if column.name not in RUN_COLUMNS and pa.types.is_floating(column.type)
        ]

    @cached_property
    def seeds(self) -> list[int]:
        """The study's seeds."""
        seeds = self.study["seeds"]
        return (list(range(seeds)) if isinstance(seeds, int) else list(seeds))[: self._most]

    @property
    def paired(self) -> bool:
        """Whether runs under the same seed are compared with one another; else they have nothing in common."""
        return self.study.get("paired", True)

    def seeds_named(self, indices: Sequence[int]) -> str:
        """Some seeds by their index in `seeds`, as their study calls them."""
        seeds, names = [self.seeds[index] for index in indices], self.study.get("seed_labels")
        if names is None:
            return spans(seeds)
        return first_few(names[seed] if seed < len(names) else str(seed) for seed in seeds)

    @cached_property
    def levels(self) -> dict[str, np.ndarray]:
        """Of a study that crosses its seeds: source of randomness -> its level in each run, (seeds,); else empty."""
        return {source: np.array(of) for source, of in self.study.get("levels", {}).items()}

    def evaluation(self, variant: str, metric: str) -> dict[str, Any]:
        """How the samples that a metric is of come about, see `Work.facts_of`; empty where nobody said."""
        whole, _ = split_epoch(metric, self.study.get("classes") or ())
        told = self.study["variants"][self._rows[variant]].get("evaluation") or {}
        return told.get(whole.partition(".")[0]) or {}

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

    @property
    def seeds_counted(self) -> str:
        """How many seeds there are, in words; some variants have fewer where seeds were added until all was decided.

        Of runs that are not paired, how many each variant has.
        """
        if not self.paired:
            counts = [one.get("runs", len(self.seeds)) for one in self.study["variants"]]
            least = f"{min(counts):,} to " if min(counts) < max(counts) else ""
            return f"{least}{counted(max(counts), 'run')}"
        return f"{'up to ' if self.study.get('until') else ''}{counted(len(self.seeds), 'seed')}"

    def published(self, variant: str) -> dict[str, float]:
        """Numbers that somebody else reported for a variant, by metric."""
        return self.study["variants"][self._rows[variant]].get("published") or {}

    def configuration(self, variant: str) -> dict[str, Any]:
        """All settings of a variant, every default filled in."""
        return self.study["variants"][self._rows[variant]].get("recipe") or {}

    def settings(self, variant: str) -> dict[str, Any]:
        """What a variant sets differently from base, by dotted key."""
        return self.study["variants"][self._rows[variant]].get("settings") or {}

    def status_of(self, variant: str) -> dict[int, str]:
        """Seed -> how that run ended."""
        statuses = self._statuses[self._rows[variant]]
        return {seed: status for seed, status in zip(self.seeds, statuses, strict=True) if status}

    @property
    def diverged(self) -> int:
        """How many runs diverged."""
        return int(np.sum(self._statuses == "diverged"))

    @property
    def crashed(self) -> int:
        """How many runs crashed."""
        return int(np.sum(self._statuses == "crashed"))

    def ended(self, variant: str) -> np.ndarray:
        """(seeds,) bool: where there is a run that ended without diverging or crashing."""
        return self._ended[self._rows[variant]]

    def finished(self, variant: str) -> list[int]:
        """The seeds of its runs that were not interrupted."""
        return [seed for seed, status in self.status_of(variant).items() if status != "interrupted"]

    def same_runs(self, variant: str, other: str) -> bool:
        """Whether two variants have the same runs: every metric is the same under every seed; of pairs alone."""
        if not self.paired:
            return False
        if other not in self._known_same:
            self._known_same[other] = self._same_runs_as(self._rows[other])
        return bool(self._known_same[other][self._rows[variant]])

    def _same_runs_as(self, row: int) -> np.ndarray:
        """(variants,) bool: which have the same runs as that at an index."""
        same = self._ended.any(axis=1) & (self._statuses == self._statuses[row]).all(axis=1)
        for metric in (*self.metrics, "steps"):
            values = self._by_run.numbers(metric)
            same &= ((values == values[row]) | (np.isnan(values) & np.isnan(values[row]))).all(axis=1)
        return same

    def costs(self, variant: str) -> dict[str, float]:
        """What a variant costs: its parameters, and seconds per run (an equal share of the clock of its group)."""
        row = self._rows[variant]
        columns = {name: self._by_run.numbers(name)[row] for name in ("parameters", "seconds")}
        known = {name: values[~np.isnan(values)] for name, values in columns.items()}
        return {name: float(values.mean()) for name, values in known.items() if len(values)}

    def direction(self, metric: str) -> Direction:
        """Whether less or more of a metric is better: as the study, what trained it or `seedbed.metrics` say.

        What the study says of its own metric holds on every part. Of other metrics that nobody knows their name
        decides or, where that tells nothing, less is better.
        """
        bare = bare_name(metric)
        if bare == bare_name(self.metric):
            return self.study["direction"]
        own = self._own_metrics.get(metric) or self._own_metrics.get(bare)
        return own or (direction(metric) if self._is_known(metric) else likely_direction(metric) or "min")

    @property
    def _own_metrics(self) -> Mapping[str, Direction]:
        """The metrics of what trained it, where it has its own and not those of `seedbed.metrics`."""
        return self.study.get("metrics") or {}

    def _is_known(self, metric: str) -> bool:
        """Whether a metric is one of `seedbed.metrics`, or of every run."""
        return is_known(metric) and (not self._own_metrics or bare_name(metric) in OF_A_RUN)

    def bounds(self, metric: str) -> tuple[float, float]:
        """The least and the largest value that a metric can have; infinite of one that nobody knows."""
        return bounds(metric) if self._is_known(metric) else (-np.inf, np.inf)

    def scale(self, metric: str) -> Scale:
        """Whether variants are compared on a metric by differences or by ratios: as the study or the metric says."""
        if bare_name(metric) == bare_name(self.metric) and self.study.get("scale"):
            return self.study["scale"]
        return scale(metric) if self._is_known(metric) else "difference"

    @property
    def matters(self) -> float | None:
        """The smallest effect on the study's metric that matters: a factor for metrics of ratios, else a difference."""
        return self.study.get("matters")

    def failed(self, variant: str) -> np.ndarray:
        """(seeds,) bool: where a run diverged or crashed, or lies beyond what the study calls a failure."""
        return self._failed[self._rows[variant]]

    def fails_beyond(self, variant: str) -> float | None:
        """The value of the study's metric beyond which a run of a variant has failed; None where none has."""
        bound = self._bounds_of_failure[self._rows[variant]]
        return None if np.isnan(bound) else float(bound)

    @cached_property
    def _failed(self) -> np.ndarray:
        values, bound = self._values(self.metric), self._bounds_of_failure[:, None]
        with np.errstate(invalid="ignore"):
            beyond = values > bound if self.study["direction"] == "min" else values < bound
        return np.isin(self._statuses, BROKEN) | (beyond & (self._statuses != "interrupted"))

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
        return self._values(metric)[self._rows[variant]]

    def _values(self, metric: str) -> np.ndarray:
        """What `values` gives, of all variants: (variants, seeds)."""
        if metric not in self._known_values:
            column, epoch = split_epoch(metric, self.study.get("classes") or ())
            if metric in self.runs.column_names:  # other people's metrics are called hit@10, too
                column, epoch = metric, None
            values = self._by_run.numbers(column) if epoch is None else self._at_epoch(column, epoch)
            worst = np.inf if self.direction(metric) == "min" else -np.inf
            values = np.where(np.isin(self._statuses, BROKEN), worst, values)
            self._known_values[metric] = np.where(self._statuses == "interrupted", np.nan, values)
            self._known_values[metric].flags.writeable = False  # every caller gets the same
        return self._known_values[metric]

    def gap(self, variant: str, other: str) -> Gap:
        """The runs of a variant against those of another on the study's metric."""
        mine, theirs = (
            Runs(self.values(name, self.metric), self.failed(name), self.ended(name))
            for name in (variant, other)
        )
        of = Pairs.of if self.paired else Unpaired.of
        return of(mine, theirs, self.scale(self.metric))

    def epochs_to(self, variant: str, metric: str, level: float) -> np.ndarray:
        """(seeds,): the first epoch on the curve of a metric at which it is at least as good as a level.

        Infinite where a run never is, diverged or crashed, NaN where there is no finished run.
        """
        row = self._rows[variant]
        of_all = first_epochs(
            self.curves_of(metric), level, self.direction(metric), self.variants, self.seeds
        )
        first, statuses = of_all[row], self._statuses[row]
        first = np.where(np.isnan(first) | np.isin(statuses, BROKEN), np.inf, first)
        return np.where(np.isin(statuses, ("", "interrupted")), np.nan, first)

    def _at_epoch(self, metric: str, epoch: int) -> np.ndarray:
        return at_epoch(self.curves_of(metric), epoch, self.variants, self.seeds)

    @cached_property
    def _by_run(self) -> ByRun:
        return ByRun(self.runs, self.variants, self.seeds)

    @cached_property
    def _statuses(self) -> np.ndarray:
        return self._by_run.texts("status")

    @cached_property
    def _ended(self) -> np.ndarray:
        """(variants, seeds) bool, see `ended`."""
        return (self._statuses == "complete") | (self._statuses == "stopped")

    @cached_property
    def _rows(self) -> dict[str, int]:
        """Variant -> its index in the arrays of all."""
        return {name: row for row, name in enumerate(self.variants)}
