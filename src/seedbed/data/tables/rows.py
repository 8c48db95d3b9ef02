"""Turns a table into samples: rows filtered, a target column or expression, chosen features."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from seedbed.data.base import DataError, Encoding, Samples
from seedbed.data.naming import in_expression
from seedbed.data.tables import faults, oddcolumns, tablefile
from seedbed.data.tables.columns import Columns
from seedbed.data.tables.csvfile import PLAIN, TextLayout
from seedbed.data.tables.encodings import Policy, encodings_of, inputs_of, twice
from seedbed.recipe.choices import losses_of
from seedbed.text import first_few, short

MOST_CLASSES = 1000


def read(
    path: Path,
    *,
    target: str,
    features: tuple[str, ...] | None = None,
    exclude: tuple[str, ...] = (),
    where: str | None = None,
    missing: Policy = None,
    dates: Mapping[str, str] | None = None,
    layout: TextLayout = PLAIN,
    classification: bool = False,
    derived: Mapping[str, str] | None = None,
) -> Samples:
    """Read a table's rows as samples.

    Parameters
    ----------
    target
        A column, or an expression of columns. The columns it is made of are not features.
    features
        Columns to learn from, all others if None; a text column gives one 0/1 column per category, a date its parts.
    exclude
        Columns not to learn from.
    where
        An expression; rows where it is 0 or undefined are left out.
    missing
        "impute" or "category", for all columns or by name: what becomes of missing values, see `Encoding`.
    dates
        The forms of columns of dates that are not recognised by themselves, as `strptime` takes them.
    layout
        How the file is written.
    derived
        Further columns by name, each an expression of the file's.

    Raises
    ------
    DataError
        With all that is wrong, naming file, rows, columns and what to do.
    """
    with tablefile.taken_apart(path):
        columns = Columns(
            path,
            tablefile.read(path, layout=layout),
            derived,
            dates,
            layout=tablefile.layout_of(path, layout),
        )
        problems = faults.settings_problems(columns, features or (), exclude, missing, dates or {})

        def tried(work: Callable[[], Any], otherwise: Any) -> Any:
            try:
                return work()
            except DataError as error:
                problems.extend(error.problems)
                return otherwise

        if where is not None:
            columns = tried(lambda: _filtered(columns, where), columns)
        used = tried(lambda: _used_by(columns, target), set())
        targets, classes = tried(lambda: _targets(columns, target, classification), (np.empty(0), ()))
        names = tried(lambda: _features(columns, features, exclude, target, used), ())
        problems += faults.column_problems(columns, names, missing)
        if problems:
            raise DataError(*dict.fromkeys(problems))
        encodings = _encodings(columns, names, missing)
        return Samples(
            inputs=inputs_of(columns, encodings),
            targets=targets,
            features=tuple(encoding.name for encoding in encodings),
            classes=classes,
            encodings=encodings,
            notes=tuple(oddcolumns.notes(columns, encodings, targets)),
        )


def _encodings(columns: Columns, names: Sequence[str], missing: Policy) -> tuple[Encoding, ...]:
    encodings = tuple(encoding for name in names for encoding in encodings_of(columns, name, missing))
    if names_twice := twice(encodings):
        raise DataError(f"data.features: {first_few(map(repr, names_twice))} is there twice")
    return encodings


def _filtered(columns: Columns, where: str) -> Columns:
    value = columns.expression(where, "data.where")(columns)
    rows = np.flatnonzero(np.isfinite(value) & (value != 0))
    if len(rows) == 0:
        count = len(columns.rows)
        raise DataError(f"data.where = {where!r} keeps none of the {count:,} rows of {columns.path}")
    return columns.keep(rows)


def _used_by(columns: Columns, target: str) -> set[str]:
    """The file's columns that the target is made of."""
    if target in columns:
        return columns.sources(target)
    names = columns.expression(target, "data.target").names
    return {source for name in names for source in columns.sources(name)}


def _features(
    columns: Columns, features: tuple[str, ...] | None, exclude: Iterable[str], target: str, used: set[str]
) -> tuple[str, ...]:
    """The features that are there and may be learned from."""
    wanted = features if features is not None else tuple(name for name in columns.raw if name not in used)
    left_out = set(exclude)
    names = tuple(name for name in wanted if name in columns and name not in left_out)
    leaks = [name for name in names if columns.sources(name) & used]
    if leaks:
        what = "is" if len(leaks) == 1 else "are"
        raise DataError(
            f"data.features: {first_few(map(repr, leaks))} {what} part of the target {short(target)!r}; leave it out"
        )
    if not names and wanted == names:
        raise DataError(f"{columns.path} has no column beside the target {short(target)!r}")
    if not names:
        raise DataError(f"{columns.path} has no column left to learn from; name fewer in data.exclude")
    return names


# --- targets ------------------------------------------------------------------------------------------------


def _targets(columns: Columns, target: str, classification: bool) -> tuple[np.ndarray, tuple[str, ...]]:
    if classification:
        return _classes(columns, target)
    if target in columns.text:
        raise DataError(_why_text(columns, target))
    return _value(columns, target)[:, None], ()


def _why_text(columns: Columns, target: str) -> str:
    where = f"{columns.path}: the target {target!r}"
    if problem := columns.number_problem(target):
        return problem
    return f"{where} is text; classes need loss {losses_of('binary', 'class')}"


def _value(columns: Columns, target: str) -> np.ndarray:
    """(rows,) float32 of the target, refused where it is missing or infinite."""
    values = columns[target] if target in columns else columns.expression(target, "data.target")(columns)
    with np.errstate(over="ignore"):
        numbers = values.astype(np.float32)
    problems = []
    for bad, what in (
        (np.isnan(numbers), "is missing or undefined"),
        (np.isinf(numbers), "is infinite or too large"),
    ):
        if bad.any():
            problems.append(_bad_target(columns, target, bad, what))
    if problems:
        raise DataError(*problems)
    return numbers


def _bad_target(columns: Columns, target: str, bad: np.ndarray, what: str) -> str:
    how = "leave out such rows through data.where"
    if target in columns.raw and "missing" in what:
        how += f' = "not is_missing({in_expression(target)})"'
    return f"{columns.path}: the target {short(target)!r} {what} in {columns.counted_rows(bad)}; {how}"


def _classes(columns: Columns, target: str) -> tuple[np.ndarray, tuple[str, ...]]:
    if target in columns.text:
        labels, classes = columns.labels(target), tuple(columns.text[target])
        if (labels < 0).any():
            raise DataError(_bad_target(columns, target, labels < 0, "is missing"))
    else:
        distinct, labels = np.unique(_value(columns, target), return_inverse=True)
        _check_whole(columns, target, distinct)
        classes = tuple(str(int(value)) for value in distinct)
    where = f"{columns.path}: the target {short(target)!r}"
    if len(classes) == 1:
        raise DataError(f"{where} is {classes[0]!r} in every row; expected at least two classes")
    if len(classes) > MOST_CLASSES:
        raise DataError(f"{where} has {len(classes):,} classes, above {MOST_CLASSES:,}; is it a number?")
    return labels.astype(np.int64), classes


def _check_whole(columns: Columns, target: str, values: np.ndarray) -> None:
    fractions = values[values != np.rint(values)]
    if len(fractions):
        raise DataError(
            f"{columns.path}: the target {target!r} holds {fractions[0]:g}, but classes are text or whole "
            f"numbers; a number needs loss {losses_of('number')}"
        )
