"""The document of a study whose runs a Python function makes, given from a program."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

SETTINGS = "settings"


def document(
    function: Callable[..., Any],
    name: str | None,
    settings: Mapping[str, Any],
    varied: Mapping[str, Mapping[str, Any] | None],
    hypotheses: Sequence[Mapping[str, Any]],
    options: Mapping[str, Any],
    study: Mapping[str, Any],
) -> dict[str, Any]:
    """The tables of the study; what is None is left out.

    Parameters
    ----------
    varied
        "ablate" and "grid": settings without "settings." -> values.
    options
        Of the table [function], beside what is called.
    study
        The table [study].
    """
    asked = {key: value for key, value in study.items() if value is not None}
    tables: dict[str, Any] = {
        "name": name or _plain(function.__name__),
        "function": {"call": _called(function), **options},
        "study": asked,
        SETTINGS: dict(settings),
    }
    for table, keys in varied.items():
        if keys:
            tables[table] = {f"{SETTINGS}.{key}": list(values) for key, values in keys.items()}
    if hypotheses:
        tables["hypothesis"] = [dict(claim) for claim in hypotheses]
    return tables


def directory_of(function: Callable[..., Any]) -> Path:
    """Where the module of a function is found, so that the stored study finds it too; else where the program runs."""
    module = sys.modules.get(function.__module__)
    file = getattr(module, "__file__", None)
    if not file or function.__module__ == "__main__":
        return Path.cwd()
    levels = function.__module__.count(".") + (Path(file).stem == "__init__")
    return Path(file).absolute().parents[levels]


def _called(function: Callable[..., Any]) -> str:
    """By which name any process finds a function; under `__main__` where none does, as in a notebook."""
    module, name = function.__module__, function.__qualname__
    if module != "__main__" and all(part.isidentifier() for part in name.split(".")):
        return f"{module}:{name}"
    return f"__main__:{re.sub(r'[^A-Za-z0-9_]', '_', function.__name__)}"


def _plain(name: str) -> str:
    """A name that a study may have."""
    return re.sub(r"[^A-Za-z0-9._-]", "-", name).lstrip("-._") or "function"
