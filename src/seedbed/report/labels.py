"""Names as figures can show them: visible, in one line, of limited length, no two alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from seedbed.text import visible


def shortened(text: str, length: int = 52) -> str:
    """Visible text that fits over a panel."""
    text = visible(text)
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def distinct_labels(names: Iterable[str], length: int = 52) -> dict[str, str]:
    """Names cut to about a length so that no two look alike: at the end, else in the middle, else numbered."""
    cut = {name: shortened(name, length) for name in names}
    for name in _alike(cut):
        whole = visible(name)
        if len(whole) > length:
            cut[name] = f"{whole[: length // 2 - 1]}…{whole[-(length - length // 2) :]}"
    for number, name in enumerate(_alike(cut), 1):
        cut[name] += f" ({number})"
    return cut


def _alike(cut: Mapping[str, str]) -> list[str]:
    """The keys that share their value with another."""
    counts = Counter(cut.values())
    return [name for name, text in cut.items() if counts[text] > 1]
