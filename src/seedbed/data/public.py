"""The files of a public dataset: where they lie, whether they are the right ones, and how to get them."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from seedbed.data.base import DataError
from seedbed.data.checksums import checksum
from seedbed.text import byte_size

Files = dict[str, tuple[Path, str]]  # path and sha256, by the name that is recorded
BAD_ARCHIVE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    KeyError,
    ValueError,
    NotImplementedError,
    RuntimeError,
)
FETCHING = ".fetching-"  # what the folders begin with that downloads are in until they are whole
STALE = 86_400.0  # seconds after which nobody is writing into one any more
MORE = (
    2**20
)  # bytes that a mirror may send beyond twice the size of a file: those of archives are approximate


@dataclass(frozen=True)
class Distribution:
    """One file in which (a piece of) a dataset may come.

    Attributes
    ----------
    name
        Path in the data directory.
    bytes
        Size of the file, approximate where `member` is set.
    sha256
        Of the file, or of its `member`.
    urls
        Mirrors; empty for a form that is only accepted where somebody put it.
    member
        The one file of a zip archive that counts; archives are packed anew from time to time.
    """

    name: str
    bytes: int
    sha256: str
    urls: tuple[str, ...] = ()
    member: str | None = None

    @property
    def expected(self) -> str:
        """What its checksum must be, in words."""
        return f"{f'of its {self.member} ' if self.member else ''}{self.sha256}"


@dataclass(frozen=True)
class Dataset:
    """A public dataset.

    Attributes
    ----------
    name
        By which `seedbed data` and recipes know it.
    files
        Its pieces, each in the forms it may come in, best first; all in one folder of the data directory.
    licence
        In words.
    """

    name: str
    files: tuple[tuple[Distribution, ...], ...]
    licence: str

    @property
    def directory(self) -> str:
        """The folder of the data directory that its files are in."""
        return self.files[0][0].name.partition("/")[0]

    def root(self, data_dir: Path | None = None) -> Path | None:
        """The first of `roots` that holds all of its files; None where none does."""
        for root in roots(data_dir):
            if all(present(forms, root) for forms in self.files):
                return root
        return None

    def locate(self, data_dir: Path | None = None) -> Path:
        """The directory that holds its files.

        Raises
        ------
        DataError
            Where none does; the message says which files to put where.
        """
        root = self.root(data_dir)
        if root is None:
            files = ", ".join(forms[0].name.split("/")[-1] for forms in self.files)
            directories = ", ".join(str(root / self.directory) for root in roots(data_dir))
            raise DataError(
                f"the files of {self.name} are not there; get them with `seedbed data fetch {self.name}`\n"
                f"or put {files} into one of: {directories}"
            )
        return root / self.directory

    def checked(self, data_dir: Path | None = None) -> Files:
        """Path and sha256 of each file, by its name in the data directory, after comparing checksums.

        Raises
        ------
        DataError
            Where a file is absent, or is not the registered one.
        """
        root = self.locate(data_dir).parent
        files = {}
        for forms in self.files:
            form = present(forms, root)
            assert form is not None  # locate has seen it
            path = root / form.name
            if not _is_right(path, form):
                raise DataError(
                    f"{path} is damaged or another file: sha256 {checksum(path)}, expected {form.expected}\n"
                    f"remove it and get it again with `seedbed data fetch {self.name}`"
                )
            files[form.name] = path, form.sha256
        return files

    def fetch(self, data_dir: Path | None = None, say: Callable[[str], object] = lambda line: None) -> Path:
        """Download what is missing or damaged into the first of `roots`, and return its directory.

        A file appears whole and with the right checksum or not at all. `say` is called with a line per file.

        Raises
        ------
        DataError
            Where no mirror gives the right file; the message says which file to put where.
        """
        root = roots(data_dir)[0]
        for forms in self.files:
            form = present(forms, root)
            if form and _is_right(root / form.name, form):
                say(f"{form.name} is there")
                continue
            form = next(form for form in forms if form.urls)
            say(f"fetching {form.name} ({form.bytes / 1e6:.1f} MB)")
            _download(form, root / form.name)
        return root / self.directory


def roots(data_dir: Path | None = None) -> list[Path]:
    """The directories looked in, in order: the one given, then $SEEDBED_DATA, then the user's cache."""
    named = [data_dir, os.environ.get("SEEDBED_DATA")]
    return [Path(root).expanduser() for root in named if root] + [cache()]


def cache() -> Path:
    """The user's cache."""
    import pooch

    return Path(pooch.os_cache("seedbed"))


def present(forms: tuple[Distribution, ...], root: Path) -> Distribution | None:
    """The best form of a piece that is there, right or not."""
    return next((form for form in forms if os.path.isfile(root / form.name)), None)


def _is_right(path: Path, form: Distribution) -> bool:
    try:
        return checksum(path, form.member) == form.sha256
    except BAD_ARCHIVE:
        return False


def _download(form: Distribution, path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _remove_stale(path.parent)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=FETCHING) as directory:
            problems = _try_mirrors(form, Path(directory) / path.name)
            if not problems:
                (Path(directory) / path.name).replace(path)
                return
    except OSError as error:
        raise DataError(f"cannot write {path}: {error.strerror}") from None
    raise DataError(
        f"no mirror gave {form.name} ({'; '.join(problems)})\n"
        f"get it by other means and put it at {path} (sha256 {form.expected})"
    )


def _remove_stale(directory: Path) -> None:
    """Remove what downloads left that were killed; others may be on their way right now."""
    for left in directory.glob(f"{FETCHING}*"):
        with suppress(OSError):  # another process may do the same
            if time.time() - left.stat().st_mtime > STALE:
                shutil.rmtree(left)


class _AtMost:
    """A file that takes so many bytes and no more, however many a mirror sends."""

    def __init__(self, file: BinaryIO, most: int) -> None:
        self._file, self._most, self._left = file, most, most

    def write(self, content: bytes) -> int:
        self._left -= len(content)
        if self._left < 0:
            raise OSError(errno.EFBIG, f"it sends more than {byte_size(self._most)}")
        return self._file.write(content)

    def flush(self) -> None:
        self._file.flush()


def _try_mirrors(form: Distribution, path: Path) -> list[str]:
    """Download a file; an empty list if one mirror gave the right one, else a problem of each."""
    import pooch

    problems = []
    for url in form.urls:
        try:
            with path.open("wb") as file:
                pooch.HTTPDownloader(timeout=30)(url, _AtMost(file, 2 * form.bytes + MORE), None)
                os.fsync(file.fileno())
        except (OSError, ValueError) as error:  # what requests raises is an OSError
            problems.append(f"{url}: {getattr(error, 'strerror', None) or type(error).__name__}")
            continue
        if _is_right(path, form):
            return []
        problems.append(f"{url}: wrong checksum")
    return problems
