"""What a study directory holds: the names of its files, and the tables with the types of their columns."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    from seedbed.files import Hashing

    Columns = Mapping[str, np.ndarray | Sequence[object]]  # of a table, by name

FORMAT = 2  # of the directories that are written now; 1 had no checksums
JOURNAL = "journal.jsonl"
GROUPS = "groups"  # in the metadata of tables and models: the numbers of the groups that are in the file
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
PROMOTED = "permissive"  # types of one column in several tables become the narrowest that holds them
KEYS = {"variant": "string", "seed": "int64"}
COLUMNS = {  # that tables have at least
    "runs": RUN_COLUMNS,
    "curves": KEYS | {"step": "int64", "epoch": "int64", "metric": "string", "value": "float64"},
    "predictions": KEYS
    | {"part": "string", "sample": "int64", "x": "float64", "target": "float64", "output": "float64"},
    "mistakes": KEYS
    | {"part": "string", "sample": "int64", "true": "string", "answered": "string", "confidence": "float64"}
    | {"channels": "int64", "height": "int64", "width": "int64", "image": "binary"},
    "output": KEYS | {"output": "string", "traceback": "string"},
    "samples": KEYS | {"metric": "string"},  # and "values", a list of float32
}


class StoreError(ValueError):
    """A study directory that cannot be made, found or read; the message names it and says what to do."""


class WriteError(StoreError):
    """A study directory that could not be written any further; what was finished is kept."""


@contextmanager
def damaged(path: Path) -> Iterator[None]:
    """Raise whatever goes wrong while a file is read as one StoreError that names it.

    Libraries raise errors of many types on damaged files, and their texts speak of no file.
    """
    advice = "restore it, or run the study again"
    try:
        yield
    except StoreError:
        raise
    except FileNotFoundError:
        raise StoreError(f"{path} is missing; {advice}") from None
    except Exception as error:
        if isinstance(error, MemoryError) or "Failed to launch worker thread" in str(
            error
        ):  # as Arrow says it
            what = "there is too little memory; end other programs and try again"
            raise StoreError(f"{path} cannot be read: {what}") from error
        if isinstance(error, OSError):
            raise StoreError(f"{path} cannot be read: {error.strerror or error}; {advice}") from error
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else one_line(error)
        raise StoreError(f"{path} is damaged ({reason}); {advice}") from error


def one_line(error: Exception) -> str:
    """What an error says, on one line of a bearable length."""
    text = " ".join((str(error) or type(error).__name__).split())
    return text if len(text) <= 200 else f"{text[:200]} ..."


def runs_root(runs_dir: str | os.PathLike[str] | None = None) -> Path:
    """Where studies are kept: the directory given, else $SEEDBED_RUNS, else ./runs."""
    return Path(runs_dir or os.environ.get("SEEDBED_RUNS") or "runs")


def table_file(name: str) -> str:
    """The file of a table in the directory of its study."""
    return f"{name}.parquet"


def part_path(directory: Path, file: str, number: int) -> Path:
    """What group `number` adds to a file of a study, such as "runs.parquet"."""
    whole = Path(file)
    return directory / PARTS / whole.with_name(f"{whole.stem}-{number:06}{whole.suffix}")


def older_files(directory: Path) -> list[str]:
    """The tables and models of a directory of format 1, by the names of their files."""
    parts = {f"{path.stem.rpartition('-')[0]}.parquet" for path in (directory / PARTS).glob("*-*.parquet")}
    found = [*directory.glob("*.parquet"), *directory.glob("models/*.safetensors")]
    return sorted(parts | {path.relative_to(directory).as_posix() for path in found})


def groups_of(metadata: Mapping[bytes, bytes] | None) -> set[int]:
    """The groups that a table's file holds, given the metadata of its schema."""
    return set(json.loads((metadata or {}).get(GROUPS.encode(), b"[]")))


def part_paths(directory: Path, file: str) -> list[Path]:
    """The parts of a file that there are, in the order of their groups."""
    whole = Path(file)
    return sorted((directory / PARTS / whole.parent).glob(f"{whole.stem}-*{whole.suffix}"))


def runs_table(rows: Sequence[Mapping[str, object]]) -> pa.Table:
    """Rows of `runs.parquet` as a table of fixed types; what a row lacks is null.

    Rows hold the columns of `RUN_COLUMNS`, optionally "confusion" (a flat list of counts, row by row), "setting:KEY"
    (the setting's value as JSON) and one number per metric.
    """
    import pyarrow as pa

    names = list(dict.fromkeys([*RUN_COLUMNS, *(name for row in rows for name in row)]))
    return pa.table({name: pa.array([row.get(name) for row in rows], _run_type(name)) for name in names})


def table_of(name: str, columns: Columns | pa.Table) -> pa.Table:
    """Columns of the table of that name; text becomes a dictionary, an array (n, k) a column of lists."""
    import pyarrow as pa

    if isinstance(columns, pa.Table):
        return columns
    kinds = COLUMNS.get(name, {})
    return pa.table({column: _column(values, kinds.get(column)) for column, values in columns.items()})


def write_table(file: Hashing, pieces: Iterable[pa.Table], groups: Sequence[int]) -> None:
    """Write pieces of a table, all of the same columns, as row groups of one file that says which groups are in it."""
    import pyarrow.parquet as parquet

    writer = None
    for piece in pieces:
        named = piece.replace_schema_metadata({GROUPS: json.dumps(list(groups))})
        writer = writer or parquet.ParquetWriter(file, named.schema, compression="zstd")
        writer.write_table(named)
    if writer:
        writer.close()


def empty_table(name: str) -> pa.Table:
    """A table of a study without rows."""
    import pyarrow as pa

    columns = COLUMNS.get(name, KEYS)
    return pa.schema([(column, getattr(pa, kind)()) for column, kind in columns.items()]).empty_table()


def concatenated(tables: Sequence[pa.Table]) -> pa.Table:
    """Tables one below the other; what a table has no column for is null, and whole numbers beside others are such."""
    import pyarrow as pa

    return pa.concat_tables(tables, promote_options=PROMOTED).unify_dictionaries().combine_chunks()


def unified(schemas: Sequence[pa.Schema]) -> pa.Schema:
    """The columns of tables that `concatenated` would join; an ArrowException where their types do not fit."""
    import pyarrow as pa

    return pa.unify_schemas(schemas, promote_options=PROMOTED)


def _run_type(name: str) -> pa.DataType:
    import pyarrow as pa

    if name == "confusion":
        return pa.list_(pa.int64())
    if name.startswith("setting:"):
        return pa.string()
    return pa.type_for_alias(RUN_COLUMNS.get(name, "float64"))


def _column(values: np.ndarray | Sequence[object], kind: str | None) -> pa.Array:
    import numpy as np
    import pyarrow as pa

    if isinstance(values, np.ndarray) and values.ndim == 2:
        return pa.FixedSizeListArray.from_arrays(pa.array(values.reshape(-1)), values.shape[1])
    column = pa.array(values)
    if pa.types.is_null(column.type) and kind:  # nothing but None; of other kinds the type is not known yet
        column = column.cast(pa.type_for_alias(kind))
    return column.dictionary_encode() if pa.types.is_string(column.type) else column
