"""A table of results made ready to be judged: variants with names, seeds with numbers, and how they are paired."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from seedbed.analysis.pairable import Pairable, pairable
from seedbed.study.problems import Problem
from seedbed.study.variants import MOST_VARIANTS
from seedbed.text import first_few
from seedbed.trainables.judged import sources
from seedbed.trainables.judged.rows import Wrong, rows_of
from seedbed.trainables.judged.runs import Found, found_in
from seedbed.trainables.judged.settings import ResultsSettings
from seedbed.trainables.judged.variants import Named, setting_keys


class Judged:
    """A table of results, with names for its variants and numbers for its seeds.

    Attributes
    ----------
    path, file
        Where the table lies: as the study says it, and in full.
    pairable
        Whether runs are compared in pairs, and those of which seeds.
    kept
        (kept runs,) int64: which runs of the table are compared.
    seed
        (kept runs,) int64: the number of each run's seed; of runs that are not paired, among those of its variant.
    """

    def __init__(self, found: Found, settings: ResultsSettings, file: Path) -> None:
        count = len(found.variants)
        if count > MOST_VARIANTS:
            message = f"the table has {count:,} variants; {MOST_VARIANTS:,} are the most of a study"
            raise Wrong(Problem("results.variant", f"{message}: does a column differ from run to run?"))
        self.found, self.asked, self.path, self.file = found, settings, settings.path, file
        self.named = Named(found.variants, settings.base)
        self.pairable = self._pairable()
        self.kept, self.seed = self._numbered()
        runs = np.bincount(found.variant[self.kept], minlength=count)
        self.seeds = int(runs.max())
        self.runs = {
            name: int(runs[index]) for index, name in zip(self.named.order, self.named.names, strict=True)
        }
        if self.seeds == 1:
            message = "every variant has one run, which shows no spread; expected the columns that tell variants apart"
            raise Wrong(Problem("results.variant", message))

    def _pairable(self) -> Pairable:
        """How runs are compared, by the seeds that each variant has."""
        found = self.found
        if self.asked.unpaired:
            return Pairable(False, (), {}, self.asked.unpaired)
        if found.labels is None:
            return Pairable(False, (), {}, "no column of seeds was named")
        order = np.lexsort((found.seed, found.variant))
        of_each = np.split(found.seed[order], np.cumsum(np.bincount(found.variant))[:-1])
        labels = found.labels
        return pairable(
            {
                name: [labels[seed] for seed in of_each[index]]
                for index, name in zip(self.named.order, self.named.names, strict=True)
            }
        )

    def _numbered(self) -> tuple[np.ndarray, np.ndarray]:
        """See `kept` and `seed`."""
        found = self.found
        if self.pairable.paired:
            assert found.labels is not None
            number = {label: index for index, label in enumerate(self.pairable.seeds)}
            numbers = np.array([number.get(label, -1) for label in found.labels])[found.seed]
            kept = np.flatnonzero(numbers >= 0)
            return kept, numbers[kept]
        order = np.lexsort((found.seed, found.variant))
        sizes = np.bincount(found.variant)
        numbers = np.empty(len(order), np.int64)
        numbers[order] = np.arange(len(order)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        return np.arange(len(order)), numbers

    @classmethod
    def read(cls, settings: ResultsSettings, metric: str, directory: Path) -> Judged:
        """Read the table that a study names; raises `Wrong`."""
        file = directory / settings.path
        source, settings = sources.read(settings, file, metric)
        rows = rows_of(source, settings, metric)
        return cls(found_in(source, rows, metric), settings, file)

    @cached_property
    def settings(self) -> list[dict[str, Any]]:
        """Of each variant, base first, by dotted key."""
        found = self.found
        keys = setting_keys([*found.variants[0], *found.settings])
        if len(set(keys.values())) < len(keys):
            raise Wrong(Problem("results", "two columns differ in dots and underscores alone; rename one"))
        return [
            {keys[name]: value for name, value in found.variants[index].items()}
            | {keys[name]: values[index] for name, values in found.settings.items()}
            for index in self.named.order
        ]

    @property
    def notes(self) -> list[str]:
        """What to know of the table."""
        notes = [*self.asked.notes, *self.found.notes]
        if alone := [name for name, runs in self.runs.items() if runs == 1]:
            notes.append("one run shows no spread: " + first_few(f'"{name}"' for name in alone))
        return notes
