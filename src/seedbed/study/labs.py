"""Finds the labs, the studies shipped with the package, each a TOML file that a student could have written."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path


def _root() -> Path:
    return Path(str(files("seedbed") / "labs"))


def names() -> list[str]:
    """The names of all labs, such as trig/norm-init."""
    return sorted(path.relative_to(_root()).with_suffix("").as_posix() for path in _root().glob("*/*.toml"))


def path(name: str) -> Path:
    """The file of a lab; raises KeyError where there is none of that name."""
    if name not in names():
        raise KeyError(name)
    return _root() / f"{name}.toml"
