"""The tables of a study on disk: a part for each group while it runs, one file each when it has ended.

A part is written once and a table is joined once, so writing takes time in proportion to the runs. A reader sees
the file where there is one, else the parts that there are.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seedbed.files import write_whole

if TYPE_CHECKING:
    import pyarrow as pa

PARTS = "parts"
ROWS = 2**20  # of a row group, at least, where parts are joined
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
COLUMNS = {  # of every table, at least
    "runs": RUN_COLUMNS,
    "curves": KEYS | {"step": "int64", "epoch": "int64", "metric": "string", "value": "float64"},
    "predictions": KEYS
    | {"part": "string", "sample": "int64", "x": "float64", "target": "float64", "output": "float64"},
    "mistakes": KEYS
    | {"part": "string", "sample": "int64", "true": "string", "answered": "string", "confidence": "float64"}
    | {"channels": "int64", "height": "int64", "width": "int64", "image": "binary"},
}


# --- writing --------------------------------------------------------------------------------------------


def of_runs(rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Rows of `runs.parquet` as a table, of fixed types; what a row lacks is null.

    Rows hold the columns of `RUN_COLUMNS`, optionally "confusion" (a flat list of counts, row by row), "setting:KEY"
    (the setting's value as JSON) and one number a metric.
    """
    import pyarrow as pa

    names = list(dict.fromkeys([*RUN_COLUMNS, *(name for row in rows for name in row)]))
    return pa.table({name: pa.array([row.get(name) for row in rows], _run_type(name, pa)) for name in names})


def of_columns(columns: Mapping[str, Any]) -> pa.Table:
    """Columns of any arrays as a table; text becomes a dictionary, an array (n, k) a column of lists."""
    import pyarrow as pa

    return pa.table({name: _column(values, pa) for name, values in columns.items()})


def add(directory: Path, name: str, number: int, table: pa.Table) -> None:
    """Write part `number` of a table, whole; what was written before is left as it is."""
    _write_whole(directory / PARTS / f"{name}-{number:06}.parquet", [table])


def join(directory: Path, name: str, by: Mapping[str, int] | None = None) -> None:
    """Make one file of a table's parts, if it has any.

    Parameters
    ----------
    by
        Of runs: the rank of each variant, by which and by seed the rows are sorted.
    """
    import pyarrow.parquet as parquet

    parts, path = _parts(directory, name), directory / f"{name}.parquet"
    if not parts:
        return
    if by is not None:
        table = _concatenated([parquet.read_table(part) for part in parts])
        rank = [by[variant] for variant in table["variant"].to_pylist()]
        order = sorted(
            range(len(rank)), key=list(zip(rank, table["seed"].to_pylist(), strict=True)).__getitem__
        )
        _write_whole(path, [table.take(order)])
    elif len(parts) == 1:
        parts[0].replace(path)
        parts = []
    else:
        _write_whole(path, _gathered(parts))
    for part in parts:
        part.unlink()
    with contextlib.suppress(OSError):  # other tables still have parts there
        (directory / PARTS).rmdir()


def _gathered(parts: Sequence[Path]) -> Iterator[pa.Table]:
    """Parts in pieces of at least ROWS rows: read back one piece at a time, since all may not fit into memory."""
    import pyarrow.parquet as parquet

    tables: list[pa.Table] = []
    for part in parts:
        tables.append(parquet.read_table(part))
        if sum(map(len, tables)) >= ROWS:
            yield _concatenated(tables)
            tables = []
    if tables:
        yield _concatenated(tables)


def _concatenated(tables: Sequence[pa.Table]) -> pa.Table:
    """Tables one below the other; what a table has no column for is null."""
    import pyarrow as pa

    return pa.concat_tables(tables, promote_options="default").unify_dictionaries().combine_chunks()


def _write_whole(path: Path, pieces: Sequence[pa.Table] | Iterator[pa.Table]) -> None:
    """Write pieces of a table as row groups of one file."""
    import pyarrow as pa
    import pyarrow.parquet as parquet

    buffer, writer = pa.BufferOutputStream(), None
    for piece in pieces:
        writer = writer or parquet.ParquetWriter(buffer, piece.schema, compression="zstd")
        writer.write_table(piece)
    if writer:
        writer.close()
    write_whole(path, buffer.getvalue())


def _run_type(name: str, pa: Any) -> Any:
    if name == "confusion":
        return pa.list_(pa.int64())
    if name.startswith("setting:"):
        return pa.string()
    return pa.type_for_alias(RUN_COLUMNS.get(name, "float64"))


def _column(values: Any, pa: Any) -> Any:
    if getattr(values, "ndim", 1) == 2:
        return pa.FixedSizeListArray.from_arrays(pa.array(values.reshape(-1)), values.shape[1])
    column = values if isinstance(values, pa.Array | pa.ChunkedArray) else pa.array(values)
    if pa.types.is_null(column.type):  # nothing but None: still a column of numbers
        return column.cast(pa.float64())
    return column.dictionary_encode() if pa.types.is_string(column.type) else column


# --- reading --------------------------------------------------------------------------------------------


def read(directory: Path, name: str, **options: Any) -> pa.Table:
    """A table as far as it is written; `options` are those of `pyarrow.parquet.read_table`."""
    import pyarrow as pa
    import pyarrow.parquet as parquet

    path, parts = directory / f"{name}.parquet", _parts(directory, name)
    try:
        if parts and not path.exists():
            return _concatenated([parquet.read_table(part, **options) for part in parts])
    except FileNotFoundError:
        pass  # they were joined meanwhile
    if path.exists():
        return parquet.read_table(path, **options)
    return pa.schema([(column, getattr(pa, kind)()) for column, kind in COLUMNS[name].items()]).empty_table()


def _parts(directory: Path, name: str) -> list[Path]:
    return sorted((directory / PARTS).glob(f"{name}-*.parquet"))
