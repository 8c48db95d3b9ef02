"""Where the spread of a stored study's runs comes from, and what comparing them seed by seed was worth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from seedbed.analysis.pairing import Pairing
from seedbed.analysis.spread import Component, Spread, spread

if TYPE_CHECKING:
    from seedbed.results.stored import Stored


def pairings(result: Stored) -> dict[str, Pairing]:
    """What pairing with base was worth for every other variant with runs of its own, on the study's metric.

    Nothing where seeds are crossed, since such pairs are not independent, and where there are no pairs.
    """
    if result.levels or not result.paired:
        return {}
    names = [name for name in result.variants if name != result.base]
    names = [name for name in names if not result.same_runs(name, result.base)]
    return dict(zip(names, result.pairings(names, result.base), strict=True))


def spreads(result: Stored) -> dict[str, Spread]:
    """The spread of every variant on the study's metric, by crossed source; nothing where no seeds are crossed."""
    if not result.levels:
        return {}
    metric = result.metric
    return {
        name: spread(result.values(name, metric), result.levels, result.failed(name), result.scale(metric))
        for name in result.variants
    }


def spread_document(result: Stored, found: Mapping[str, Spread]) -> dict[str, Any] | None:
    """The spread of all variants as plain data; None where no seeds are crossed."""
    if not found:
        return None
    return {
        "metric": result.metric,
        "scale": result.scale(result.metric),
        "sources": {source: len(set(of.tolist())) for source, of in result.levels.items()},
        "variants": {name: _of_variant(one) for name, one in found.items()},
    }


def _of_variant(found: Spread) -> dict[str, Any]:
    def plain(name: str, component: Component) -> dict[str, Any]:
        return {"variance": component.variance, "share": found.share(name), **asdict(component)}

    components = {name: plain(name, component) for name, component in found.components.items()}
    return {"n": found.n, "variance": found.total, "components": components}
