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

import numpy as np
from fake_studies import older, regression

from seedbed.cli.errors import user_errors
from seedbed.results.documents import document
from seedbed.results.result import Result
from seedbed.store import checkpoints, reader


@cache
def study() -> Path:
    """The directory of a small study without checksums."""
    root = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    directory = older(regression(root, seeds=2))
    assert document(Result.open(directory))["ranking"]  # as it is, it can be read
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


def checkpoint(content: bytes) -> None:
    """The reader of checkpoints."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "000000.safetensors"
        path.write_bytes(content)
        with suppress(*user_errors()):
            checkpoints.read(path)


def checkpoints_written() -> list[bytes]:
    """Checkpoints as they should be."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "000000.safetensors"
        arrays = {"params/0": np.arange(6, dtype=np.float32).reshape(2, 3), "step": np.array(7)}
        checkpoints.write(path, arrays, {"shard": {"epoch": 3}, "seconds": 1.5})
        return [path.read_bytes()]
