"""The last section: how to run the study again, and what it ran on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from seedbed.analysis.wording import ABSENT
from seedbed.report.blocks import Block, Filled
from seedbed.report.values import flat, value_text
from seedbed.results import where
from seedbed.results.result import Result


def blocks(result: Result) -> Iterator[Block]:
    """The command, and all that is known of versions, machine and data."""
    known = {key: value for key, value in result.environment.items() if value not in (None, {}, [])}
    command = known.pop("command", None)
    known.pop("status", None)  # stands at the top of the page
    if nodes := known.pop("nodes", None):
        known["nodes"] = where.by_node(nodes)
    if command or known:
        facts = {key: _facts(value) for key, value in known.items()}
        yield Filled("environment.html", {"command": command, "facts": facts})


def _facts(value: Any) -> list[tuple[str, str]] | str:
    """Text, or the names and texts of a table."""
    if isinstance(value, Mapping):
        return [pair for pair in flat(value) if pair[1] != ABSENT]
    return value_text(value)
