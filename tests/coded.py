"""A trainable whose runs are scored by code beside the study, for tests of code and trust; it only reads that code."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from seedbed.api import Study
from seedbed.metrics.base import Direction
from seedbed.study.checkpoints import Checkpoints
from seedbed.study.code import Code
from seedbed.study.contents import Contents
from seedbed.study.events import Events
from seedbed.study.problems import Problem
from seedbed.study.trainable import Finished, FinishedRun, Shard, Trainable, Work

TEXT = """
name = "coded"

[coded]
skill = 5.0

[study]
seeds = 2

[ablate]
"coded.skill" = [5.5]
"""


class Settings(dict[str, Any]):
    """What a variant sets."""

    def model_dump(self) -> dict[str, Any]:
        return {"coded": dict(self)}


class Coded(Trainable[Settings]):
    """Adds the number in a file to its setting `skill`; its setting `words` is taken for code."""

    tables: Mapping[str, str] = {"coded": "How well it does."}
    keys = ("coded.skill", "coded.words")
    metrics: Mapping[str, Direction] = {"score": "max"}

    def __init__(self, file: str = "bonus.txt", is_given: bool = False, to_prepare: bool = False) -> None:
        self.file, self.is_given, self.to_prepare = file, is_given, to_prepare
        self.prepared = 0

    def configure(self, tables: Mapping[str, Any]) -> tuple[Settings | None, list[Problem]]:
        return Settings({"words": "read the bonus", **tables.get("coded", {})}), []

    def code(self, study: Contents) -> Code:
        words = {variant.configuration["words"] for variant in study.variants}
        what, files = "\n".join(sorted(words)), (study.directory / self.file,)
        return Code(what, files, is_given=self.is_given, to_prepare=self.to_prepare)

    def prepare(self, study: Contents, data_dir: Path | None = None) -> Work:
        self.prepared += 1
        return Reading(study, self.file)


class Reading(Work):
    """Reads the file for every shard; `before` is called with each."""

    def __init__(self, study: Contents, file: str) -> None:
        super().__init__(study)
        self.file = study.directory / file

    def train(self, shard: Shard, events: Events, checkpoints: Checkpoints) -> Finished:
        skill = {variant.name: variant.configuration["skill"] for variant in self.study.variants}
        bonus = float(self.file.read_text())
        runs = [
            FinishedRun(run.variant, run.seed, metrics={"score": skill[run.variant] + bonus})
            for run in shard.runs
        ]
        return Finished(runs)


def coded(directory: Path, trainable: Coded | None = None, bonus: str = "1") -> Study:
    """A study of it in a directory, with its file of code."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "bonus.txt").write_text(bonus)
    (directory / "study.toml").write_text(TEXT)
    return Study.load(directory / "study.toml", trainable or Coded())
