"""What running a study would do: its runs cut into shards, and what they cost."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seedbed.study.model import Study
from seedbed.study.trainable import PlannedRun, Work


@dataclass(frozen=True)
class Plan:
    """A study, ready to run.

    Attributes
    ----------
    work
        What its trainable made of it.
    """

    study: Study
    work: Work

    @property
    def runs(self) -> list[PlannedRun]:
        """All runs, shard by shard."""
        return [run for shard in self.work.shards for run in shard.runs]

    @property
    def facts(self) -> dict[str, Any]:
        """What the data of the base variant are, where its trainable has data; else empty."""
        return self.work.facts.get("data") or {}

    def document(self) -> dict[str, Any]:
        """What `check --json` prints; parameters and steps at its top are those of all runs together."""
        blocks = [(shard.runs.names, block) for shard in self.work.shards for block in shard.runs.blocks]
        costs = {name: block for names, block in reversed(blocks) for name in names[block.first : block.end]}
        needed = self.study.seeds_needed
        return {
            "study": self.study.name,
            "variants": [
                {
                    "name": variant.name,
                    "settings": variant.settings,
                    "parameters": costs[variant.name].parameters,
                    "steps": costs[variant.name].steps,
                }
                for variant in self.study.variants
            ],
            "metric": self.study.metric,
            "direction": self.study.direction,
            "seeds": self.study.seeds,
            "vary_seeds": list(self.study.vary_seeds),
            "seeds_needed": {"versus_base": needed.versus_base, "hypotheses": needed.hypotheses},
            "not_compared": list(self.study.not_compared),
            "data": self.facts or None,
            "runs": sum(block.runs for _, block in blocks),
            "groups": len(self.work.shards),
            "parameters": _sum((block.parameters, block.runs) for _, block in blocks),
            "steps": _sum((block.steps, block.runs) for _, block in blocks),
            "memory_bytes": self.work.needs and self.work.needs.memory,
            "disk_bytes": self.work.needs and self.work.needs.disk,
        }


def plan(study: Study, data_dir: Path | None = None) -> Plan:
    """Have the study's trainable load what it needs and cut its runs into shards.

    Where that runs code of the study (`Code.to_prepare`), its user has allowed it; see `study.trust`.

    Parameters
    ----------
    data_dir
        Where public datasets are looked for first.

    Raises
    ------
    StudyError
        With all that is wrong as far as the settings alone did not tell.
    """
    return Plan(study, study.trainable.prepare(study, data_dir))


def _sum(numbers: Iterable[tuple[int | None, int]]) -> int | None:
    """The sum of numbers, each so many times; None where one is not known."""
    total = 0
    for number, times in numbers:
        if number is None:
            return None
        total += number * times
    return total
