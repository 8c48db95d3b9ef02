"""Whole files, plain JSON and safe file names, for everything that reads from disk or writes to it."""

from __future__ import annotations

import errno
import hashlib
import json
import math
import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import get_native_id
from typing import TYPE_CHECKING, Any, BinaryIO

from seedbed.text import byte_size

if TYPE_CHECKING:
    from typing_extensions import Buffer

TEMPORARY = ".tmp"  # how temporary names end
LARGE = 2**20  # characters of JSON, from which it is not indented all the way
SYNCED_AT_ONCE = 16  # files
KINDS = {  # what is no regular file, and may never end or never begin
    stat.S_IFDIR: "a directory",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def regular_file(path: Path, limit: int | None = None) -> BinaryIO:
    """Open a regular file, or a link to one, to be read; close it where only a path is needed.

    Pipes, sockets and devices are refused without being opened: reading one may wait for ever, or never end.

    Parameters
    ----------
    limit
        The most bytes that it may have.

    Raises
    ------
    OSError
        Where there is no such file, or it cannot be read, is of another kind or too large. Its `strerror` says what
        is wrong in a few words, without the path.
    """
    try:
        found = path.stat()
    except ValueError:  # a zero byte, or half of a character
        raise OSError(errno.EINVAL, "no file can have such a name", str(path)) from None
    _check_kind(found, path, limit)
    # What stands there by now may be another one, so it must neither wait nor go unchecked.
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        _check_kind(os.fstat(handle), path, limit)
        return os.fdopen(handle, "rb")
    except BaseException:
        os.close(handle)
        raise


def read_regular(path: Path, limit: int) -> bytes:
    """All of a regular file of at most `limit` bytes; raises as `regular_file` does."""
    with regular_file(path, limit) as file:
        content = file.read(limit + 1)  # it may grow meanwhile
    if len(content) > limit:
        raise _too_large(len(content), path, limit)
    return content


def _check_kind(found: os.stat_result, path: Path, limit: int | None) -> None:
    if not stat.S_ISREG(found.st_mode):
        kind = KINDS.get(stat.S_IFMT(found.st_mode), "something else")
        code = errno.EISDIR if stat.S_ISDIR(found.st_mode) else errno.EINVAL
        raise OSError(code, f"expected a file, got {kind}", str(path))
    if limit is not None and found.st_size > limit:
        raise _too_large(found.st_size, path, limit)


def _too_large(size: int, path: Path, limit: int) -> OSError:
    return OSError(
        errno.EFBIG, f"has {byte_size(size)}, and at most {byte_size(limit)} are read here", str(path)
    )


def slug(name: str) -> str:
    """A file name for any name; different names give different ones, also on file systems that ignore case."""
    safe = re.sub(r"[^a-z0-9._-]+", "-", name.lower()).strip("-.")[:60]
    return safe if safe == name else f"{safe or 'x'}-{hashlib.sha256(name.encode()).hexdigest()[:6]}"


def to_json(document: object, indent: int | None = None, ascii: bool = False) -> str:
    """Plain data as JSON: NumPy values as numbers and lists, numbers that are not finite as null.

    Of a large document an indent leaves single variants, or what else stands as deep, in one line each: more takes much
    longer. Only `ascii` escapes all that is not ASCII; else only bytes of a file name that are not text are escaped.
    """
    data, dump = plain(document), partial(json.dumps, ensure_ascii=ascii, allow_nan=False)
    text = dump(data)
    if indent is not None:
        text = dump(data, indent=indent) if len(text) < LARGE else _in_lines(data, dump, indent)
    return text.encode("utf-8", "backslashreplace").decode()


@dataclass(frozen=True)
class Staged:
    """A whole file that has reached the disk under a temporary name and is yet to be given its own.

    Attributes
    ----------
    path, temporary
        The name that it is to have, and the one that it has.
    bytes, sha256
        Its size and the hexadecimal digest of its content.
    """

    path: Path
    temporary: Path
    bytes: int
    sha256: str


class Hashing:
    """A file being written that counts and digests its bytes; libraries can write to it as to a file."""

    closed = False  # it belongs to whoever opened it

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._digest, self._count = file, hashlib.sha256(), 0

    def write(self, data: Buffer) -> int:
        """Append bytes."""
        count = memoryview(data).nbytes
        self._file.write(data)
        self._digest.update(data)
        self._count += count
        return count

    def flush(self) -> None:
        """Write what waits in memory."""
        self._file.flush()

    def tell(self) -> int:
        """How many bytes there are."""
        return self._count

    @property
    def sha256(self) -> str:
        """The hexadecimal digest of what was written."""
        return self._digest.hexdigest()


@contextmanager
def temporary(path: Path, durable: bool = True) -> Iterator[BinaryIO]:
    """A file to write under a temporary name beside the one that it is to have; it has reached the disk afterwards.

    Parameters
    ----------
    durable
        False where the caller sees to it that it reaches the disk.

    Raises
    ------
    OSError
        Where it cannot be written; with the path.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _temporary(path).open("wb") as file:
            yield file
            file.flush()
            if durable:
                os.fsync(file.fileno())
    except BaseException as error:
        with suppress(OSError):
            _temporary(path).unlink(missing_ok=True)
        if (
            isinstance(error, OSError) and error.errno
        ):  # of a full disk it has no name, else the temporary one
            error.filename = str(path)
        raise


def _temporary(path: Path) -> Path:
    # Two threads may write the same file, as where two workers train the same shard; the last to end gives it its name.
    return path.with_name(f".{path.name}.{os.getpid()}.{get_native_id()}{TEMPORARY}")


def stage(path: Path, write: Callable[[Hashing], object]) -> Staged:
    """Have a file written under a temporary name beside the one that `rename` gives it; raises as `temporary` does."""
    return stage_all([(path, write)])[0]


def stage_all(files: Iterable[tuple[Path, Callable[[Hashing], object]]]) -> list[Staged]:
    """Stage several files, all or none; that they reach the disk takes about as long as for one."""
    staged: list[Staged] = []
    try:
        for path, write in files:
            with temporary(path, durable=False) as file:
                hashing = Hashing(file)
                write(hashing)
            staged.append(Staged(path, _temporary(path), hashing.tell(), hashing.sha256))
        _reach_disk_together(staged)
    except BaseException:
        discard(staged)
        raise
    return staged


def _reach_disk_together(staged: Sequence[Staged]) -> None:
    if len(staged) == 1:
        _reach_disk(staged[0])
        return
    with ThreadPoolExecutor(SYNCED_AT_ONCE, "sync") as pool:
        for _ in pool.map(_reach_disk, staged):
            pass


def _reach_disk(staged: Staged) -> None:
    try:
        handle = os.open(staged.temporary, os.O_RDWR | getattr(os, "O_BINARY", 0))
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        error.filename = str(staged.path)
        raise


def rename(staged: Sequence[Staged]) -> None:
    """Give files that were staged their own names; each replaces what had it."""
    try:
        for one in staged:
            one.temporary.replace(one.path)
    except BaseException:
        discard(staged)
        raise
    for directory in {one.path.parent for one in staged}:
        sync(directory)


def replace(path: Path) -> None:
    """Give the `temporary` file of a path its name."""
    _temporary(path).replace(path)
    sync(path.parent)


def discard(staged: Sequence[Staged]) -> None:
    """Remove files that were staged and not renamed."""
    for one in staged:
        with suppress(OSError):
            one.temporary.unlink(missing_ok=True)


def sync(directory: Path) -> None:
    """Have the names in a directory reach the disk; where a directory cannot be opened, the system sees to that."""
    if os.name == "posix":
        handle = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def write_whole(path: Path, data: Buffer) -> None:
    """Write a file so that readers see all of it or none, even after a crash."""
    with temporary(path) as file:
        file.write(data)
    replace(path)


def _in_lines(value: object, dump: Callable[[object], str], indent: int, depth: int = 0) -> str:
    """Plain data with its entries, and theirs, on lines of their own."""
    if depth == 2 or not value or not isinstance(value, dict | list):
        return dump(value)
    if isinstance(value, dict):
        texts = [f"{dump(key)}: {_in_lines(item, dump, indent, depth + 1)}" for key, item in value.items()]
    else:
        texts = [_in_lines(item, dump, indent, depth + 1) for item in value]
    start, end = "{}" if isinstance(value, dict) else "[]"
    last = "\n" + " " * indent * depth
    line = last + " " * indent
    return start + line + f",{line}".join(texts) + last + end


def plain(value: object) -> Any:
    """Plain data as `to_json` writes it and it is read again."""
    if value is None or isinstance(value, str | int):  # most that there is
        return value
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if hasattr(value, "tolist"):  # a NumPy number or array
        return plain(value.tolist())
    if hasattr(value, "model_dump"):  # a recipe
        value = value.model_dump()
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    return str(value) if isinstance(value, os.PathLike) else value


def leaves(tables: Mapping[str, Any], start: str = "") -> Iterator[tuple[str, Any]]:
    """Every value of nested tables by its dotted key."""
    for key, value in tables.items():
        if isinstance(value, Mapping):
            yield from leaves(value, f"{start}{key}.")
        else:
            yield f"{start}{key}", value
