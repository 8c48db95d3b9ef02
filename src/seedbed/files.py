"""Whole files, plain JSON and safe file names, for everything that writes to disk."""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing_extensions import Buffer


def slug(name: str) -> str:
    """A file name for any name; different names give different ones, also on file systems that ignore case."""
    safe = re.sub(r"[^a-z0-9._-]+", "-", name.lower()).strip("-.")[:60]
    return safe if safe == name else f"{safe or 'x'}-{hashlib.sha256(name.encode()).hexdigest()[:6]}"


def to_json(document: object, indent: int | None = None, ascii: bool = False) -> str:
    """Plain data as JSON: NumPy values as numbers and lists, numbers that are not finite as null.

    Only `ascii` escapes all that is not ASCII; else only bytes of a file name that are not text are escaped.
    """
    text = json.dumps(_plain(document), indent=indent, ensure_ascii=ascii, allow_nan=False)
    return text.encode("utf-8", "backslashreplace").decode()


def write_whole(path: Path, data: Buffer) -> None:
    """Write a file so that readers see all of it or none, even after a crash."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    if os.name == "posix":  # the new name itself must reach the disk; elsewhere a directory cannot be opened
        handle = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _plain(value: object) -> object:
    if hasattr(value, "tolist"):  # a NumPy number or array
        value = value.tolist()
    if hasattr(value, "model_dump"):  # a recipe
        value = value.model_dump()
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return str(value) if isinstance(value, os.PathLike) else value
