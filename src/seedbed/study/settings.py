"""Dotted settings: how [ablate], [[variant]], [grid] and the command line change a recipe."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterable, Mapping
from typing import Any

LONGEST_NAME = 200  # characters of a variant's name


def parse_value(text: object) -> Any:
    """A value as a TOML file would give it; text that is none is meant as text (batch, not "batch").

    What is not text is taken as it is.
    """
    if not isinstance(text, str):
        return text
    try:
        document = tomllib.loads(f"value = {text}")
    except (ValueError, RecursionError):  # also of thousands of digits or brackets, which no setting takes
        return text
    return document["value"] if len(document) == 1 else text


def parse_values(text: str | Iterable[Any]) -> list[Any]:
    """Values parted by commas, those in brackets and quotes apart, each as `parse_value` reads it."""
    if not isinstance(text, str):
        return list(text)
    parts, depth, quote = [""], 0, ""
    for letter in text:
        if quote or letter in "\"'":
            quote = "" if letter == quote else quote or letter
        depth += (letter in "([{") - (letter in ")]}")
        if letter == "," and depth == 0 and not quote:
            parts.append("")
        else:
            parts[-1] += letter
    return [parse_value(part.strip()) for part in parts]


def flat(settings: Mapping[str, Any], tables: Iterable[str]) -> dict[str, Any]:
    """Settings with dotted keys, also where they were written without quotes, as nested tables.

    Parameters
    ----------
    tables
        The names of the tables that hold settings. A whole one as a value, known by its source or kind, is one setting.
    """
    result: dict[str, Any] = {}
    for key, value in settings.items():
        if key in (*tables, "study") and isinstance(value, Mapping) and not {"kind", "source"} & set(value):
            result.update({f"{key}.{name}": inner for name, inner in value.items()})
        else:
            result[key] = value
    return result


def changed(
    tables: Mapping[str, Any], settings: Mapping[str, Any], exclusive: Mapping[str, str]
) -> dict[str, Any]:
    """A copy of nested tables with the dotted settings put in; a table as a value replaces a whole table.

    Parameters
    ----------
    exclusive
        Keys of which one replaces another, each with that one: TOML has no way to take a key away.
    """
    result = {key: dict(value) if isinstance(value, Mapping) else value for key, value in tables.items()}
    for key, value in settings.items():
        _remove(result, exclusive.get(key, ""), settings)
        *path, last = key.split(".")
        table = result
        for name in path:
            inner = table.get(name)
            table[name] = dict(inner) if isinstance(inner, Mapping) else {}
            table = table[name]
        table[last] = value
    return result


def _remove(tables: dict[str, Any], key: str, settings: Mapping[str, Any]) -> None:
    table, _, name = key.partition(".")
    if name and key not in settings and isinstance(tables.get(table), dict):
        tables[table].pop(name, None)


def described(value: Any) -> str:
    """A value in few words, for a name: 10-100-10, cosine, step every 500 factor 0.5."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        words = [str(value[name]) for name in ("kind", "source") if name in value]
        return " ".join(
            words
            + [f"{name} {described(part)}" for name, part in value.items() if name not in ("kind", "source")]
        )
    if isinstance(value, (list, tuple)):
        whole = all(isinstance(part, int) for part in value)
        return ("-" if whole else " ").join(described(part) for part in value)
    return str(value)


def names(varied: Iterable[Mapping[str, Any]]) -> list[str]:
    """What each set of changes is called: norm = none; with the whole key where that is ambiguous.

    Of a very long name the beginning and a mark of all of it, the same for the same changes.
    """
    varied = list(varied)
    keys = {key for settings in varied for key in settings}
    short = [key.rpartition(".")[2] for key in keys]

    def name_of(key: str) -> str:
        last = key.rpartition(".")[2]
        return key if short.count(last) > 1 else last

    whole = (
        ", ".join(f"{name_of(key)} = {described(value)}" for key, value in settings.items())
        for settings in varied
    )
    return [name if len(name) <= LONGEST_NAME else f"{name[:180]}... {_mark(name)}" for name in whole]


def _mark(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8", "backslashreplace")).hexdigest()[:6]
