"""Joins the parts that groups added to tables and models into one file each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from seedbed.files import Staged, stage
from seedbed.store.contents import Contents, Pieces
from seedbed.store.models import joined
from seedbed.store.schema import concatenated, table_file, write_table

if TYPE_CHECKING:
    import pyarrow as pa

ROW_GROUP, ROW_GROUP_BYTES = 2**20, 2**26  # rows of a row group, or bytes of fewer; at least


def join(contents: Contents, file: str, pieces: Pieces, variants: Sequence[str]) -> Staged:
    """A file of a table or of models with all groups that are committed, staged.

    Parameters
    ----------
    variants
        In whose order, and then by seed, the rows of the table of runs are sorted.
    """
    path, groups = contents.directory / file, sorted(pieces.parts)
    paths = [*([pieces.whole] if pieces.whole else []), *pieces.missing]
    if path.suffix != ".parquet":
        trained = joined([contents.networks(one) for one in paths])
        return stage(path, lambda out: out.write(trained.to_bytes(groups)))
    tables = contents.row_groups(paths)
    if file == table_file("runs"):
        rank = {name: index for index, name in enumerate(variants)}
        tables = iter([_ordered(concatenated(list(tables)), rank)])
    columns = concatenated([contents.columns(one) for one in paths])  # some groups may have more than others
    return stage(path, lambda out: write_table(out, _of_some_size(columns, tables), groups))


def _ordered(table: pa.Table, rank: Mapping[str, int]) -> pa.Table:
    """Rows by the rank of their variant, then by seed."""
    import pyarrow as pa

    ranks, seeds = [rank[variant] for variant in table["variant"].to_pylist()], table["seed"].to_pylist()
    order = sorted(range(len(ranks)), key=lambda row: (ranks[row], seeds[row]))
    return table.take(pa.array(order, pa.int64()))


def _of_some_size(columns: pa.Table, tables: Iterator[pa.Table]) -> Iterator[pa.Table]:
    """Tables in pieces of at least ROW_GROUP rows or ROW_GROUP_BYTES: all at once may not fit into memory.

    `columns` are those that all pieces get, a table without rows.
    """
    waiting: list[pa.Table] = []
    for table in tables:
        waiting.append(table)
        if sum(map(len, waiting)) >= ROW_GROUP or sum(one.nbytes for one in waiting) >= ROW_GROUP_BYTES:
            yield concatenated([columns, *waiting])
            waiting = []
    if waiting:
        yield concatenated([columns, *waiting])
