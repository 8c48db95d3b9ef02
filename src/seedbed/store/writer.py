"""Writes a study's directory: created once, never reused, every file whole.

While a study runs, each group adds a part to every table; when it has ended, the parts are joined into one file each.
So writing takes time in proportion to the runs, and a study that runs or was killed can be read.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from seedbed.files import to_json, write_whole
from seedbed.store import locks
from seedbed.store.models import Trained, models_path
from seedbed.store.schema import (
    JOURNAL,
    PARTS,
    StoreError,
    concatenated,
    part_names,
    part_path,
    part_paths,
    runs_table,
    table_of,
    table_path,
)

if TYPE_CHECKING:
    import pyarrow as pa

    from seedbed.store.schema import Columns

HASH_LENGTH = 8
ROW_GROUP, ROW_GROUP_BYTES = (
    2**20,
    2**26,
)  # rows of a row group where parts are joined, or bytes of fewer; at least


class Store:
    """The directory of one study while it runs. Close it, or use it as a context, when the study ends.

    The journal is held locked while the store is open, so that readers tell a study that runs from one whose
    process is gone, without a status that could go stale.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._journal = (directory / JOURNAL).open("a", encoding="utf-8")
        locks.hold(self._journal)

    @classmethod
    def create(cls, runs_dir: str | os.PathLike[str], study: str, fingerprint: str) -> Store:
        """Make `runs_dir/<study>/<YYYYMMDD-HHMMSS>-<hash>/`, which did not exist before.

        Parameters
        ----------
        runs_dir
            Where studies are kept; made where absent.
        study
            The study's name; each part between slashes becomes a directory.
        fingerprint
            Hexadecimal digest of what is run; its first letters are the hash, more of them where taken.

        Raises
        ------
        StoreError
            Where the name leads out of `runs_dir` or the directory cannot be written.
        """
        parent = cls.parent(runs_dir, study)
        with _writable(runs_dir):
            store = cls(_new_directory(parent, fingerprint))
        store.journal({"event": "created", "study": study, "fingerprint": fingerprint})
        return store

    @staticmethod
    def parent(runs_dir: str | os.PathLike[str], study: str) -> Path:
        """Make the directory that holds all executions of a study; raises what `create` raises."""
        directory = Path(runs_dir).joinpath(*_directories(study))
        with _writable(runs_dir):
            directory.mkdir(parents=True, exist_ok=True)
        return directory

    @property
    def id(self) -> str:
        """What people call this execution of the study: the name of its directory."""
        return self.directory.name

    def journal(self, event: Mapping[str, object]) -> None:
        """Append one event, with the time, as one line."""
        now = datetime.now().astimezone().isoformat(timespec="milliseconds")
        self._journal.write(to_json({"time": now, **event}) + "\n")
        self._journal.flush()

    def finish(self, status: str, **facts: object) -> None:
        """Write the last event, "complete" or "failed", and close; a study without it was interrupted."""
        self.journal({"event": "finished", "status": status, **facts})
        self.close()

    def close(self) -> None:
        """Close the journal and release its lock."""
        self._journal.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, Exception) and not self._journal.closed:
            self.finish("failed", error=f"{type(error).__name__}: {error}")
        self.close()

    def write_text(self, name: str, text: str) -> None:
        """Write a whole text file."""
        write_whole(self.directory / name, text.encode())

    def write_copy(self, path: Path) -> None:
        """Keep a whole copy of a file under its own name."""
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            write_whole(self.directory / path.name, content)

    def write_json(self, name: str, document: object) -> None:
        """Write plain data as a whole JSON file; see `to_json`."""
        self.write_text(name, to_json(document, indent=2) + "\n")

    def add_group(
        self, number: int, rows: Sequence[Mapping[str, object]], tables: Mapping[str, Columns]
    ) -> None:
        """Write what group `number` adds to the tables, each part whole.

        Parameters
        ----------
        rows
            As `schema.runs_table` takes them.
        tables
            The columns of the other tables by name, as docs/architecture.md lists them.
        """
        for name, columns in tables.items():
            add_part(self.directory, name, number, table_of(columns))
        add_part(self.directory, "runs", number, runs_table(rows))

    def join_groups(self, variants: Sequence[str]) -> None:
        """Make one file per table of what `add_group` wrote; runs in the order of `variants` and seeds."""
        rank = {name: index for index, name in enumerate(variants)}
        for name in part_names(self.directory):
            join_parts(self.directory, name, rank if name == "runs" else None)

    def write_models(self, trained: Trained) -> None:
        """Write the file of one variant's networks."""
        write_whole(models_path(self.directory, trained.variant), trained.to_bytes())


# --- the directory --------------------------------------------------------------------------------------


def _directories(study: str) -> list[str]:
    """The directories that a study's name stands for."""
    names = study.split("/")
    if any(name in ("", ".", "..") or not re.fullmatch(r"[\w .+=,-]+", name) for name in names):
        raise StoreError(
            f"{study!r} is not a valid study name: use letters, digits, spaces, dots, dashes and "
            "underscores, with slashes between parts"
        )
    return names


@contextlib.contextmanager
def _writable(runs_dir: str | os.PathLike[str]) -> Iterator[None]:
    """Say what to do where a directory cannot be written."""
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"cannot write runs to {runs_dir}: {error.strerror or error}; "
            "choose a writable directory with --runs-dir or SEEDBED_RUNS"
        ) from error


def _new_directory(parent: Path, fingerprint: str) -> Path:
    """Make the first name that is free: a longer hash, then a later second."""
    while True:
        stamp = datetime.now().strftime("%Y%m%d-%H%M%S")
        for length in range(min(HASH_LENGTH, len(fingerprint)), len(fingerprint) + 1):
            with contextlib.suppress(FileExistsError):
                directory = parent / f"{stamp}-{fingerprint[:length]}"
                directory.mkdir()
                return directory
        time.sleep(0.1)


# --- tables ---------------------------------------------------------------------------------------------


def add_part(directory: Path, name: str, number: int, table: pa.Table) -> None:
    """Write part `number` of a table, whole; other parts are left as they are."""
    _write_table(part_path(directory, name, number), [table])


def join_parts(directory: Path, name: str, rank: Mapping[str, int] | None = None) -> None:
    """Make one file of a table's parts, if it has any.

    Parameters
    ----------
    rank
        Of each variant: rows are sorted by it and by seed. Without it they stay in the order of the parts.
    """
    import pyarrow.parquet as parquet

    parts, path = part_paths(directory, name), table_path(directory, name)
    if not parts:
        return
    if rank is not None:
        _write_table(path, [_ordered(concatenated([parquet.read_table(part) for part in parts]), rank)])
    elif len(parts) == 1:
        parts.pop().replace(path)
    else:
        _write_table(path, _row_groups(parts))
    for part in parts:
        part.unlink()
    with contextlib.suppress(OSError):  # other tables still have parts there
        (directory / PARTS).rmdir()


def _ordered(table: pa.Table, rank: Mapping[str, int]) -> pa.Table:
    """Rows by the rank of their variant, then by seed."""
    ranks, seeds = [rank[variant] for variant in table["variant"].to_pylist()], table["seed"].to_pylist()
    return table.take(sorted(range(len(ranks)), key=lambda row: (ranks[row], seeds[row])))


def _row_groups(parts: Sequence[Path]) -> Iterator[pa.Table]:
    """Parts in pieces of at least ROW_GROUP rows or ROW_GROUP_BYTES: all at once may not fit into memory."""
    import pyarrow.parquet as parquet

    tables: list[pa.Table] = []
    for part in parts:
        tables.append(parquet.read_table(part))
        if sum(map(len, tables)) >= ROW_GROUP or sum(table.nbytes for table in tables) >= ROW_GROUP_BYTES:
            yield concatenated(tables)
            tables = []
    if tables:
        yield concatenated(tables)


def _write_table(path: Path, pieces: Iterable[pa.Table]) -> None:
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
