"""Where samples come from: sources, splits, scaling and the cache of public datasets."""

from __future__ import annotations

import weakref
from collections import deque
from dataclasses import replace
from pathlib import Path

import numpy as np

from seedbed import recipe
from seedbed.data import scaling
from seedbed.data.base import DataError, Prepared, Samples
from seedbed.data.registry import DATASETS
from seedbed.data.split import split

__all__ = ["DataError", "Prepared", "Samples", "features_from_table", "load", "prepare"]

_PER_RUN = {"split", "fit_on", "stratify", "scale", "scale_columns", "powers", "seed"}

# The same settings give the same object for as long as somebody holds it; the last few are held here.
_loaded: weakref.WeakValueDictionary[tuple[object, ...], Samples] = weakref.WeakValueDictionary()
_recent: deque[Samples] = deque(maxlen=4)
_prepared: weakref.WeakValueDictionary[tuple[object, ...], Prepared] = weakref.WeakValueDictionary()


def load(
    settings: recipe.AnyData,
    *,
    classification: bool,
    study_seed: int,
    seed: int,
    data_dir: Path | None = None,
    base: Path = Path(),
) -> Samples:
    """All samples of a source, before splitting and scaling.

    Recipes that differ only in split, scaling and powers get the same object, and so do all seeds where
    nothing is drawn.

    Parameters
    ----------
    classification
        Whether the targets are classes.
    data_dir
        Where public datasets are looked for first.
    base
        The directory of the study file, from which a table's path counts.

    Raises
    ------
    DataError
        Naming what is missing, damaged or unfit, where, and what to do.
    """
    files = _files(settings, data_dir, base)
    drawn = (study_seed, _seed(settings, seed)) if settings.source == "function" else ()
    kept = settings.model_dump_json(exclude=_PER_RUN)
    key = (kept, classification, drawn, tuple(files.items()))
    samples = _loaded.get(key)
    if samples is None:
        checksums = {name: checksum for name, (_, checksum) in files.items()}
        paths = {name: path for name, (path, _) in files.items()}
        samples = replace(_read(settings, paths, checksums, classification, drawn), sha256=checksums)
        _loaded[key] = samples
    _recent.append(samples)
    return samples


def prepare(settings: recipe.AnyData, samples: Samples, *, study_seed: int, seed: int) -> Prepared:
    """One run's parts and scaling of samples that `load` gave for the same settings.

    Variants that do not change the data get the same object under the same seed.

    Raises
    ------
    DataError
        Where the split or the scaling asks for what the samples do not give.
    """
    # Whoever holds what is found here holds its samples, so that no others can have taken their id.
    key = (settings.model_dump_json(), id(samples), study_seed, seed)
    prepared = _prepared.get(key)
    if prepared is None:
        prepared = _prepared[key] = _prepare(settings, samples, study_seed, seed)
    return prepared


def _prepare(settings: recipe.AnyData, samples: Samples, study_seed: int, seed: int) -> Prepared:
    grid = 0
    if isinstance(settings, recipe.FunctionData):
        from seedbed.data import function

        grid = function.grid_size(settings)
    drawn = len(samples.targets) - grid
    parts = split(
        settings,
        samples.targets[:drawn],
        official_test=samples.official_test,
        study_seed=study_seed,
        seed=_seed(settings, seed),
    )
    center, scale = scaling.fit(settings, samples, parts["train"])
    if grid:
        parts["grid"] = np.arange(drawn, drawn + grid, dtype=np.int32)
    return Prepared(samples, parts, center, scale)


def features_from_table(path: Path, features: tuple[str, ...]) -> np.ndarray:
    """A user's table as raw inputs (N, F) of a stored model; see `table.features_from_table`."""
    from seedbed.data import table

    return table.features_from_table(path, features)


def _seed(settings: recipe.AnyData, seed: int) -> int:
    return seed if settings.seed is None else settings.seed


def _files(settings: recipe.AnyData, data_dir: Path | None, base: Path) -> dict[str, tuple[Path, str]]:
    """Path and checksum of every file that a source reads, by name."""
    from seedbed.data import cache

    if isinstance(settings, recipe.FolderData):
        from seedbed.data import folder

        return {settings.path: (base / settings.path, folder.content(base / settings.path))}
    if isinstance(settings, recipe.TableData | recipe.NpzData):
        path = base / settings.path
        if not path.exists():
            raise DataError(f"data.path: there is no file {path}")
        return {settings.path: (path, cache.checksum(path))}
    return cache.checked(settings.source, data_dir) if settings.source in DATASETS else {}


def _read(
    settings: recipe.AnyData,
    files: dict[str, Path],
    checksums: dict[str, str],
    classification: bool,
    drawn: tuple[int, ...],
) -> Samples:
    # Imported here because each source brings its own large libraries.
    if isinstance(settings, recipe.FunctionData):
        from seedbed.data import function

        return function.load(settings, study_seed=drawn[0], seed=drawn[1])
    if isinstance(settings, recipe.Images):
        return _read_images(settings, files, checksums)
    path = next(iter(files.values()))
    if isinstance(settings, recipe.TableData):
        from seedbed.data import table

        return table.load(
            path,
            target=settings.target,
            features=settings.features,
            where=settings.where,
            classification=classification,
        )
    from seedbed.data import sgemm

    return sgemm.load(settings, path, classification=classification)


def _read_images(settings: recipe.Images, files: dict[str, Path], checksums: dict[str, str]) -> Samples:
    if isinstance(settings, recipe.MnistData):
        from seedbed.data import idx

        return idx.load(settings.source, {path.name: path for path in files.values()})
    if isinstance(settings, recipe.Cifar10Data):
        from seedbed.data import cifar

        ((name, path),) = files.items()
        return cifar.load(path, checksums[name])
    if isinstance(settings, recipe.FolderData):
        from seedbed.data import folder

        return folder.load(files[settings.path], settings.size)
    if isinstance(settings, recipe.NpzData):
        from seedbed.data import npz

        return npz.load(files[settings.path])
    from seedbed.data import digits

    return digits.load()
