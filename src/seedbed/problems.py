"""What is wrong with a study, said so that its author can mend it: all at once, each with its remedy."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ValidationError

# What other tools call our keys, and what is too far from them for a spelling to find.
OTHER_NAMES = {"learning_rate": "lr", "l2": "weight_decay", "lambda": "weight_decay", "layers": "hidden"}

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
    "too_short": ("min_length", "too few values: needs at least"),
    "too_long": ("max_length", "too many values: takes at most"),
}


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: the key it is found under (empty for the whole file) and what to do."""

    key: str
    message: str

    def __str__(self) -> str:
        text = f"{self.key}: {self.message}" if self.key else self.message
        return "".join(letter if letter.isprintable() or letter == "\n" else " " for letter in _joined(text))


def _joined(text: str) -> str:
    """One line and, indented below it, the excerpts that a caret points into; other line breaks become blanks."""
    return re.sub(r"\n(?!  )", " ", text)


class StudyError(ValueError):
    """A study that cannot be run. `problems` holds all that is wrong; in the text each begins a line."""

    def __init__(self, place: str, problems: Iterable[Problem]) -> None:
        self.place = place
        self.problems = list(problems)
        super().__init__("\n".join(f"{place}: {problem}" for problem in self.problems))


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that `word` was probably meant to be."""
    known = list(known)
    if OTHER_NAMES.get(word) in known:
        return OTHER_NAMES[word]
    swapped = [name for name in known if sorted(name.casefold()) == sorted(word.casefold())]
    if swapped:
        return swapped[0]
    folded = {name.casefold(): name for name in reversed(known)}
    found = difflib.get_close_matches(word.casefold(), folded, n=1, cutoff=0.5)
    return folded[found[0]] if found else None


def instead_of(word: str, known: Iterable[str]) -> str:
    """Where a word is not known: the one probably meant, or else all there are."""
    known = list(known)
    found = nearest(word, known)
    return f'did you mean "{found}"?' if found else f"known: {', '.join(known) or 'none'}"


def dotted(path: Iterable[str | int]) -> str:
    """A key as TOML writes it: data.split, with quotes round a part that has dots or blanks."""
    parts = (str(part) for part in path)
    return ".".join(
        part if part.replace("_", "").replace("-", "").isalnum() else f'"{part}"' for part in parts
    )


def problems_of(error: ValidationError, model: type[BaseModel], document: Mapping[str, Any]) -> list[Problem]:
    """What pydantic found wrong with a document of `model`, in the words of a study file."""
    found: dict[tuple[str | int, ...], list[str]] = {}
    for detail in error.errors(include_url=False):
        path = _path_in(document, detail)
        found.setdefault(path, []).append(_message(detail, model))
    return [
        Problem(dotted(path), _merged(messages))
        for path, messages in found.items()
        if not _overtaken(path, found)
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


def _discriminator(detail: Any) -> str:
    """The key, source or kind, that chooses among the models of a union."""
    return str(detail["ctx"]["discriminator"]).strip("'")


def _overtaken(path: tuple[str | int, ...], found: Mapping[tuple[str | int, ...], list[str]]) -> bool:
    """Whether this says only that a value is no other branch of a union; the problem itself lies deeper."""
    only_type = all(message.startswith(("expected a table", "expected a list")) for message in found[path])
    return only_type and any(len(other) > len(path) and other[: len(path)] == path for other in found)


def _merged(messages: list[str]) -> str:
    """One message of the branches of a union: expected a whole number or a table, got ..."""
    wanted = [message for message in dict.fromkeys(messages) if message.startswith("expected ")]
    if len(wanted) < 2:
        return "; ".join(dict.fromkeys(messages))
    kinds, tail = zip(*((text.removeprefix("expected ").split(", got ", 1)) for text in wanted), strict=True)
    return f"expected {' or '.join(dict.fromkeys(kinds))}, got {tail[0]}"


def _message(detail: Any, model: type[BaseModel]) -> str:
    kind, value, context = detail["type"], detail["input"], detail.get("ctx", {})
    wanted = WANTED.get(kind.removesuffix("_type"))
    if kind == "extra_forbidden":
        return _unknown_key(detail["loc"], model)
    if kind == "missing":
        return "missing"
    if kind == "union_tag_not_found":
        return f"missing; one of {', '.join(_tags(detail['loc'], model))}"
    if kind == "union_tag_invalid":
        return _not_one_of(value[_discriminator(detail)], _tags(detail["loc"], model))
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


def _number_in_quotes(value: object, wanted: str) -> str:
    """YAML's readers know `1e-3` that turns out to be text; TOML's quotes can do the same."""
    if not isinstance(value, str) or "number" not in wanted:
        return ""
    try:
        float(value)
    except ValueError:
        return ""
    return ": a number stands without quotes"


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    text = f'"{value}"' if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else text[:57] + "..."


# --- finding one's way in the models ---------------------------------------------------------------------


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
    """The models that a table may be at a place: keys and, where known, the kinds chosen on the way."""
    tables = [model]
    for part in location:
        chosen = [table for table in tables if part in _tag_values(table) or part == table.__name__]
        fields = [table.model_fields[part] for table in tables if part in table.model_fields]
        tables = chosen or [inner for field in fields for inner in _models_in(field.annotation)] or tables
    return list(dict.fromkeys(tables))


def _tags(location: tuple[str | int, ...], model: type[BaseModel]) -> list[str]:
    return [tag for table in tables_at(location, model) for tag in _tag_values(table)]


def known_keys(model: type[BaseModel], prefix: str = "") -> list[str]:
    """Every dotted key that a document of `model` may have, of all kinds."""
    keys: dict[str, None] = {}
    for name, field in model.model_fields.items():
        keys[prefix + name] = None
        for inner in _models_in(field.annotation):
            keys.update(dict.fromkeys(known_keys(inner, f"{prefix}{name}.")))
    return list(keys)


def _unknown_key(location: tuple[str | int, ...], model: type[BaseModel]) -> str:
    *place, key = location
    here = tables_at(place, model)
    known = list(dict.fromkeys(name for table in here for name in table.model_fields))
    kind = next((part for part in reversed(place) if any(part in _tag_values(table) for table in here)), None)
    if kind is not None:
        siblings = tables_at(place[: place.index(kind)], model)
        owners = [tag for table in siblings if key in table.model_fields for tag in _tag_values(table)]
        if owners:
            return f'"{kind}" has no such key; {", ".join(owners)} {"has" if len(owners) == 1 else "have"} it'
    near = nearest(str(key), known)
    if near:
        return f'unknown key; did you mean "{near}"?'
    elsewhere = [name for name in known_keys(model) if name.rpartition(".")[2] == key]
    if elsewhere:
        return f'unknown key here; did you mean "{elsewhere[0]}"?'
    return f"unknown key; known: {', '.join(known)}"
