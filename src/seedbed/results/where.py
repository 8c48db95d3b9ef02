"""Where the runs of a study were computed, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from seedbed.results.stored import Stored
from seedbed.text import counted

SHOWN, LISTED = 4, 40  # nodes in a sentence and in a table, at most


def in_words(stored: Stored) -> str | None:
    """Which nodes computed how many runs, those with the most first; None where it was one, or nobody told."""
    nodes = stored.environment.get("nodes") or []
    if len(nodes) < 2:
        return None
    listed = "; ".join(f"{name}: {told}" for name, told in by_node(nodes, SHOWN).items())
    return f"computed on {counted(len(nodes), 'node')}: {listed}"


def by_node(nodes: Sequence[Mapping[str, Any]], most: int = LISTED) -> dict[str, str]:
    """How many runs each node computed and by what, those with the most runs first, and how many more there are."""
    ordered = sorted(nodes, key=lambda node: -node["runs"])
    found = {node["node"]: _told(node) for node in ordered[:most]}
    if len(ordered) > most:
        others = sum(node["runs"] for node in ordered[most:])
        found[f"{counted(len(ordered) - most, 'other node')}"] = counted(others, "run")
    return found


def _told(node: Mapping[str, Any]) -> str:
    engine, device, cpu = node.get("engine"), node.get("device"), node.get("cpu")
    how = f"{engine} engine on {device or 'cpu'}" if engine else device
    return ", ".join(filter(None, [counted(node["runs"], "run"), how, cpu]))
