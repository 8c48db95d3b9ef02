"""What a study asks once all of it is checked: its variants, seeds, metric and claims."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol, Self

from seedbed.metrics.base import Direction, Scale
from seedbed.study import crossing
from seedbed.study.crossing import Source
from seedbed.study.hypotheses import Hypothesis

BASE = "base"


class Configuration(Protocol):
    """The settings of one variant: checked, every default filled in. Only its trainable looks into it."""

    def model_dump(self) -> dict[str, Any]:
        """Plain data, as it is stored; variants that have the same train the same runs."""
        ...


@dataclass(frozen=True)
class Variant:
    """One assignment of the varied settings.

    Attributes
    ----------
    name
        `base` for the unchanged configuration.
    settings
        What is set differently from base: dotted key -> value.
    configuration
        All settings with every default filled in, as the study's trainable made it of them.
    published
        Numbers that somebody else reported for it, by metric.
    """

    name: str
    settings: dict[str, Any]
    configuration: Any
    published: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Contents:
    """A valid study.

    Attributes
    ----------
    variants
        `base` first.
    seeds
        How many seeds each variant is run under.
    metric, direction
        What variants are compared by, and whether less ("min") or more ("max") of it is better.
    scale
        Whether variants are compared by differences or by ratios; None for what the metric says.
    matters
        The smallest effect on the metric that matters, on its scale; None where the study does not say.
    fails_above, fails_below
        Beyond which value of the metric a run has failed; None for the usual one.
    seed
        The seed of the whole study: another one gives other splits, draws and batches under every seed.
    vary_seeds
        The sources of randomness whose seeds are crossed; empty where a run has one seed for all.
    origin
        Where it is from, for messages: a path, or the name of a lab.
    directory
        What relative paths in it are relative to, a whole path.
    first_seed
        The first seed to train; above 0 where those before it were trained in an earlier round.
    """

    name: str
    description: str
    variants: tuple[Variant, ...]
    seeds: int
    metric: str
    direction: Direction
    scale: Scale | None
    matters: float | None
    fails_above: float | None
    fails_below: float | None
    seed: int
    hypotheses: tuple[Hypothesis, ...]
    origin: str
    directory: Path
    vary_seeds: tuple[Source, ...]
    first_seed: int = field(default=0, kw_only=True)

    def levels(self, seed: int) -> Mapping[Source, int]:
        """The seed of each source of randomness in the run of a seed; empty where that is the seed of all."""
        return crossing.levels(self.vary_seeds, self.seeds, seed)

    @property
    def to_train(self) -> range:
        """The seeds that each variant is to be trained under."""
        return range(self.first_seed, self.seeds)

    def only(self, variants: Collection[str], seeds: range) -> Self:
        """The same study, of some of its variants and seeds alone: what is trained in one round."""
        wanted = frozenset(variants)
        kept = tuple(variant for variant in self.variants if variant.name in wanted)
        return replace(self, variants=kept, first_seed=seeds.start, seeds=seeds.stop)
