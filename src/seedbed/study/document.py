"""The document of a study: TOML of a size that can be read at once, before anybody asks what it says."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from seedbed.files import read_regular
from seedbed.study import labs
from seedbed.study.problems import Problem, StudyError, dotted
from seedbed.study.suggestions import nearest

MOST_BYTES = 1_000_000  # ten thousand named variants, and about a second to read
MOST_VALUES = 200_000  # twenty each of ten thousand variants
LONGEST_KEY = 1_000  # characters
DEEPEST = 20  # tables and lists within one another: no key of ours has half of it
WHOLE = range(-(2**63), 2**63)  # TOML's whole numbers

# tomllib takes memory and time by the square of a key's parts.
MOST_PARTS = 40
PART = r"""(?>[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*')"""
LONG_KEY = re.compile(rf"(?<![\w\\-])(?:{PART}[ \t]*\.[ \t]*){{{MOST_PARTS}}}")


def text_of(path_or_lab: str | Path) -> tuple[str, Path]:
    """The text of a study file, or of a lab by its name, and the file.

    Raises
    ------
    StudyError
        Where there is no such file or lab, or it is no file, too large or not text.
    """
    origin, path = str(path_or_lab), Path(path_or_lab)
    if origin in labs.names() and not path.is_file():
        path = labs.path(origin)
    elif path.is_dir():
        raise StudyError(origin, [Problem("", "is a directory, not a study file")])
    elif not path.exists():
        raise StudyError(origin, [Problem("", _nothing_there(path))])
    try:
        return read_regular(path, MOST_BYTES).decode("utf-8-sig"), path
    except UnicodeDecodeError as error:
        message = f"not UTF-8 text: byte {error.object[error.start]:#04x} at position {error.start}"
        raise StudyError(origin, [Problem("", message)]) from None
    except OSError as error:
        raise StudyError(origin, [Problem("", f"cannot be read: {error.strerror}")]) from None


def _nothing_there(path: Path) -> str:
    """That there is no such file or, where the name may be a lab's, which one was probably meant."""
    if path.suffix == ".toml":
        return "there is no such file"
    lab = nearest(str(path), labs.names())
    return "there is no such file and no such lab" + (f'; did you mean the lab "{lab}"?' if lab else "")


def tables_of(text: str, origin: str) -> dict[str, Any]:
    """The tables of a study's TOML.

    Raises
    ------
    StudyError
        Where it is not valid TOML, or has more, longer or deeper parts than any study.
    """
    if found := LONG_KEY.search(text):
        line = text.count("\n", 0, found.start()) + 1
        message = f"not valid TOML for a study: a key of more than {MOST_PARTS} parts (at line {line})"
        raise StudyError(origin, [Problem("", message)])
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise StudyError(origin, [Problem("", f"not valid TOML: {error}")]) from None
    except ValueError:  # Python's own limit
        raise StudyError(origin, [Problem("", "has a whole number of thousands of digits")]) from None
    except RecursionError:
        raise StudyError(origin, [_too_deep("")]) from None
    check_size(tables, origin)
    return tables


def check_size(tables: Mapping[str, Any], origin: str) -> None:
    """Refuse a document with more, longer or deeper parts than any study, and whole numbers that TOML does not have.

    Raises
    ------
    StudyError
    """
    level: list[tuple[tuple[str, ...], Any]] = [((), tables)]
    seen = 0
    for _ in range(DEEPEST):
        inside = []
        for path, value in level:
            for key, part in _parts(path, value):
                seen += 1
                if problem := _wrong(key, part, seen):
                    raise StudyError(origin, [problem])
                if isinstance(part, Mapping | list | tuple):
                    inside.append((key, part))
        level = inside
    if level:
        raise StudyError(origin, [_too_deep(dotted(level[0][0][:2]))])


def _parts(path: tuple[str, ...], value: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    """What a table or list holds, each with its keys; values of a list have the list's."""
    if isinstance(value, Mapping):
        yield from (((*path, str(key)), part) for key, part in value.items())
    else:
        yield from ((path, part) for part in value)


def _wrong(key: tuple[str, ...], value: Any, number: int) -> Problem | None:
    if number > MOST_VALUES:
        return Problem("", f"has more than {MOST_VALUES:,} values; make several studies of it")
    if len(key[-1]) > LONGEST_KEY:
        where = f"{key[-1][:30]}..."
        return Problem(where, f"expected a key of at most {LONGEST_KEY:,} characters, got {len(key[-1]):,}")
    if isinstance(value, int) and value not in WHOLE:
        digits = int(value.bit_length() * 0.30103) + 1
        message = f"expected a whole number of at most 64 bits, got one of about {digits:,} digits"
        return Problem(dotted(key), message)
    if not all(map(_is_text, (key[-1], value))):
        return Problem(
            "",
            f"expected text, got half of a character in {ascii(key[-1] if _is_text(value) else value)[:60]}",
        )
    return None


def _is_text(value: Any) -> bool:
    """Whether text can be written, which half of a character, a lone surrogate, cannot; all else is no matter here."""
    try:
        if isinstance(value, str):
            value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _too_deep(where: str) -> Problem:
    message = f"is nested too deeply; no study has more than {DEEPEST} tables and lists within one another"
    return Problem(where, message)
