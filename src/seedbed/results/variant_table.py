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
        A text for each variant, in the order of the study.
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
        Study, status, whether runs are not paired, and what a constant answer gets.
    """

    def __init__(self, result: Result) -> None:
        told = (
            result.study["study"],
            result.status,
            "" if result.paired else "runs not paired",
            baseline_in_words(result.data, result.reported_metrics),
        )
        self.caption = visible(" · ".join(filter(None, told)))
        self._result = result

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """All of them, also those that only the report shows."""
        return tuple(column.visible for column in _columns(self._result, self._result.versus_base))

    def column(self, kind: Kind, metric: str = "") -> Column | None:
        """The column of a kind and metric; None where the study has none."""
        return next((one for one in self.columns if (one.kind, one.metric) == (kind, metric)), None)

    @cached_property
    def plain(self) -> list[Column]:
        """The columns of a plain table, which has no intervals of comparisons."""
        columns = _columns(self._result, self._result.versus_base_in_brief)
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


def _columns(result: Result, versus_base: Mapping[str, VersusBase]) -> Iterator[Column]:
    yield Column("variant", "variant", tuple(result.variants))
    yield from _runs(result)
    for metric in result.reported_metrics:
        yield from _metric(result, metric)
    yield from _failed(result)
    for metric in result.reported_metrics:
        yield from _published(result, metric)
    yield from _comparison(result, versus_base)
    yield from _costs(result)


def _runs(result: Result) -> Iterator[Column]:
    """How many runs, of more that are planned, and how many did not end well: in one column, and apart."""
    statuses = [list(result.status_of(name).values()) for name in result.variants]
    counts = tuple(
        f"{len(own)}" if len(own) >= planned else f"{len(own)} of {planned}"
        for own, planned in zip(statuses, progress(result).of_each.values(), strict=True)
    )
    unfinished = tuple(
        ", ".join(
            f"{own.count(status)} {status}"
            for status in ("diverged", "crashed", "interrupted")
            if status in own
        )
        for own in statuses
    )
    both = (
        f"{count} ({others})" if others else count for count, others in zip(counts, unfinished, strict=True)
    )
    yield Column("runs", "runs", tuple(both))
    yield Column("count", "", counts)
    yield Column("unfinished", "", unfinished)


def _metric(result: Result, metric: str) -> Iterator[Column]:
    """The median with its interval; the mean only of variants of which no run failed."""
    seen = [result.summary(name, metric) for name in result.variants]
    is_first = metric == result.metric
    medians = tuple(number(one.median) for one in seen)
    intervals = tuple(between(one.median_low, one.median_high) for one in seen)
    means = tuple(
        ABSENT if result.failures[name].runs else number(one.mean)
        for name, one in zip(result.variants, seen, strict=True)
    )
    yield Column("median", metric, medians, metric, ALWAYS if is_first else LATER_METRIC)
    yield Column("interval", INTERVAL, intervals, metric, ALWAYS if is_first else LATER_INTERVAL)
    yield Column("mean", "mean", means, metric, MEAN)


def _failed(result: Result) -> Iterator[Column]:
    """How many runs failed; nothing where none did."""
    failures = list(result.failures.values())
    if any(one.runs for one in failures):
        yield Column(
            "failed", "failed", tuple(f"{one.runs} of {one.of}" if one.runs else "" for one in failures)
        )


def _published(result: Result, metric: str) -> Iterator[Column]:
    """What others reported; nothing where they reported nothing."""
    published = [result.published(name).get(metric) for name in result.variants]
    if any(value is not None for value in published):
        priority = ALWAYS if metric == result.metric else LATER_METRIC
        yield Column("published", f"published {metric}", tuple(map(number, published)), metric, priority)


def _comparison(result: Result, versus_base: Mapping[str, VersusBase]) -> Iterator[Column]:
    """Each variant against the base; the base's own cells are empty."""
    comparisons = [versus_base.get(name) for name in result.variants]

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


def _costs(result: Result) -> Iterator[Column]:
    """Parameters and seconds per run; nothing where no run has any."""
    costs = [result.costs(name) for name in result.variants]
    if any("parameters" in own for own in costs):
        parameters = (f"{own['parameters']:,.0f}" if "parameters" in own else ABSENT for own in costs)
        yield Column("parameters", "parameters", tuple(parameters), priority=DETAIL)
    if any("seconds" in own for own in costs):
        seconds = (number(own.get("seconds"), 3) for own in costs)
        yield Column("seconds", "seconds/run", tuple(seconds), priority=SECONDS)
