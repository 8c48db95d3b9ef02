"""Reads what stored networks are asked about: rows of a table, images or arrays, with targets where they have some."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from seedbed.data.base import DataError
from seedbed.results.asked.base import Asked
from seedbed.store.models import Trained

__all__ = ["Asked", "of", "read"]


def of(rows: Any, targets: Any, trained: Trained) -> Asked:
    """A file or folder by its path, a data frame or an array, as the networks take them.

    Parameters
    ----------
    targets
        What is right, one for each row of an array or data frame; None where that is not known.

    Raises
    ------
    DataError
        As `read`; and where a file comes with targets beside it, or a data frame that has them as a column.
    """
    if isinstance(rows, str | Path):
        if targets is not None:
            raise DataError("expected no targets beside a file, which has them as a column; leave them out")
        return read(Path(rows), trained)
    if hasattr(rows, "__arrow_c_stream__"):
        from seedbed.results.asked import table

        return table.frame(rows, targets, trained)
    from seedbed.results.asked import arrays

    return arrays.rows(rows, targets, trained)


def read(path: Path, trained: Trained) -> Asked:
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
        from seedbed.results.asked import images

        return images.read(path, trained)
    if path.suffix.lower() == ".npz":
        from seedbed.results.asked import arrays

        return arrays.read(path, trained)
    if not path.exists():
        raise DataError(f"there is no file or folder {path}")
    from seedbed.results.asked import table

    return table.read(path, trained)
