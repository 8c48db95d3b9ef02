"""The files of a study as they are read: each held to what the journal says of it, tables and models with parts."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

from seedbed.files import regular_file
from seedbed.store import journal, locks
from seedbed.store.journal import Announced, Journal
from seedbed.store.models import Trained, joined, models_file, read_models
from seedbed.store.schema import (
    JOURNAL,
    StoreError,
    concatenated,
    damaged,
    empty_table,
    groups_of,
    older_files,
    part_path,
    part_paths,
    table_file,
)

if TYPE_CHECKING:
    import pyarrow as pa

T = TypeVar("T")
MODELS_SUFFIX = ".safetensors"
DEEPEST = 100  # levels of plain data
ATTEMPTS = 20  # while a writer joins parts under the reader's eyes


@dataclass(frozen=True)
class Pieces:
    """Of what a table, or the models of a variant, consists.

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


class Contents:
    """What a study's directory holds, from its journal as it stood when it was last looked at.

    Directories of format 1 have no checksums: of their files it notices what cannot be read at all.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.journal: Journal = journal.read(directory)
        self._verified: dict[str, tuple[int, int, int]] = {}  # name -> the file that was

    @property
    def status(self) -> str:
        """ "complete", "failed", "interrupted", or "running" while the process that writes it lives."""
        if finished := self.journal.finished:
            return str(finished.get("status", "complete"))
        if locks.is_held(self.directory):
            return "running"
        went_on = len(journal.read(self.directory).events) > len(
            self.journal.events
        )  # to its end, since it was read
        return "running" if went_on else "interrupted"

    # --- whole files ------------------------------------------------------------------------------------

    def json(self, name: str) -> dict[str, Any]:
        """A JSON file; raises StoreError where it is missing or damaged."""
        return self._steadily(lambda: self._json(name))

    def optional_json(self, name: str) -> dict[str, Any]:
        """The same; empty where it was not written yet."""
        if (self.directory / name).exists() or self._must_exist(name):
            return self.json(name)
        return {}

    def text(self, name: str) -> str:
        """A text file; raises StoreError where it is missing or damaged."""
        return self._steadily(lambda: self._text(name))

    def path(self, name: str) -> Path:
        """Where a file is that is what the journal says; raises StoreError where it is missing or damaged."""
        with self.opened(self.directory / name):
            return self.directory / name

    def _text(self, name: str) -> str:
        with self.opened(self.directory / name) as file:
            return file.read().decode("utf-8")

    def _json(self, name: str) -> dict[str, Any]:
        with self.opened(self.directory / name) as file:
            document = json.load(file)
            if not isinstance(document, dict):
                raise ValueError("it is not what was expected")
            if _is_deep(document):
                raise RecursionError
            return document

    def _must_exist(self, name: str) -> bool:
        """Whether a file was written for certain: something followed its announcement."""
        if self.journal.format == 1:  # which announced nothing, and wrote all others before the first group
            return any(self.journal.of_kind("group"))
        return any(
            event.get("event") == "wrote" and event["file"] == name and following.get("event") != "opened"
            for event, following in pairwise(self.journal.events)
        )

    # --- tables and models ------------------------------------------------------------------------------

    def table(
        self,
        name: str,
        columns: Sequence[str] | None = None,
        filters: Sequence[tuple[str, str, object]] | None = None,
    ) -> pa.Table:
        """A table as far as it is committed; see `reader.read_table`."""

        def rows(path: Path) -> tuple[pa.Table, set[int]]:
            import pyarrow.parquet as parquet

            with self.opened(path) as file:
                content = _in_arrow(file)
                groups = groups_of(parquet.read_schema(content).metadata)
                content.seek(0)
                table = parquet.read_table(content, columns=columns, filters=filters)
                return table.replace_schema_metadata(None), groups

        pieces = self._steadily(lambda: self._read(table_file(name), rows))
        return concatenated(pieces) if pieces else empty_table(name)

    def trained(self, variant: str) -> Trained | None:
        """The trained networks of a variant, as far as they are committed; None where there are none."""
        pieces = self._steadily(lambda: self._read(models_file(variant), self._models))
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
        whole = self.directory / file
        if self.journal.format == 1:
            return [read(path)[0] for path in self._older(file)]
        parts = self._parts(file)
        if not parts:
            return []
        pieces, groups = [], set[int]()
        if whole.exists():
            piece, groups = read(whole)
            pieces.append(piece)
        for number, path in parts.items():
            if number not in groups:
                lost = not (path.exists() or whole.exists()) and file in self.journal.announced
                pieces.append(read(whole if lost else path)[0])
        return pieces

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
        if self.journal.format == 1:
            return older_files(self.directory)
        return sorted({file for event in self.journal.groups for file in event.get("parts", ())})

    def pieces(self, file: str) -> Pieces:
        """Of what a table or the models of a variant consist; for the writer, since nobody else changes it."""
        import pyarrow.parquet as parquet

        whole, groups = self.directory / file, set[int]()
        if not whole.exists():
            return Pieces(None, groups, self._parts(file))
        if whole.suffix == ".parquet":
            with self.opened(whole) as opened:
                groups = groups_of(parquet.read_schema(opened).metadata)
        else:
            _, groups = self._models(whole)
        return Pieces(whole, groups, self._parts(file))

    def _parts(self, file: str) -> dict[int, Path]:
        """Number of each committed group that added to a table or to models -> the file of that."""
        committed = sorted(event["group"] for event in self.journal.groups if file in event.get("parts", ()))
        return {number: part_path(self.directory, file, number) for number in committed}

    # --- verifying --------------------------------------------------------------------------------------

    @contextmanager
    def opened(self, path: Path) -> Iterator[BinaryIO]:
        """A file for reading that is what the journal says; whatever goes wrong meanwhile is a StoreError."""
        with damaged(path), regular_file(path) as file:
            self._verify(path.relative_to(self.directory).as_posix(), file)
            yield file

    def _verify(self, name: str, file: BinaryIO) -> None:
        if self.journal.format == 1:
            return
        status = os.fstat(file.fileno())
        same = status.st_ino, status.st_size, status.st_mtime_ns
        if self._verified.get(name) == same:
            return
        found = Announced(status.st_size, hashlib.file_digest(file, "sha256").hexdigest())  # type: ignore[arg-type]
        file.seek(0)
        announced = self.journal.announced.get(name)
        if not announced:
            raise ValueError(f"it is not among the files that {JOURNAL} names")
        if found not in announced:
            expected = f"{JOURNAL} has {announced[-1].bytes:,} bytes for it, it has {found.bytes:,}"
            other = found.bytes != announced[-1].bytes
            raise ValueError(expected if other else f"{JOURNAL} has another checksum for it")
        self._verified[name] = same

    def _steadily(self, read: Callable[[], T]) -> T:
        """What is read; again from the start where it was no good since a writer went on meanwhile.

        Once also where the journal is as it was: what that announced last may have replaced other files meanwhile.
        """
        unchanged = 0
        for _ in range(ATTEMPTS):
            try:
                return read()
            except StoreError:
                unchanged = 0 if self._went_on() else unchanged + 1
                if unchanged > 1:
                    raise
        return read()

    def _went_on(self) -> bool:
        """Look at the journal again; whether there is more in it."""
        before, self.journal = self.journal, journal.read(self.directory)
        return self.journal.end != before.end


def _is_deep(document: dict[str, Any]) -> bool:
    """Whether plain data are nested deeper than any study's: what walks through them later may come to no end."""
    level: list[Any] = [document]
    for _ in range(DEEPEST):
        inner = (value for one in level for value in (one.values() if isinstance(one, dict) else one))
        level = [value for value in inner if isinstance(value, dict | list)]
        if not level:
            return False
    return True


def _in_arrow(file: BinaryIO) -> pa.BufferReader:
    """All of a file in Arrow's own memory.

    Of Python's, Arrow's threads let go some time after they have read it. Where Python has ended by then, the process
    is aborted.
    """
    import pyarrow as pa

    buffer = pa.allocate_buffer(os.fstat(file.fileno()).st_size)
    room = memoryview(buffer).cast("B")
    while len(room) and (count := file.readinto(room)):  # type: ignore[attr-defined]
        room = room[count:]
    if len(room):
        raise ValueError("it became shorter while it was read")
    return pa.BufferReader(buffer)
