"""What a study file may say: a JSON Schema of it, and a reference of every key made from that schema."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path


def schema_file() -> Path:
    """The JSON Schema of a study file, as shipped with the package."""
    return Path(str(files(__name__))) / "study.schema.json"
