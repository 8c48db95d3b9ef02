"""Which samples are for training, validation and test: drawn from the seed, the same for every variant."""

from __future__ import annotations

from typing import Literal, assert_never

import numpy as np

from seedbed import draws as random
from seedbed.data.base import DataError
from seedbed.recipe import Data, Folds

Parts = dict[str, np.ndarray]


def split(
    settings: Data, targets: np.ndarray, *, official_test: int = 0, study_seed: int, seed: int
) -> Parts:
    """Sample numbers, sorted int32, of each part that is not empty.

    All parts are slices of one order, test first, then validation, then training: variants that change the
    size of the training part keep the others.

    Parameters
    ----------
    settings
        `split`, `stratify` and `fit_on` are read.
    targets
        (N, ...) targets of all samples; (N,) int64 classes where the split is stratified.
    official_test
        How many of the last samples are the test part regardless of the split; `split` then divides the rest
        into training and validation, and fold `fold` of a k-fold split is the validation part.

    Raises
    ------
    DataError
        Where a part would get no sample, or the split does not suit the source.
    """
    total = len(targets)
    rest = total - official_test
    generator = random.generator(study_seed, seed, "split")
    order = _stratified(generator, targets[:rest]) if settings.stratify else generator.permutation(rest)
    parts = _fold_parts(settings.split, order, official_test) if isinstance(settings.split, Folds) else (
        _sized_parts(settings.split, order, official_test)
    )  # fmt: skip
    if official_test:
        parts["test"] = np.arange(rest, total)
    return {
        name: np.sort(members).astype(np.int32)
        for name, members in _fitted_on(settings.fit_on, parts, total).items()
        if len(members)
    }


def _stratified(generator: np.random.Generator, classes: np.ndarray) -> np.ndarray:
    """An order every stretch of which holds each class in proportion, to within about one sample.

    Member j of a class of m, in random order, is at (j + u) / m of the way, with one random u per class.
    """
    if classes.ndim != 1 or classes.dtype.kind not in "iu":
        raise DataError("data.stratify needs classes, and the target is a number; leave it out")
    position = np.empty(len(classes))
    for name in np.unique(classes):
        members = generator.permutation(np.flatnonzero(classes == name))
        position[members] = (np.arange(len(members)) + generator.random()) / len(members)
    return np.argsort(position, kind="stable")


def _fold_parts(folds: Folds, order: np.ndarray, official_test: int) -> Parts:
    if folds.folds > len(order):
        raise DataError(f"data.split asks for {folds.folds} folds of {len(order)} samples; use fewer folds")
    pieces = np.array_split(order, folds.folds)
    held_out = ["val"] if official_test else ["test", "val"]
    parts = {name: pieces[(folds.fold + i) % folds.folds] for i, name in enumerate(held_out)}
    taken = {(folds.fold + i) % folds.folds for i in range(len(held_out))}
    parts["train"] = np.concatenate([piece for i, piece in enumerate(pieces) if i not in taken])
    return parts


def _sized_parts(sizes: tuple[float, ...], order: np.ndarray, official_test: int) -> Parts:
    names = ("train", "val") if official_test else ("train", "val", "test")
    if len(sizes) != len(names):
        own = "has a test part of its own" if official_test else "has no test part of its own"
        raise DataError(
            f"data.split = {list(sizes)} has {len(sizes)} entries, but this source {own}: "
            f"give {' and '.join([', '.join(names[:-1]), names[-1]])} (0 for none)"
        )
    backwards = np.array(sizes[::-1], dtype=np.float64)
    if not any(isinstance(size, int) and size for size in sizes):
        backwards *= len(order)
    edges = np.rint(np.concatenate([[0], np.cumsum(backwards)])).astype(np.int64)
    if edges[-1] > len(order):
        raise DataError(
            f"data.split = {list(sizes)} asks for {edges[-1]:,} samples; there are {len(order):,}"
        )
    parts = {}
    for name, size, start, stop in zip(names[::-1], sizes[::-1], edges, edges[1:], strict=False):
        if size and start == stop:
            raise DataError(f"data.split = {list(sizes)} leaves no sample for {name} out of {len(order):,}")
        parts[name] = order[start:stop]
    return parts


def _fitted_on(fit_on: Literal["train", "train+val", "all"], parts: Parts, total: int) -> Parts:
    match fit_on:
        case "all":
            return {"train": np.arange(total)}
        case "train+val":
            joined = np.concatenate([parts["train"], parts.get("val", parts["train"][:0])])
            return {"train": joined, "test": parts.get("test", joined[:0])}
        case "train":
            return parts
        case _:
            assert_never(fit_on)
