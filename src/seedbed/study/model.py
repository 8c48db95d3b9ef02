"""A study: a recipe, what to vary in it, how many seeds, the claims to test. TOML in, every error at once."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from seedbed.study import labs
from seedbed.study.file import STUDY_KEYS
from seedbed.study.hypotheses import metric_problem
from seedbed.study.own_data import OwnData, own_data
from seedbed.study.parser import Contents, check_quick, checked, with_quick
from seedbed.study.problems import Problem, StudyError
from seedbed.study.seeds import SeedsNeeded
from seedbed.study.settings import changed, flat, parse_value, parse_values
from seedbed.study.suggestions import nearest
from seedbed.study.tomltext import TomlError, to_toml
from seedbed.study.variants import Variant, check_keys
from seedbed.text import counted

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
    def load(cls, path_or_lab: str | Path) -> Self:
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
        return cls._parsed(_read(path, place), place, path.absolute().parent)

    @classmethod
    def parse(cls, text: str, path: str | Path = "study.toml") -> Self:
        """Make a study of TOML text; `path` is where it is from, for messages and relative paths."""
        return cls._parsed(text, str(path), Path(path).absolute().parent)

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
        try:
            if arrays:
                own = own_data(tables, arrays, features)
                return replace(cls._of_dict({**tables, "data": own.table(tables)}, own.path), own_data=own)
            return cls._of_dict(tables, Path(directory))
        except TomlError as error:
            raise StudyError("study", [Problem(error.key, error.message)]) from None

    @classmethod
    def _of_dict(cls, tables: Mapping[str, Any], directory: Path) -> Self:
        return cls._parsed(to_toml(tables), "study", directory.absolute())

    @classmethod
    def _parsed(cls, text: str, place: str, directory: Path) -> Self:
        try:
            tables = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise StudyError(place, [Problem("", f"not valid TOML: {error}")]) from None
        problems: list[Problem] = []
        contents = checked(tables, problems)
        check_quick(tables, problems)
        if problems or contents is None:
            raise StudyError(place, problems)
        return cls(**vars(contents), text=text, directory=directory, tables=tables, place=place)

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
    ) -> Self:
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

    def __repr__(self) -> str:
        names = [variant.name for variant in self.variants]
        listed = ", ".join(map(repr, names[:NAMES_SHOWN])) + (", ..." if len(names) > NAMES_SHOWN else "")
        better = "lower" if self.direction == "min" else "higher"
        claims = f", {counted(len(self.hypotheses), 'claim')} to test" if self.hypotheses else ""
        return (
            f"<Study {self.name}: {counted(len(names), 'variant')} ({listed}) x {counted(self.seeds, 'seed')}, "
            f"compared by {self.metric} ({better} is better){claims}>"
        )


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
