"""A study: a configuration, what to vary in it, how many seeds, the claims to test."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from seedbed.study import crossing, parser
from seedbed.study.contents import Contents, Variant
from seedbed.study.document import check_size, tables_of, text_of
from seedbed.study.own_data import OwnFile, own_data
from seedbed.study.problems import Problem, StudyError
from seedbed.study.seeds import SeedsNeeded
from seedbed.study.settings import parse_value, parse_values
from seedbed.study.tomltext import TomlError, to_toml
from seedbed.study.trainable import Trainable
from seedbed.text import counted

# What trains a study's runs, or what chooses it, given the study's document and where that is from.
Chosen = Trainable | Callable[[Mapping[str, Any], str], Trainable]
NAMES_SHOWN = 5  # by repr, and of variants that are not compared


@dataclass(frozen=True, repr=False)
class Study(Contents):
    """A validated study and where it is from.

    Attributes
    ----------
    text
        The TOML as given.
    tables
        The document as read, with the changes of `override`.
    trainable
        What trains its runs.
    own_data
        The arrays or the table that it was made with; they lie in `directory` and are stored with its results.
    """

    text: str
    tables: dict[str, Any]
    trainable: Trainable
    own_data: OwnFile | None = None

    @classmethod
    def load(cls, path_or_lab: str | Path, trainable: Chosen) -> Self:
        """Read a study file, or a lab by its name.

        Raises
        ------
        StudyError
            With all that is wrong with it.
        """
        text, path = text_of(path_or_lab)
        return cls._of(text, trainable, str(path_or_lab), path.absolute().parent)

    @classmethod
    def parse(cls, text: str, path: str | Path, trainable: Chosen) -> Self:
        """Make a study of TOML text; `path` is where it is from, for messages and relative paths."""
        return cls._of(text, trainable, str(path), Path(path).absolute().parent)

    @classmethod
    def _from_dict(
        cls,
        tables: Mapping[str, Any],
        trainable: Chosen,
        directory: str | Path,
        arrays: Mapping[str, Any],
        features: Sequence[str] | None,
        origin: str = "study",
    ) -> Self:
        """Make a study of plain data and, where there are any, arrays; see `own_data.own_data`."""
        check_size(tables, origin)
        try:
            if not arrays:
                return cls._of(to_toml(tables), trainable, origin, Path(directory).absolute())
            own = own_data(tables, arrays, features)
            text = to_toml({**tables, "data": own.table(tables)})
            return replace(cls._of(text, trainable, "study", own.path.absolute()), own_data=own)
        except TomlError as error:
            raise StudyError(origin, [Problem(error.key, error.message)]) from None

    @classmethod
    def _of(cls, text: str, chosen: Chosen, origin: str, directory: Path) -> Self:
        tables = tables_of(text, origin)
        trainable = chosen if isinstance(chosen, Trainable) else chosen(tables, origin)
        contents = parser.contents_of(tables, trainable, origin, directory)
        return cls(**vars(contents), text=text, tables=tables, trainable=trainable)

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
            if self.trainable.metric_problem(self.metric, variant.configuration, at_epoch=False)
        )

    @property
    def beforehand(self) -> list[str]:
        """What to know before it runs: the seeds that verdicts need, and the variants that cannot get one."""
        if self.vary_seeds:  # nothing gets a verdict
            return [crossing.summary(self.vary_seeds, self.seeds)]
        needed = self.seeds_needed.summary(self.seeds) if self.trainable.adds_seeds else None
        return [line for line in (needed, self.lack) if line]

    @property
    def lack(self) -> str | None:
        """Which variants cannot be compared with base, in a sentence; None where all can."""
        first = ", ".join(f'"{name}"' for name in self.not_compared[:NAMES_SHOWN])
        more = (
            f" and {len(self.not_compared) - NAMES_SHOWN} more"
            if len(self.not_compared) > NAMES_SHOWN
            else ""
        )
        return f"no verdict against base for {first}{more}: no {self.metric} there" if first else None

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
        values = {key: parse_values(text) for key, text in (vary or {}).items()}
        contents, tables = parser.changed_contents(self, self.tables, self.trainable, settings, values, quick)
        return replace(self, **vars(contents), tables=tables)

    def __repr__(self) -> str:
        names = [variant.name for variant in self.variants]
        listed = ", ".join(map(repr, names[:NAMES_SHOWN])) + (", ..." if len(names) > NAMES_SHOWN else "")
        better = "lower" if self.direction == "min" else "higher"
        claims = f", {counted(len(self.hypotheses), 'claim')} to test" if self.hypotheses else ""
        return (
            f"<Study {self.name}: {counted(len(names), 'variant')} ({listed}) x {counted(self.seeds, 'seed')}, "
            f"compared by {self.metric} ({better} is better){claims}>"
        )
