"""The rows of a table of results, whatever its shape: which run each belongs to, and what it says of metrics."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pyarrow as pa

from seedbed.data.tables.csvfile import TextLayout
from seedbed.study.problems import Problem
from seedbed.study.suggestions import instead_of
from seedbed.study.variants import MOST_VARIANTS
from seedbed.text import counted, short
from seedbed.trainables.judged.columns import Labels, Numbers, labels, numbers
from seedbed.trainables.judged.settings import ResultsSettings

MOST_ROWS_NAMED = 3
EPOCH_NAMES = ("epoch", "step", "_step", "global_step", "iteration", "iter")
VARIANT, MOST_EPOCHS = "variant", 2**53


class Wrong(Exception):
    """A table that cannot be judged, and all that is wrong with it."""

    def __init__(self, *problems: Problem) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(map(str, problems)))


@dataclass(frozen=True)
class Source:
    """A table as it was read.

    Attributes
    ----------
    layout
        How numbers in its text are written.
    row
        What a row is called in messages.
    notes
        What to know of it.
    """

    table: pa.Table
    layout: TextLayout
    row: str = "data row"
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rows:
    """The rows, each of one run and, where there are such, one epoch.

    Attributes
    ----------
    number
        (rows,) int64: which row of the table each is, from 1.
    variant
        Of each column that tells variants apart its labels, by name.
    seed
        The labels of seeds; None where there is no such column.
    epoch
        (rows,) int64; None where a run has one row.
    status
        The labels of how runs ended; None where there is no such column.
    metrics
        The columns that are metrics for sure, by name.
    metric
        (rows,) int64, of which metric each row is; None where a row has all of them.
    others
        Columns that may be metrics or settings.
    """

    number: np.ndarray
    variant: dict[str, Labels]
    seed: Labels | None
    epoch: np.ndarray | None
    status: Labels | None
    metrics: dict[str, Numbers]
    metric: np.ndarray | None = None
    others: dict[str, pa.ChunkedArray] = field(default_factory=dict)
    row: str = "data row"

    def named(self, rows: Iterable[int]) -> str:
        """Rows in words: data rows 3, 17 and 20."""
        found = sorted({int(self.number[index]) for index in rows})
        return named_rows(found, self.row)


def named_rows(numbers: Sequence[int], row: str) -> str:
    """Rows in words: data row 3, or data rows 3, 17, 20 and 5 more."""
    shown = [f"{number:,}" for number in numbers[:MOST_ROWS_NAMED]]
    if len(numbers) == 1:
        return f"{row} {shown[0]}"
    more = len(numbers) - len(shown)
    last = f"{more:,} more" if more else shown.pop()
    return f"{row}s {', '.join(shown)} and {last}"


def rows_of(source: Source, settings: ResultsSettings, metric: str) -> Rows:
    """The rows of a table in any of its shapes; raises `Wrong`."""
    if settings.wide:
        return _of_wide(source, settings, metric)
    asked = _asked(settings, metric)
    _check_columns(source.table, asked)
    if not settings.variant:
        raise Wrong(Problem("results.variant", "expected the columns that tell variants apart, got none"))
    return _of_long(source, settings) if settings.long else _of_plain(source, settings, metric)


def _asked(settings: ResultsSettings, metric: str) -> list[tuple[str, str]]:
    """Each column that the settings name, with its key."""
    asked = [("results.variant", name) for name in settings.variant]
    single = {"seed": settings.seed, "epoch": settings.epoch, "status": settings.status}
    asked += [(f"results.{key}", name) for key, name in single.items() if name is not None]
    if settings.long:
        return asked + [("results.long", name) for name in settings.long]
    return [*asked, *(("results.metrics", name) for name in settings.metrics), ("study.metric", metric)]


def _check_columns(table: pa.Table, asked: Sequence[tuple[str, str]]) -> None:
    known = table.column_names
    problems = [
        Problem(key, f'there is no column "{short(name)}"; {instead_of(name, known)}')
        for key, name in asked
        if name not in known
    ]
    names = [name for key, name in asked if key != "results.metrics"]
    problems += [
        Problem(key, f'"{short(name)}" is named for two things; each column is one')
        for key, name in asked
        if names.count(name) > 1
    ][:1]
    if problems:
        raise Wrong(*dict.fromkeys(problems))


# --- the shapes -----------------------------------------------------------------------------------------


def _of_plain(source: Source, settings: ResultsSettings, metric: str) -> Rows:
    """A row for each run, or for each of its epochs."""
    rows = _keys(source, settings)
    wanted = dict.fromkeys([metric, *settings.metrics])
    found = {name: numbers(source.table[name], source.layout) for name in wanted}
    problems = [
        problem for name, one in found.items() if (problem := _not_numbers(rows, source, name, one.wrong))
    ]
    if problems:
        raise Wrong(*problems)
    named = {*settings.variant, settings.seed, settings.epoch, settings.status, *wanted}
    others = {name: source.table[name] for name in source.table.column_names if name not in named}
    return replace(rows, metrics=found, others=others)


def _of_long(source: Source, settings: ResultsSettings) -> Rows:
    """A row for each metric: they become columns, one below the other, of which each row has but one value."""
    assert settings.long
    name_of, value_of = settings.long
    rows = _keys(source, settings)
    names = labels(source.table[name_of], source.layout)
    values = numbers(source.table[value_of], source.layout)
    problem = _gaps(rows, name_of, names.codes < 0) or _not_numbers(rows, source, value_of, values.wrong)
    if problem:
        raise Wrong(problem)
    found = {}
    for code, name in enumerate(names.values):
        here = names.codes == code
        found[f"{name}"] = Numbers(
            np.where(here, values.values, np.nan), here & values.there, np.zeros(len(here), bool)
        )
    named = {*settings.variant, settings.seed, settings.epoch, settings.status, *settings.long}
    others = {name: source.table[name] for name in source.table.column_names if name not in named}
    return replace(rows, metrics=found, metric=names.codes, others=others)


def _of_wide(source: Source, settings: ResultsSettings, metric: str) -> Rows:
    """A column for each variant, and a row for each seed."""
    if settings.seed is not None:
        _check_columns(source.table, [("results.seed", settings.seed)])
    names = [name for name in source.table.column_names if name != settings.seed]
    if len(names) > MOST_VARIANTS:
        message = (
            f"the table has {len(names):,} columns, each a variant; {MOST_VARIANTS:,} are the most of a study"
        )
        raise Wrong(Problem("results.wide", message))
    count, row = source.table.num_rows, np.arange(source.table.num_rows)
    seeds = (
        Labels(row, list(range(count)))
        if settings.seed is None
        else labels(source.table[settings.seed], source.layout)
    )
    whole = Rows(row + 1, {}, seeds, None, None, {}, row=source.row)
    found = {name: numbers(source.table[name], source.layout) for name in names}
    problems = [_gaps(whole, settings.seed or "", seeds.codes < 0)]
    problems += [_not_numbers(whole, source, name, one.wrong) for name, one in found.items()]
    if wrong := [problem for problem in problems if problem]:
        raise Wrong(*wrong)
    cells = [(code, index) for code, one in enumerate(found.values()) for index in np.flatnonzero(one.there)]
    variant, index = np.array(cells, np.int64).reshape(-1, 2).T
    values = np.stack([one.values for one in found.values()]) if found else np.empty((0, count))
    every = np.ones(len(index), bool)
    return Rows(
        number=index + 1,
        variant={(settings.variant or (VARIANT,))[0]: Labels(variant, names)},
        seed=Labels(seeds.codes[index], seeds.values),
        epoch=None,
        status=None,
        metrics={metric: Numbers(values[variant, index], every, ~every)},
        row=source.row,
    )


# --- what a row is of -----------------------------------------------------------------------------------


def _keys(source: Source, settings: ResultsSettings) -> Rows:
    """The rows with what they are of alone."""
    table, layout = source.table, source.layout
    variant = {name: labels(table[name], layout) for name in settings.variant}
    seed = None if settings.seed is None else labels(table[settings.seed], layout)
    status = None if settings.status is None else labels(table[settings.status], layout)
    number = np.arange(1, table.num_rows + 1)
    rows = Rows(number, variant, seed, None, status, {}, row=source.row)
    problems = [_gaps(rows, name, one.codes < 0) for name, one in variant.items()]
    problems += [_gaps(rows, settings.seed or "", seed.codes < 0)] if seed else []
    epoch, problem = (None, None) if settings.epoch is None else _epochs(rows, source, settings.epoch)
    if wrong := [problem for problem in (*problems, problem) if problem]:
        raise Wrong(*wrong)
    return replace(rows, epoch=epoch)


def _epochs(rows: Rows, source: Source, name: str) -> tuple[np.ndarray | None, Problem | None]:
    found = numbers(source.table[name], source.layout)
    if problem := _not_numbers(rows, source, name, found.wrong) or _gaps(rows, name, ~found.there):
        return None, problem
    with np.errstate(invalid="ignore"):
        bad = ~((found.values >= 0) & (found.values < MOST_EPOCHS) & (found.values == np.rint(found.values)))
    if bad.any():
        value, where = found.values[bad][0], rows.named(np.flatnonzero(bad))
        return None, Problem(
            "results.epoch",
            f'expected whole numbers of at least 0 in "{short(name)}", got {value:g} in {where}',
        )
    return found.values.astype(np.int64), None


def _gaps(rows: Rows, name: str, missing: np.ndarray) -> Problem | None:
    if not missing.any():
        return None
    where = rows.named(np.flatnonzero(missing))
    return Problem("", f'"{short(name)}" is empty in {where}; every row needs a value there, such as "none"')


def _not_numbers(rows: Rows, source: Source, name: str, wrong: np.ndarray) -> Problem | None:
    if not wrong.any():
        return None
    indices = np.flatnonzero(wrong)
    value = short(str(source.table[name][int(indices[0])].as_py()))
    more = f" ({counted(len(indices), 'such cell')})" if len(indices) > 1 else ""
    return Problem(
        "",
        f'expected a number in "{short(name)}", got "{value}" in {rows.named(indices[:1])}{more}; write a number, '
        "or nan where a run failed",
    )


def epoch_column(names: Iterable[Any]) -> str | None:
    """The column that probably tells epochs."""
    return next((name for name in names if str(name).casefold() in EPOCH_NAMES), None)
