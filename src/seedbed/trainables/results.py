"""Results that exist already as a trainable: its variants and seeds are those of a table, and its runs are read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from seedbed.data.checksums import checksum
from seedbed.metrics.base import Direction
from seedbed.metrics.likely import likely_direction
from seedbed.metrics.names import split_epoch
from seedbed.study.checkpoints import Checkpoints
from seedbed.study.contents import Contents
from seedbed.study.events import Events
from seedbed.study.known_keys import known_keys
from seedbed.study.problems import Problem, StudyError, problems_of
from seedbed.study.settings import changed
from seedbed.study.shards import PlannedRun, Runs, Shard
from seedbed.study.suggestions import instead_of
from seedbed.study.trainable import (
    Facts,
    Finished,
    FinishedRun,
    Trainable,
    Work,
)
from seedbed.text import counted
from seedbed.trainables.judged.judged import Judged
from seedbed.trainables.judged.rows import Wrong
from seedbed.trainables.judged.settings import ResultsSettings
from seedbed.trainables.judged.variants import TABLE
from seedbed.values import FrozenModel

OF_TABLE = ("variant", "ablate", "grid", TABLE)  # what a table of results says itself


class ResultsFile(FrozenModel):
    """The part of a study file that is about results."""

    results: ResultsSettings


class Settings:
    """The settings of a variant, and where they were read."""

    def __init__(self, path: str, settings: Mapping[str, Any]) -> None:
        self._plain = {"results": {"path": path}, TABLE: dict(settings)}

    def model_dump(self) -> dict[str, Any]:
        """Plain data."""
        return self._plain


class ResultsTrainable(Trainable[Settings]):
    """Reads its runs from a table; see `judged`.

    A study file has the table [results] and neither settings nor variants, which the table of results tells. It is read
    once, when the study is.
    """

    tables: Mapping[str, str] = {
        "results": "Where results lie that exist already, and which of their columns say what.",
        TABLE: "The settings of base, which the table of results tells.",
    }
    paths = ("results.path",)
    open_metrics = True
    adds_seeds = False

    def __init__(self, tables: Mapping[str, Any]) -> None:
        self.keys = tuple(f"results.{key}" for key in known_keys(ResultsSettings))
        self.metrics: Mapping[str, Direction] = {}
        self.judged: Judged | None = None

    def completed(
        self, tables: Mapping[str, Any], directory: Path
    ) -> tuple[Mapping[str, Any], list[Problem]]:
        """The document with the variants and seeds that the table of results has."""
        problems = [
            Problem(name, "the table of results says which variants there are; leave this out")
            for name in OF_TABLE
            if tables.get(name)
        ]
        try:
            settings = ResultsFile.model_validate({"results": tables.get("results")}).results
        except ValidationError as error:
            problems += problems_of(error, ResultsFile, {"results": tables.get("results")})
            return tables, problems
        asks = tables.get("study")
        study: Mapping[str, Any] = asks if isinstance(asks, Mapping) else {}
        metric = study.get("metric")
        if not isinstance(metric, str):
            problems.append(Problem("study.metric", "expected the column that variants are compared by"))
        if problems or not isinstance(metric, str):
            return tables, problems
        try:
            self.judged = Judged.read(settings, metric, directory)
            return self._with(self.judged, tables, study), []
        except Wrong as error:
            return tables, error.problems

    def _with(self, judged: Judged, tables: Mapping[str, Any], study: Mapping[str, Any]) -> dict[str, Any]:
        seeds = study.get("seeds", judged.seeds)
        if seeds != judged.seeds:
            raise Wrong(
                Problem(
                    "study.seeds",
                    f"the results have {counted(judged.seeds, 'seed')}, and nothing is run that could add others; "
                    "leave the key out",
                )
            )
        if len(judged.named.names) == 1 and not tables.get("hypothesis"):
            raise Wrong(
                Problem(
                    "results.variant", f"all runs are of one variant, {judged.named.of_base}; expected two"
                )
            )
        base, *others = judged.settings
        self.keys = (*self.keys, *base)
        self.metrics = {name: way for name in judged.found.metrics if (way := likely_direction(name))}
        self.exact_metrics = judged.found.metrics
        full = changed({TABLE: {}, **tables}, base, {})
        named = [
            {"name": name, "set": {key: value for key, value in one.items() if value != base[key]}}
            for name, one in zip(judged.named.names[1:], others, strict=True)
        ]
        description = f"Results of {Path(judged.path).name}, where base is {judged.named.of_base}."
        return {
            "description": description,
            **full,
            "variant": named,
            "study": {**study, "seeds": seeds},
            **(
                {"hypothesis": judged.named.in_claims(tables["hypothesis"])} if "hypothesis" in tables else {}
            ),
        }

    def configure(self, tables: Mapping[str, Any]) -> tuple[Settings | None, list[Problem]]:
        """The settings of a variant as they stand in the table."""
        return Settings(tables["results"]["path"], tables[TABLE]), []

    def metric_problem(
        self, metric: str, configuration: Settings | None, at_epoch: bool = True, compared: bool = False
    ) -> Problem | None:
        """Why the table has no such metric."""
        assert self.judged
        known = self.judged.found.metrics
        name, epoch = (metric, None) if metric in known else split_epoch(metric)
        if name not in known:
            return Problem("", f'"{metric}" is not a metric; {instead_of(name, known)}')
        if epoch is None:
            return None
        if not at_epoch or self.judged.found.curves is None:
            return Problem(
                "", f'"{metric}" needs rows of single epochs, and a column of them in results.epoch'
            )
        return None

    def prepare(self, study: Contents, data_dir: Path | None = None) -> ResultsWork:
        """The runs of the table."""
        assert self.judged
        if study.to_train.stop > self.judged.seeds:
            message = "nothing is run here that could add seeds; add rows to the table, and judge it again"
            raise StudyError(study.origin, [Problem("study.seeds", message)])
        return ResultsWork(study, self.judged)


class ResultsWork(Work):
    """Gives the runs of a table; nothing is trained."""

    def __init__(self, study: Contents, judged: Judged) -> None:
        super().__init__(study)
        self._judged = judged
        names = dict(zip(judged.named.order, judged.named.names, strict=True))
        kept = judged.kept.tolist()
        variants = judged.found.variant[judged.kept].tolist()
        self._runs = {
            (names[variant], seed): run
            for variant, seed, run in zip(variants, judged.seed.tolist(), kept, strict=True)
        }

    @property
    def shards(self) -> Sequence[Shard]:
        """All runs at once."""
        wanted = {variant.name for variant in self.study.variants}
        runs = Runs.of(
            PlannedRun(name, seed)
            for name, seed in self._runs
            if name in wanted and seed in self.study.to_train
        )
        return [Shard(0, runs, "reading results")] if runs else []

    @property
    def facts(self) -> Facts:
        """Rows, notes, and how seeds are called and paired."""
        judged = self._judged
        facts: Facts = {"base_label": judged.named.of_base, "data": {"notes": judged.notes}}
        if judged.pairable.reason:
            facts["pairing_note"] = judged.pairable.reason
        if not judged.pairable.paired:
            return {**facts, "paired": False}
        return {**facts, "seed_labels": [str(label) for label in judged.pairable.seeds]}

    def facts_of(self, variant: str) -> Facts:
        """How many runs it has, where these differ."""
        return {} if self._judged.pairable.paired else {"runs": self._judged.runs[variant]}

    @property
    def environment(self) -> Facts:
        """The checksum of the table."""
        file = self._judged.file
        return {"data": {file.name: checksum(file)}} if file.is_file() else {}

    def train(self, shard: Shard, events: Events, checkpoints: Checkpoints) -> Finished:
        """The runs of the shard, and their curves."""
        found = self._judged.found
        chosen = [self._runs[run.variant, run.seed] for run in shard.runs]
        metrics = {name: values.tolist() for name, values in found.metrics.items()}
        metric = self.study.metric
        runs = []
        for planned, run in zip(shard.runs, chosen, strict=True):
            status = found.status[run]
            own = {name: values[run] for name, values in metrics.items() if values[run] == values[run]}
            reason = None if status == "complete" else _reason(status, metric, metrics[metric][run])
            runs.append(FinishedRun(planned.variant, planned.seed, status, reason, metrics=own))
        return Finished(runs, {"curves": self._curves(shard, chosen)} if found.curves else {})

    def _curves(self, shard: Shard, chosen: Sequence[int]) -> dict[str, Sequence[Any]]:
        curves = self._judged.found.curves
        assert curves
        place = np.full(len(self._judged.found.variant), -1)
        place[np.array(chosen, np.int64)] = np.arange(len(chosen))
        at = place[curves["run"]]
        kept = at >= 0
        names = np.array([run.variant for run in shard.runs], dtype=object)
        seeds = np.array([run.seed for run in shard.runs])
        epochs = curves["epoch"][kept]
        return {
            "variant": names[at[kept]].tolist(),
            "seed": seeds[at[kept]],
            "step": epochs,
            "epoch": epochs,
            "metric": curves["metric"][kept].tolist(),
            "value": curves["value"][kept],
        }


def _reason(status: str, metric: str, value: float) -> str:
    return f"{metric} is {value:g}" if status == "diverged" else "the table says that it failed"
