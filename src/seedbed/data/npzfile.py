"""Reads the arrays of a .npz file, after comparing what each says that it is with what the file holds."""

from __future__ import annotations

import math
import warnings
import zipfile
from pathlib import Path
from typing import IO, cast

import numpy as np

from seedbed.data import bounded
from seedbed.text import byte_size

SUFFIX = ".npy"


def arrays(path: Path) -> dict[str, np.ndarray]:
    """All arrays of a file by name.

    Raises
    ------
    DataError
        Where it is no such file, damaged or too large, or holds an array of Python objects.
    """
    unreadable = bounded.reading(f"{path} is not a .npz file of plain arrays")
    with (
        bounded.opened(path) as file,
        unreadable,
        zipfile.ZipFile(file) as archive,
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")  # of headers that Python 2 wrote, which are read well
        members = [one for one in archive.infolist() if one.filename.endswith(SUFFIX)]
        bounded.Room().refuse(sum(one.file_size for one in members), f"{path} unpacks to")
        return {one.filename.removesuffix(SUFFIX): _array(archive, one) for one in members}


def _array(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> np.ndarray:
    with archive.open(member) as stream:
        _check(stream, member)
    with archive.open(member) as stream:
        return np.lib.format.read_array(stream, allow_pickle=False)


def _check(stream: IO[bytes], member: zipfile.ZipInfo) -> None:
    """Refuse an array whose header asks for more, or less, than the file holds."""
    versions = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    version = np.lib.format.read_magic(stream)
    if version not in versions:  # of records, whose fields may have any name
        raise ValueError(f"{member.filename} holds records, not numbers or text")
    shape, _, kind = versions[version](cast(IO[bytes], stream))
    if kind.hasobject:
        raise ValueError(f"Object arrays are not read, and {member.filename} is one")
    count, there = math.prod(shape), member.file_size - stream.tell()
    if min(shape, default=0) < 0 or count * kind.itemsize != there or (count and not there):
        raise ValueError(
            f"{member.filename} says that it has the shape {shape} of {kind}, but holds {byte_size(there)}"
        )
