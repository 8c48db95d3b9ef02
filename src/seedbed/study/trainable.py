"""The contract between a study and what trains its runs: a *trainable* turns settings and seeds into metrics.

Study, plan, store, analysis and report know this much of training and nothing more. The built-in recipe is the first
trainable (`trainables/recipe.py`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Container, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Literal, Self, TypeVar

from seedbed.metrics.base import Direction, Scale
from seedbed.metrics.likely import likely_direction
from seedbed.study.checkpoints import Checkpoints
from seedbed.study.code import Code, Snapshot
from seedbed.study.contents import Configuration, Contents
from seedbed.study.crossing import Source
from seedbed.study.events import Events
from seedbed.study.problems import Problem
from seedbed.study.shards import PlannedRun, Runs, Shard
from seedbed.study.suggestions import instead_of

if TYPE_CHECKING:
    from seedbed.analysis.evidence import Evidence
    from seedbed.store.models import Trained

Status = Literal["complete", "stopped", "diverged", "crashed"]
ColumnsByName = Mapping[str, Sequence[Any]]
Facts = dict[str, Any]
OwnConfiguration = TypeVar("OwnConfiguration", bound=Configuration)


class TrainableError(ValueError):
    """What a trainable returned and cannot be stored; the message names the run and what is wrong."""


@dataclass(frozen=True)
class Compute:
    """How runs are computed, as far as a trainable leaves a choice; see `engines.choice.choose`."""

    engine: str = "auto"
    device: str = "auto"
    precision: str = "float32"
    cuda_graphs: bool = False


@dataclass(frozen=True)
class Needs:
    """What a study takes of the machine, about: bytes of memory at its peak, and on disk once it is stored."""

    memory: int
    disk: int


@dataclass(frozen=True)
class DataFile:
    """A file of data that a study reads, or a folder of such.

    Attributes
    ----------
    name
        Its path from the study's directory or, of a public dataset, from a directory of data.
    path
        Where it lies.
    """

    name: str
    path: Path
    is_public: bool = False


@dataclass
class FinishedRun:
    """What is kept of one run, as one row of `runs.parquet`.

    Attributes
    ----------
    status
        "complete", "stopped" by a rule, "diverged" to numbers that are not finite, or "crashed": its code raised,
        ended or took too long.
    stop_reason
        Why it did not run to its end, in a short sentence.
    metrics
        In full, such as "val.mse", or as the trainable names them.
    columns
        More columns: plain values or one-dimensional arrays.
    """

    variant: str
    seed: int
    status: Status = "complete"
    stop_reason: str | None = None
    steps: int | None = None
    epochs: int | None = None
    seconds: float | None = None
    parameters: int | None = None
    metrics: dict[str, float] = field(default_factory=dict)
    columns: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Finished:
    """What training a shard leaves.

    Attributes
    ----------
    runs
        All of the shard's.
    tables
        Artefacts by kind: columns of the stored table of that name ("curves", "predictions", "mistakes"; see
        `store.schema`), each with "variant" and "seed". The report draws those kinds that it has a section for.
    models
        Trained networks, of every variant in the shard.
    evidence
        The record that findings are made of; runs may be without.
    """

    runs: Sequence[FinishedRun]
    tables: Mapping[str, ColumnsByName] = field(default_factory=dict)
    models: Sequence[Trained] = ()
    evidence: Sequence[Evidence] = ()


class Work(ABC):
    """A study made ready by a trainable: what would run, and the running of it.

    Parameters
    ----------
    study
        Its variants name the settings to train, and `study.to_train` the seeds: a study that adds seeds in rounds is
        made ready for each round anew. The same seed must give the same run in whatever round it is trained.
    """

    def __init__(self, study: Contents) -> None:
        self.study = study

    @property
    def shards(self) -> Sequence[Shard]:
        """All runs of the study, each in one shard; unless said otherwise a shard for each variant."""
        return [
            Shard(number, Runs.of(PlannedRun(variant.name, seed) for seed in self.study.to_train))
            for number, variant in enumerate(self.study.variants)
        ]

    @property
    def facts(self) -> Facts:
        """What `resolved.json` says beside the study itself.

        "data", "classes" and "features" where there are such; "notes" in "data" are shown before training. "paired":
        false where runs under the same seed have nothing in common, as `analysis.pairable` finds: every comparison then
        is one of two independent sets of runs. "pairing_note": why that is so, or whose runs are left out; a clause.
        "seed_labels": what to call each seed, by its index. "base_label": what base is called elsewhere.
        """
        return {}

    def facts_of(self, variant: str) -> Facts:
        """What `resolved.json` says of a variant beside its settings.

        "evaluation" by part, the beginning of a metric's name up to the dot: "kind" ("drawn": every seed has samples of
        its own, also to train on; "split": every seed divides the same samples anew; "fixed": every seed has the same),
        "samples" and "train", the sizes of the part and of the training part; "same" of a fixed part, equal where the
        samples are. Of what is not told nothing is said on new data. "runs": how many the variant has, where runs are
        not paired and variants have different numbers; they are numbered from 0.
        """
        return {}

    @property
    def needs(self) -> Needs | None:
        """What it takes of memory and disk; None where nobody can say."""
        return None

    @property
    def environment(self) -> Facts:
        """What `environment.json` says of how it is computed, such as "engine" and "device"."""
        return {}

    @property
    def at_once(self) -> int | None:
        """How many shards this machine trains side by side, each in a thread of its own that calls `train`.

        None where one is trained after another and each is shown by itself, as a group.
        """
        return None

    @property
    def files(self) -> Sequence[DataFile]:
        """The files of data that it reads, as far as they are known; those of its code `Trainable.code` says."""
        return ()

    @property
    def keeps_files(self) -> bool:
        """Whether its runs may keep files of their own, so that no run may be trained in two places at once."""
        return False

    def on(self, compute: Compute) -> Self:
        """The same, its shards cut for where they will be computed.

        Raises
        ------
        EngineError
            Where it cannot be computed so.
        """
        return self

    def warm_up(self) -> None:
        """Do once what no run's time should pay for, such as compiling."""
        return

    def hold_to(self, code: Snapshot) -> None:
        """Be told which code the study may run.

        It is held to that before every shard; work that starts code at other times calls `code.hold()` before.
        """
        return

    def close(self) -> None:
        """Give back what it holds, such as processes; called once nothing more is to be trained."""
        return

    @abstractmethod
    def train(self, shard: Shard, events: Events, checkpoints: Checkpoints) -> Finished:
        """Train the runs of a shard to their end, telling events and saving checkpoints meanwhile.

        The shard is one of `shards`, or a part of one: what does not fit into memory is halved.

        Raises
        ------
        Stopped
            Where the study is to end before the shard has; raised by `checkpoints.save`.
        """


class Trainable(ABC, Generic[OwnConfiguration]):
    """Whatever turns settings and a seed into metrics; it makes the configurations that it is asked about.

    Attributes
    ----------
    tables
        The tables of a study file that hold its settings, and what each is for.
    keys
        Every dotted key of its settings.
    exclusive
        Keys of which a variant's setting replaces another key of its base, each with that key.
    paths
        Keys, TABLE.KEY, whose values are paths and may be relative to the study's directory.
    sources
        The sources of randomness that it can give seeds of their own; see `Contents.levels`.
    metrics
        Its metrics by name, and which way is better, the most usual one first.
    open_metrics
        Whether runs may have other metrics, too, that nobody can list beforehand.
    exact_metrics
        Names that are metrics as they stand, also where they end like `@EPOCH`: hit@10.
    adds_seeds
        Whether there may be more seeds, by which people go who are told how many verdicts need.
    readies_runs
        Whether making a study ready takes time or memory for each run, as their data do; a worker then makes the runs
        of one shard ready at a time, and otherwise all of a round at once.
    """

    tables: Mapping[str, str]
    keys: Collection[str]
    exclusive: Mapping[str, str] = {}
    paths: tuple[str, ...] = ()
    sources: Collection[Source] = ()
    metrics: Mapping[str, Direction] = {}
    open_metrics: bool = False
    exact_metrics: Container[str] = ()
    adds_seeds: bool = True
    readies_runs: bool = False

    def completed(
        self, tables: Mapping[str, Any], directory: Path
    ) -> tuple[Mapping[str, Any], list[Problem]]:
        """A study's document with what only the trainable can say, such as its variants, and all that is wrong with it.

        Parameters
        ----------
        directory
            What relative paths are relative to.
        """
        return tables, []

    @abstractmethod
    def configure(self, tables: Mapping[str, Any]) -> tuple[OwnConfiguration | None, list[Problem]]:
        """The settings of a variant checked, or None and all that is wrong with them."""

    @abstractmethod
    def prepare(self, study: Contents, data_dir: Path | None = None) -> Work:
        """Load what the study needs and say how it would run.

        Raises
        ------
        StudyError
            With all that is wrong, as far as the settings alone did not tell.
        """

    def code(self, study: Contents) -> Code | None:
        """The code that a study would run and is not Seedbed's own; None where there is none.

        Asked before anything of it is imported or started; nothing is, until the user has allowed it (`study.trust`).

        Raises
        ------
        StudyError
            Where there is no such code.
        """
        return None

    def usual_metric(self, configurations: Sequence[OwnConfiguration]) -> str | None:
        """What variants are compared by unless the study says; None where the study has to."""
        return next(iter(self.metrics), None)

    def direction(self, metric: str) -> Direction | None:
        """Whether less or more of a metric is better, unless the study says; None where the study has to."""
        return self.metrics.get(metric) or likely_direction(metric)

    def scale(self, metric: str) -> Scale:
        """Whether variants are compared by differences of a metric or by ratios, unless the study says."""
        return "difference"

    def metric_problem(
        self,
        metric: str,
        configuration: OwnConfiguration | None,
        at_epoch: bool = True,
        compared: bool = False,
    ) -> Problem | None:
        """Why a variant has no such metric; None where it has.

        Parameters
        ----------
        configuration
            The variant's; None where that is wrong itself.
        at_epoch
            Whether `@EPOCH` may stand after it.
        compared
            Whether variants are to be compared by it.
        """
        if metric in self.metrics or self.open_metrics:
            return None
        return Problem("", f'"{metric}" is not a metric; {instead_of(metric, self.metrics)}')
