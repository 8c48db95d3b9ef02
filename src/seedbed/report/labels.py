"""Names as figures can show them: in one line, of limited length, no two alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping


def visible(text: str) -> str:
    """Text in one line that an SVG file may hold: control characters, which labels of data may have, cannot be."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def shortened(text: str, length: int = 52) -> str:
    """Text that fits over a panel."""
    text = visible(text)
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def distinct_labels(names: Iterable[str], length: int = 52) -> dict[str, str]:
    """Names cut to about a length so that no two look alike: at the end, else in the middle, else numbered."""
    cut = {name: shortened(name, length) for name in names}
    for name in _alike(cut):
        if len(name) > length:
            cut[name] = visible(f"{name[: length // 2 - 1]}…{name[-(length - length // 2) :]}")
    for number, name in enumerate(_alike(cut), 1):
        cut[name] += f" ({number})"
    return cut


def _alike(cut: Mapping[str, str]) -> list[str]:
    """The keys that share their value with another."""
    counts = Counter(cut.values())
    return [name for name, text in cut.items() if counts[text] > 1]
