"""A study: a recipe, what to vary in it, how many seeds, the claims to test. TOML in, every error at once."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seedbed import labs
from seedbed.hypotheses import metric_problem
from seedbed.own_data import OwnData, own_data
from seedbed.problems import Problem, StudyError
from seedbed.progress import Observer, counted
from seedbed.seeds import SeedsNeeded
from seedbed.settings import changed, flat, parse_value, parse_values
from seedbed.study_contents import Contents, check_quick, checked, with_quick
from seedbed.study_file import STUDY_KEYS
from seedbed.suggestions import nearest
from seedbed.tomltext import TomlError, to_toml
from seedbed.variants import Variant, check_keys

if TYPE_CHECKING:
    from seedbed.results import Result

NAMES_SHOWN = 5  # by repr, and of variants that are not compared


@dataclass(frozen=True, repr=False)
class Study(Contents):
    """A validated study and where it is from.

    Attributes
    ----------
    text
        The TOML as given.
    directory
        What relative paths in it are relative to.
    tables
        The document as read, with the changes of `override`.
    own_data
        The arrays that it was made with; they lie in `directory` and are stored with its results.
    """

    text: str
    directory: Path
    tables: dict[str, Any]
    place: str = "study"
    own_data: OwnData | None = None

    @classmethod
    def load(cls, path_or_lab: str | Path) -> Study:
        """Read a study file, or a lab by its name.

        Raises
        ------
        StudyError
            With all that is wrong with it.
        """
        place = str(path_or_lab)
        path = Path(path_or_lab)
        if place in labs.names() and not path.is_file():
            path = labs.path(place)
        elif path.is_dir():
            raise StudyError(place, [Problem("", "is a directory, not a study file")])
        elif not path.exists():
            raise StudyError(place, [Problem("", _nothing_there(path))])
        return _parsed(_read(path, place), place, path.absolute().parent)

    @classmethod
    def parse(cls, text: str, path: str | Path = "study.toml") -> Study:
        """Make a study of TOML text; `path` is where it is from, for messages and relative paths."""
        return _parsed(text, str(path), Path(path).absolute().parent)

    @classmethod
    def from_dict(
        cls,
        tables: Mapping[str, Any],
        *,
        directory: str | Path = ".",
        x: Any = None,
        y: Any = None,
        x_test: Any = None,
        y_test: Any = None,
        features: Sequence[str] | None = None,
    ) -> Study:
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
        try:
            if arrays:
                own = own_data(tables, arrays, features)
                return replace(_of_dict({**tables, "data": own.table(tables)}, own.path), own_data=own)
            return _of_dict(tables, Path(directory))
        except TomlError as error:
            raise StudyError("study", [Problem(error.key, error.message)]) from None

    @property
    def base(self) -> Variant:
        """The unchanged recipe."""
        return self.variants[0]

    @property
    def seeds_needed(self) -> SeedsNeeded:
        """The fewest seeds with which its comparisons and claims can get a verdict."""
        return SeedsNeeded(comparisons=len(self.variants) - 1, claims=len(self.hypotheses))

    @property
    def not_compared(self) -> tuple[str, ...]:
        """The variants that do not have the metric by which variants are compared."""
        return tuple(
            variant.name
            for variant in self.variants
            if metric_problem(self.metric, variant.recipe, at_epoch=False)
        )

    @property
    def beforehand(self) -> list[str]:
        """What to know before it runs: the seeds that verdicts need, and the variants that cannot get one."""
        said = self.seeds_needed.said(self.seeds)
        first = ", ".join(f'"{name}"' for name in self.not_compared[:NAMES_SHOWN])
        more = (
            f" and {len(self.not_compared) - NAMES_SHOWN} more"
            if len(self.not_compared) > NAMES_SHOWN
            else ""
        )
        lack = f"no verdict against base for {first}{more}: no {self.metric} there" if first else None
        return [line for line in (said, lack) if line]

    def variant(self, name: str) -> Variant:
        """The variant of that name."""
        return next(variant for variant in self.variants if variant.name == name)

    def override(
        self,
        set: Mapping[str, Any] | None = None,
        vary: Mapping[str, Any] | None = None,
        seeds: int | None = None,
        quick: bool = False,
    ) -> Study:
        """The same study with settings changed in its base, more values to vary, or another number of seeds.

        Parameters
        ----------
        quick
            Whether the settings of its table [quick] come first.
        set
            Dotted key -> value; text is read as a TOML value where it is one.
        vary
            Dotted key -> list of values, or text with commas; added to [ablate].
        """
        if not (set or vary or quick) and seeds is None:
            return self
        settings = {key: parse_value(value) for key, value in (set or {}).items()}
        if seeds is not None:
            settings["study.seeds"] = seeds
        problems: list[Problem] = []
        check_keys("set", settings, problems, also=STUDY_KEYS)
        if problems:
            raise StudyError(self.place, problems)
        tables = changed(self._quick_tables() if quick else self.tables, settings)
        ablate = flat(tables.get("ablate", {}))
        for key, text in (vary or {}).items():
            there = ablate.get(key, [])
            ablate[key] = [*there, *(value for value in parse_values(text) if value not in there)]
        tables["ablate"] = ablate
        contents = checked(tables, problems)
        if contents is None:
            raise StudyError(self.place, problems)
        return replace(self, **vars(contents), tables=tables)

    def _quick_tables(self) -> dict[str, Any]:
        if not self.tables.get("quick"):
            message = 'this study has none; write one, such as "training.epochs" = 2 and "study.seeds" = 2'
            raise StudyError(self.place, [Problem("quick", message)])
        return with_quick(self.tables)

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
            Told how it goes instead: an object with the methods `group_started(group, groups, runs, epochs, label)`,
            `epoch(epoch, epochs, active, best, median, metric)`, `group_finished()` and `message(text)`.

        Raises
        ------
        StudyError, DataError, EngineError, StoreError
            Where the study, its data, the engine or the directory of runs will not do; nothing is stored then.
        """
        from seedbed.runner import run

        return run(
            self if seeds is None else self.override(seeds=seeds),
            engine=engine,
            device=device,
            precision=precision,
            cuda_graphs=cuda_graphs,
            data_dir=data_dir,
            runs_dir=runs_dir,
            progress=progress,
            observer=observer,
        )

    def __repr__(self) -> str:
        names = [variant.name for variant in self.variants]
        listed = ", ".join(map(repr, names[:NAMES_SHOWN])) + (", ..." if len(names) > NAMES_SHOWN else "")
        better = "lower" if self.direction == "min" else "higher"
        claims = f", {counted(len(self.hypotheses), 'claim')} to test" if self.hypotheses else ""
        return (
            f"<Study {self.name}: {counted(len(names), 'variant')} ({listed}) x {counted(self.seeds, 'seed')}, "
            f"compared by {self.metric} ({better} is better){claims}>"
        )


def _of_dict(tables: Mapping[str, Any], directory: Path) -> Study:
    return _parsed(to_toml(tables), "study", directory.absolute())


def _nothing_there(path: Path) -> str:
    """That there is no such file or, where the name may be a lab's, which one was probably meant."""
    if path.suffix == ".toml":
        return "there is no such file"
    found = nearest(str(path), labs.names())
    return "there is no such file and no such lab" + (f'; did you mean the lab "{found}"?' if found else "")


def _read(path: Path, place: str) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"not UTF-8 text: byte {error.object[error.start]:#04x} at position {error.start}"
        raise StudyError(place, [Problem("", message)]) from None
    except OSError as error:
        raise StudyError(place, [Problem("", f"cannot be read: {error.strerror}")]) from None


def _parsed(text: str, place: str, directory: Path) -> Study:
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise StudyError(place, [Problem("", f"not valid TOML: {error}")]) from None
    problems: list[Problem] = []
    contents = checked(tables, problems)
    check_quick(tables, problems)
    if problems or contents is None:
        raise StudyError(place, problems)
    return Study(**vars(contents), text=text, directory=directory, tables=tables, place=place)
