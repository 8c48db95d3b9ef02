"""The directory of a stored study, opened for reading: its files, its tables and where its journal ends."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from seedbed.results.expected import checked, checked_table
from seedbed.store.contents import Contents
from seedbed.store.models import Trained
from seedbed.store.schema import JOURNAL, StoreError, damaged, empty_table, table_file

if TYPE_CHECKING:
    import pyarrow as pa


class Tables:
    """A study's directory, opened for reading; also one whose run was interrupted, as far as it got."""

    def __init__(self, directory: str | os.PathLike[str]) -> None:
        self.directory = Path(directory)
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

    @cached_property
    def runs(self) -> pa.Table:
        """One row per run."""
        return self._table("runs")

    @cached_property
    def curves(self) -> pa.Table:
        """One row per run, epoch and metric."""
        return self._table("curves")

    def curves_of(
        self, metric: str, variants: Sequence[str] | None = None, last_seed: int | None = None
    ) -> pa.Table:
        """The rows of `curves` of a metric, some variants and seeds up to one; the others are not kept in memory.

        By default those of all variants and seeds.
        """
        if metric not in self.curve_metrics:  # a table without rows may have columns of any type
            return empty_table("curves")
        wanted: list[tuple[str, str, object]] = [("metric", "==", metric)]
        wanted += [("variant", "in", list(variants))] if variants is not None else []
        wanted += [("seed", "<=", last_seed)] if last_seed is not None else []
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
