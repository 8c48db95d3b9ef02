"""Counts and lists in words, and names made fit to be shown, as messages, tables and reports write them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from itertools import islice

MOST_NAMES, LONGEST_NAME = 8, 60
UNITS = ("B", "kB", "MB", "GB", "TB", "PB", "EB")
# Categories of letters: control, formatting (direction, zero width), half a pair, line breaks
UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def visible(text: str) -> str:
    """Text in one line for a terminal or a page: what would act there, or not be seen, as an escape such as \\x1b.

    Names, messages and paths may hold anything, also what moves a cursor, turns text around or forges a line.
    """
    if text.isprintable():
        return text
    return "".join(
        letter.encode("unicode_escape").decode() if is_unseen(letter) else letter for letter in text
    )


def visible_lines(text: str) -> str:
    """The same of a text of several lines, which keeps them."""
    return "\n".join(map(visible, text.split("\n")))


def is_unseen(letter: str) -> bool:
    """Whether a letter acts on a terminal or a page, or is not seen there."""
    return not letter.isprintable() and unicodedata.category(letter) in UNSEEN


def counted(number: int, noun: str) -> str:
    """A number of things: 1 run, 2 runs."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def enumerated(words: Iterable[str], last: str = "or") -> str:
    """Words one after another: a, b or c."""
    *first, end = words
    return f"{', '.join(first)} {last} {end}" if first else end


def short(name: str) -> str:
    """A name, cut where it is very long."""
    return name if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME]}..."


def first_few(names: Iterable[str]) -> str:
    """The first names, and how many there are where they are more."""
    names = list(names)
    shown = ", ".join(short(name) for name in islice(names, MOST_NAMES))
    return shown + (f", ... ({len(names):,} in all)" if len(names) > MOST_NAMES else "")


def byte_size(size: int) -> str:
    """A number of bytes with a unit: 1.5 GB."""
    power = min(max(len(str(size)) - 1, 0) // 3, len(UNITS) - 1)
    return f"{size / 1000**power:.3g} {UNITS[power]}"


def duration(seconds: float) -> str:
    """A time in words: 0.5 s, 2m05, 1h10."""
    whole = round(seconds)
    if whole >= 3600:
        return f"{whole // 3600}h{whole % 3600 // 60:02d}"
    return f"{whole // 60}m{whole % 60:02d}" if whole >= 60 else f"{seconds:.1f} s"


def spans(numbers: Sequence[int]) -> str:
    """Whole numbers in order, those of a run of at least three by its ends: 0, 2 to 9, 11, 12."""
    groups: list[list[int]] = []
    for number in numbers:
        if groups and number == groups[-1][-1] + 1:
            groups[-1].append(number)
        else:
            groups.append([number])
    return ", ".join(f"{own[0]} to {own[-1]}" if len(own) > 2 else ", ".join(map(str, own)) for own in groups)
