"""Images in a folder for each class: PNG or JPEG, of any size, brought to one size."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from seedbed.data import imagefile, mirror
from seedbed.data.base import DataError, Samples
from seedbed.data.bounded import Room
from seedbed.data.checksums import checksum
from seedbed.data.public import Files
from seedbed.data.sources.base import Request
from seedbed.recipe.sources import FolderData

KINDS = (".png", ".jpg", ".jpeg")


def files(path: Path) -> dict[str, list[Path]]:
    """The image files of every class, both in order of name; hidden folders and other files are left out.

    Raises
    ------
    DataError
        Where there are fewer than two classes, or one has no image.
    """
    if not path.is_dir():
        raise DataError(f"data.path: there is no folder {path}")
    folders = sorted(inner for inner in path.iterdir() if inner.is_dir() and not inner.name.startswith("."))
    by_class = {folder.name: images(folder) for folder in folders}
    if len(by_class) < 2:
        raise DataError(
            f"{path}: expected a folder of images for each of at least two classes, got "
            f"{'one folder' if by_class else 'no folder'}"
        )
    for name, inside in by_class.items():
        if not name.isprintable():  # nor are bytes that are not text
            raise DataError(f"{path}: expected folders named after classes, got {name!r}; rename it")
        if not inside:
            raise DataError(
                f"{path / name} holds no image ({', '.join(KINDS)}); add some, or remove the folder"
            )
    return by_class


def images(folder: Path) -> list[Path]:
    """The image files of one folder, in order of name."""
    return sorted(
        file for file in folder.iterdir() if file.suffix.lower() in KINDS and not file.name.startswith(".")
    )


def content(settings: FolderData, base: Path) -> Files:
    """The folder, with the sha256 of the list of all its image files, each with its own sha256."""
    path = mirror.found(base / settings.path)
    lines = [
        f"{checksum(file)}  {file.relative_to(path).as_posix()}\n"
        for inside in files(path).values()
        for file in inside
    ]
    return {
        settings.path: (path, hashlib.sha256("".join(lines).encode("utf-8", "surrogateescape")).hexdigest())
    }


def load(request: Request[FolderData]) -> Samples:
    """All images, class after class.

    Returns
    -------
    Inputs (N, 3, size, size) uint8, which runs see in [0, 1]; a picture that is not square is stretched.
    """
    by_class, size = files(request.path), request.settings.size
    every = [file for inside in by_class.values() for file in inside]
    inputs = in_one(every, (3, size, size), request.path)
    return Samples(
        inputs=inputs,
        targets=np.repeat(np.arange(len(by_class)), [len(names) for names in by_class.values()]),
        classes=tuple(by_class),
        unit=(0.0, 1 / 255),
    )


def in_one(every: Sequence[Path], shape: tuple[int, ...], path: Path, resized: bool = True) -> np.ndarray:
    """Images of a folder, (N, *shape) uint8, each as `imagefile.pixels` reads it.

    Raises
    ------
    DataError
        Where they take more memory than is free, before any is read; or where one is damaged or unfit.
    """
    counted = f"{len(every):,} images of {shape[-1]:,} x {shape[-2]:,} pixels"
    Room().refuse(len(every) * math.prod(shape), f"{path}: {counted} take")
    inputs = np.empty((len(every), *shape), np.uint8)
    for row, file in enumerate(every):
        inputs[row] = imagefile.pixels(file, shape, resized)
    return inputs
