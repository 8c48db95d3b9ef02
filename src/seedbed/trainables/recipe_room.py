"""Whether the data of all runs fit the memory, told before any but the first are loaded or drawn."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from seedbed import data
from seedbed.data.base import DataError
from seedbed.data.sources import source
from seedbed.data.sources.base import Size
from seedbed.recipe import Recipe
from seedbed.study.contents import Contents
from seedbed.study.problems import Problem, StudyError
from seedbed.text import byte_size, counted
from seedbed.training.seeds import seed_for

INDEX_BYTES = 4  # of a sample's number, in the part that it belongs to
DRAWING_BYTES = 24  # of every sample of the one seed that is being drawn and divided


def held(study: Contents, free: int | None, data_dir: Path | None = None) -> int:
    """Bytes that the data of a study's runs take while it is planned and trained.

    These are the samples that seeds draw for themselves, and the parts that samples are divided into. What all seeds
    share is counted with the group that is trained on it.

    Parameters
    ----------
    free
        Bytes of memory free before anything is loaded; None where the system does not say.

    Raises
    ------
    StudyError
        Where they do not fit.
    """
    seeds = len({seed_for("samples", seed, study.levels(seed)) for seed in study.to_train})
    total, largest = 0, Size(0, 0)
    for size, fixed, is_drawn in _sizes(study, data_dir):
        times = 1 if fixed else seeds
        total += times * (size.bytes * is_drawn + INDEX_BYTES * size.samples)
        largest = max(largest, size)
    peak = total + DRAWING_BYTES * largest.samples
    if free is not None and peak > free:
        message = (
            f"{counted(largest.samples, 'sample')} for each of {counted(seeds, 'seed')} bring the data of the study to "
            f"{byte_size(peak)}, and {byte_size(free)} of memory are free; use fewer samples, seeds or variants of the "
            "data"
        )
        raise StudyError(study.origin, [Problem("data", message)])
    return total


def _sizes(study: Contents, data_dir: Path | None) -> Iterator[tuple[Size, bool, bool]]:
    """Of every way in which variants divide samples: their size, whether one seed is fixed, whether they are new."""
    drawn, divided = set(), set()
    for variant in study.variants:
        settings = variant.configuration.data
        key, whole = data.key_of(settings), settings.model_dump_json()
        if whole in divided:
            continue
        with suppress(DataError):  # which is said of the variant later
            yield _size(study, variant.configuration, data_dir), settings.seed is not None, key not in drawn
        drawn.add(key)
        divided.add(whole)


def _size(study: Contents, recipe: Recipe, data_dir: Path | None) -> Size:
    """Of the samples of one seed; what all seeds share takes none of its own."""
    chosen = source(recipe.data.source)
    if chosen.size:
        return chosen.size(recipe.data)
    samples = data.load(
        recipe.data,
        classification=recipe.is_classification,
        study_seed=study.seed,
        seed=study.first_seed,
        data_dir=data_dir,
        base=study.directory,
    )
    own = samples.inputs.nbytes + samples.targets.nbytes if chosen.draws else 0
    return Size(len(samples.targets), own)
