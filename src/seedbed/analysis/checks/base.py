"""What a check is: of the record of every run, or of the results of a whole study."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from seedbed.analysis.evidence import Evidence


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
        How many runs of the variant; None of the whole study.
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
    """What the record of a run shows; stored when the study ends.

    Attributes
    ----------
    applies
        Whether a run has it.
    message
        What is said of the runs that have it, after "3 of 9 runs": what is wrong, and in further sentences what to do.
    """

    applies: Callable[[Evidence], bool]
    message: str | Callable[[list[Evidence]], str]

    def found(self, kind: str, variant: str, runs: list[Evidence]) -> Finding | None:
        """The finding of a variant, given all of its runs."""
        wrong = [run for run in runs if self.applies(run)]
        if not wrong:
            return None
        text = self.message if isinstance(self.message, str) else self.message(wrong)
        return Finding(variant, kind, self.code, len(wrong), f"{len(wrong)} of {len(runs)} runs {text}")
