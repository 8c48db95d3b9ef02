"""How far a study came: how many of its runs have finished, and what to know of results that are a part."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from seedbed.store.schema import JOURNAL, damaged
from seedbed.text import counted

if TYPE_CHECKING:
    from seedbed.results.stored import Stored

ON_A_PART = (
    "Verdicts are on the pairs of runs that there are: they may change with the others, and p does not allow for "
    "looking before the end."
)


@dataclass(frozen=True)
class Progress:
    """How many runs finished, and of how many.

    Attributes
    ----------
    finished
        Of a study that adds seeds until its claims are decided, among those of the rounds that were begun.
    of
        How many are planned; of such a study in these rounds.
    of_each
        The same by variant.
    """

    finished: int
    of_each: dict[str, int]

    @property
    def of(self) -> int:
        """How many runs are planned."""
        return sum(self.of_each.values())


def progress(stored: Stored) -> Progress:
    """How far a study came, by its journal and its table of runs."""
    return Progress(int(np.count_nonzero(stored.statuses.finished)), _planned(stored))


def is_part(stored: Stored) -> bool:
    """Whether there are fewer results than there are to be."""
    seen = progress(stored)
    return stored.status != "complete" or seen.finished < seen.of


def in_words(stored: Stored) -> list[str]:
    """That a study is a part and how to go on with it, and what this means for its verdicts; empty of a whole one."""
    if not is_part(stored):
        return []
    seen = progress(stored)
    told = f"{stored.status}: {seen.finished:,} of {counted(seen.of, 'run')} finished"
    if stored.status in ("interrupted", "failed") and stored.goes_on:
        told += f"; `seedbed resume {stored.id}` goes on"
    has_verdicts = seen.finished and (len(stored.variants) > 1 or stored.study.get("hypotheses"))
    return [told, ON_A_PART] if has_verdicts else [told]


def _planned(stored: Stored) -> dict[str, int]:
    """How many runs of each variant are planned; older versions told of rounds only where there were several."""
    rounds = [event for event in stored.events if event.get("event") == "round"]
    if not stored.paired:
        return {one["name"]: one.get("runs", len(stored.seeds)) for one in stored.study["variants"]}
    if not rounds:
        return dict.fromkeys(stored.variants, len(stored.seeds))
    counts = Counter[str]()
    with damaged(stored.directory / JOURNAL):
        for event in rounds:
            first, end = event["seeds"]
            counts.update(dict.fromkeys(event["variants"], end - first))
    return {name: counts[name] for name in stored.variants}
