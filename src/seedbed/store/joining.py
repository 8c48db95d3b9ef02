"""Joins the parts that groups added to tables and models into one file each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from seedbed.files import Staged, stage
from seedbed.store.contents import Contents, Pieces
from seedbed.store.models import joined
from seedbed.store.schema import concatenated, table_file, write_table

if TYPE_CHECKING:
    import pyarrow as pa

ROW_GROUP, ROW_GROUP_BYTES = 2**20, 2**26  # rows of a row group, or bytes of fewer; at least
RUNS_IN_ROW_GROUP = 2**14  # of the table of runs, so that who looks for a variant reads little beside it


def join(contents: Contents, path: Path, pieces: Pieces, variants: Sequence[str]) -> Staged:
    """A file of a table or of models with all of a partition's groups that are committed, staged.

    Parameters
    ----------
    path
        What it is to be called.
    variants
        In whose order, and then by seed, the rows of a table of runs are sorted.
    """
    groups, paths = sorted(pieces.parts), pieces.paths
    if path.suffix != ".parquet":
        trained = joined([contents.networks(one) for one in paths])
        return stage(path, lambda out: out.write(trained.to_bytes(groups)))
    tables = contents.row_groups(paths)
    columns = concatenated([contents.columns(one) for one in paths])  # some groups may have more than others
    if table_file("runs") in (path.name, table_file(path.parent.name)):
        tables = _sorted(concatenated([columns, *tables]), variants)
    else:
        tables = _of_some_size(columns, tables)
    return stage(path, lambda out: write_table(out, tables, groups))


def _sorted(table: pa.Table, variants: Sequence[str]) -> Iterator[pa.Table]:
    """Rows in the order of variants, then by seed, some at a time."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    ranks = pc.index_in(table["variant"], pa.array(variants, pa.string()))
    order = pa.array(np.lexsort((table["seed"].to_numpy(), ranks.to_numpy())))
    for first in range(0, len(table), RUNS_IN_ROW_GROUP):
        yield table.take(order[first : first + RUNS_IN_ROW_GROUP])


def _of_some_size(columns: pa.Table, tables: Iterator[pa.Table]) -> Iterator[pa.Table]:
    """Tables in pieces of at least ROW_GROUP rows or ROW_GROUP_BYTES: all at once may not fit into memory.

    `columns` are those that all pieces get, a table without rows.
    """
    waiting: list[pa.Table] = []
    rows = size = 0
    for table in tables:
        waiting.append(table)
        rows, size = rows + len(table), size + table.nbytes
        if rows >= ROW_GROUP or size >= ROW_GROUP_BYTES:
            yield concatenated([columns, *waiting])
            waiting, rows, size = [], 0, 0
    if waiting:
        yield concatenated([columns, *waiting])
