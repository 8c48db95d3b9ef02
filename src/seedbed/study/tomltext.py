"""Plain Python data as TOML text, laid out as people write study files."""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Iterable, Mapping
from typing import Any

BARE = re.compile(r"[A-Za-z0-9_-]+")


class TomlError(ValueError):
    """A value that TOML cannot hold; `key` says under which dotted key."""

    def __init__(self, key: str, message: str) -> None:
        self.key, self.message = key, message
        super().__init__(f"{key}: {message}")


def to_toml(tables: Mapping[str, Any]) -> str:
    """A document as TOML text that `tomllib` reads back as the same.

    Mappings are tables, lists of mappings arrays of tables; tuples, NumPy numbers and arrays are taken as lists
    and numbers, paths as text. A key whose value is None is left out, for TOML has no null.

    Raises
    ------
    TomlError
        For any other value, None in a list, and a key that is not text.
    """
    plain = _plain(tables, "")
    top = {key: value for key, value in plain.items() if not _is_block(value)}
    blocks = [_lines(top)] if top else []
    for key, value in plain.items():
        if isinstance(value, dict):
            blocks.append([f"[{_key(key)}]", *_lines(value)])
        elif _is_block(value):
            blocks += [[f"[[{_key(key)}]]", *_lines(entry)] for entry in value]
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def _is_block(value: Any) -> bool:
    """Whether a value of the top level is a table, or an array of tables, with a header of its own."""
    if isinstance(value, list):
        return bool(value) and all(isinstance(entry, dict) for entry in value)
    return isinstance(value, dict)


def _lines(table: Mapping[str, Any]) -> list[str]:
    return [f"{_key(key)} = {_value(value)}" for key, value in table.items()]


def _plain(value: Any, key: str) -> Any:
    """The value in the types that TOML has; None stays."""
    if hasattr(value, "tolist"):  # a NumPy number or array
        value = value.tolist()
    if isinstance(value, os.PathLike):
        value = os.fspath(value)
    if isinstance(value, Mapping):
        return {
            _checked(name, key): _plain(inner, f"{key}.{name}".lstrip("."))
            for name, inner in value.items()
            if inner is not None
        }
    if isinstance(value, Iterable) and not isinstance(value, str | bytes | set | frozenset):
        return [_plain(inner, key) for inner in value]
    if isinstance(value, bool | int | float | str):
        return value
    wanted = "text, a number, true or false, a list or a table"
    raise TomlError(key, f"expected {wanted}, got {type(value).__name__}")


def _checked(name: Any, key: str) -> str:
    if not isinstance(name, str):
        raise TomlError(key, f"expected keys of text, got {name!r}")
    return name


def _key(name: str) -> str:
    return name if BARE.fullmatch(name) else _text(name)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "{ " + ", ".join(_lines(value)) + " }" if value else "{}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if math.isnan(value) else ("inf" if value > 0 else "-inf")
    return repr(value)


def _text(value: str) -> str:
    """A basic string; JSON escapes the same characters but for one."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
