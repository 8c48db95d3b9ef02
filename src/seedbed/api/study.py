"""A study for Python users: loaded, changed and run; unless a trainable is given, the study says which trains it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from seedbed.analysis.looks import AT_MOST
from seedbed.study import model
from seedbed.study.model import Chosen
from seedbed.study.of_function import directory_of, document
from seedbed.study.trainable import Compute
from seedbed.trainables.choice import choosing, trainable_of

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from seedbed.api.result import Result
    from seedbed.execution.progress import Observer
    from seedbed.metrics.base import Direction, Scale


class Study(model.Study):
    """A validated study that can be run; see `study.model.Study`."""

    @classmethod
    def load(cls, path_or_lab: str | Path, trainable: Chosen | None = None) -> Self:
        """Read a study file, or a lab by its name.

        Raises
        ------
        StudyError
            With all that is wrong with it.
        """
        return super().load(path_or_lab, trainable or trainable_of)

    @classmethod
    def parse(cls, text: str, path: str | Path = "study.toml", trainable: Chosen | None = None) -> Self:
        """Make a study of TOML text; `path` is where it is from, for messages and relative paths."""
        return super().parse(text, path, trainable or trainable_of)

    @classmethod
    def from_dict(
        cls,
        tables: Mapping[str, Any],
        trainable: Chosen | None = None,
        *,
        directory: str | Path = ".",
        x: ArrayLike | None = None,
        y: ArrayLike | None = None,
        x_test: ArrayLike | None = None,
        y_test: ArrayLike | None = None,
        features: Sequence[str] | None = None,
    ) -> Self:
        """Make a study of plain data: the tables of a study file as dictionaries, and where wanted arrays.

        Parameters
        ----------
        tables
            As in a file: `{"name": ..., "data": {...}, "model": {...}, "training": {...}, "study": {...}}` and,
            where wanted, "ablate", "grid", "variant" and "hypothesis". A key whose value is None is left out.
        directory
            What relative paths in them are relative to.
        x, y
            Arrays instead of a source: (rows, features) numbers or images, and a number or class for each. They
            are stored with every result.
        x_test, y_test
            The same for a test part of their own; x and y are then split into training and validation.
        features
            Names of the columns of x; those of a data frame, or x0, x1, ... unless given.

        Raises
        ------
        StudyError, DataError
            With all that is wrong with it.
        """
        given = {"x": x, "y": y, "x_test": x_test, "y_test": y_test}
        arrays = {name: array for name, array in given.items() if array is not None}
        return cls._from_dict(tables, trainable or trainable_of, directory, arrays, features)

    @classmethod
    def of(
        cls,
        function: Callable[..., Any],
        settings: Mapping[str, Any] | None = None,
        *,
        metric: str,
        ablate: Mapping[str, Sequence[Any]] | None = None,
        grid: Mapping[str, Sequence[Any]] | None = None,
        seeds: int | None = None,
        hypotheses: Sequence[Mapping[str, Any]] = (),
        name: str | None = None,
        direction: Direction | None = None,
        scale: Scale | None = None,
        matters: float | None = None,
        **options: Any,
    ) -> Self:
        """Make a study of a Python function of your own.

        >>> def run(settings, seed):
        ...     return {"accuracy": train_somehow(settings["lr"], seed)}
        >>> study = Study.of(run, settings={"lr": 0.1}, ablate={"lr": [0.01, 1.0]}, seeds=10, metric="accuracy")

        Parameters
        ----------
        function
            `function(settings, seed)` returns a dict of metrics, or yields one for each epoch; with a third parameter
            `run` it is given that object, too. It runs in processes of its own.
        settings
            Those of the base, by name; dictionaries within are nested settings.
        metric
            By which of its metrics variants are compared.
        ablate, grid
            Setting ("lr", "model.depth") -> values to try: one at a time, or all combinations.
        hypotheses
            Claims, as the tables [[hypothesis]] of a study file.
        name
            By default the function's.
        direction, scale, matters
            As in the table [study] of a study file.
        options
            As in its table [function]: timeout, memory, threads, at_once, stop.

        Raises
        ------
        StudyError
            With all that is wrong with it.
        """
        asked = {"seeds": seeds, "metric": metric, "direction": direction, "scale": scale, "matters": matters}
        varied = {"ablate": ablate, "grid": grid}
        tables = document(function, name, settings or {}, varied, hypotheses, options, asked)
        return cls._from_dict(tables, choosing(function), directory_of(function), {}, None)

    def run(
        self,
        seeds: int | None = None,
        *,
        engine: str = "auto",
        device: str = "auto",
        precision: str = "float32",
        cuda_graphs: bool = False,
        data_dir: str | os.PathLike[str] | None = None,
        runs_dir: str | os.PathLike[str] | None = None,
        progress: bool | None = None,
        observer: Observer | None = None,
        until: Literal["decided"] | None = None,
        at_most: int = AT_MOST,
        budget: float | None = None,
        on: str = "local",
        trust: bool = False,
    ) -> Result:
        """Train every variant under every seed and store all of it.

        Parameters
        ----------
        seeds
            How many seeds instead of the study's.
        engine
            Compute backend: "numpy", "torch", "fused", or "auto" for the fastest that fits.
        device, precision, cuda_graphs
            Of the torch engine: where it computes ("auto", "cpu" or "cuda"), in which numbers ("float32", "tf32" or
            "bf16"), and whether a GPU's training steps are recorded once and replayed.
        data_dir
            Where public datasets are looked for first.
        runs_dir
            Where studies are kept; by default $SEEDBED_RUNS, or ./runs.
        progress
            Whether to show how it goes; by default on a terminal and in a notebook.
        observer
            Called instead of a display: an object with the methods `group_started(group)`, where `group` has the
            fields group, groups, runs, epochs, label and unit; `epoch(epoch)`, with the fields epoch, epochs, active,
            best, median and metric; `group_finished()`; and `message(text)`.
        until
            "decided" adds seeds in rounds, to the variants of undecided claims, until all claims are decided (of a
            study without claims: its comparisons with base), by a rule that
            allows for every look. `seeds` plays no part.
        at_most, budget
            Then: the most seeds per variant, and the seconds that it may take.
        on
            Where shards are computed: "local", "processes" of this machine, "ray" (a cluster that is started for it) or
            "ray://HOST:PORT".
        trust
            Whether code that the study names may run, a function or a command; a yes is remembered for this study and
            the files of the code as they are.

        Raises
        ------
        TrustError
            Where the study names code that was not allowed to run.
        StudyError, DataError, EngineError, StoreError
            Where the study, its data, the engine or the directory of runs will not do; nothing is stored then.
        """
        # Training need not wait for what reads results, nor reading for what trains.
        from seedbed.execution.rounds import Until
        from seedbed.execution.runner import run

        directory = run(
            self if seeds is None else self.override(seeds=seeds),
            until=Until(at_most, budget) if until else None,
            compute=Compute(engine, device, precision, cuda_graphs),
            data_dir=data_dir,
            runs_dir=runs_dir,
            progress=progress,
            observer=observer,
            on=on,
            trust=trust,
        )
        from seedbed.api.result import Result

        return Result.open(directory)


run = Study.run  # seedbed.run(study, ...)


def resume(
    id_or_path: str | Path,
    seeds: int | None = None,
    trainable: Chosen | None = None,
    *,
    function: Callable[..., Any] | None = None,
    data_dir: str | os.PathLike[str] | None = None,
    runs_dir: str | os.PathLike[str] | None = None,
    progress: bool | None = None,
    observer: Observer | None = None,
    on: str | None = None,
    trust: bool = False,
) -> Result:
    """Go on with a stored study that was interrupted, killed or failed, as if it never had been.

    Parameters
    ----------
    id_or_path
        As `open` takes it.
    seeds
        How many seeds per variant it is to have, also where it is complete; nothing is trained again.
    trainable
        What trains its runs, where the stored study does not say.
    function
        The function that a study was made of with `Study.of`, where no module beside it has it, as in a notebook.
    data_dir, runs_dir, progress, observer, on, trust
        See `Study.run`.

    Raises
    ------
    StudyError, DataError, EngineError, StoreError
        Where it cannot be gone on with: another process writes it, it is damaged, or what it was begun with is gone.
    """
    from seedbed.execution import resuming
    from seedbed.store.reader import find
    from seedbed.store.schema import runs_root

    directory = find(runs_root(runs_dir), str(id_or_path))
    resuming.resume(
        directory,
        trainable or (choosing(function) if function else trainable_of),
        seeds=seeds,
        data_dir=data_dir,
        progress=progress,
        observer=observer,
        on=on,
        trust=trust,
    )
    from seedbed.api.result import Result

    return Result.open(directory)


def load(path_or_lab: str | Path) -> Study:
    """Read a study file, or a lab by its name.

    Raises
    ------
    StudyError
        With all that is wrong with it.
    """
    return Study.load(path_or_lab)
