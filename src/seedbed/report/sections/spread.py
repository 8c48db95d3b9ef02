"""The section on crossed seeds: how much of the spread of each variant every source of randomness carries."""

from __future__ import annotations

from collections.abc import Iterator

from seedbed.analysis.spread import explained, on_scale
from seedbed.report.blocks import Block, Gallery, Note
from seedbed.report.comparisons import by_source
from seedbed.report.leaders import MOST_ROWS, left_out
from seedbed.results.result import Result


def blocks(result: Result) -> Iterator[Block]:
    """The figure and how to read it; nothing of a study that crosses no seeds, or whose runs do not vary."""
    if not (pictures := by_source(result)):
        return
    yield Gallery(pictures)
    yield Note(
        explained(result.spread.values()),
        f"Standard deviations are of {on_scale(result.metric, result.scale(result.metric))}.",
        "Intervals are those of normal effects; they end where they are twice the whole.",
        left_out(result, min(MOST_ROWS, len(result.variants))),
    )
