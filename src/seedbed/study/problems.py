"""What is wrong with a study, in words that tell its author what to change: all problems at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel, ValidationError

from seedbed.study.known_keys import tags, unknown_key
from seedbed.study.suggestions import nearest
from seedbed.study.synonyms import table_written
from seedbed.text import counted

WANTED = {
    "bool": "true or false",
    "dict": "a table",
    "float": "a number",
    "int": "a whole number",
    "list": "a list",
    "model": "a table",
    "model_attributes": "a table",
    "string": "text in quotes",
    "tuple": "a list",
}
LIMITS = {
    "greater_than": ("gt", "must be above"),
    "greater_than_equal": ("ge", "must be at least"),
    "less_than": ("lt", "must be below"),
    "less_than_equal": ("le", "must be at most"),
    "too_short": ("min_length", "too few values: expected at least"),
    "string_too_long": ("max_length", "too many characters: expected at most"),
    "too_long": ("max_length", "too many values: expected at most"),
}

MOST_PROBLEMS = 100  # that are looked into and said at once: a study may have a hundred thousand
LONGEST = 2_000  # characters of one


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong.

    Attributes
    ----------
    key
        What it is found under; empty for the whole file.
    message
        What is wrong and what to do.
    remedy
        A change that removes all problems with the same remedy; empty where there is no such change.
    """

    key: str
    message: str
    remedy: str = ""

    def under(self, part: str) -> Problem:
        """The same, found in a part of the file, such as a variant."""
        return replace(self, key=f"{part}: {self.key}" if self.key else part)

    def __str__(self) -> str:
        text = f"{self.key}: {self.message}" if self.key else self.message
        text = text if len(text) <= LONGEST else f"{text[:LONGEST]}..."
        return "".join(letter if letter.isprintable() or letter == "\n" else " " for letter in _joined(text))


def _joined(text: str) -> str:
    """One line and, indented below it, the excerpts that a caret points into; other line breaks become blanks."""
    return re.sub(r"\n(?!  )", " ", text)


class StudyError(ValueError):
    """A study that cannot be run: its `source`, a path or name, and all its `problems`, one per line of the text.

    Of very many problems the text has the first.
    """

    def __init__(self, source: str, problems: Iterable[Problem]) -> None:
        self.source = source
        self.problems = list(problems)
        lines = [f"{source}: {problem}" for problem in self.problems[:MOST_PROBLEMS]]
        if more := len(self.problems) - len(lines):
            lines.append(f"{source}: and {counted(more, 'problem')} more")
        super().__init__("\n".join(lines))


def dotted(path: Iterable[str | int]) -> str:
    """A key as TOML writes it: data.split, with quotes round a part that has dots or blanks."""
    parts = (str(part) for part in path)
    return ".".join(
        part if part.replace("_", "").replace("-", "").isalnum() else f'"{part}"' for part in parts
    )


def problems_of(
    error: ValidationError, model: type[BaseModel], document: Mapping[str, Any], also: Iterable[str] = ()
) -> list[Problem]:
    """What pydantic found wrong with a document of `model`, in the words of a study file.

    Parameters
    ----------
    also
        Dotted keys of the file that other models read, which may have been meant.
    """
    messages: dict[tuple[str | int, ...], list[str]] = {}
    for detail in error.errors(include_url=False)[:MOST_PROBLEMS]:
        if _counts_only_valid(detail):
            continue
        path = _path_in(document, detail)
        messages.setdefault(path, []).append(_message(detail, model, also) + _as_table(path, detail))
    return [
        Problem(dotted(path), _merged(of_path))
        for path, of_path in messages.items()
        if not _overtaken(path, messages)
    ]


def _path_in(document: Any, detail: Any) -> tuple[str | int, ...]:
    """The keys of pydantic's location that are in the document: it also names the branches of unions."""
    path: list[str | int] = []
    value = document
    for part in detail["loc"]:
        if (isinstance(value, Mapping) and part in value) or (
            isinstance(value, (list, tuple)) and isinstance(part, int) and part < len(value)
        ):
            value = value[part]
            path.append(part)
    if detail["type"].startswith("union_tag"):
        path.append(_discriminator(detail))
    elif detail["type"] == "missing":
        path.append(detail["loc"][-1])
    return tuple(path)


def _counts_only_valid(detail: Any) -> bool:
    """Whether a list is called too short only because some of its values are wrong, which is said of each of them."""
    return detail["type"] == "too_short" and len(detail["input"]) >= detail["ctx"]["min_length"]


def _discriminator(detail: Any) -> str:
    """The key, source or kind, that chooses among the models of a union."""
    return str(detail["ctx"]["discriminator"]).strip("'")


def _overtaken(path: tuple[str | int, ...], messages: Mapping[tuple[str | int, ...], list[str]]) -> bool:
    """Whether this only rules out another branch of a union; the problem itself lies deeper."""
    only_type = all(message.startswith("expected ") for message in messages[path])
    return only_type and any(len(other) > len(path) and other[: len(path)] == path for other in messages)


def _merged(messages: list[str]) -> str:
    """One message of the branches of a union: expected a whole number or a table, got ..."""
    wanted = [message for message in dict.fromkeys(messages) if message.startswith("expected ")]
    if len(wanted) < 2:
        return "; ".join(dict.fromkeys(messages))
    kinds, tail = zip(*((text.removeprefix("expected ").split(", got ", 1)) for text in wanted), strict=True)
    return f"expected {' or '.join(dict.fromkeys(kinds))}, got {tail[0]}"


def _message(detail: Any, model: type[BaseModel], also: Iterable[str]) -> str:
    kind, value, context = detail["type"], detail["input"], detail.get("ctx", {})
    wanted = WANTED.get(kind.removesuffix("_type"))
    if kind == "extra_forbidden":
        return unknown_key(detail["loc"], model, also)
    if kind == "missing":
        return "missing"
    if kind == "union_tag_not_found":
        return f"missing; one of {', '.join(tags(detail['loc'], model))}"
    if kind == "union_tag_invalid":
        return _not_one_of(value[_discriminator(detail)], tags(detail["loc"], model))
    if kind == "literal_error":
        return _not_one_of(
            value, [part.strip("'") for part in context["expected"].replace(" or ", ", ").split(", ")]
        )
    if kind in LIMITS:
        name, words = LIMITS[kind]
        return f"{words} {context[name]:g}, got {_shown(value)}"
    if kind == "value_error":
        return str(context["error"])
    if wanted:
        return f"expected {wanted}, got {_shown(value)}{_number_in_quotes(value, wanted)}"
    return f"{detail['msg'][0].lower()}{detail['msg'][1:]}, got {_shown(value)}"


def _not_one_of(value: object, choices: list[str]) -> str:
    if not isinstance(value, str):
        return f"expected {' or '.join(_shown(choice) for choice in choices)}, got {_shown(value)}"
    near = nearest(value, choices)
    question = f'; did you mean "{near}"?' if near else ""
    return f"{_shown(value)} is not one of {', '.join(choices)}{question}"


def _as_table(path: tuple[str | int, ...], detail: Any) -> str:
    """How the table is written, where only the value of its main key is given: schedule = "cosine"."""
    value, is_table = detail["input"], WANTED.get(detail["type"].removesuffix("_type")) == "a table"
    if not is_table or isinstance(value, (bool, list)):
        return ""
    return f"; {line}" if (line := table_written(dotted(path), value)) else ""


def _number_in_quotes(value: object, wanted: str) -> str:
    """YAML's readers know `1e-3` that turns out to be text; TOML's quotes can do the same."""
    if not isinstance(value, str) or "number" not in wanted:
        return ""
    try:
        float(value)
    except ValueError:
        return ""
    return "; write numbers without quotes"


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    text = f'"{value}"' if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else text[:57] + "..."
