"""A stored study as its document describes it: variants, seeds, settings, and what its metrics mean."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from seedbed.metrics.base import Direction, Scale
from seedbed.metrics.names import split_epoch
from seedbed.results.measures import Measures
from seedbed.results.tables import Tables
from seedbed.text import counted, first_few, spans


class Described(Tables):
    """A study's directory with what was asked and tried.

    Parameters
    ----------
    most
        How many of its seeds are looked at, the first ones; by default all.
    """

    def __init__(self, directory: str | os.PathLike[str], most: int | None = None) -> None:
        super().__init__(directory)
        self._most = most
        self.metric: str = self.study["metric"]

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
        told = self.study["variants"][self.row_of[variant]].get("evaluation") or {}
        return told.get(whole.partition(".")[0]) or {}

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
        return self.study["variants"][self.row_of[variant]].get("published") or {}

    def configuration(self, variant: str) -> dict[str, Any]:
        """All settings of a variant, every default filled in."""
        return self.study["variants"][self.row_of[variant]].get("recipe") or {}

    def settings(self, variant: str) -> dict[str, Any]:
        """What a variant sets differently from base, by dotted key."""
        return self.study["variants"][self.row_of[variant]].get("settings") or {}

    @cached_property
    def _measures(self) -> Measures:
        return Measures(self.study)

    def direction(self, metric: str) -> Direction:
        """Whether less or more of a metric is better; see `Measures.direction`."""
        return self._measures.direction(metric)

    def bounds(self, metric: str) -> tuple[float, float]:
        """The least and the largest value that a metric can have; infinite of one that nobody knows."""
        return self._measures.bounds(metric)

    def scale(self, metric: str) -> Scale:
        """Whether variants are compared on a metric by differences or by ratios: as the study or the metric says."""
        return self._measures.scale(metric)

    @property
    def matters(self) -> float | None:
        """The smallest effect on the study's metric that matters: a factor for metrics of ratios, else a difference."""
        return self.study.get("matters")

    @cached_property
    def row_of(self) -> dict[str, int]:
        """Variant -> its index in the arrays of all."""
        return {name: row for row, name in enumerate(self.variants)}
