"""What a group adds to the tables and models of a study: a part of each, in a file of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from seedbed.files import Hashing
from seedbed.store.models import Trained, models_file
from seedbed.store.schema import runs_table, table_file, table_of, write_table

if TYPE_CHECKING:
    import pyarrow as pa

    from seedbed.store.schema import Columns


@dataclass(frozen=True)
class Group:
    """A group that is to be stored; its fields are those of `writer.Store.add_group`."""

    number: int
    rows: Sequence[Mapping[str, object]]
    tables: Mapping[str, Columns | pa.Table]
    models: Sequence[Trained] = ()
    facts: Mapping[str, object] = field(default_factory=dict)

    def parts(self) -> dict[str, Callable[[Hashing], object]]:
        """What writes each part, by the file that it is a part of."""
        files: dict[str, Callable[[Hashing], object]] = {}
        for trained in self.models:
            files[models_file(trained.variant)] = partial(self._write_models, trained)
        for name, columns in self.tables.items():
            files[table_file(name)] = partial(self._write_table, table_of(name, columns))
        files[table_file("runs")] = partial(self._write_table, runs_table(self.rows))
        return files

    def _write_table(self, table: pa.Table, file: Hashing) -> None:
        write_table(file, [table], [self.number])

    def _write_models(self, trained: Trained, file: Hashing) -> None:
        file.write(trained.to_bytes([self.number]))
