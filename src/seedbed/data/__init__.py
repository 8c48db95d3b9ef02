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
from seedbed.data.sources import source
from seedbed.data.sources.base import Request
from seedbed.data.split import split

__all__ = ["DataError", "Prepared", "Samples", "key_of", "load", "prepare"]

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
    chosen = source(settings.source)
    files = chosen.checked_files(settings, data_dir, base)
    request = Request(settings, files, classification, study_seed, _seed(settings, seed))
    drawn = (request.study_seed, request.seed) if chosen.draws else ()
    key = (key_of(settings), classification, drawn, tuple(files.items()))
    samples = _loaded.get(key)
    if samples is None:
        checksums = {name: checksum for name, (_, checksum) in files.items()}
        paths = {name: path for name, (path, _) in files.items()}
        samples = replace(chosen.load(request), sha256=checksums, paths=paths)
        if files and chosen.checked_files(settings, data_dir, base) != files:
            raise DataError(f"{', '.join(files)} changed while it was read; run again once nobody writes it")
        _loaded[key] = samples
    _recent.append(samples)
    return samples


def key_of(settings: recipe.AnyData) -> str:
    """The same for settings that differ only in what is done to samples: split, scaling and powers."""
    return settings.model_dump_json(exclude=_PER_RUN)


def prepare(settings: recipe.AnyData, samples: Samples, *, study_seed: int, seed: int) -> Prepared:
    """One run's parts and scaling of samples that `load` gave for the same settings.

    Variants that do not change the data get the same object under the same seed.

    Raises
    ------
    DataError
        Where the split or the scaling asks for what the samples do not give.
    """
    # A prepared run holds its samples, so that while it is in the table no other samples can have their id.
    key = (settings.model_dump_json(), id(samples), study_seed, seed)
    prepared = _prepared.get(key)
    if prepared is None:
        prepared = _prepared[key] = _prepare(settings, samples, study_seed, seed)
    return prepared


def _prepare(settings: recipe.AnyData, samples: Samples, study_seed: int, seed: int) -> Prepared:
    drawn = len(samples.targets) - samples.grid
    parts = split(
        settings,
        samples.targets[:drawn],
        official_test=samples.official_test,
        study_seed=study_seed,
        seed=_seed(settings, seed),
    )
    fill = _fill(samples, parts["train"])
    center, scale = scaling.fit(settings, samples, parts["train"], fill)
    if samples.grid:
        parts["grid"] = np.arange(drawn, len(samples.targets), dtype=np.int32)
    return Prepared(samples, parts, center, scale, fill)


def _fill(samples: Samples, train: np.ndarray) -> np.ndarray | None:
    if not samples.encodings:
        return None
    from seedbed.data.tables import encodings

    return encodings.fill(samples.encodings, samples.inputs, train)


def _seed(settings: recipe.AnyData, seed: int) -> int:
    return seed if settings.seed is None else settings.seed
