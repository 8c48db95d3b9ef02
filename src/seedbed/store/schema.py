"""What a study directory holds: the names of its files, and the tables with the types of their columns."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    Columns = Mapping[str, np.ndarray | Sequence[object]]  # of a table, by name

JOURNAL = "journal.jsonl"
PARTS = "parts"  # the directory of what each group adds to the tables while a study runs
RUN_COLUMNS = {
    "variant": "string",
    "seed": "int64",
    "group": "int64",
    "status": "string",
    "stop_reason": "string",
    "steps": "int64",
    "epochs": "int64",
    "seconds": "float64",
    "parameters": "int64",
}
KEYS = {"variant": "string", "seed": "int64"}
COLUMNS = {  # that tables have at least
    "runs": RUN_COLUMNS,
    "curves": KEYS | {"step": "int64", "epoch": "int64", "metric": "string", "value": "float64"},
    "predictions": KEYS
    | {"part": "string", "sample": "int64", "x": "float64", "target": "float64", "output": "float64"},
    "mistakes": KEYS
    | {"part": "string", "sample": "int64", "true": "string", "answered": "string", "confidence": "float64"}
    | {"channels": "int64", "height": "int64", "width": "int64", "image": "binary"},
    "samples": KEYS | {"metric": "string"},  # and "values", a list of float32
}


class StoreError(ValueError):
    """A study directory that cannot be made, found or read; the message names it and says what to do."""


def runs_root(runs_dir: str | os.PathLike[str] | None = None) -> Path:
    """Where studies are kept: the directory given, else $SEEDBED_RUNS, else ./runs."""
    return Path(runs_dir or os.environ.get("SEEDBED_RUNS") or "runs")


def table_path(directory: Path, name: str) -> Path:
    """The file of a whole table."""
    return directory / f"{name}.parquet"


def part_path(directory: Path, name: str, number: int) -> Path:
    """The file of what group `number` adds to a table."""
    return directory / PARTS / f"{name}-{number:06}.parquet"


def part_names(directory: Path) -> set[str]:
    """The tables of which there are parts."""
    return {path.stem.rpartition("-")[0] for path in (directory / PARTS).glob("*.parquet")}


def part_paths(directory: Path, name: str) -> list[Path]:
    """The parts of a table that there are, in the order of their groups."""
    return sorted((directory / PARTS).glob(f"{name}-*.parquet"))


def table_names(directory: Path) -> set[str]:
    """The names of the tables that there are, whole or in parts."""
    parts = {path.stem.rpartition("-")[0] for path in (directory / PARTS).glob("*-*.parquet")}
    return parts | {path.stem for path in directory.glob("*.parquet")}


def runs_table(rows: Sequence[Mapping[str, object]]) -> pa.Table:
    """Rows of `runs.parquet` as a table of fixed types; what a row lacks is null.

    Rows hold the columns of `RUN_COLUMNS`, optionally "confusion" (a flat list of counts, row by row), "setting:KEY"
    (the setting's value as JSON) and one number per metric.
    """
    import pyarrow as pa

    names = list(dict.fromkeys([*RUN_COLUMNS, *(name for row in rows for name in row)]))
    return pa.table({name: pa.array([row.get(name) for row in rows], _run_type(name)) for name in names})


def table_of(columns: Columns) -> pa.Table:
    """Columns as a table; text becomes a dictionary, an array (n, k) a column of lists."""
    import pyarrow as pa

    return pa.table({name: _column(values) for name, values in columns.items()})


def empty_table(name: str) -> pa.Table:
    """A table of a study without rows."""
    import pyarrow as pa

    columns = COLUMNS.get(name, KEYS)
    return pa.schema([(column, getattr(pa, kind)()) for column, kind in columns.items()]).empty_table()


def concatenated(tables: Sequence[pa.Table]) -> pa.Table:
    """Tables one below the other; what a table has no column for is null."""
    import pyarrow as pa

    return pa.concat_tables(tables, promote_options="default").unify_dictionaries().combine_chunks()


def _run_type(name: str) -> pa.DataType:
    import pyarrow as pa

    if name == "confusion":
        return pa.list_(pa.int64())
    if name.startswith("setting:"):
        return pa.string()
    return pa.type_for_alias(RUN_COLUMNS.get(name, "float64"))


def _column(values: np.ndarray | Sequence[object]) -> pa.Array:
    import numpy as np
    import pyarrow as pa

    if isinstance(values, np.ndarray) and values.ndim == 2:
        return pa.FixedSizeListArray.from_arrays(pa.array(values.reshape(-1)), values.shape[1])
    column = pa.array(values)
    if pa.types.is_null(column.type):  # nothing but None: still a column of numbers
        return column.cast(pa.float64())
    return column.dictionary_encode() if pa.types.is_string(column.type) else column
