"""The keys that the tables of a document may have, by their models, and what to say of one that they do not have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel

from seedbed.study.suggestions import SLIP, keys_of_other_name, listed, nearest
from seedbed.study.synonyms import KEYS, plain, why_no_key, written


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and not get_origin(annotation) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models_in(part)


def _tag_values(model: type[BaseModel]) -> tuple[str, ...]:
    for name in ("kind", "source"):
        field = model.model_fields.get(name)
        if field and get_origin(field.annotation) is Literal:
            return get_args(field.annotation)
    return ()


def tables_at(location: Iterable[str | int], model: type[BaseModel]) -> list[type[BaseModel]]:
    """The models that a table may be at a location: keys and, where known, the kinds chosen on the way."""
    tables = [model]
    for part in location:
        chosen = [table for table in tables if part in _tag_values(table) or part == table.__name__]
        fields = [table.model_fields[part] for table in tables if part in table.model_fields]
        tables = chosen or [inner for field in fields for inner in _models_in(field.annotation)] or tables
    return list(dict.fromkeys(tables))


def tags(location: tuple[str | int, ...], model: type[BaseModel]) -> list[str]:
    """The kinds that a table may be of at a location."""
    return [tag for table in tables_at(location, model) for tag in _tag_values(table)]


def known_keys(model: type[BaseModel], prefix: str = "") -> list[str]:
    """Every dotted key that a document of `model` may have, of all kinds."""
    keys: dict[str, None] = {}
    for name, field in model.model_fields.items():
        keys[prefix + name] = None
        for inner in _models_in(field.annotation):
            keys.update(dict.fromkeys(known_keys(inner, f"{prefix}{name}.")))
    return list(keys)


def unknown_key(location: tuple[str | int, ...], model: type[BaseModel], also: Iterable[str]) -> str:
    """What to say of a key that a table does not have: what may have been meant, and where that is written.

    Parameters
    ----------
    also
        Dotted keys of the file that other models read.
    """
    *path, last = location
    key, here = str(last), tables_at(path, model)
    known = list(dict.fromkeys(name for table in here for name in table.model_fields))
    if message := _of_another_kind(key, path, model):
        return message
    table = _table_key(path, model)
    if called := keys_of_other_name(key, table, known):
        name = called[0].rpartition(".")[2]
        if called[0].rpartition(".")[0] != table:
            return f"unknown key here; {written(called[0])}"
        misspelt = plain(name) == plain(key)
        example = "" if "." in table or misspelt else f", as in {KEYS[called[0]][0]}"
        return _of_another_kind(name, path, model) or f'unknown key; did you mean "{name}"{example}?'
    if slip := nearest(key, known, SLIP):
        return f'unknown key; did you mean "{slip}"?'
    if why := why_no_key(key):
        return f"unknown key: {why}"
    every = dict.fromkeys((*known_keys(model), *also))
    if elsewhere := listed(name for name in every if name.rpartition(".")[2] == key):
        return f"unknown key here; {elsewhere}"
    near = nearest(key, known)
    return f'unknown key; did you mean "{near}"?' if near else f"unknown key; known: {', '.join(known)}"


def _of_another_kind(key: str, path: list[str | int], model: type[BaseModel]) -> str | None:
    """That the kind chosen there has no such key, and which kinds have it."""
    here = tables_at(path, model)
    kind = next((part for part in reversed(path) if any(part in _tag_values(table) for table in here)), None)
    if kind is None or any(key in table.model_fields for table in here):
        return None
    siblings = tables_at(path[: path.index(kind)], model)
    owners = [tag for table in siblings if key in table.model_fields for tag in _tag_values(table)]
    has = "has" if len(owners) == 1 else "have"
    return f'"{kind}" has no "{key}"; {", ".join(owners)} {has} it' if owners else None


def _table_key(path: list[str | int], model: type[BaseModel]) -> str:
    """The dotted key of a table: its path without the kinds and numbers on the way."""
    keys = []
    for depth, part in enumerate(path):
        tables = tables_at(path[:depth], model)
        if not any(part in _tag_values(table) for table in tables):
            keys += [str(part)] if any(part in table.model_fields for table in tables) else []
    return ".".join(keys)
