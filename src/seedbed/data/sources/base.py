"""What a source of data is: how its samples are made, and which files they are made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from seedbed.data import mirror
from seedbed.data.base import DataError, Samples
from seedbed.data.checksums import checksum
from seedbed.data.public import Dataset, Files
from seedbed.recipe.data import Data

Settings = TypeVar("Settings", bound=Data)


@dataclass(frozen=True)
class Request(Generic[Settings]):
    """What a source makes samples of.

    Attributes
    ----------
    settings
        The table `data` of a recipe.
    files
        The source's files.
    classification
        Whether the targets are to be classes.
    study_seed, seed
        What is drawn follows from them.
    """

    settings: Settings
    files: Files
    classification: bool
    study_seed: int
    seed: int

    @property
    def path(self) -> Path:
        """The one file, of a source that has one."""
        ((path, _),) = self.files.values()
        return path


class Size(NamedTuple):
    """How many samples one seed draws, and the bytes that they are held in."""

    samples: int
    bytes: int


def no_files(settings: Data, base: Path) -> Files:
    """Of a source that reads no files."""
    return {}


class HasPath(Protocol):
    """The table `data` of a source with a file of its own."""

    @property
    def path(self) -> str:
        """The file, relative to the study."""
        ...


def own_file(settings: HasPath, base: Path) -> Files:
    """The file that `data.path` names, counted from the directory of the study file."""
    path = mirror.found(base / settings.path)
    if not path.exists():
        raise DataError(f"data.path: there is no file {path}")
    return {settings.path: (path, checksum(path))}


@dataclass(frozen=True)
class Source:
    """Where samples come from; one row of `SOURCES`.

    Attributes
    ----------
    load
        Makes the samples. Raises DataError where it cannot.
    files
        Takes the table `data` and the directory of the study file; gives the files that `load` needs, and raises
        DataError where one is missing.
    dataset
        The public dataset whose files `load` needs instead.
    draws
        Whether every seed draws samples of its own.
    size
        How large those are, by its settings alone, so that too many are refused before any is drawn; None where only
        the samples tell.
    derived
        Columns by name that are there beside those of the file, each an expression of these.
    target
        What the target is called where the table `data` has no key `target`; None where it has no name.
    brightest
        The largest pixel of its images, which are whole numbers; None where the samples' type tells.
    resizes
        Whether images are brought to one size.
    """

    load: Callable[[Request[Any]], Samples]
    files: Callable[[Any, Path], Files] = no_files
    dataset: Dataset | None = None
    draws: bool = False
    size: Callable[[Any], Size] | None = None
    derived: Mapping[str, str] = field(default_factory=dict)
    target: str | None = None
    brightest: int | None = None
    resizes: bool = False

    def checked_files(self, settings: Data, data_dir: Path | None, base: Path) -> Files:
        """The files that `load` needs; those of a public dataset, looked for in `data_dir` first, are checked."""
        return self.dataset.checked(data_dir) if self.dataset else self.files(settings, base)
