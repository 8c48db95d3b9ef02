"""The settings of a variant whose runs are other people's code: open, but plain data."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from seedbed.study.problems import Problem, dotted
from seedbed.trainables.outside.options import Options

SETTINGS = "settings"  # the table
OwnOptions = TypeVar("OwnOptions", bound=Options)


@dataclass(frozen=True)
class OutsideConfiguration(Generic[OwnOptions]):
    """The settings of one variant.

    Attributes
    ----------
    table
        The name of the table that `options` are.
    settings
        What the code is given.
    """

    table: str
    options: OwnOptions
    settings: dict[str, Any]

    def model_dump(self) -> dict[str, Any]:
        """See `study.contents.Configuration`."""
        return {self.table: self.options.model_dump(), SETTINGS: deepcopy(self.settings)}


def keys_of(settings: object, prefix: str = f"{SETTINGS}.") -> Iterator[str]:
    """Every dotted key of a table of settings, tables within it included."""
    if isinstance(settings, Mapping):
        for name, value in settings.items():
            yield f"{prefix}{name}"
            yield from keys_of(value, f"{prefix}{name}.")


def setting_problems(settings: object) -> Iterator[Problem]:
    """What is wrong with a table of settings: code gets them as JSON, which has no dates and nothing infinite."""
    if not isinstance(settings, Mapping):
        yield Problem(SETTINGS, f"expected a table, got {settings!r}")
        return
    yield from _problems((SETTINGS,), settings)


def _problems(path: tuple[str, ...], value: Any) -> Iterator[Problem]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if not name or "." in name:
                yield Problem(dotted((*path, name)), "the name of a setting has no dots and is not empty")
            yield from _problems((*path, name), inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _problems(path, inner)
    elif isinstance(value, float) and not math.isfinite(value):
        yield Problem(dotted(path), f"expected a finite number, got {value}; write it as text")
    elif not (value is None or isinstance(value, bool | int | float | str)):
        kind = type(value).__name__
        yield Problem(
            dotted(path),
            f"expected a number, text, true or false, a list or a table, got a {kind}; write it as text",
        )
