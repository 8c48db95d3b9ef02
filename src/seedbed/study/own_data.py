"""Arrays or a table that a study is made with from Python: a file of its own, which is stored with its results."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seedbed.study.problems import Problem, StudyError

if TYPE_CHECKING:
    import pyarrow as pa

FILE, TABLE_FILE = "data.npz", "results.arrow"
PAIRS = (("x", "y"), ("x_test", "y_test"))


class OwnFile:
    """A folder with what a study was made with, which goes when no study needs it any more.

    Attributes
    ----------
    path
        The folder.
    file
        The file in it.
    """

    def __init__(self, name: str) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="seedbed-"))
        weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)
        self.file = self.path / name


class OwnTable(OwnFile):
    """A table of results."""

    def __init__(self, table: pa.Table) -> None:
        from pyarrow import feather

        super().__init__(TABLE_FILE)
        feather.write_feather(table, self.file)


class OwnData(OwnFile):
    """The arrays of a study.

    Attributes
    ----------
    source
        What reads the file: "arrays", or "npz" for images.
    """

    def __init__(self, arrays: Mapping[str, Any], features: Sequence[str] | None) -> None:
        from seedbed.data.sources.arrays import save

        super().__init__(FILE)
        self.source = save(self.file, arrays, features)

    def table(self, tables: Mapping[str, Any]) -> dict[str, Any]:
        """The study's table `data` with where the arrays are."""
        return {"source": self.source, "path": FILE, **_data(tables)}


def own_data(tables: Mapping[str, Any], arrays: Mapping[str, Any], features: Sequence[str] | None) -> OwnData:
    """Put arrays into a file.

    Parameters
    ----------
    tables
        The study's.
    arrays
        x and y and, where there is a test part of its own, x_test and y_test.
    features
        Names of the columns of x.

    Raises
    ------
    StudyError
        Where an array is missing, or the study names a source beside them.
    DataError
        Where an array holds neither numbers nor text.
    """
    problems = [
        Problem(f"data.{key}", "expected no such key beside arrays, which are the data; leave it out")
        for key in ("source", "path")
        if key in _data(tables)
    ]
    wanted = [name for pair in PAIRS for name in pair if pair == PAIRS[0] or set(pair) & set(arrays)]
    problems += [Problem(name, "expected an array, got none") for name in wanted if name not in arrays]
    if problems:
        raise StudyError("study", problems)
    if "x_test" in arrays:
        arrays = {
            name if name.endswith("_test") else f"{name}_train": array for name, array in arrays.items()
        }
    return OwnData(arrays, features)


def _data(tables: Mapping[str, Any]) -> Mapping[str, Any]:
    data = tables.get("data")
    if data is None or isinstance(data, Mapping):
        return data or {}
    raise StudyError("study", [Problem("data", f"expected a table, got {data!r}")])
