"""Reads new rows from a user's table."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import fields
from math import prod
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import ArrayLike

from seedbed.data.base import DataError, Encoding
from seedbed.data.tables import tablefile
from seedbed.data.tables.columns import Columns
from seedbed.data.tables.csvfile import PLAIN, TextLayout
from seedbed.data.tables.encodings import inputs_of
from seedbed.data.tables.faults import unreadable_dates
from seedbed.data.tables.typedfile import without_views
from seedbed.results.inputs.base import DataFrame, NewRows, check_pixels, source_of, unknown
from seedbed.results.inputs.outside import rows_outside
from seedbed.results.inputs.targets import columns_as_numbers, target_name, targets_of
from seedbed.store.models import Trained
from seedbed.text import first_few


def read(path: Path, trained: Trained) -> NewRows:
    """Rows of a table; columns are found by name, in any order.

    A feature `color=red` is 1 where column `color` is `red`. Networks without feature names (images) take
    one column per pixel: all of them or, beside an id and others, those named alike except for numbers.

    Raises
    ------
    DataError
        With all that is wrong: missing columns, missing or non-numeric values, categories and classes that the
        networks were not trained on.
    """
    with tablefile.taken_apart(path):
        return _of(*_opened(path, trained), trained)


def frame(rows: DataFrame, targets: ArrayLike | None, trained: Trained) -> NewRows:
    """Rows of a data frame.

    Parameters
    ----------
    targets
        One for each row; where None, the frame's own column is taken, if it has one.

    Raises
    ------
    DataError
        As for a file; and where there are not as many targets as rows, or the target has no name.
    """
    table, path = without_views(pa.table(rows)), Path("the data frame")
    if targets is not None:
        table = _with_targets(table, np.asarray(targets).reshape(-1), trained)
    with tablefile.taken_apart(path):
        columns = _columns(path, table, trained)
        return _of(table, columns, columns, trained)


def _with_targets(table: pa.Table, targets: np.ndarray, trained: Trained) -> pa.Table:
    name = target_name(trained)
    if len(targets) != table.num_rows:
        raise DataError(
            f"expected {table.num_rows:,} targets, one per row of the data frame, got {len(targets):,}"
        )
    if name is None or name in table.column_names:
        has = "has a column of them" if name else "of such data has none"
        raise DataError(f"expected no targets beside a data frame that {has}; leave them out")
    return table.append_column(name, pa.array(targets))


def _of(table: pa.Table, columns: Columns, typed: Columns, trained: Trained) -> NewRows:
    inputs, used = _inputs(columns, trained) if trained.features else _pixels(columns, trained)
    extra = table.drop_columns([name for name in columns.raw if name in used])
    outside = rows_outside(typed, trained.recipe["data"].get("where"))
    targets = targets_of(columns, trained)
    if isinstance(targets, str):
        return NewRows(inputs, extra, unscored=targets, outside=outside)
    return NewRows(inputs, extra, targets, outside=outside)


def _opened(path: Path, trained: Trained) -> tuple[pa.Table, Columns, Columns]:
    """The table, its columns, and these as training reads them: as numbers wherever the file holds numbers.

    In the first two, columns that are not needed as numbers stay the text of the file, such as 007.
    """
    table, read_with = _typed(path, trained)
    layout = tablefile.layout_of(path, read_with)
    columns = _columns(path, table, trained, layout)
    encodings = trained_encodings(trained, columns)
    categories = {encoding.column for encoding in encodings if encoding.kind == "category"}
    numbers = {encoding.column for encoding in encodings} - categories | columns_as_numbers(columns, trained)
    if not trained.features:
        numbers |= set(_pixel_columns(path, list(columns.raw), prod(trained.shape)))
    text = [name for name in columns.raw if name not in numbers and name not in columns.text]
    if not text:
        return table, columns, columns
    table = tablefile.read(path, text, read_with)
    return table, _columns(path, table, trained, layout), columns


def _typed(path: Path, trained: Trained) -> tuple[pa.Table, TextLayout]:
    """The table as training reads it, and in which layout: the study's or, where that cannot be, the usual one."""
    data = trained.recipe["data"]
    layout = TextLayout(**{one.name: data[one.name] for one in fields(TextLayout) if one.name in data})
    if layout != PLAIN:
        with suppress(DataError):
            return tablefile.read(path, layout=layout), layout
    return tablefile.read(path), PLAIN


def _columns(path: Path, table: pa.Table, trained: Trained, layout: TextLayout | None = None) -> Columns:
    """The columns and those that the source derives, where the table has what these are made of."""
    forms = dict(trained.recipe["data"].get("dates") or {})
    forms |= {encoding.column: encoding.form for encoding in trained.encodings if encoding.form}
    if derived := source_of(trained).derived:
        with suppress(DataError):
            return Columns(path, table, derived, layout=layout)
    forms = {name: form for name, form in forms.items() if name in table.column_names}
    return Columns(path, table, forms=forms, layout=layout)


def trained_encodings(trained: Trained, columns: Columns) -> list[Encoding]:
    """How the inputs are made of columns; files of older versions have only the names of features."""
    if trained.encodings:
        return list(trained.encodings)
    encodings = []
    for name in trained.features:
        column = next((column for column in columns.raw if name.startswith(f"{column}=")), None)
        if name in columns.raw or "=" not in name:
            encodings.append(Encoding(name, name))
        else:
            column = column or name.partition("=")[0]
            encodings.append(Encoding(name, column, "category", name.removeprefix(f"{column}=")))
    return encodings


# --- features -----------------------------------------------------------------------------------------------


def _inputs(columns: Columns, trained: Trained) -> tuple[np.ndarray, set[str]]:
    """(N, features) float32, nan where a value is to be imputed, and the columns they are made of."""
    encodings = trained_encodings(trained, columns)
    lacking = dict.fromkeys(one.column for one in encodings if one.column not in columns.raw)
    if lacking:
        lacks, has = first_few(map(repr, lacking)), first_few(columns.raw)
        raise DataError(
            f"{columns.path} lacks {lacks}, which the networks were trained on; it has: {has}; add or rename columns"
        )
    problems = _unseen(columns, trained, encodings)
    problems += unreadable_dates(columns)
    by_column: dict[str, list[Encoding]] = defaultdict(list)
    for encoding in encodings:
        by_column[encoding.column].append(encoding)
    for name, of_column in by_column.items():
        try:
            _check(columns, name, of_column)
        except DataError as error:
            problems += error.problems
    if problems:
        raise DataError(*dict.fromkeys(problems))
    return inputs_of(columns, encodings), set(by_column)


def _check(columns: Columns, name: str, encodings: Sequence[Encoding]) -> None:
    """Refuse a column that is of another kind than in training, or lacks values where none may be missing."""
    kinds = {encoding.kind for encoding in encodings}
    if "number" in kinds and name in columns.text:
        columns.refuse_text(name)
    if "number" in kinds and name in columns.dates:
        raise DataError(f"{columns.path}: expected numbers in {name!r}, as in training, got dates")
    if "date" in kinds and name not in columns.dates:
        raise DataError(f"{columns.path}: expected dates in {name!r}, as in training, got something else")
    category_is_unknown = (
        "category" in kinds and encodings[0].missing == "category" and "missing" not in kinds
    )
    if not encodings[0].missing or category_is_unknown:
        columns.check_present(name)
    if "number" in kinds:
        columns.check_finite(name)


def _feature(columns: Columns, name: str) -> np.ndarray:
    if name in columns.text:
        columns.refuse_text(name)
    columns.check_present(name)
    columns.check_finite(name)
    return columns[name].astype(np.float32)


def _unseen(columns: Columns, trained: Trained, encodings: Sequence[Encoding]) -> list[str]:
    """Problems of columns with categories that the networks never saw.

    A column of which the study names single categories as features may hold any others.
    """
    chosen = trained.recipe["data"].get("features")
    categories: dict[str, list[str]] = defaultdict(list)
    for encoding in encodings:
        if encoding.kind == "category" and (chosen is None or encoding.column in chosen):
            categories[encoding.column].append(encoding.value)
    problems = []
    for column, known in categories.items():
        rows = _rows_of_others(columns, column, known)
        if rows:
            where, remedy = f"{columns.path}: column {column!r}", "correct or remove these rows"
            problems.append(unknown(where, rows, known, remedy))
    return problems


def _rows_of_others(columns: Columns, name: str, known: Sequence[str]) -> dict[str, list[int]]:
    """Each unknown value of a text column -> its data rows, from 1; missing values do not count."""
    values = columns.strings(name)
    others = pc.and_(pc.invert(pc.is_in(values, pa.array(known, pa.string()))), pc.not_equal(values, ""))
    rows = defaultdict(list)
    for row in np.flatnonzero(pc.fill_null(others, False).to_numpy()):
        rows[values[int(row)].as_py()].append(int(row) + 1)
    return dict(rows)


def _pixels(columns: Columns, trained: Trained) -> tuple[np.ndarray, set[str]]:
    names = _pixel_columns(columns.path, list(columns.raw), prod(trained.shape))
    inputs = np.stack([_feature(columns, name) for name in names], axis=1)
    check_pixels(str(columns.path), inputs, trained)
    return inputs.reshape(-1, *trained.shape), set(names)


def _pixel_columns(path: Path, names: Sequence[str], wanted: int) -> list[str]:
    """All columns, or those whose names differ in numbers alone, such as pixel0, pixel1, ..."""
    if len(names) == wanted:
        return list(names)
    alike = defaultdict(list)
    for name in names:
        alike[re.sub(r"\d+", "", name)].append(name)
    fitting = [group for group in alike.values() if len(group) == wanted]
    if len(fitting) != 1:
        raise DataError(
            f"{path}: expected {wanted:,} columns of pixels, got {len(names):,} columns, of which no {wanted:,} "
            "are named alike except for a number; name them pixel0, pixel1, ..."
        )
    return fitting[0]
