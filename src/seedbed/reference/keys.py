"""Every key of a study file as its schema has it: what it may be, its default, who has it, what it means."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from seedbed.reference.schema import LIMITS, Schema, tables_of, tags

TYPES = {
    "boolean": "true or false",
    "integer": "whole number",
    "number": "number",
    "string": "text",
    "object": "table",
}
OF_SETTINGS = ("Settings", "Choices", "QuickSettings")  # tables whose keys are settings, explained elsewhere
NAMED = dict.fromkeys(("AnyComparedMetric", "AnyMetricAtEpoch"), "metric") | {
    "Settings": "table of settings",
    "Choices": "table of settings, each with a list of values",
    "QuickSettings": "table of settings",
}


@dataclass(frozen=True)
class Key:
    """One key of a table.

    Attributes
    ----------
    name
        Its own, as in lr.
    kinds
        The kinds of its table that have it; empty where all do, or there is one kind only.
    value
        What it may be, in words.
    default
        As TOML; None where it is left out without one.
    required
        Whether it must be given.
    """

    name: str
    kinds: tuple[str, ...]
    value: str
    default: str | None
    required: bool
    meaning: str


@dataclass(frozen=True)
class FileTable:
    """A table of the file.

    Attributes
    ----------
    name
        Its dotted key; empty for the top of the file.
    several
        Whether it is a list of tables.
    tag, kinds
        Where there are several kinds: the key that says which, and kind -> what it is; else None and nothing.
    """

    name: str
    several: bool
    meaning: str
    tag: str | None
    kinds: dict[str, str]
    keys: tuple[Key, ...]

    @property
    def title(self) -> str:
        """As TOML writes it: [data], [[variant]], or the key of a table within a table."""
        if not self.name:
            return "top of the file"
        if "." in self.name:
            return self.name
        return f"[[{self.name}]]" if self.several else f"[{self.name}]"

    def of_kind(self, kind: str) -> FileTable:
        """The section with what one kind has."""
        keys = tuple(key for key in self.keys if not key.kinds or kind in key.kinds)
        return replace(self, kinds={kind: self.kinds[kind]}, keys=keys)


def sections(whole: Schema) -> list[FileTable]:
    """Every table of a study file, the top first, each followed by the tables in it."""
    return list(_sections("", False, "A study file, in TOML.", [whole], whole))


def _sections(
    name: str, several: bool, meaning: str, tables: list[Schema], whole: Schema
) -> Iterator[FileTable]:
    tag = tags(tables[0]) if len(tables) > 1 else None
    kinds = {kind: table["description"] for table in tables for kind in _kinds(table)} if tag else {}
    keys = _keys(tables, whole)
    yield FileTable(name, several, meaning, tag[0] if tag else None, kinds, keys)
    settings = [whole["$defs"][one] for one in OF_SETTINGS]
    for key in {key.name: key for key in keys}.values():
        nodes = [table["properties"][key.name] for table in tables if key.name in table["properties"]]
        inner = list({id(table): table for node in nodes for table in tables_of(node, whole)}.values())
        if any("properties" in table and table not in settings for table in inner):
            path = f"{name}.{key.name}" if name else key.name
            own = inner[0]["description"] if name and len(inner) == 1 else key.meaning
            yield from _sections(path, "items" in nodes[0], own, inner, whole)


def _kinds(table: Schema) -> list[str]:
    tag = tags(table)
    return tag[1] if tag else []


def _keys(tables: list[Schema], whole: Schema) -> tuple[Key, ...]:
    """The keys of a table of several kinds; one that kinds describe differently comes several times."""
    kinds_of: dict[Key, list[str]] = {}
    tag = (tags(tables[0]) or ("",))[0] if len(tables) > 1 else ""
    for table in tables:
        for name, node in table["properties"].items():
            required = name in table.get("required", ())
            meaning = "Which of these it is." if name == tag else node["description"]
            words = "one of the above" if name == tag else value(node, whole)
            key = Key(name, (), words, _default(node), required, meaning)
            kinds_of.setdefault(key, []).extend(_kinds(table))
    every = [kind for table in tables for kind in _kinds(table)]
    keys = [replace(key, kinds=() if kinds == every else tuple(kinds)) for key, kinds in kinds_of.items()]
    order = [tag, *(key.name for key in keys)]
    return tuple(sorted(keys, key=lambda key: order.index(key.name)))


def _default(node: Schema) -> str | None:
    if "default" not in node or node["default"] in ([], {}, ""):
        return None
    return toml(node["default"])


def toml(value: object) -> str:
    """A value as TOML writes it."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {toml(part)}" for key, part in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(toml(part) for part in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def value(node: Schema, whole: Schema) -> str:
    """The values that a schema allows, in words: whole number above 0."""
    if "$ref" in node:
        return NAMED.get(node["$ref"].rpartition("/")[2], "table")
    if "allOf" in node and "$ref" in node["allOf"][0]:
        return value(node["allOf"][0], whole)
    if "enum" in node or "const" in node:
        return ", ".join(toml(one) for one in node.get("enum", [node.get("const")]))
    if "anyOf" in node:
        words = list(dict.fromkeys(value(branch, whole) for branch in node["anyOf"]))
        wider = {f"whole {word}" for word in words}  # a number that may be whole or not needs no more words
        return " or ".join(word for word in words if word not in wider)
    if "type" not in node:
        return "any value"
    if node["type"] == "array":
        return _list(node, whole)
    if isinstance(node.get("additionalProperties"), dict):
        return f"table of names, each with a {value(node['additionalProperties'], whole)}"
    ends = [
        limit for limit in LIMITS if limit in node and not (limit == "minimum" and "exclusiveMinimum" in node)
    ]
    limits = " and ".join(f"{LIMITS[limit]} {node[limit]:g}" for limit in ends)
    return f"{TYPES[node['type']]} {limits}".strip()


def _list(node: Schema, whole: Schema) -> str:
    items = node.get("items", {})
    if isinstance(items, list):
        return f"pair of {_plural(value(items[0], whole))}"
    return f"list of {_plural(value(items, whole))}"


def _plural(words: str) -> str:
    return re.sub(r"\b(number|text|table|pair)\b", r"\1s", words, count=1)


# --- looking up -------------------------------------------------------------------------------------------


def matching(sections: Iterable[FileTable], word: str) -> list[FileTable]:
    """The tables, keys or kinds of that name: all of a table and those in it, else what has the key, else the kind."""
    name = word.strip("[]")
    named = [one for one in sections if one.name == name or one.name.startswith(f"{name}.")]
    return (
        named
        or list(_with_key(sections, name))
        or [one.of_kind(name) for one in sections if name in one.kinds]
    )


def _with_key(sections: Iterable[FileTable], name: str) -> Iterator[FileTable]:
    """A dotted key, or any key with that last part."""
    for section in sections:
        keys = [key for key in section.keys if name in (key.name, f"{section.name}.{key.name}")]
        if keys:
            yield replace(section, tag=None, kinds={}, keys=tuple(keys))
