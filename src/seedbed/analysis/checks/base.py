"""What a check is: of the record of every run, or of the results of a whole study."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from seedbed.analysis.evidence import Evidence
from seedbed.analysis.pairing import Pairing
from seedbed.metrics.base import Scale
from seedbed.metrics.names import Direction


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong.

    Attributes
    ----------
    variant
        Whose runs; None where it is the whole study's.
    kind, code
        Its row of `findings.CHECKS`, and the code by which docs/findings.md explains it.
    runs
        How many runs of the variant; None where it is not about single runs.
    message
        What is wrong, and in further sentences what to do.
    """

    variant: str | None
    kind: str
    code: str
    runs: int | None
    message: str


@dataclass(frozen=True)
class Check:
    """A row of `findings.CHECKS`.

    Attributes
    ----------
    code
        It never changes, and no other check ever has it.
    at_odds
        Kinds with the opposite advice, such as less training instead of more: to a variant with both, the advice of
        the kind that more of its runs have is given.
    """

    code: str
    at_odds: tuple[str, ...] = field(default=(), kw_only=True)


@dataclass(frozen=True)
class RunCheck(Check):
    """What the record of a run shows; noted when it has ended, and stored when the study ends.

    Attributes
    ----------
    applies
        Whether a run has it.
    message
        What is said of the runs that have it, after "3 of 9 runs": what is wrong, and in further sentences what to do.
    """

    applies: Callable[[Evidence], bool]
    message: str | Callable[[list[Evidence]], str]

    def finding(
        self, kind: str, variant: str, wrong: int, of: int, records: Callable[[], list[Evidence]]
    ) -> Finding:
        """The finding of a variant, given how many of its runs have it, of how many, and what gives their records."""
        text = self.message if isinstance(self.message, str) else self.message(records())
        return Finding(variant, kind, self.code, wrong, f"{wrong} of {of} runs {text}")


class Results(Protocol):
    """What is stored of a study; `metric` is its own."""

    metric: str

    @property
    def data(self) -> Mapping[str, Any]:
        """What is known of the base's data, see `data.facts.Facts`; empty for studies of older versions."""

    @property
    def variants(self) -> Sequence[str]:
        """Names, base first."""

    @property
    def paired(self) -> bool:
        """Whether runs under the same seed are compared with one another."""

    def seeds_named(self, indices: Sequence[int]) -> str:
        """Some seeds by their index, as the study calls them."""

    @property
    def pairing(self) -> Mapping[str, Pairing]:
        """What pairing with base was worth, by variant."""

    def configuration(self, variant: str) -> Mapping[str, Any]:
        """All settings of a variant, as plain data."""

    def settings(self, variant: str) -> Mapping[str, Any]:
        """What it sets differently from base, by dotted key."""

    def values(self, variant: str, metric: str) -> np.ndarray:
        """One value per seed; the worst infinity where the run diverged or crashed, NaN where there is no run."""

    def direction(self, metric: str) -> Direction:
        """Whether less or more of a metric is better."""

    def bounds(self, metric: str) -> tuple[float, float]:
        """The least and the largest value that a metric can have, infinite where that is not known."""

    def scale(self, metric: str) -> Scale:
        """How variants are compared on a metric."""


@dataclass(frozen=True)
class Seen:
    """What a study check saw.

    Attributes
    ----------
    message
        What is wrong, and in further sentences what to do; about runs of a variant it begins with "3 of 9 runs".
    variant, runs
        Whose, and how many; None where it is about the whole study, or not about single runs.
    """

    message: str
    variant: str | None = None
    runs: int | None = None


@dataclass(frozen=True)
class StudyCheck(Check):
    """What the stored results of a study show; looked for whenever it is opened, so in old ones, too.

    Attributes
    ----------
    look
        Gives what it sees in a study.
    """

    look: Callable[[Results], Iterator[Seen]]

    def found(self, kind: str, results: Results) -> Iterator[Finding]:
        """The findings of a study."""
        for seen in self.look(results):
            yield Finding(seen.variant, kind, self.code, seen.runs, seen.message)
