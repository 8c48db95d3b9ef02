"""What Python users start from: load a study, run it, open a result. Joins what is kept apart below."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from seedbed.results import result
from seedbed.store.reader import find
from seedbed.store.schema import runs_root
from seedbed.study import model
from seedbed.study.trainable import Compute, Trainable
from seedbed.trainables.recipe import RecipeTrainable

if TYPE_CHECKING:
    from seedbed.execution.progress import Observer
    from seedbed.results.predictions import Predictions
    from seedbed.results.variant_table import VariantTable


RECIPE = RecipeTrainable()


class Study(model.Study):
    """A validated study that can be run; see `study.model.Study`."""

    @classmethod
    def load(cls, path_or_lab: str | Path, trainable: Trainable = RECIPE) -> Self:
        """Read a study file, or a lab by its name.

        Raises
        ------
        StudyError
            With all that is wrong with it.
        """
        return super().load(path_or_lab, trainable)

    @classmethod
    def parse(cls, text: str, path: str | Path = "study.toml", trainable: Trainable = RECIPE) -> Self:
        """Make a study of TOML text; `path` is where it is from, for messages and relative paths."""
        return super().parse(text, path, trainable)

    @classmethod
    def from_dict(
        cls,
        tables: Mapping[str, Any],
        trainable: Trainable = RECIPE,
        *,
        directory: str | Path = ".",
        x: Any = None,
        y: Any = None,
        x_test: Any = None,
        y_test: Any = None,
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
        return cls._from_dict(tables, trainable, directory, arrays, features)

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
            fields group, groups, runs, epochs and label; `epoch(epoch)`, with the fields epoch, epochs, active, best,
            median and metric; `group_finished()`; and `message(text)`.

        Raises
        ------
        StudyError, DataError, EngineError, StoreError
            Where the study, its data, the engine or the directory of runs will not do; nothing is stored then.
        """
        from seedbed.execution.runner import (
            run,  # training need not wait for what reads results, nor the reverse
        )

        directory = run(
            self if seeds is None else self.override(seeds=seeds),
            Compute(engine, device, precision, cuda_graphs),
            data_dir=data_dir,
            runs_dir=runs_dir,
            progress=progress,
            observer=observer,
        )
        return Result.open(directory)


class Result(result.Result):
    """A study's directory, opened for reading and for telling; see `results.result.Result`."""

    @cached_property
    def document(self) -> dict[str, Any]:
        """The document of `run --json`: numbers as numbers, what is absent or not finite as None."""
        from seedbed.results.documents import document

        return document(self)

    @property
    def table(self) -> VariantTable:
        """The variants side by side; aligned text, and a table in a notebook."""
        from seedbed.results.variant_table import VariantTable

        return VariantTable(self)

    def report(self, path: str | os.PathLike[str] | None = None) -> Path:
        """Write the report, by default beside the runs, and its figures into `figures/` next to it."""
        from seedbed.report.page import write_page

        target = self.directory / "report.html" if path is None else Path(path)
        write_page(self, target)
        return target

    def predict(self, rows: Any, variant: str | None = None, targets: Any = None) -> Predictions:
        """Ask the trained networks of one variant, by every seed, about new rows.

        Parameters
        ----------
        rows
            A file or folder of images by its path, a data frame, or an array.
        variant
            Its name; where absent, the first of the ranking that has trained networks.
        targets
            With an array or data frame: what is right, to score the predictions. Files carry it themselves.

        Raises
        ------
        StoreError, TrainedError, DataError
            Where there are no trained networks, or the rows do not fit them.
        """
        from seedbed.results.predict import predict

        return predict(self.directory, rows, variant, targets)

    def __repr__(self) -> str:
        from seedbed.results.documents import line

        return line(self)

    def _repr_html_(self) -> str:
        return self.table._repr_html_()


run = Study.run  # seedbed.run(study, ...)


def load(path_or_lab: str | Path) -> Study:
    """Read a study file, or a lab by its name.

    Raises
    ------
    StudyError
        With all that is wrong with it.
    """
    return Study.load(path_or_lab)


def open(id_or_path: str | Path, runs_dir: str | os.PathLike[str] | None = None) -> Result:
    """Open the result of a study that was run.

    Parameters
    ----------
    id_or_path
        Its directory, its id or the beginning of that, or the study's name for its latest run.
    runs_dir
        Where studies are kept; by default $SEEDBED_RUNS, or ./runs.

    Raises
    ------
    StoreError
        Where nothing, or more than one id, fits.
    """
    return Result.open(find(runs_root(runs_dir), str(id_or_path)))
