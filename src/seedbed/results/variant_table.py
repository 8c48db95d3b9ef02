"""The table of a study's variants as columns of texts, which terminal, notebook and report each lay out themselves."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from seedbed.analysis.comparing import Comparison
from seedbed.analysis.data_facts import baseline_in_words
from seedbed.analysis.wording import ABSENT, between, effect, effect_interval, failures, number, p_text, unit
from seedbed.results.leading import ALL_UP_TO, leaders
from seedbed.results.progress import progress
from seedbed.results.result import Result, VersusBase
from seedbed.text import counted, visible

Kind = Literal[
    "variant",
    "runs",
    "count",
    "unfinished",
    "median",
    "interval",
    "mean",
    "failed",
    "published",
    "estimate",
    "estimate interval",
    "wins",
    "p",
    "verdict",
    "new data",
    "note",
    "parameters",
    "seconds",
]
INTERVAL = "95 % interval"
NOT_WHOLE = ("diverged", "crashed", "interrupted")  # statuses that the column of runs tells
MOST_LISTED = 50  # variants in a table of a study of very many
# The lower, the sooner a column is dropped where there is no room for all
SECONDS, MEAN, LATER_INTERVAL, LATER_METRIC, DETAIL, ALWAYS = range(6)


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes
    ----------
    kind
        What its cells are.
    heading
        Its heading in plain tables; empty where these do not show it.
    cells
        A text for each variant of the table, in its order.
    metric
        Of which metric it is; empty where it is of none.
    priority
        Where there is no room for all columns, those of the lowest priority are dropped first, `ALWAYS` never.
    """

    kind: Kind
    heading: str
    cells: tuple[str, ...]
    metric: str = ""
    priority: int = ALWAYS

    @property
    def visible(self) -> Column:
        """The same as a terminal and a page can show it, where names of variants, metrics and classes hold anything."""
        return replace(self, heading=visible(self.heading), cells=tuple(map(visible, self.cells)))

    @property
    def is_number(self) -> bool:
        """Whether its cells are numbers, which are aligned to the right."""
        return self.kind not in ("variant", "verdict", "new data", "note")

    @cached_property
    def width(self) -> int:
        """Letters of its longest text, the heading included."""
        return max(map(len, (self.heading, *self.cells)))


class VariantTable:
    """The variants side by side: `print` it, or let a notebook show it.

    Attributes
    ----------
    caption
        Study, status, whether runs are not paired, what a constant answer gets, and which variants it shows if not all.
    names
        The variants that it shows.

    Parameters
    ----------
    names
        By default all, in the order of the study; of very many those that matter most, the best first.
    """

    def __init__(self, result: Result, names: Sequence[str] | None = None) -> None:
        are_few = len(result.variants) <= ALL_UP_TO
        self.names = list(names or (result.variants if are_few else leaders(result, MOST_LISTED)))
        self._result = result
        told = (
            result.study["study"],
            result.status,
            "" if result.paired else "runs not paired",
            baseline_in_words(result.data, result.reported_metrics),
            self.left_out,
        )
        self.caption = visible(" · ".join(filter(None, told)))

    @property
    def left_out(self) -> str:
        """Which variants it shows, where these are not all; else empty."""
        shown, of = len(self.names), len(self._result.variants)
        return (
            f"{shown:,} of {of:,} variants, the best first: base, those that claims name, and the best"
            if shown < of
            else ""
        )

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """All of them, also those that only the report shows."""
        return tuple(
            column.visible for column in _columns(self._result, self.names, self._result.versus_base)
        )

    def column(self, kind: Kind, metric: str = "") -> Column | None:
        """The column of a kind and metric; None where the study has none."""
        return next((one for one in self.columns if (one.kind, one.metric) == (kind, metric)), None)

    @cached_property
    def plain(self) -> list[Column]:
        """The columns of a plain table, which has no intervals of comparisons."""
        columns = _columns(self._result, self.names, self._result.versus_base_in_brief)
        return [column.visible for column in columns if column.heading]

    @property
    def header(self) -> list[str]:
        """The headings of a plain table."""
        return [column.heading for column in self.plain]

    @property
    def rows(self) -> list[list[str]]:
        """The cells of a plain table, one row per variant."""
        return rows_of(self.plain)

    def __str__(self) -> str:
        first, *others = self.plain
        lines = [self.header, *self.rows]
        texts = [
            "  ".join(
                [
                    name.ljust(first.width),
                    *(cell.rjust(of.width) for cell, of in zip(cells, others, strict=True)),
                ]
            ).rstrip()
            for name, *cells in lines
        ]
        return "\n".join([texts[0], "─" * max(map(len, texts)), *texts[1:]])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        def line(cells: list[str], tag: str) -> str:
            return "<tr>" + "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in cells) + "</tr>"

        body = "".join(line(row, "td") for row in self.rows)
        return (
            f"<table><caption>{html.escape(self.caption)}</caption>"
            f"<thead>{line(self.header, 'th')}</thead><tbody>{body}</tbody></table>"
        )


def rows_of(columns: Sequence[Column]) -> list[list[str]]:
    """The cells of some columns, one row per variant."""
    return [list(row) for row in zip(*(column.cells for column in columns), strict=True)]


def _columns(result: Result, names: Sequence[str], versus_base: Mapping[str, VersusBase]) -> Iterator[Column]:
    yield Column("variant", "variant", tuple(names))
    yield from _runs(result, names)
    for metric in result.reported_metrics:
        yield from _metric(result, names, metric)
    yield from _failed(result, names)
    for metric in result.reported_metrics:
        yield from _published(result, names, metric)
    yield from _comparison(result, names, versus_base)
    yield from _costs(result, names)


def _runs(result: Result, names: Sequence[str]) -> Iterator[Column]:
    """How many runs, of more that are planned, and how many did not end well: in one column, and apart."""
    planned, row_of = progress(result).of_each, result.row_of
    stored, ended = (
        result.statuses.there.sum(axis=1),
        {name: result.statuses.count(name) for name in NOT_WHOLE},
    )
    counts, unfinished = [], []
    for name in names:
        own = int(stored[row_of[name]])
        counts.append(f"{own}" if own >= planned[name] else f"{own} of {planned[name]}")
        others = [(int(of_all[row_of[name]]), status) for status, of_all in ended.items()]
        unfinished.append(", ".join(f"{count} {status}" for count, status in others if count))
    both = (
        f"{count} ({others})" if others else count for count, others in zip(counts, unfinished, strict=True)
    )
    yield Column("runs", "runs", tuple(both))
    yield Column("count", "", tuple(counts))
    yield Column("unfinished", "", tuple(unfinished))


def _metric(result: Result, names: Sequence[str], metric: str) -> Iterator[Column]:
    """The median with its interval; the mean only of variants of which no run failed."""
    seen = [result.summary(name, metric) for name in names]
    is_first = metric == result.metric
    medians = tuple(number(one.median) for one in seen)
    intervals = tuple(between(one.median_low, one.median_high) for one in seen)
    means = tuple(
        ABSENT if result.failures[name].runs else number(one.mean)
        for name, one in zip(names, seen, strict=True)
    )
    yield Column("median", metric, medians, metric, ALWAYS if is_first else LATER_METRIC)
    yield Column("interval", INTERVAL, intervals, metric, ALWAYS if is_first else LATER_INTERVAL)
    yield Column("mean", "mean", means, metric, MEAN)


def _failed(result: Result, names: Sequence[str]) -> Iterator[Column]:
    """How many runs failed; nothing where none did."""
    failures = [result.failures[name] for name in names]
    if any(one.runs for one in failures):
        yield Column(
            "failed", "failed", tuple(f"{one.runs} of {one.of}" if one.runs else "" for one in failures)
        )


def _published(result: Result, names: Sequence[str], metric: str) -> Iterator[Column]:
    """What others reported; nothing where they reported nothing."""
    published = [result.published(name).get(metric) for name in names]
    if any(value is not None for value in published):
        priority = ALWAYS if metric == result.metric else LATER_METRIC
        yield Column("published", f"published {metric}", tuple(map(number, published)), metric, priority)


def _comparison(
    result: Result, names: Sequence[str], versus_base: Mapping[str, VersusBase]
) -> Iterator[Column]:
    """Each variant against the base; the base's own cells are empty."""
    comparisons = [versus_base.get(name) for name in names]

    def cells(text: Callable[[VersusBase], str]) -> tuple[str, ...]:
        return tuple(text(versus) if versus else "" for versus in comparisons)

    yield Column("estimate", f"vs {result.base}", cells(lambda versus: effect(versus.comparison)))
    yield Column("estimate interval", "", cells(lambda versus: effect_interval(versus.comparison)))
    if result.paired:
        yield Column("wins", "wins", cells(lambda versus: _wins(versus.comparison)), priority=DETAIL)
    yield Column("p", "p", cells(lambda versus: p_text(versus.p)), priority=DETAIL)
    yield Column("verdict", "verdict", cells(lambda versus: versus.verdict))
    if any(versus and versus.new_data and versus.new_data.kind != "drawn" for versus in comparisons):
        there = cells(lambda versus: versus.new_data.verdict if versus.new_data else ABSENT)
        yield Column("new data", "on new data", there, priority=DETAIL)
    yield Column("note", "", cells(lambda versus: _note(versus.comparison)))


def _wins(seen: Comparison) -> str:
    return f"{seen.wins} of {seen.n}" if seen.n else ""


def _note(seen: Comparison) -> str:
    """What to add where runs failed or have no such number."""
    undefined = f"undefined in {counted(seen.undefined, unit(seen))}" if seen.undefined else ""
    return "; ".join(filter(None, (failures(seen), undefined)))


def _costs(result: Result, names: Sequence[str]) -> Iterator[Column]:
    """Parameters and seconds per run; nothing where no run has any."""
    costs = [result.costs(name) for name in names]
    if any("parameters" in own for own in costs):
        parameters = (f"{own['parameters']:,.0f}" if "parameters" in own else ABSENT for own in costs)
        yield Column("parameters", "parameters", tuple(parameters), priority=DETAIL)
    if any("seconds" in own for own in costs):
        seconds = (number(own.get("seconds"), 3) for own in costs)
        yield Column("seconds", "seconds/run", tuple(seconds), priority=SECONDS)
