"""The page docs/truth.md: every rate with its simulation error, and what misses its goal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bench.truth.counting import Cell, Rates
from bench.truth.questions import Question, Table

INTRODUCTION = """# Do the verdicts hold?

How often verdicts are wrong and how often intervals hold the truth, in up to {studies:,} simulated studies per
situation (fewer where a study takes long), each judged by the product's own code from its runs to its verdicts.
`python -m bench.truth --studies {studies}` writes this page in minutes;
`tests/analysis/test_truth.py` does a smaller one in CI.

Rates are in percent, with the 95 % interval that so many studies leave. Goals: errors at most 5.9 % where 5 % is stated
(2.95 % where 2.5 % is), coverage of 94 to 97 %, power at least 0.9 times the paired t test's. \\* is off to the safe
side: errors are rarer or intervals wider than they need be, where few values leave few steps. ? is outside the goal by
less than the simulation can tell: its 99 % interval reaches inside."""
MARKS = {"": "", "cautious": " \\*", "unclear": " ?", "missed": " **missed**"}


def section(question: Question, cells: Sequence[Cell], rates: Sequence[Rates]) -> str:
    """The part of the page that a question is answered in."""
    parts = [f"## {question.title}", question.text, question.before]
    for table in question.tables:
        parts.append("\n".join(_rows(question, table, cells, rates)))
    return "\n\n".join(filter(None, parts))


def _rows(question: Question, table: Table, cells: Sequence[Cell], rates: Sequence[Rates]) -> Iterator[str]:
    found = {
        (cell.row, cell.column): seen for cell, seen in zip(cells, rates, strict=True) if table.rate in seen
    }
    columns = list(dict.fromkeys(cell.column for cell in cells if (cell.row, cell.column) in found))
    yield f"**{table.title}**\n"
    yield f"| {question.corner} | " + " | ".join(columns) + " |"
    yield "| --- |" + " --- |" * len(columns)
    for row in dict.fromkeys(row for row, _ in found):
        texts = [told(found[row, column], table) if (row, column) in found else "" for column in columns]
        yield f"| {row} | " + " | ".join(texts) + " |"


def told(rates: Rates, table: Table) -> str:
    """A rate in percent with its simulation error, and a mark where it is not what it should be."""
    rate = rates[table.rate]
    low, high = rate.interval()
    mark = MARKS[table.goal(rates).verdict(rate)] if table.goal else ""
    return f"{100 * rate.share:.1f} ({100 * low:.1f} to {100 * high:.1f}){mark}"


def marked(mark: str, question: Question, cells: Sequence[Cell], rates: Sequence[Rates]) -> list[str]:
    """A line for every rate of which the goal says "missed" or "unclear"."""
    return [
        f"{question.title}: {cell.row}, {cell.column}: {table.title}: {told(seen, table)}"
        for table in question.tables
        for cell, seen in zip(cells, rates, strict=True)
        if table.goal and table.rate in seen and table.goal(seen).verdict(seen[table.rate]) == mark
    ]


def whole(sections: Sequence[str], missed: Sequence[str], unclear: int, studies: int) -> str:
    """The page."""
    introduction = INTRODUCTION.format(studies=studies)
    return "\n\n".join([introduction, _in_short(missed, unclear), *sections]) + "\n"


def _in_short(missed: Sequence[str], unclear: int) -> str:
    rest = f"{unclear} figures are outside their goals by less than the simulation can tell (?)."
    if not missed:
        return f"No goal is missed beyond that doubt; {rest}"
    return "\n".join(["Goals that are missed:", "", *(f"- {line}" for line in missed), "", rest])
