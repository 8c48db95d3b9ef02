"""Whether runs from elsewhere can be compared in pairs, by the seeds that each variant has."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from seedbed.analysis.power import FEWEST_PAIRS
from seedbed.text import counted, first_few

MOST_NAMED = 4  # variants whose seeds are left out
LEAST_SHARE = 0.5  # of all seeds that any variant has, which all of them have


@dataclass(frozen=True)
class Pairable:
    """Which runs of several variants are compared, and whether in pairs.

    Attributes
    ----------
    paired
        Whether runs under the same seed are compared with one another.
    seeds
        Where they are: the seeds that all variants have, in the order in which the first variant has them.
    left_out
        Where they are: variant -> its seeds that some other variant lacks, whose runs are left out.
    reason
        Why they are not, or that runs are left out, in a sentence; empty where all variants have the same seeds.
    """

    paired: bool
    seeds: tuple[Hashable, ...]
    left_out: Mapping[str, tuple[Hashable, ...]]
    reason: str


def pairable(seeds: Mapping[str, Sequence[Hashable]]) -> Pairable:
    """How to compare variants of which each has the runs of some seeds, each seed once.

    In pairs where all have the same seeds. Where they share only some, in pairs on these if they are at least 6, the
    fewest that can show a difference, and at least half of all seeds; else every run counts, and none is paired.
    """
    own = {name: set(of) for name, of in seeds.items()}
    every = set[Hashable]().union(*own.values())
    first = next(iter(seeds.values()), ())
    shared = tuple(seed for seed in first if all(seed in of for of in own.values()))
    if len(shared) == len(every):
        return Pairable(True, shared, {}, "")
    if len(shared) < max(FEWEST_PAIRS, LEAST_SHARE * len(every)):
        return Pairable(False, (), {}, f"the variants have {_of(shared, every)} in common")
    kept = set(shared)
    rest = {name: tuple(seed for seed in of if seed not in kept) for name, of in seeds.items()}
    left_out = {name: of for name, of in rest.items() if of}
    named = "; ".join(
        f"“{name}” {first_few(map(str, of))}" for name, of in islice(left_out.items(), MOST_NAMED)
    )
    if len(left_out) > MOST_NAMED:
        named += f"; and {counted(len(left_out) - MOST_NAMED, 'more variant')}"
    return Pairable(
        True, shared, left_out, f"{_of(shared, every)} are in all variants; left out are seeds of {named}"
    )


def _of(shared: Sequence[Hashable], every: set[Hashable]) -> str:
    return f"{len(shared) or 'none'} of {counted(len(every), 'seed')}"
