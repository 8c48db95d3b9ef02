"""How many seeds a study needs before its comparisons and claims can get any verdict, and how many it may have."""

from __future__ import annotations

from dataclasses import dataclass

from seedbed.analysis.power import fewest_pairs
from seedbed.text import counted

USUAL = 10
# Ten thousand variants under a hundred seeds each. Planning them takes seconds, and reading them well under 2 GB.
MOST_RUNS = 1_000_000


@dataclass(frozen=True)
class SeedsNeeded:
    """The fewest seeds with which a verdict is possible at all; a verdict on a small effect takes more.

    Attributes
    ----------
    comparisons, claims
        How many variants are compared with base, and how many hypotheses there are.
    versus_base, hypotheses
        The fewest seeds for a verdict on each of those; None where there are none.
    """

    comparisons: int
    claims: int

    @property
    def versus_base(self) -> int | None:
        """For the comparisons, two-sided and adjusted for their number."""
        return fewest_pairs(self.comparisons) if self.comparisons else None

    @property
    def hypotheses(self) -> int | None:
        """For the claims, adjusted for their number."""
        return fewest_pairs(self.claims) if self.claims else None

    def summary(self, seeds: int) -> str | None:
        """In a sentence or two, with what a study of so many seeds lacks; None where there is nothing to judge."""
        asked = [
            (
                self.versus_base,
                counted(self.comparisons, "comparison") + " with base",
                "comparison with base",
            ),
            (self.hypotheses, counted(self.claims, "claim"), "claim"),
        ]
        needs = [(fewest, what, one) for fewest, what, one in asked if fewest]
        if not needs:
            return None
        fewest = " and ".join(f"at least {n} seeds for {what}" for n, what, _ in needs)
        summary = f"verdicts need {fewest}; this study has {seeds}"
        short = [(n, one) for n, _, one in needs if seeds < n]
        if not short:
            return summary
        none = " and no ".join(one for _, one in short)
        return f"{summary}, so no {none} can get a verdict; use --seeds {max(n for n, _ in short)} or more"


def usual_seeds(comparisons: int, claims: int) -> int:
    """The seeds of a study that names none: enough for a verdict on each of its comparisons and claims."""
    return max(USUAL, fewest_pairs(max(comparisons, claims, 1)))


def wrong_runs(variants: int, seeds: int) -> str | None:
    """That so many variants under so many seeds are more runs than a study may have; None where they are not."""
    runs = variants * seeds
    if runs <= MOST_RUNS:
        return None
    asked = f"{counted(variants, 'variant')} x {counted(seeds, 'seed')} = {runs:,} runs"
    return f"{asked}; {MOST_RUNS:,} are the most of a study: use fewer seeds"
