"""What a study's directory holds of how its runs are trained: `plan.json`, by which any process goes on with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self

from seedbed.execution.executors.choice import LOCAL
from seedbed.execution.rounds import Until
from seedbed.study.contents import Contents
from seedbed.study.model import Study
from seedbed.study.trainable import Compute, PlannedRun, Shard

FILE = "plan.json"


@dataclass(frozen=True)
class Round:
    """Seeds that are trained after those of the round before, each shard with a number that no other round has."""

    variants: tuple[str, ...]
    seeds: range
    shards: tuple[Shard, ...]

    @property
    def runs(self) -> int:
        """How many runs it trains."""
        return sum(len(shard.runs) for shard in self.shards)

    def of(self, study: Study) -> Study:
        """The part of a study that it trains."""
        return study.only(self.variants, self.seeds)

    def is_of(self, study: Contents, runs: Mapping[str, int] | None = None) -> bool:
        """Whether its shards are all runs of its part of a study, each once.

        Parameters
        ----------
        runs
            How many runs a variant has, where these are not paired and variants have different numbers.
        """
        planned = [(run.variant, run.seed) for shard in self.shards for run in shard.runs]
        names = {variant.name for variant in study.variants}
        counts = runs or {}
        asked = {
            (name, seed)
            for name in self.variants
            for seed in self.seeds
            if seed < counts.get(name, self.seeds.stop)
        }
        return names >= set(self.variants) and len(planned) == len(asked) and set(planned) == asked


@dataclass
class Planned:
    """How the runs of a study are trained, round by round.

    Attributes
    ----------
    compute, data_dir
        As given to whoever began the study.
    until
        By what rule rounds are added; None where there is none.
    on
        Where shards are computed: see `executors.choice`.
    """

    compute: Compute
    data_dir: str | None
    until: Until | None
    rounds: list[Round] = field(default_factory=list)
    on: str = LOCAL

    @property
    def seeds(self) -> int:
        """How many seeds there are with all rounds."""
        return self.rounds[-1].seeds.stop

    @property
    def looked_at(self) -> list[int]:
        """The numbers of seeds at which the study was complete before, and no rule allowed for looking then."""
        return [] if self.until else [one.seeds.stop for one in self.rounds[:-1]]

    def add(self, study: Contents, shards: Iterable[Shard]) -> None:
        """Add a round: a study, of which `to_train` says the seeds, and its shards."""
        first = 1 + max((shard.number for one in self.rounds for shard in one.shards), default=-1)
        numbered = tuple(replace(shard, number=first + index) for index, shard in enumerate(shards))
        names = tuple(variant.name for variant in study.variants)
        self.rounds.append(Round(names, study.to_train, numbered))

    def cut(self, index: int, number: int, first: int) -> tuple[Shard, Shard]:
        """Cut a shard of a round in two: its first runs, so many, and the others, which get a new number."""
        new = 1 + max(shard.number for one in self.rounds for shard in one.shards)
        shards = list(self.rounds[index].shards)
        where = next(place for place, shard in enumerate(shards) if shard.number == number)
        whole = shards[where]
        pieces = replace(whole, runs=whole.runs[:first]), replace(whole, runs=whole.runs[first:], number=new)
        shards[where : where + 1] = pieces
        self.rounds[index] = replace(self.rounds[index], shards=tuple(shards))
        return pieces

    def to_plain(self) -> dict[str, Any]:
        """Plain data for `plan.json`."""
        return {
            "compute": asdict(self.compute),
            "data_dir": self.data_dir,
            "until": asdict(self.until) if self.until else None,
            "on": self.on,
            "rounds": [
                {
                    "variants": one.variants,
                    "seeds": [one.seeds.start, one.seeds.stop],
                    "shards": [_plain_shard(shard) for shard in one.shards],
                }
                for one in self.rounds
            ],
        }

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> Self:
        """What `to_plain` gave; any error means that it is not that."""
        return cls(
            Compute(**plain["compute"]),
            plain["data_dir"],
            Until(**plain["until"]) if plain["until"] else None,
            [
                Round(tuple(one["variants"]), range(*one["seeds"]), tuple(map(_shard, one["shards"])))
                for one in plain["rounds"]
            ],
            plain.get("on", LOCAL),
        )


def _plain_shard(shard: Shard) -> dict[str, Any]:
    runs: dict[str, list[int]] = {}
    for run in shard.runs:
        runs.setdefault(run.variant, []).append(run.seed)
    facts = {name: getattr(shard, name) for name in ("number", "label", "epochs", "facts")}
    return {**facts, "runs": runs}


def _shard(plain: dict[str, Any]) -> Shard:
    runs = tuple(PlannedRun(name, seed) for name, seeds in plain["runs"].items() for seed in seeds)
    return Shard(**{**plain, "runs": runs})
