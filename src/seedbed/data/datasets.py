"""The public datasets by name: those of the sources that have one."""

from __future__ import annotations

from pathlib import Path
from typing import TypedDict

from seedbed.data.base import DataError
from seedbed.data.public import Dataset, present
from seedbed.data.sources import SOURCES

DATASETS: dict[str, Dataset] = {row.dataset.name: row.dataset for row in SOURCES.values() if row.dataset}


class Row(TypedDict):
    """What `data ls --json` prints of a dataset; `path` is None where its files are absent."""

    name: str
    files: list[str]
    bytes: int
    present: bool
    path: str | None
    licence: str


def listed(data_dir: Path | None = None) -> list[Row]:
    """One row per dataset."""
    rows: list[Row] = []
    for one in DATASETS.values():
        root = one.root(data_dir)
        forms = [(present(forms, root) if root else None) or forms[0] for forms in one.files]
        rows.append(
            {
                "name": one.name,
                "files": [form.name for form in forms],
                "bytes": sum(form.bytes for form in forms),
                "present": root is not None,
                "path": str(root / one.directory) if root else None,
                "licence": one.licence,
            }
        )
    return rows


def dataset(name: str) -> Dataset:
    """The dataset of that name.

    Raises
    ------
    DataError
        Where there is none.
    """
    if name not in DATASETS:
        raise DataError(f"there is no dataset {name!r}; there are: {', '.join(DATASETS)}")
    return DATASETS[name]
