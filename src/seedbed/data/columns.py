"""A table's columns as numbers: text as one-hot columns, further columns derived from others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NoReturn

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from seedbed.data import tablefile
from seedbed.data.base import DataError
from seedbed.data.expressions import Expression
from seedbed.data.naming import nearest

NUMERIC = (
    pa.types.is_integer,
    pa.types.is_floating,
    pa.types.is_decimal,
    pa.types.is_boolean,
    pa.types.is_null,
)
MOST_CATEGORIES = 200  # of a text column that becomes one-hot columns


class Columns(Mapping[str, np.ndarray]):
    """The columns of a table by name, each converted to (rows,) float64 when asked for.

    A text column `color` is read through 0/1 columns `color=red`, one a category, sorted. Derived columns,
    each an expression of others, stand beside those of the file.

    Attributes
    ----------
    path
        The file, for messages.
    raw
        The names of the file's own columns, text or number.
    rows
        Where in the file each row stands, counted from 0.
    text
        The categories of each text column.
    """

    def __init__(
        self,
        path: Path,
        table: pa.Table,
        derived: Mapping[str, str] | None = None,
        rows: np.ndarray | None = None,
    ) -> None:
        self.path = path
        self.raw = tuple(table.column_names)
        self.rows = np.arange(table.num_rows) if rows is None else rows
        self.text: dict[str, list[str]] = {}
        self._table = table
        self._one_hot: dict[str, tuple[str, str]] = {}
        self._derivations = dict(derived or {})
        self._derived: dict[str, Expression] = {}
        for name in table.column_names:
            if _is_text(table.schema.field(name).type):
                self._add_text(name)
        for name, text in self._derivations.items():
            self._derived[name] = Expression.parse(text, self, self.text)

    def _add_text(self, name: str) -> None:
        self.text[name] = categories = sorted(filter(None, pc.unique(self.strings(name)).to_pylist()))
        if len(categories) <= MOST_CATEGORIES:
            self._one_hot |= {f"{name}={category}": (name, category) for category in categories}

    def keep(self, rows: np.ndarray) -> Columns:
        """Only some of the rows, by number."""
        return Columns(self.path, self._table.take(pa.array(rows)), self._derivations, self.rows[rows])

    def __iter__(self) -> Iterator[str]:
        yield from self.raw
        yield from self._one_hot
        yield from self._derived

    def __len__(self) -> int:
        return len(self.raw) + len(self._one_hot) + len(self._derived)

    def __contains__(self, name: object) -> bool:
        return name in self._derived or name in self._one_hot or name in self.raw

    def __getitem__(self, name: str) -> np.ndarray:
        if name in self._derived:
            return self._derived[name](self)
        if name in self._one_hot:
            column, category = self._one_hot[name]
            return self.equals(column, category)
        if name in self.text:
            category = self.categories(name)[0]
            raise DataError(
                f"{self.path}: column {name!r} holds text; compare it with text in quotes, as in {name} == {category!r}"
            )
        kind = self._table.schema.field(name).type
        if not any(is_kind(kind) for is_kind in NUMERIC):
            raise DataError(
                f"{self.path}: column {name!r} holds {kind}, neither numbers nor text; "
                "convert it, or leave it out through data.features"
            )
        return self._table[name].cast(pa.float64(), safe=False).to_numpy()

    def strings(self, name: str) -> pa.ChunkedArray:
        """A column as text; missing stays missing."""
        return self._table[name].cast(pa.string())

    def equals(self, name: str, value: str) -> np.ndarray:
        """(rows,) float64: 1 where a column, as text, is `value`."""
        return pc.fill_null(pc.equal(self.strings(name), value), False).to_numpy().astype(np.float64)

    def missing(self, name: str) -> np.ndarray:
        """(rows,) float64: 1 where a column, as text, has no value."""
        return pc.fill_null(pc.equal(self.strings(name), ""), True).to_numpy().astype(np.float64)

    def sources(self, name: str) -> set[str]:
        """The file's columns that a column is made of."""
        if name in self._derived:
            return {source for part in self._derived[name].names for source in self.sources(part)}
        return {self._one_hot[name][0] if name in self._one_hot else name}

    def expression(self, text: str, key: str) -> Expression:
        """Parse an expression of these columns; `key` names the setting in errors."""
        try:
            return Expression.parse(text, self, self.text)
        except DataError as error:
            raise DataError(f"{key}: {error}") from None

    def expand(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """Feature names as they will be: a text column's name stands for all its categories.

        Raises
        ------
        DataError
            For a name that does not exist or comes twice, and for text that is hardly made of categories.
        """
        expanded: list[str] = []
        for name in names:
            if name in self.text:
                expanded += [f"{name}={category}" for category in self.categories(name)]
            elif name in self:
                expanded.append(name)
            else:
                raise DataError(f"data.features: {self.path} has no column {name!r}; {nearest(name, self)}")
        name, times = Counter(expanded).most_common(1)[0]
        if times > 1:
            raise DataError(f"data.features: {name!r} is there twice")
        return tuple(expanded)

    def categories(self, name: str) -> list[str]:
        """A text column's categories; refused where it looks like misprinted numbers or like row names."""
        self.check_present(name)
        self.check_no_misprint(name)
        categories = self.text[name]
        if len(categories) > MOST_CATEGORIES:
            raise DataError(
                f"{self.path}: text column {name!r} has {len(categories):,} different values, above "
                f"{MOST_CATEGORIES}; leave it out through data.features"
            )
        return categories

    def check_no_misprint(self, name: str) -> None:
        """Refuse a text column of which most values would read as numbers."""
        wrong = sum(not tablefile.is_number(value) for value in self.text[name])
        if wrong < len(self.text[name]) / 2:
            self.refuse_text(name)

    def refuse_text(self, name: str) -> NoReturn:
        """Say where a text column that should hold numbers does not."""
        wrong = next(value for value in self.text[name] if not tablefile.is_number(value))
        row = self.rows[pc.index(self.strings(name), wrong).as_py()] + 1
        raise DataError(
            f"{self.path}: data row {row}: {name!r} should be a number, not {wrong!r}; "
            "mend the file or drop the row"
        )

    def finite(self, name: str, values: np.ndarray | None = None) -> np.ndarray:
        """A column, or `values` computed under that name, as (rows,) float32.

        Raises
        ------
        DataError
            Naming row and column of the first value that is missing or not finite.
        """
        with np.errstate(over="ignore"):
            found = (self[name] if values is None else values).astype(np.float32)
        if name in self._one_hot:
            self.check_present(self._one_hot[name][0])
        self._refuse(name, np.isnan(found), "is missing or not a number")
        self._refuse(name, np.isinf(found), "is infinite or too large for 32 bits")
        return found

    def check_present(self, name: str) -> None:
        """Refuse a column of the file, read as text, with missing values."""
        self._refuse(name, self.missing(name) > 0, "is missing")

    def labels(self, name: str) -> np.ndarray:
        """(rows,) int64: which of `text[name]` each value of a text column is; none may be missing."""
        self.check_present(name)
        return pc.index_in(self.strings(name), pa.array(self.text[name])).to_numpy().astype(np.int64)

    def _refuse(self, name: str, bad: np.ndarray, what: str) -> None:
        if bad.any():
            row = self.rows[int(np.argmax(bad))] + 1
            more = f" ({bad.sum():,} such rows)" if bad.sum() > 1 else ""
            raise DataError(
                f"{self.path}: data row {row}: {name!r} {what}{more}; "
                "mend the file, or leave out such rows or the column"
            )


def _is_text(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return pa.types.is_string(kind) or pa.types.is_large_string(kind)
