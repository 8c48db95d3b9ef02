"""Reads new rows to predict from: of a table, images or arrays, with targets where they have some."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from seedbed.data.base import DataError
from seedbed.results.inputs.base import DataFrame, NewRows, Rows
from seedbed.store.models import Trained

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["NewRows", "Rows", "new_rows", "read"]


def new_rows(rows: Rows, targets: ArrayLike | None, trained: Trained) -> NewRows:
    """The rows in the form that the networks take.

    Parameters
    ----------
    rows
        A file or folder by its path, a data frame or an array.
    targets
        The true target of each row of an array or data frame; None where they are not known.

    Raises
    ------
    DataError
        As `read`; and where a file comes with targets beside it, or a data frame that has them as a column.
    """
    if isinstance(rows, str | Path):
        if targets is not None:
            raise DataError("expected no targets beside a file, which has them as a column; leave them out")
        return read(Path(rows), trained)
    if isinstance(rows, DataFrame):
        from seedbed.results.inputs import table

        return table.frame(rows, targets, trained)
    from seedbed.results.inputs import arrays

    return arrays.rows(rows, targets, trained)


def read(path: Path, trained: Trained) -> NewRows:
    """The content of a file or folder, in the form that the networks take.

    Parameters
    ----------
    path
        A table; for networks trained on images also a folder of them or a single one; a .npz file with the
        array x and, if it is to be scored, y.

    Raises
    ------
    DataError
        Naming what is missing, unknown to the networks, or unfit, where, and what to do.
    """
    if path.is_dir() or path.suffix.lower() in (".png", ".jpg", ".jpeg"):
        from seedbed.results.inputs import images

        return images.read(path, trained)
    if path.suffix.lower() == ".npz":
        from seedbed.results.inputs import arrays

        return arrays.read(path, trained)
    if not path.exists():
        raise DataError(f"there is no file or folder {path}")
    from seedbed.results.inputs import table

    return table.read(path, trained)
