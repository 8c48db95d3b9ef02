"""Plain data as text: settings by dotted key, and values as a study file writes them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from seedbed.analysis.wording import ABSENT


def flat(tables: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    """Dotted key and value as text of every entry, tables within tables opened."""
    for key, value in tables.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{before}{key}.")
        else:
            yield f"{before}{key}", value_text(value)


def value_text(value: Any) -> str:
    """Text as it is, None as a dash, anything else as JSON."""
    if value is None:
        return ABSENT
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
