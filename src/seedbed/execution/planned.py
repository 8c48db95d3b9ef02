"""What a study's directory holds of how its runs are trained, by which any process goes on with it.

`plan.json` has the shards as they were planned. That one was cut is an event in the journal, since those of large
studies are cut thousands of times.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self

from seedbed.execution.executors.choice import LOCAL
from seedbed.execution.rounds import Until
from seedbed.files import to_json
from seedbed.store.writer import Store
from seedbed.study.contents import Contents
from seedbed.study.model import Study
from seedbed.study.shards import Block, PlannedRun, Runs, Shard
from seedbed.study.trainable import Compute

FILE = "plan.json"
CUT = "cut"  # the event of a shard that was cut


@dataclass(frozen=True)
class Round:
    """Seeds that are trained after those of the round before.

    Attributes
    ----------
    shards
        By their numbers, which no other round has.
    """

    variants: tuple[str, ...]
    seeds: range
    shards: dict[int, Shard]

    @property
    def runs(self) -> int:
        """How many runs it trains."""
        return sum(len(shard.runs) for shard in self.shards.values())

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
        names = {variant.name for variant in study.variants}
        if not names >= set(self.variants):
            return False
        asked = [
            range(self.seeds.start, min(self.seeds.stop, (runs or {}).get(name, self.seeds.stop)))
            for name in self.variants
        ]
        planned: list[list[tuple[int, int]]] = [[] for _ in self.variants]
        for shard in self.shards.values():
            for block in shard.runs.over(self.variants):
                for place in range(block.first, block.end):
                    planned[place].append((block.seed, block.last))
        return all(map(_are_all, planned, asked))


def _are_all(ranges: list[tuple[int, int]], seeds: range) -> bool:
    """Whether ranges are some seeds, each once."""
    end = seeds.start
    for first, last in sorted(ranges):
        if first != end:
            return False
        end = last
    return end == max(seeds.stop, seeds.start)


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
    cuts
        How many events of cut shards are in the rounds.
    """

    compute: Compute
    data_dir: str | None
    until: Until | None
    rounds: list[Round] = field(default_factory=list)
    on: str = LOCAL
    cuts: int = 0

    def __post_init__(self) -> None:
        self._round_of = {number: one for one in self.rounds for number in one.shards}
        self._next = 1 + max(self._round_of, default=-1)

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
        names = tuple(variant.name for variant in study.variants)
        one = Round(names, study.to_train, {})
        for shard in shards:
            runs = Runs(names, shard.runs.over(names))
            self._put(one, replace(shard, number=self._next, runs=runs))
        self.rounds.append(one)

    def _put(self, one: Round, shard: Shard) -> None:
        one.shards[shard.number] = shard
        self._round_of[shard.number] = one
        self._next = max(self._next, shard.number + 1)

    def cut(self, number: int, first: int) -> tuple[Shard, Shard, dict[str, Any]]:
        """Cut a shard in two: its first runs, so many, and the others, which get a new number.

        The third is the event that has to be in the journal before either is trained.
        """
        event = {"event": CUT, "group": number, "first": first, "new": self._next}
        return *self._cut(event), event

    def take_up(self, events: Iterable[Mapping[str, Any]]) -> None:
        """Cut shards as the journal says that they were; any error means that it is not of this plan."""
        for event in list(events)[self.cuts :]:
            self._cut(event)

    def _cut(self, event: Mapping[str, Any]) -> tuple[Shard, Shard]:
        one = self._round_of[event["group"]]
        whole, first = one.shards[event["group"]], event["first"]
        if not 0 < first < len(whole.runs) or event["new"] in self._round_of:
            raise ValueError("a shard was cut that cannot be")
        pieces = (
            replace(whole, runs=whole.runs[:first]),
            replace(whole, runs=whole.runs[first:], number=event["new"]),
        )
        for piece in pieces:
            self._put(one, piece)
        self.cuts += 1
        return pieces

    def write(self, store: Store) -> None:
        """Write `plan.json`, with what was cut so far."""
        store.write_text(FILE, to_json(self.to_plain()) + "\n")

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
                    "shards": [_plain_shard(shard, one.variants) for shard in one.shards.values()],
                }
                for one in self.rounds
            ],
            "cuts": self.cuts,
        }

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> Self:
        """What `to_plain` gave; any error means that it is not that."""
        return cls(
            Compute(**plain["compute"]),
            plain["data_dir"],
            Until(**plain["until"]) if plain["until"] else None,
            list(map(_round, plain["rounds"])),
            plain.get("on", LOCAL),
            plain.get("cuts", 0),
        )


def _plain_shard(shard: Shard, variants: Sequence[str]) -> dict[str, Any]:
    facts = {name: getattr(shard, name) for name in ("number", "label", "epochs", "facts")}
    blocks = [(one.first, one.end, one.seed, one.last) for one in shard.runs.over(variants)]
    return {**facts, "runs": blocks}


def _round(plain: dict[str, Any]) -> Round:
    variants = tuple(plain["variants"])
    shards = (_shard(one, variants) for one in plain["shards"])
    return Round(variants, range(*plain["seeds"]), {shard.number: shard for shard in shards})


def _shard(plain: dict[str, Any], variants: Sequence[str]) -> Shard:
    runs = plain["runs"]
    if isinstance(runs, dict):  # of older versions: the seeds of every variant, one by one
        made = Runs.of(PlannedRun(name, seed) for name, seeds in runs.items() for seed in seeds)
    else:
        made = Runs(variants, (Block(*one) for one in runs))
    return Shard(**{**plain, "runs": made})
