"""Reads new rows from image files: one, or a folder of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa

from seedbed.data.base import DataError
from seedbed.data.sources import folder
from seedbed.results.inputs.base import NewRows, brightest, source_of
from seedbed.store.models import Trained


def read(path: Path, trained: Trained) -> NewRows:
    """An image file, or all those in a folder and in its folders, by name.

    Images in folders named after classes carry these as targets. Networks of source "images" see any image in
    the size that they were trained on; for others it must have that size.

    Raises
    ------
    DataError
        Where the networks take no image files, there are none, or one is damaged or of another size; or where
        some folders are named after classes and others are not.
    """
    if brightest(trained) != 255:
        form = "a table" if trained.features else "a .npz file or a table with one column per pixel"
        raise DataError(
            f'{path}: networks trained on source = "{trained.recipe["data"]["source"]}" read no image '
            f"files; give them {form}"
        )
    files = _files(path) if path.is_dir() else [path]
    if not files:
        raise DataError(f"{path} holds no image ({', '.join(folder.KINDS)}), nor do the folders in it")
    targets = _classes(path, files, trained)
    inputs = folder.in_one(files, trained.shape, path, resized=source_of(trained).resizes)
    names = [file.name if not path.is_dir() else file.relative_to(path).as_posix() for file in files]
    extra = pa.table({"file": [name.encode("utf-8", "backslashreplace").decode() for name in names]})
    if np.isnan(targets).all():
        return NewRows(inputs, extra, unscored="no folder is named after a class")
    return NewRows(inputs, extra, targets)


def _files(path: Path) -> list[Path]:
    inner = sorted(one for one in path.iterdir() if one.is_dir() and not one.name.startswith("."))
    return [file for directory in (path, *inner) for file in folder.images(directory)]


def _classes(path: Path, files: list[Path], trained: Trained) -> np.ndarray:
    """(N,) float64: the class after which each file's folder is named; NaN where it is not one."""
    folders = dict.fromkeys(file.parent for file in files if path.is_dir() and file.parent != path)
    strange = [inner.name for inner in folders if inner.name not in trained.classes]
    if 0 < len(strange) < len(folders):
        raise DataError(
            f"{path}: expected folders named after classes ({', '.join(trained.classes[:8])}), got "
            f"{', '.join(map(repr, strange[:3]))} beside such; rename or move them"
        )
    indices = {name: float(index) for index, name in enumerate(trained.classes)}
    return np.array(
        [indices.get(file.parent.name, np.nan) if file.parent in folders else np.nan for file in files]
    )
