"""What a source makes of files at hand, which are neither looked for nor checked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from seedbed import recipe
from seedbed.data.base import Samples
from seedbed.data.sources import source
from seedbed.data.sources.base import Request


def samples_of(
    name: str, *paths: Path, classification: bool = True, sha256: str = "made", **settings: Any
) -> Samples:
    """The samples of files by the source of that name, with further settings of the table `data`."""
    data = {"source": name, **settings}
    if name in ("images", "npz", "arrays"):
        data["path"] = str(paths[0])
    table: recipe.Data = TypeAdapter(recipe.AnyData).validate_python(data)
    files = {path.name: (path, sha256) for path in paths}
    return source(name).load(Request(table, files, classification, 0, 0))
