"""What a section of the report is made of: figures, small print, and filled templates, in any order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from seedbed.report.picture import Picture

MOST_LARGE = 6  # figures of one variant each, above which they are shown smaller


@dataclass(frozen=True)
class Gallery:
    """Figures beside one another, in cells of a size, with their common legend above them."""

    pictures: Sequence[Picture]
    size: Literal["", "small", "dense"] = ""


@dataclass(frozen=True, init=False)
class Note:
    """Sentences in small print; each is text, or `Markup` where it holds a link. Empty ones are left out."""

    sentences: tuple[str, ...]

    def __init__(self, *sentences: str) -> None:
        object.__setattr__(self, "sentences", tuple(filter(None, sentences)))


@dataclass(frozen=True)
class Filled:
    """A file in `templates/`, and the values it is filled with."""

    template: str
    values: Mapping[str, Any]


Block = Gallery | Note | Filled


def per_variant(pictures: Sequence[Picture]) -> Gallery:
    """Figures of one variant each: smaller where they are many."""
    return Gallery(pictures, "dense" if len(pictures) > MOST_LARGE else "")
