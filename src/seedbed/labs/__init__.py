"""Labs: the studies shipped with the package, each a TOML file that a student could have written."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seedbed.variants import Variant


def _root() -> Path:
    return Path(str(files(__name__)))


def names() -> list[str]:
    """The names of all labs, such as trig/norm-init."""
    return sorted(path.relative_to(_root()).with_suffix("").as_posix() for path in _root().glob("*/*.toml"))


def path(name: str) -> Path:
    """The file of a lab; raises KeyError where there is none of that name."""
    if name not in names():
        raise KeyError(name)
    return _root() / f"{name}.toml"


def describe() -> list[dict[str, Any]]:
    """Name, description and needed datasets of every lab: what `labs --json` prints."""
    from seedbed.study import Study

    studies = [Study.load(name) for name in names()]
    return [
        {"name": study.name, "description": study.description, "needs": _needs(study.variants)}
        for study in studies
    ]


def _needs(variants: Iterable[Variant]) -> list[str]:
    from seedbed.data.registry import DATASETS

    sources = dict.fromkeys(variant.recipe.data.source for variant in variants)
    return [source for source in sources if source in DATASETS]
