"""The section on the variants: their table, every run as a figure, and the differences from the base."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow.compute as pc

from seedbed.analysis.pairing import in_words
from seedbed.analysis.wording import ABSENT, number, scale_in_words
from seedbed.report.blocks import Block, Filled, Gallery, Note
from seedbed.report.comparisons import MOST_DOTS, every_run, forest
from seedbed.report.leaders import MOST_ROWS, has_finished, left_out
from seedbed.results.progress import is_part
from seedbed.results.result import Result
from seedbed.results.variant_table import Column, Kind, VariantTable

PAIRED_TEST = "exact sign flips of the paired gaps, clipped at 1.5 times their median size, or the sign test"
UNPAIRED_TEST = "Yuen's test of trimmed means with unequal spreads, or that of Brunner and Munzel on ranks"
HEADINGS: dict[Kind, str] = {
    "median": "median",
    "mean": "mean",
    "failed": "failed",
    "published": "published",
    "estimate": "estimate",
    "wins": "better in",
    "p": "p",
    "verdict": "verdict",
    "new data": "on new data",
    "parameters": "parameters",
    "seconds": "seconds per run",
}
BELOW: dict[Kind, Kind] = {
    "median": "interval",
    "estimate": "estimate interval",
    "verdict": "new data",
    "parameters": "seconds",
}


@dataclass(frozen=True)
class Cells:
    """A column of the page: its headings, its cells and the column in small letters below each."""

    headings: tuple[str, ...]
    column: Column
    below: Column | None


@dataclass(frozen=True)
class ColumnGroup:
    """Neighbouring columns with a common title."""

    title: str
    columns: list[Cells]
    baseline: str = ABSENT


def blocks(result: Result) -> Iterator[Block]:
    """The table and the figures, which come first where they are shorter than the table."""
    is_long = len(result.variants) > MOST_ROWS
    if is_long:
        yield from _figures(result)
    yield Filled("variants.html", _table(result))
    yield _note(result)
    if not is_long:
        yield from _figures(result)


def _figures(result: Result) -> Iterator[Block]:
    if not has_finished(result):
        return
    pictures = [every_run(result)]
    first, second, is_run = "A dot", "", "is a run"
    if len(result.seeds) > MOST_DOTS:
        is_run = f"is one of {MOST_DOTS:,} runs of a variant, at equal steps from its best to its worst"
    if differences := forest(result):
        pictures.append(differences)
        first, second = "First figure: a dot", _against(result)
    yield Gallery(pictures)
    yield Note(
        f"{first} {is_run}, the bar the median, a diamond the published value, the dotted line, if any, where a "
        "run has failed.",
        second,
        left_out(result, min(MOST_ROWS, len(result.variants))),
    )


def _against(result: Result) -> str:
    return f"Second: each variant against {result.base}, {'' if result.paired else 'not '}paired by seed."


def _seconds(result: Result) -> str:
    """What the seconds of runs are; alone in their groups are also those of functions and commands."""
    runs = result.runs
    if "group" in runs.column_names and pc.count_distinct(runs["group"]).as_py() == runs.num_rows:
        return (
            "Seconds per run are from its beginning to its end, while others may have run on the same cores, so "
            "they are not tested."
        )
    return "Seconds per run are the time of a group divided by the runs in it, so they are not tested."


def _note(result: Result) -> Note:
    metric, *test = result.reported_metrics
    reported = f" and reported on {test[0]}" if test else ""
    order = "" if metric == result.selected_by else f" {result.selected_by}"
    costs = _seconds(result) if any("seconds" in result.costs(name) for name in result.variants) else ""
    of = "pairs in which neither run failed" if result.paired else "runs that did not fail"
    gaps = f"Against {result.base}: {scale_in_words(result.scale(result.metric), result.paired)}, of {of}"
    selection = (
        f"Variants are selected by {metric}{reported}, and sorted by their median{order}, the best first."
    )
    if result.levels:
        return Note(
            "Medians are over all runs, where a run that diverged or crashed counts as the worst; means "
            "are given where no run failed. "
            "Seeds are crossed, so runs are not independent: there are no intervals, and nothing is tested.",
            _failing(result),
            selection,
            f"{gaps}.",
            costs,
        )
    return Note(
        "Medians, with 95 % order-statistic intervals, are over all runs, where a run that diverged or crashed counts "
        "as the worst; means are given where no run failed.",
        _failing(result),
        selection,
        f"{gaps}; the intervals hold for all variants at once.",
        f"p: {PAIRED_TEST if result.paired else UNPAIRED_TEST} where over a fifth of the runs of one failed; adjusted "
        "for all comparisons (Holm).",
        in_words(result.pairing),
        costs,
    )


def _failing(result: Result) -> str:
    """Beyond which value a run is called failed."""
    beyond = result.fails_beyond(result.base)
    if beyond is None:
        return "A run that diverged or crashed has failed."
    side = "above" if result.study["direction"] == "min" else "below"
    own = result.study.get("fails_above" if side == "above" else "fails_below") is not None
    rest = "" if own else ", or as far from a variant's own median where that is worse"
    return (
        f"A run has failed that diverged, crashed or ended {side} {number(beyond)} in {result.metric}{rest}."
    )


# --- the table ------------------------------------------------------------------------------------------


def _table(result: Result) -> dict[str, Any]:
    """What `variants.html` is filled with."""
    table = VariantTable(result, result.told_in_full)
    groups = list(_groups(result, table))
    return {
        "base": result.base,
        "best": _best(result),
        "rows": [(name, index) for index, name in enumerate(table.names)],
        "left_out": table.left_out,
        "id": result.id,
        "count": table.column("count"),
        "unfinished": table.column("unfinished"),
        "note": table.column("note"),
        "groups": groups,
        "width": 2 + sum(len(group.columns) for group in groups),
    }


def _best(result: Result) -> dict[str, str]:
    """The variant that comes first, and those that are not distinguishable from it; none where no median says so."""
    first = result.ranking[0]
    if not math.isfinite(result.summary(first, result.selected_by).median):
        return {}
    others = [name for name in result.among_the_best if name != first]
    if len(others) + 1 == len(result.variants):
        return {}
    so_far = " so far" if is_part(result) else ""
    among = dict.fromkeys(others, f"among the best{so_far}")
    return {first: f"best{so_far}" if not others else f"among the best{so_far}", **among}


def _groups(result: Result, table: VariantTable) -> Iterator[ColumnGroup]:
    baseline = result.data.get("baseline", {})
    for metric in result.reported_metrics:
        kinds: tuple[Kind, ...] = ("median", "mean", "published")
        if metric != result.metric:
            kinds = ("median", "published")
        yield ColumnGroup(metric, _cells(table, kinds, metric), number(baseline.get(metric)))
    if failed := _cells(table, ("failed",)):
        yield ColumnGroup("runs", failed)
    against = _cells(table, ("estimate", "wins", "p", "verdict"))
    yield ColumnGroup(f"against {result.base}, {result.metric}", against)
    costs = _cells(table, ("parameters",)) or _cells(table, ("seconds",))
    if costs:
        yield ColumnGroup("cost", costs)


def _cells(table: VariantTable, kinds: Sequence[Kind], metric: str = "") -> list[Cells]:
    """The columns of some kinds, as far as the table has them."""
    cells = []
    for kind in kinds:
        if column := table.column(kind, metric):
            below = table.column(BELOW[kind], metric) if kind in BELOW else None
            headings = [HEADINGS[one.kind] for one in (column, below) if one and one.kind in HEADINGS]
            cells.append(Cells(tuple(headings), column, below))
    return cells
