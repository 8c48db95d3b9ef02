"""Crossed seeds: which seed each source of randomness has in every run, so that their shares of the spread come apart.

Ordinarily a run has one seed for all that is drawn. Where a study crosses its seeds, each source has levels of its
own, and two runs of a variant share the level of one source at the most. So what runs with a common level have in
common is due to that source alone.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Literal, get_args

from seedbed.text import counted, enumerated

Source = Literal["init", "order", "split"]
SOURCES: tuple[Source, ...] = get_args(Source)

FEWEST_LEVELS = (
    3  # with two, a Latin square has nothing left that tells the rest of the spread from the sources
)
USUAL_LEVELS = 5


def levels(crossed: Sequence[Source], seeds: int, seed: int) -> Mapping[Source, int]:
    """The seed of each source in the run of a seed; empty where no seeds are crossed, and `seed` is that of all.

    Two sources of q levels make all q * q pairs; three make a Latin square of q * q runs, where the level of the
    third is the sum of the others' modulo q. What is not crossed has the level 0 in every run.
    """
    if not crossed:
        return {}
    per_source = math.isqrt(seeds)
    first, second = divmod(seed, per_source)
    of_crossed = (first, second, (first + second) % per_source)
    return dict.fromkeys(SOURCES, 0) | dict(zip(crossed, of_crossed, strict=False))


def wrong_seeds(seeds: int) -> str | None:
    """Why so many seeds cannot be crossed, and which can."""
    per_source = math.isqrt(seeds)
    if per_source >= FEWEST_LEVELS and per_source**2 == seeds:
        return None
    near = [max(per_source, FEWEST_LEVELS) ** 2]
    near += [(per_source + 1) ** 2] if per_source >= FEWEST_LEVELS else []
    return (
        f"with study.vary_seeds expected the square of a whole number, {FEWEST_LEVELS**2} or more, got {seeds}; "
        f"use {enumerated(map(str, near))}"
    )


def summary(crossed: Sequence[Source], seeds: int) -> str:
    """What a study of crossed seeds does, in a sentence or two."""
    named = enumerated(crossed, last="and")
    fixed = [name for name in SOURCES if name not in crossed]
    kept = f"; {fixed[0]} stays as under seed 0" if fixed else ""
    design = "every pair of them once" if fixed else "a Latin square"
    return (
        f"seeds are crossed: {counted(math.isqrt(seeds), 'seed')} each of {named}, {design} in {seeds} runs per "
        f"variant{kept}. That tells how much of the spread each carries; since such runs share seeds, nothing is tested"
    )
