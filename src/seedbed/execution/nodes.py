"""Which machines computed a study, and how much of it."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Mapping
from typing import Any

from seedbed.execution.environment import processor

FACTS = (
    "engine",
    "device",
    "cpu",
)  # that a node's runs may have several of, where it was begun again otherwise


def here(node: str | None = None) -> dict[str, str]:
    """What a group's event says of the machine of this process."""
    return {"node": node or platform.node(), "cpu": processor()}


def nodes_of(groups: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What `environment.json` says of every machine that trained a group, by the events of groups.

    Returns
    -------
    "node", "engine", "device" and "cpu" (the processor's name) in words, None where nobody told, and "runs".
    """
    found: dict[str, dict[str, Any]] = {}
    for event in groups:
        if name := event.get("node"):
            one = found.setdefault(name, {**{fact: {} for fact in FACTS}, "runs": 0})
            for fact in FACTS:
                if event.get(fact):
                    one[fact][event[fact]] = None
            one["runs"] += event["runs"]
    return [
        {"node": name, **{fact: " + ".join(one[fact]) or None for fact in FACTS}, "runs": one["runs"]}
        for name, one in sorted(found.items())
    ]


def used(nodes: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The engines and devices of all machines, where they told; the process that writes the study may have others."""
    told = {fact: dict.fromkeys(node[fact] for node in nodes if node[fact]) for fact in ("engine", "device")}
    return {fact: " + ".join(names) for fact, names in told.items() if names}
