"""Every source of samples by its name in a recipe: which files it reads, and what makes samples of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seedbed.data.base import DataError, Samples

Files = dict[str, tuple[Path, str]]  # path and sha256, by the name that is recorded


@dataclass(frozen=True)
class Request:
    """What a source is asked for.

    Attributes
    ----------
    settings
        The table `data` of a recipe.
    files
        What the source's `files` found.
    classification
        Whether the targets are to be classes.
    study_seed, seed
        What is drawn follows from them.
    """

    settings: Any
    files: Files
    classification: bool
    study_seed: int
    seed: int

    @property
    def path(self) -> Path:
        """The one file."""
        ((path, _),) = self.files.values()
        return path


def _no_files(settings: Any, data_dir: Path | None, base: Path) -> Files:
    return {}


def _public_files(settings: Any, data_dir: Path | None, base: Path) -> Files:
    from seedbed.data import cache

    return cache.checked(settings.source, data_dir)


def _own_file(settings: Any, data_dir: Path | None, base: Path) -> Files:
    from seedbed.data import cache

    path = base / settings.path
    if not path.exists():
        raise DataError(f"data.path: there is no file {path}")
    return {settings.path: (path, cache.checksum(path))}


def _own_folder(settings: Any, data_dir: Path | None, base: Path) -> Files:
    from seedbed.data.sources import folder

    return {settings.path: (base / settings.path, folder.content(base / settings.path))}


# Each source imports its own large libraries, so all are imported when they are asked.


def _function(request: Request) -> Samples:
    from seedbed.data.sources import function

    return function.load(request.settings, study_seed=request.study_seed, seed=request.seed)


def _table(request: Request) -> Samples:
    from seedbed.data.sources import table

    settings = request.settings
    return table.load(
        request.path,
        target=settings.target,
        features=settings.features,
        where=settings.where,
        exclude=settings.exclude,
        missing=settings.missing,
        dates=settings.dates,
        layout=table.layout_of(settings),
        classification=request.classification,
    )


def _sgemm(request: Request) -> Samples:
    from seedbed.data.sources import sgemm

    return sgemm.load(request.settings, request.path, classification=request.classification)


def _digits(request: Request) -> Samples:
    from seedbed.data.sources import digits

    return digits.load()


def _idx(request: Request) -> Samples:
    from seedbed.data.sources import idx

    return idx.load(request.settings.source, {path.name: path for path, _ in request.files.values()})


def _cifar(request: Request) -> Samples:
    from seedbed.data.sources import cifar

    ((path, checksum),) = request.files.values()
    return cifar.load(path, checksum)


def _folder(request: Request) -> Samples:
    from seedbed.data.sources import folder

    return folder.load(request.path, request.settings.size)


def _npz(request: Request) -> Samples:
    from seedbed.data.sources import npz

    return npz.load(request.path)


def _arrays(request: Request) -> Samples:
    from seedbed.data.sources import arrays

    return arrays.load(request.path, classification=request.classification)


@dataclass(frozen=True)
class Source:
    """Where samples come from.

    Attributes
    ----------
    read
        Makes the samples.
    files
        Takes the table `data`, where public datasets are looked for first, and the directory of the study file; gives
        the files that `read` needs. Raises DataError where one is missing.
    draws
        Whether every seed draws samples of its own.
    """

    read: Callable[[Request], Samples]
    files: Callable[[Any, Path | None, Path], Files] = _no_files
    draws: bool = False


SOURCES: dict[str, Source] = {
    "function": Source(_function, draws=True),
    "table": Source(_table, _own_file),
    "sgemm": Source(_sgemm, _public_files),
    "digits": Source(_digits),
    "mnist": Source(_idx, _public_files),
    "fashion_mnist": Source(_idx, _public_files),
    "cifar10": Source(_cifar, _public_files),
    "images": Source(_folder, _own_folder),
    "npz": Source(_npz, _own_file),
    "arrays": Source(_arrays, _own_file),
}


def source(name: str) -> Source:
    """The source of that name.

    Raises
    ------
    NotImplementedError
        Where a recipe knows a source that has no row here.
    """
    if name not in SOURCES:
        raise NotImplementedError(f"nothing reads data.source = {name!r}: give it a row in SOURCES")
    return SOURCES[name]
