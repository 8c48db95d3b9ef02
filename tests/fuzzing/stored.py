"""Readers of a stored study, each with one file of a small one replaced.

The study is of format 1, which has no checksums: with them, nothing that was changed is looked at any further.
"""

from __future__ import annotations

import atexit
import json
import shutil
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path

from fake_studies import regression

from seedbed.cli.errors import user_errors
from seedbed.results.documents import document
from seedbed.results.result import Result
from seedbed.store import reader
from seedbed.store.schema import JOURNAL


@cache
def study() -> Path:
    """The directory of a small study without checksums."""
    root = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    directory = regression(root, seeds=2)
    lines = map(json.loads, (directory / JOURNAL).read_text(encoding="utf-8").splitlines())
    older = [{key: event[key] for key in event if key not in ("crc", "format")} for event in lines]
    text = "".join(f"{json.dumps(event)}\n" for event in older if event["event"] != "wrote")
    (directory / JOURNAL).write_text(text, encoding="utf-8")
    return directory


def content(name: str) -> bytes:
    """A file of it as it should be."""
    return (study() / name).read_bytes()


def with_file(name: str, changed: bytes) -> None:
    """Read all of the study while one of its files holds something else."""
    path = study() / name
    whole = path.read_bytes()
    try:
        path.write_bytes(changed)
        with suppress(*user_errors()):
            reader.listing(study().parent)
        with suppress(*user_errors()):
            json.dumps(document(Result.open(study())))
    finally:
        path.write_bytes(whole)
