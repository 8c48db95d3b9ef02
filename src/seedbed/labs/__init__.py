"""Labs: the studies shipped with the package, each a TOML file that a student could have written."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seedbed.variants import Variant


@dataclass(frozen=True)
class Lab:
    """What `seedbed labs` says of a lab: its name, what it asks, and the datasets it needs."""

    name: str
    description: str
    needs: tuple[str, ...]


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


def describe() -> list[Lab]:
    """All labs."""
    from seedbed.study import Study

    studies = [Study.load(name) for name in names()]
    return [Lab(study.name, study.description, _needs(study.variants)) for study in studies]


def _needs(variants: Iterable[Variant]) -> tuple[str, ...]:
    from seedbed.data.registry import DATASETS

    sources = dict.fromkeys(variant.recipe.data.source for variant in variants)
    return tuple(source for source in sources if source in DATASETS)
