"""The head of the page: what the study is, what it ran on, and what its data are."""

from __future__ import annotations

from typing import Any

from seedbed.analysis.data_facts import baseline_in_words
from seedbed.analysis.data_facts import in_words as data_in_words
from seedbed.results.progress import in_words
from seedbed.results.result import Result
from seedbed.text import counted


def header(result: Result) -> dict[str, Any]:
    """What `page.html` is filled with beside the sections."""
    baseline = baseline_in_words(result.data, result.reported_metrics)
    data = [*data_in_words(result.data), baseline, *result.data.get("notes", [])]
    return {
        "name": result.study["study"],
        "description": result.study.get("description"),
        "progress": in_words(result),
        "state": result.state,
        "facts": _facts(result),
        "data": list(filter(None, data)),
    }


def _facts(result: Result) -> list[str]:
    """The line under the title."""
    environment = result.environment
    facts = [f"{counted(len(result.variants), 'variant')} × {result.seeds_counted}"]
    total = (environment.get("seconds") or {}).get("total")
    if total is not None:
        facts.append(f"{total:.1f} s" if total < 120 else f"{total / 60:.0f} min")
    if environment.get("engine"):
        facts.append(f"{environment['engine']} engine on {environment.get('device') or 'cpu'}")
    if len(nodes := environment.get("nodes") or []) > 1:
        facts.append(counted(len(nodes), "node"))
    if environment.get("started"):
        facts.append(str(environment["started"])[:10])
    return [*facts, result.id]
