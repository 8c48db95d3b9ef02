"""Which variants of a stored study matter most, where there are too many to tell everything of all."""

from __future__ import annotations

from typing import Any, Protocol

from seedbed.analysis.forms import variants_of

ALL_UP_TO = 1000  # variants: of so many everything is told of each
MOST = 250  # of more, so many have an interval against base, which takes long, and a row in the report


class Ranked(Protocol):
    """What is asked of a result."""

    study: dict[str, Any]

    @property
    def base(self) -> str:
        """The variant that all others are compared with."""

    @property
    def ranking(self) -> list[str]:
        """Variants from the best to the worst."""


def told_in_full(result: Ranked) -> list[str]:
    """The variants of which everything is told, the best first: all or, of very many, the leaders."""
    return list(result.ranking) if len(result.ranking) <= ALL_UP_TO else leaders(result, MOST)


def leaders(result: Ranked, count: int) -> list[str]:
    """The variants that matter most, at most `count`, in the order of the ranking.

    They are the base, the best, those that claims name, and the next best.
    """
    claimed = [name for claim in result.study.get("hypotheses") or [] for name in variants_of(claim)]
    chosen = list(dict.fromkeys([result.base, result.ranking[0], *claimed, *result.ranking]))[:count]
    kept = set(chosen)
    return [name for name in result.ranking if name in kept]
