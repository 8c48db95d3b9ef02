"""What a study's directory holds: tables and models, each in files and in parts of groups that are not in these yet."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from seedbed.store.models import Trained, groups_of_models, joined, models_file, read_models
from seedbed.store.partitions import Partition
from seedbed.store.schema import (
    concatenated,
    empty_table,
    groups_of,
    older_files,
    part_path,
    part_paths,
    table_file,
)
from seedbed.store.verified import Verified

if TYPE_CHECKING:
    import pyarrow as pa

T = TypeVar("T")
MODELS_SUFFIX = ".safetensors"


@dataclass(frozen=True)
class Pieces:
    """Of what a partition of a table, or of the models of a variant, consists.

    Attributes
    ----------
    whole
        Its file; None where there is none yet.
    groups
        The numbers of the groups that are in it.
    parts
        Number of each committed group that added to it -> the file of that, which is gone where the whole has it.
    """

    whole: Path | None
    groups: set[int]
    parts: dict[int, Path]

    @property
    def missing(self) -> list[Path]:
        """The parts that the whole does not have, in the order of their groups."""
        return [path for number, path in self.parts.items() if number not in self.groups]

    @property
    def paths(self) -> list[Path]:
        """All that it consists of."""
        return [*([self.whole] if self.whole else []), *self.missing]


class Contents(Verified):
    """What a study's directory holds, from its journal as it stood when it was last looked at."""

    def table(
        self,
        name: str,
        columns: Sequence[str] | None = None,
        filters: Sequence[tuple[str, str, object]] | None = None,
    ) -> pa.Table:
        """A table as far as it is committed; see `reader.read_table`."""

        def rows(path: Path) -> tuple[pa.Table, set[int]]:
            import pyarrow.parquet as parquet

            with self.opened_by_arrow(path) as content:
                groups = groups_of(parquet.read_schema(content).metadata)
                content.seek(0)
                table = parquet.read_table(content, columns=columns, filters=filters)
                return table.replace_schema_metadata(None), groups

        pieces = self.steadily(lambda: self._read(table_file(name), rows))
        return concatenated(pieces) if pieces else empty_table(name)

    def trained(self, variant: str) -> Trained | None:
        """The trained networks of a variant, as far as they are committed; None where there are none."""
        pieces = self.steadily(lambda: self._read(models_file(variant), self._models))
        return joined(pieces) if pieces else None

    def networks(self, path: Path) -> Trained:
        """The trained networks in one file of models."""
        return self._models(path)[0]

    def columns(self, path: Path) -> pa.Table:
        """The columns of a file of a table, without rows."""
        import pyarrow.parquet as parquet

        with self.opened(path) as file:
            return parquet.read_schema(file).remove_metadata().empty_table()

    def row_groups(self, paths: Sequence[Path]) -> Iterator[pa.Table]:
        """The row groups of some files of one table, one by one."""
        import pyarrow.parquet as parquet

        for path in paths:
            with self.opened(path) as file:
                content = parquet.ParquetFile(file, pre_buffer=False)
                for index in range(content.num_row_groups):
                    yield content.read_row_group(index, use_threads=False)

    def _models(self, path: Path) -> tuple[Trained, set[int]]:
        with self.opened(path):
            return read_models(path)

    def _read(self, file: str, read: Callable[[Path], tuple[T, set[int]]]) -> list[T]:
        """The pieces of a table or of models, each read once; `read` also gives the groups that a piece holds."""
        if self.journal.format == 1:
            return [read(path)[0] for path in self._older(file)]
        found = []
        for partition in self.journal.partitions.get(file, ()):
            whole, groups = partition.whole(self.directory), set[int]()
            if whole.exists():
                piece, groups = read(whole)
                found.append(piece)
            for number, path in self._parts(file, partition).items():
                if number not in groups:
                    lost = not (path.exists() or whole.exists()) and self._was_announced(whole)
                    found.append(read(whole if lost else path)[0])
        return found

    def _was_announced(self, path: Path) -> bool:
        return path.relative_to(self.directory).as_posix() in self.journal.announced

    def _older(self, file: str) -> list[Path]:
        """The files of a table or of models of format 1: its own where there is one, else the parts that there are."""
        whole = self.directory / file
        parts = part_paths(self.directory, file)
        lost = file == table_file("runs") and any(event.get("runs") for event in self.journal.groups)
        return [whole] if whole.exists() or (lost and not parts) else parts

    def kinds(self) -> set[str]:
        """The names of the tables of which something is stored, and "models" where networks are."""
        files = map(Path, self.files())
        return {"models" if path.suffix == MODELS_SUFFIX else path.stem for path in files}

    def files(self) -> list[str]:
        """The tables and models to which committed groups added something, by the names of their files."""
        return older_files(self.directory) if self.journal.format == 1 else list(self.journal.partitions)

    def pieces(self, file: str, partition: Partition) -> Pieces:
        """Of what a partition consists; for the writer, since nobody else changes it."""
        import pyarrow.parquet as parquet

        whole, parts = partition.whole(self.directory), self._parts(file, partition)
        if not whole.exists():
            return Pieces(None, set(), parts)
        with self.opened(whole) as opened:
            if whole.suffix == MODELS_SUFFIX:
                groups = groups_of_models(whole)
            else:
                groups = groups_of(parquet.read_schema(opened).metadata)
        return Pieces(whole, groups, parts)

    def is_joined(self, file: str, partition: Partition) -> bool:
        """Whether a partition is in its file, and nothing else is left of it; for the writer, too."""
        others = [*self._parts(file, partition).values()]
        others += [self.directory / partition.earlier] if partition.earlier else []
        return (self.directory / partition.path).exists() and not any(path.exists() for path in others)

    def _parts(self, file: str, partition: Partition) -> dict[int, Path]:
        """Number of each committed group of a partition -> the file of what it added."""
        return {number: part_path(self.directory, file, number) for number in partition.groups}
