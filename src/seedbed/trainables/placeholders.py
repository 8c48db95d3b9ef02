"""Placeholders in the words of a command: {lr} stands for a setting, {{ and }} for braces."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

FOUND = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")


def names_in(text: str) -> list[str]:
    """The names between braces, in order."""
    return [found[1] for found in FOUND.finditer(text) if found[1] is not None]


def stray_brace(text: str) -> bool:
    """Whether there is a brace that belongs to no placeholder and is not doubled."""
    return any(found[0] in "{}" for found in FOUND.finditer(text))


def filled(text: str, values: Mapping[str, Any]) -> str:
    """Text with its placeholders replaced; those that have no value are left as they are."""

    def replaced(found: re.Match[str]) -> str:
        if found[1] is None:
            return found[0][0]
        return as_text(values[found[1]]) if found[1] in values else found[0]

    return FOUND.sub(replaced, text)


def arguments(words: Sequence[str], values: Mapping[str, Any]) -> list[str]:
    """The words of a command filled in; a list that a word consists of becomes a word for each value, or none."""
    return [argument for word in words for argument in _arguments(word, values)]


def _arguments(word: str, values: Mapping[str, Any]) -> Iterator[str]:
    found = FOUND.fullmatch(word)
    value = values.get(found[1]) if found and found[1] is not None else None
    if isinstance(value, list | tuple):
        yield from map(as_text, value)
    else:
        yield filled(word, values)


def as_text(value: Any) -> str:
    """A value as a program gets it: text as it is, all else as JSON writes it."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def flat(settings: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """Settings by the names that placeholders have for them: nested ones dotted, whole tables, too."""
    result: dict[str, Any] = {}
    for name, value in settings.items():
        result[f"{before}{name}"] = value
        if isinstance(value, Mapping):
            result |= flat(value, f"{before}{name}.")
    return result
