"""The section on findings: what the records of the runs show to be wrong, by kind."""

from __future__ import annotations

from collections.abc import Iterator

from seedbed.analysis.advice import by_kind
from seedbed.report.blocks import Block, Filled
from seedbed.results.result import Result

MOST_LISTED = 24  # variants of a kind; the others are folded away
MOST_NAMED = 500  # and of those, so many are on the page


def blocks(result: Result) -> Iterator[Block]:
    """The findings."""
    broke = result.diverged + result.crashed > 0  # which a section of its own says where no finding does
    found = by_kind(result.findings)
    values = {"findings": found, "most": MOST_LISTED, "all": MOST_NAMED, "id": result.id, "broke": broke}
    yield Filled("findings.html", values)
