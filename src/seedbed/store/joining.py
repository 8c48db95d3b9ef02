"""Joins the parts that groups added to tables and models into one file each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from seedbed.files import Hashing, Staged, stage_all
from seedbed.store.contents import MODELS_SUFFIX, Contents, Pieces
from seedbed.store.models import joined
from seedbed.store.partitions import Partition
from seedbed.store.schema import concatenated, table_file, write_table

if TYPE_CHECKING:
    import pyarrow as pa

ROW_GROUP, ROW_GROUP_BYTES = 2**20, 2**26  # rows of a row group, or bytes of fewer; at least
FILES_AT_ONCE = 64  # that get their names together
RUNS_IN_ROW_GROUP = 2**14  # of the table of runs, so that who looks for a variant reads little beside it


@dataclass(frozen=True)
class Joined:
    """Files of tables and models that are staged, and the files that are not needed once these have their names."""

    staged: list[Staged]
    superseded: list[Path]


def all_joined(contents: Contents, indices: range, variants: Sequence[str]) -> Iterator[Joined]:
    """What the parts of some partitions are joined to, some files at a time.

    Parameters
    ----------
    indices
        Of the partitions.
    variants
        In whose order, and then by seed, the rows of a table of runs are sorted.
    """
    joinings: list[_Joining] = []
    for file, partitions in contents.journal.partitions.items():
        for partition in partitions:
            if partition.index in indices and not contents.is_joined(file, partition):
                joinings.append(_Joining(contents, variants, partition, contents.pieces(file, partition)))
    for first in range(0, len(joinings), FILES_AT_ONCE):
        some = joinings[first : first + FILES_AT_ONCE]
        staged = stage_all((one.path, one.write) for one in some if one.is_due)
        yield Joined(staged, [path for one in some for path in one.superseded])


@dataclass(frozen=True)
class _Joining:
    """The joining of a partition."""

    contents: Contents
    variants: Sequence[str]
    partition: Partition
    pieces: Pieces

    @property
    def path(self) -> Path:
        return self.contents.directory / self.partition.path

    @property
    def is_due(self) -> bool:
        return bool(self.pieces.missing) or self.pieces.whole != self.path

    @property
    def superseded(self) -> list[Path]:
        earlier = self.partition.earlier
        return [*self.pieces.parts.values(), *([self.contents.directory / earlier] if earlier else [])]

    def write(self, out: Hashing) -> None:
        contents, paths, groups = self.contents, self.pieces.paths, sorted(self.pieces.parts)
        if self.path.suffix == MODELS_SUFFIX:
            out.write(joined([contents.networks(one) for one in paths]).to_bytes(groups))
            return
        tables = contents.row_groups(paths)
        columns = concatenated(
            [contents.columns(one) for one in paths]
        )  # some groups may have more than others
        if table_file("runs") in (self.path.name, table_file(self.path.parent.name)):
            tables = _sorted(concatenated([columns, *tables]), self.variants)
        else:
            tables = _of_some_size(columns, tables)
        write_table(out, tables, groups)


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
