"""A table's columns as numbers: text as one-hot columns, dates as parts, further columns derived from others."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NoReturn

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from seedbed.data.base import DataError
from seedbed.data.expressions.expression import Expression
from seedbed.data.naming import in_expression
from seedbed.data.tables import csvfile, dates, kinds, numerals
from seedbed.data.tables.csvfile import PLAIN, TextLayout
from seedbed.text import short

MOST_CATEGORIES = 200  # of a text column that becomes one-hot columns
MOST_VALUES, LONGEST_EXAMPLE = 3, 120  # of the values, and characters of the settings, that a message shows


class Columns(Mapping[str, np.ndarray]):
    """The columns of a table by name, each converted to (rows,) float64 when asked for, nan where missing.

    A text column `color` is read through 0/1 columns `color=red`, one per category, sorted; a column of dates `sold` as
    days since 1970-01-01, and through `sold.days`, `sold.month` and so on. A time of day is its hours, a duration its
    seconds. Derived columns, each an expression of others, are added to those of the file.

    Attributes
    ----------
    path
        The file, for messages.
    raw
        The names of the file's own columns.
    rows
        The index of each row in the file, from 0.
    text
        The categories of each text column.
    dates
        The format of each column of dates, empty where its type in the file is one of dates.
    ambiguous
        The forms that a text column of dates may have, where they are several; it is not among `dates`.
    layout
        How the file is written; None where it has types of its own.
    """

    def __init__(
        self,
        path: Path,
        table: pa.Table,
        derived: Mapping[str, str] | None = None,
        forms: Mapping[str, str] | None = None,
        rows: np.ndarray | None = None,
        layout: TextLayout | None = None,
    ) -> None:
        self.path, self.layout = path, layout
        self.raw = dict.fromkeys(table.column_names)
        self.rows = np.arange(table.num_rows) if rows is None else rows
        self.text: dict[str, list[str]] = {}
        self.dates: dict[str, str] = {}
        self.ambiguous: dict[str, tuple[str, ...]] = {}
        self._table, self._forms = table, dict(forms or {})
        self._one_hot: dict[str, tuple[str, str]] = {}
        self._parts: dict[str, tuple[str, str]] = {}
        self._days: dict[str, np.ndarray] = {}
        self._derivations = dict(derived or {})
        self._derived: dict[str, Expression] = {}
        self._last = self._last_blank = "", np.empty(0)  # the column that was asked for last, and its gaps
        for name in table.column_names:
            self._add(name, table.schema.field(name).type)
        for name, text in self._derivations.items():
            self._derived[name] = self._parsed(text)

    def _add(self, name: str, kind: pa.DataType) -> None:
        if kinds.is_date(kind):
            self._add_date(name, "")
        elif name in self._forms:
            self._add_date(name, self._forms[name])
        elif kinds.is_text(kind):
            self._add_text(name)

    def _add_text(self, name: str) -> None:
        categories = sorted(filter(None, pc.unique(self.strings(name)).to_pylist()))
        forms = dates.forms_of(categories)
        if len(forms) == 1:
            self._add_date(name, forms[0])
            return
        if forms:
            self.ambiguous[name] = forms
        self.text[name] = categories
        if len(categories) <= MOST_CATEGORIES:
            self._one_hot |= {f"{name}={category}": (name, category) for category in categories}

    def _add_date(self, name: str, form: str) -> None:
        self.dates[name] = form
        days = dates.text_days(self.strings(name), form) if form else kinds.days(self._table[name])
        self._days[name] = days
        self._parts |= {f"{name}.{part}": (name, part) for part in dates.parts_of(days)}

    def keep(self, rows: np.ndarray) -> Columns:
        """Only some of the rows, by number."""
        forms = {name: form for name, form in self.dates.items() if form}
        table = self._table.take(pa.array(rows))
        if self.layout is not None:  # what kept a column from being read as numbers may be gone
            table = csvfile.with_numbers(table, self.layout)
        return Columns(self.path, table, self._derivations, forms, self.rows[rows], self.layout)

    def __iter__(self) -> Iterator[str]:
        yield from self.raw
        yield from self._one_hot
        yield from self._parts
        yield from self._derived

    def __len__(self) -> int:
        return len(self.raw) + len(self._one_hot) + len(self._parts) + len(self._derived)

    def __contains__(self, name: object) -> bool:
        return any(name in names for names in (self._derived, self._one_hot, self._parts, self.raw))

    def __getitem__(self, name: str) -> np.ndarray:
        if name in self._derived:
            return self._derived[name](self)
        if name in self._one_hot:
            return self.equals(*self._one_hot[name])
        if name in self._parts:
            column, part = self._parts[name]
            return dates.part(self._days[column], part)
        if name in self._days:
            return self._days[name]
        if name in self.text:
            raise DataError(self.number_problem(name) or self._text_problem(name))
        return self._numbers(name)

    def _numbers(self, name: str) -> np.ndarray:
        if self._last[0] != name:
            self._last = name, self._converted(name)
        return self._last[1]

    def _converted(self, name: str) -> np.ndarray:
        kind = self._table.schema.field(name).type
        if not self.is_number(name):
            raise DataError(
                f"{self.path}: column {name!r} holds {kind}, neither numbers, dates nor text; "
                "convert it, or leave it out through data.exclude"
            )
        values = kinds.numbers(self._table[name])
        values.flags.writeable = False  # the next who asks gets the same
        return values

    def _text_problem(self, name: str) -> str:
        values = self.text[name]
        example = f", as in {in_expression(name)} == {short(values[0])!r}" if values else ""
        return f"{self.path}: column {name!r} holds text; compare it with text in quotes{example}"

    def number_problem(self, name: str) -> str | None:
        """Why a column that looks as if it should hold numbers holds text; None where it does not look so."""
        if example := self.restyled(name):
            return f"{self.path}: {name!r} holds numbers in another format ({example})"
        if wrong := self.strays(name):
            return (
                f"{self.path}: expected a number in {name!r}, got {self.in_rows(name, wrong)}; correct these cells, or "
                f"leave out such rows: {self.without(name, wrong)}"
            )
        return None

    def restyled(self, name: str) -> str | None:
        """An example of numbers in another format, and the settings that read them."""
        return numerals.restyled(self.text.get(name, ()), self.layout or PLAIN)

    def strays(self, name: str) -> list[str]:
        """The values of a text column that do not read as numbers, where most do."""
        return numerals.strays(self.text.get(name, ()), self.layout or PLAIN)

    def in_rows(self, name: str, values: Sequence[str]) -> str:
        """The first of some values of a text column, each with its rows."""
        shown = [
            f"{short(value)!r} in {self.counted_rows(self.equals(name, value) > 0)}"
            for value in values[:MOST_VALUES]
        ]
        more = len(values) - len(shown)
        return ", ".join(shown) + (f" and {more:,} other value{'s' if more > 1 else ''}" if more else "")

    def without(self, name: str, values: Sequence[str]) -> str:
        """The setting that leaves out the rows that hold one of some values of a text column."""
        listed = ", ".join(map(repr, values))
        if not values or "`" in listed or len(listed) > LONGEST_EXAMPLE:
            return "data.where"
        whole = f"{in_expression(name)} {f'!= {listed}' if len(values) == 1 else f'not in ({listed})'}"
        return f"data.where = {json.dumps(whole, ensure_ascii=False)}"

    def is_number(self, name: str) -> bool:
        """Whether a column holds numbers."""
        kind = self.type_of(name)
        return kind is None or (name not in self.dates and kinds.is_number(kind))

    def type_of(self, name: str) -> pa.DataType | None:
        """A column's type in the file; None for derived columns, which hold numbers."""
        return self._table.schema.field(name).type if name in self.raw else None

    def strings(self, name: str) -> pa.ChunkedArray:
        """A column as text; missing stays missing."""
        return self._table[name].cast(pa.string())

    def equals(self, name: str, value: str) -> np.ndarray:
        """(rows,) float64: 1 where a column, as text, is `value`."""
        return pc.fill_null(pc.equal(self.strings(name), value), False).to_numpy().astype(np.float64)

    def missing(self, name: str) -> np.ndarray:
        """(rows,) float64: 1 where a column has no value."""
        if name in self.raw and not self.is_number(name):
            return self.blank(name).astype(np.float64)
        return np.isnan(self[name]).astype(np.float64)

    def infinite(self, name: str) -> np.ndarray:
        """(rows,) bool: where a column holds a number that is infinite, or would be in 32 bits."""
        with np.errstate(over="ignore"):
            return np.isinf(self[name].astype(np.float32))

    def blank(self, name: str) -> np.ndarray:
        """(rows,) bool: where the file has nothing in a column."""
        if self._last_blank[0] != name:
            self._last_blank = name, pc.fill_null(pc.equal(self.strings(name), ""), True).to_numpy()
        return self._last_blank[1]

    def sources(self, name: str) -> set[str]:
        """The file's columns that a column is made of."""
        if name in self._derived:
            return {source for part in self._derived[name].names for source in self.sources(part)}
        return {(self._one_hot.get(name) or self._parts.get(name) or (name,))[0]}

    def expression(self, text: str, key: str) -> Expression:
        """Parse an expression of these columns; `key` names the setting in errors."""
        try:
            return self._parsed(text)
        except DataError as error:
            raise DataError(f"{key}: {error}") from None

    def _parsed(self, text: str) -> Expression:
        return Expression.parse(text, self, self.text, self.dates)

    def of(self, name: str) -> tuple[str, str] | None:
        """Column and category (or part) that a one-hot column, or a part of a date, is of; None for any other."""
        return self._one_hot.get(name) or self._parts.get(name)

    def labels(self, name: str) -> np.ndarray:
        """(rows,) int64: which of `text[name]` each value of a text column is; -1 where it is missing."""
        codes = pc.index_in(self.strings(name), pa.array(self.text[name], pa.string()))
        return pc.fill_null(codes, -1).to_numpy().astype(np.int64)

    def check_finite(self, name: str) -> None:
        """Refuse a column with numbers that are infinite, or would be in 32 bits."""
        self._refuse(name, self.infinite(name), "is infinite or too large for 32 bits")

    def check_present(self, name: str) -> None:
        """Refuse a column of the file with missing values."""
        self._refuse(name, self.missing(name) > 0, "is missing")

    def refuse_text(self, name: str) -> NoReturn:
        """Refuse a text column that should hold numbers, naming the first row that does not."""
        values = self.text[name]
        wrong = numerals.not_numbers(values, self.layout or PLAIN)
        value = next(iter(wrong or values), "")
        row = self.row(self.equals(name, value) > 0)
        remedy = "fix the file or leave out the row"
        if not wrong:
            remedy = "the file holds it as text; convert the column to numbers"
        elif numerals.in_some_style(value):
            layout = self.layout or PLAIN
            written = csvfile.settings_in_words({"decimal": layout.decimal, "thousands": layout.thousands})
            remedy = f"the file is read with {written}; write its numbers so"
        raise DataError(
            f"{self.path}: data row {row}: expected a number in {name!r}, got {value!r}; {remedy}"
        )

    def _refuse(self, name: str, bad: np.ndarray, what: str) -> None:
        if bad.any():
            more = f" ({bad.sum():,} such rows)" if bad.sum() > 1 else ""
            raise DataError(
                f"{self.path}: data row {self.row(bad)}: {name!r} {what}{more}; "
                "fix the file, or leave out such rows or the column"
            )

    def counted_rows(self, bad: np.ndarray) -> str:
        """How many rows are bad, and which is the first."""
        first = f"data row {self.row(bad)}"
        count = int(np.count_nonzero(bad))
        return first if count == 1 else f"{count:,} rows, the first {first}"

    def row(self, bad: np.ndarray) -> int:
        """The number, from 1, of the first data row of the file where `bad` (rows,) holds."""
        return int(self.rows[int(np.argmax(bad))]) + 1
