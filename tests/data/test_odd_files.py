"""Where a file is expected, anything else is refused at once, whichever source wants it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from odd_files import ODD, within
from PIL import Image
from source_files import samples_of

from seedbed import recipe
from seedbed.data import DataError, load
from seedbed.data.checksums import checksum
from seedbed.data.sources import cifar, idx
from seedbed.data.tables import tablefile


def _by_source(name: str, path: Path, **settings: object) -> None:
    table = {"table": recipe.TableData, "npz": recipe.NpzData, "arrays": recipe.ArraysData}[name]
    made = table(source=name, path=path.name, **settings)  # type: ignore[arg-type]
    load(made, classification=True, study_seed=0, seed=0, base=path.parent)


READERS: dict[str, tuple[str, Callable[[Path], object]]] = {
    "table": ("t.csv", lambda path: _by_source("table", path, target="y")),
    "table of a source": ("t.parquet", lambda path: samples_of("table", path, path=str(path), target="y")),
    "compressed table": ("t.csv.gz", tablefile.read),
    "npz": ("a.npz", lambda path: _by_source("npz", path)),
    "arrays": ("a.npz", lambda path: samples_of("arrays", path)),
    "idx": ("i.gz", lambda path: idx.read(path, axes=3)),
    "cifar": ("c.tar.gz", cifar.read),
    "checksum": ("any", checksum),
}


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("reader", READERS)
def test_what_is_no_file_is_refused_at_once(tmp_path: Path, reader: str, odd: str) -> None:
    name, read = READERS[reader]
    ODD[odd](tmp_path / name)
    with within(20), pytest.raises(DataError, match=name):
        read(tmp_path / name)


@pytest.mark.parametrize("odd", ODD)
def test_what_is_no_file_among_images_is_refused_at_once(tmp_path: Path, odd: str) -> None:
    for folder in ("a", "b"):
        (tmp_path / "photos" / folder).mkdir(parents=True)
        Image.fromarray(np.zeros((4, 4, 3), np.uint8)).save(tmp_path / "photos" / folder / "x.png")
    ODD[odd](tmp_path / "photos" / "a" / "y.png")
    settings = recipe.FolderData(source="images", path="photos", size=4)
    with within(20), pytest.raises(DataError, match=r"y\.png"):
        load(settings, classification=True, study_seed=0, seed=0, base=tmp_path)
