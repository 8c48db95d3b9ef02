"""Where the files of the public datasets lie, whether they are the right ones, and how to get them."""

from __future__ import annotations

import hashlib
import os
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from seedbed.data.base import DataError
from seedbed.data.registry import DATASETS, Dataset, Form

_checksums: dict[tuple[str, int, int, str | None], str] = {}


def roots(data_dir: Path | None = None) -> list[Path]:
    """The directories looked in, in order: the one given, then $SEEDBED_DATA, then the user's cache."""
    import pooch

    named = [data_dir, os.environ.get("SEEDBED_DATA")]
    return [Path(root).expanduser() for root in named if root] + [Path(pooch.os_cache("seedbed"))]


def datasets(data_dir: Path | None = None) -> list[dict[str, Any]]:
    """One row a dataset: name, files, bytes, present, path (None where absent), licence."""
    rows = []
    for name, dataset in DATASETS.items():
        root = _find(dataset, data_dir)
        forms = [_present(item, root) if root else item[0] for item in dataset.files]
        rows.append(
            {
                "name": name,
                "files": [form.name for form in forms if form],
                "bytes": sum(form.bytes for form in forms if form),
                "present": root is not None,
                "path": str(root / dataset.directory) if root else None,
                "licence": dataset.licence,
            }
        )
    return rows


def locate(name: str, data_dir: Path | None = None) -> Path:
    """The directory that holds a dataset's files.

    Raises
    ------
    DataError
        Where none does; the message says which files to put where.
    """
    dataset = _dataset(name)
    root = _find(dataset, data_dir)
    if root is None:
        files = ", ".join(item[0].name.split("/")[-1] for item in dataset.files)
        places = ", ".join(str(root / dataset.directory) for root in roots(data_dir))
        raise DataError(
            f"the files of {name} are not there; get them with `seedbed data fetch {name}`\n"
            f"or put {files} into one of: {places}"
        )
    return root / dataset.directory


def checked(name: str, data_dir: Path | None = None) -> dict[str, tuple[Path, str]]:
    """Path and sha256 of each file of a dataset, by its name in the layout, after comparing checksums.

    Raises
    ------
    DataError
        Where a file is absent, or is not the registered one.
    """
    root = locate(name, data_dir).parent
    files = {}
    for item in _dataset(name).files:
        form = _present(item, root)
        assert form is not None  # locate has seen it
        _check(name, root / form.name, form)
        files[form.name] = root / form.name, form.sha256
    return files


def fetch(name: str, data_dir: Path | None = None, say: Callable[[str], None] = lambda line: None) -> Path:
    """Download what is missing or damaged of a dataset into the first of `roots`, and return its directory.

    A file appears whole and with the right checksum or not at all. `say` hears a line a file.

    Raises
    ------
    DataError
        Where no mirror gives the right file; the message says which file to put where.
    """
    dataset, root = _dataset(name), roots(data_dir)[0]
    for item in dataset.files:
        form = _present(item, root)
        if form and _is_right(root / form.name, form):
            say(f"{form.name} is there")
            continue
        form = next(form for form in item if form.urls)
        say(f"fetching {form.name} ({form.bytes / 1e6:.1f} MB)")
        _download(form, root / form.name)
    return root / dataset.directory


def checksum(path: Path, member: str | None = None) -> str:
    """sha256 of a file, or of one member of a zip archive; remembered while the file's size and time stay."""
    try:
        status = path.stat()
        key = (str(path.resolve()), status.st_mtime_ns, status.st_size, member)
        if key not in _checksums:
            with path.open("rb") as file, _opened(file, member) as content:
                _checksums[key] = hashlib.file_digest(content, "sha256").hexdigest()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from None
    return _checksums[key]


def _opened(file: IO[bytes], member: str | None) -> Any:
    return zipfile.ZipFile(file).open(member) if member else file


def _dataset(name: str) -> Dataset:
    if name not in DATASETS:
        raise DataError(f"there is no dataset {name!r}; there are: {', '.join(DATASETS)}")
    return DATASETS[name]


def _present(item: tuple[Form, ...], root: Path) -> Form | None:
    return next((form for form in item if os.path.isfile(root / form.name)), None)


def _find(dataset: Dataset, data_dir: Path | None) -> Path | None:
    for root in roots(data_dir):
        if all(_present(item, root) for item in dataset.files):
            return root
    return None


def _is_right(path: Path, form: Form) -> bool:
    try:
        return checksum(path, form.member) == form.sha256
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        KeyError,
        RuntimeError,
    ):  # whatever a bad archive raises
        return False


def _check(name: str, path: Path, form: Form) -> None:
    if not _is_right(path, form):
        inside = f" of its {form.member}" if form.member else ""
        raise DataError(
            f"{path} is damaged or another file: sha256 {checksum(path)}, expected{inside} {form.sha256}\n"
            f"remove it and get it again with `seedbed data fetch {name}`"
        )


def _download(form: Form, path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".fetching-") as directory:
            problems = _try_mirrors(form, Path(directory) / path.name)
            if not problems:
                (Path(directory) / path.name).replace(path)
                return
    except OSError as error:
        raise DataError(f"cannot write {path}: {error.strerror}") from None
    inside = f" of its {form.member}" if form.member else ""
    raise DataError(
        f"no mirror gave {form.name} ({'; '.join(problems)})\n"
        f"get it by other means and put it at {path} (sha256{inside} {form.sha256})"
    )


def _try_mirrors(form: Form, path: Path) -> list[str]:
    """Download a file; nothing if one mirror gave the right one, else what is wrong with each."""
    import pooch

    problems = []
    for url in form.urls:
        try:
            pooch.HTTPDownloader(timeout=30)(url, str(path), None)
        except (OSError, ValueError) as error:  # what requests raises is an OSError
            problems.append(f"{url}: {getattr(error, 'strerror', None) or type(error).__name__}")
            continue
        if _is_right(path, form):
            return []
        problems.append(f"{url}: wrong checksum")
    return problems
