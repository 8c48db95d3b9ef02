"""The section on settings: those of the base, what else was tried, and what each variant changes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from seedbed.analysis.wording import ABSENT
from seedbed.report.blocks import Block, Filled
from seedbed.report.values import flat
from seedbed.results.result import Result

MOST_VALUES = 12  # of a setting; the table of changes has them all
MOST_OPEN = 24  # variants whose changes are not folded away


def blocks(result: Result) -> Iterator[Block]:
    """Both tables."""
    settings = _settings(result)
    of_all, told = len(result.variants), set(result.told_in_full)
    names = [name for name in result.variants if name in told]
    changes = {name: dict(flat(result.settings(name))) for name in names}
    if settings or any(changes.values()):
        left_out = f"The table of variants has {len(names):,} of {of_all:,}, and so has this one."
        values = {
            "base": result.base,
            "settings": settings,
            "changes": changes,
            "is_open": len(changes) <= MOST_OPEN,
            "left_out": left_out if len(names) < of_all else "",
        }
        yield Filled("configuration.html", values)


def _settings(result: Result) -> list[dict[str, Any]]:
    """Every setting of the base, and what else it is in other variants."""
    recipes = {row["name"]: dict(flat(row.get("recipe") or {})) for row in result.study["variants"]}
    keys = dict.fromkeys(key for recipe in recipes.values() for key in recipe)
    base = recipes[result.base]
    rows = []
    for key in keys:
        values = [recipe.get(key, ABSENT) for recipe in recipes.values()]
        own = base.get(key, ABSENT)
        others = [value for value in dict.fromkeys(values) if value != own]
        left_out = [f"and {len(others) - MOST_VALUES:,} more"] if len(others) > MOST_VALUES else []
        rows.append({"key": key, "value": own, "others": others[:MOST_VALUES] + left_out})
    return rows
