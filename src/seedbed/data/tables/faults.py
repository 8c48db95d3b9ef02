"""Problems of a table's columns, all at once, one line for each kind of problem."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path

import numpy as np

from seedbed.data.naming import nearest
from seedbed.data.tables.columns import MOST_CATEGORIES, Columns
from seedbed.data.tables.encodings import Policy, policy_for
from seedbed.text import MOST_NAMES, short

REMEDIES = (
    'set data.missing = "impute" (the median of the training part, of text its most frequent category) or '
    'data.missing = "category" (a category of its own, for numbers a 0/1 column beside the median)'
)
Check = Callable[[Columns, str], str | None]


def settings_problems(
    columns: Columns,
    features: Iterable[str],
    exclude: Iterable[str],
    missing: Policy,
    forms: Mapping[str, str],
) -> list[str]:
    """Names that the settings give and the table does not have, and dates that are not of the form given."""
    problems = _unknown("data.features", features, columns.path, list(columns))
    raw = list(columns.raw)
    of_missing = missing if isinstance(missing, Mapping) else ()
    for key, names in (("data.exclude", exclude), ("data.missing", of_missing), ("data.dates", forms)):
        problems += _unknown(key, names, columns.path, raw)
    return problems + [f"data.dates: {problem}" for problem in unreadable_dates(columns)]


def unreadable_dates(columns: Columns) -> Iterator[str]:
    """Where columns of dates hold something that is not of their form."""
    for name, form in columns.dates.items():
        bad = np.isnan(columns[name]) & ~columns.blank(name) if form else np.zeros(1, bool)
        if bad.any():
            value = columns.strings(name)[int(np.argmax(bad))].as_py()
            got = f"{short(value)!r} in {columns.counted_rows(bad)}"
            yield f"{columns.path}: expected dates as {form!r} in {name!r}, got {got}"


def _unknown(key: str, names: Iterable[str], path: Path, known: list[str]) -> list[str]:
    there = set(known)
    wrong = [name for name in names if name not in there]
    problems, said = [], set()
    for name in wrong[:MOST_NAMES]:
        remedy = nearest(name, known)
        end = "" if remedy in said else f"; {remedy}"
        said.add(remedy)
        problems.append(f"{key}: {path} has no column {short(name)!r}{end}")
    if len(wrong) > MOST_NAMES:
        problems.append(f"{key}: {len(wrong) - MOST_NAMES:,} more names are not columns of {path}")
    return problems


def column_problems(columns: Columns, names: Iterable[str], missing: Policy) -> list[str]:
    """Problems of the columns of the file that features of these names are made of."""
    of_kind: dict[str, Check] = {
        "neither numbers, dates nor text: {}; convert them, or leave them out: {exclude}": _odd_type,
        "no value in any row: {}; leave them out: {exclude}": _empty,
        "dates with ambiguous day and month: {}; set data.dates, such as {{ NAME = FORM }}": _ambiguous,
        "numbers in another format: {}": Columns.restyled,
        "numbers expected, got text: {}; correct these cells, empty them and set data.missing, or leave out such rows "
        "({where}) or columns ({exclude})": _misprint,
        f"text columns with more than {MOST_CATEGORIES} different values: {{}}; leave them out: {{exclude}}": _crowded,
    }
    of_rows: dict[str, Check] = {
        "values that are infinite or too large for 32 bits: {}; fix the file, or leave out such rows (data.where)": (
            _infinite
        ),
        f"missing values: {{}}; {REMEDIES}, or leave out rows (data.where, with is_missing) or columns ({{exclude}})": (
            lambda columns, name: None if policy_for(name, missing) else _missing(columns, name)
        ),
    }
    by_kind: dict[str, dict[str, str]] = {}
    for name in dict.fromkeys((columns.of(name) or (name,))[0] for name in names):
        checked = ((kind, check(columns, name)) for kind, check in of_kind.items())
        problems = [*islice(((kind, text) for kind, text in checked if text), 1)]
        problems += [(kind, text) for kind, check in of_rows.items() if (text := check(columns, name))]
        for kind, text in problems:
            by_kind.setdefault(kind, {})[name] = text
    return [
        f"{columns.path}: {kind.format(_few(texts), exclude=_exclude(texts), where=_where(columns, texts))}"
        for kind, texts in by_kind.items()
    ]


def _few(texts: Mapping[str, str]) -> str:
    """The first columns, each with its text."""
    shown = ", ".join(f"{short(name)!r} ({text})" for name, text in islice(texts.items(), MOST_NAMES))
    return shown + (f", ... ({len(texts):,} columns in all)" if len(texts) > MOST_NAMES else "")


def _exclude(names: Iterable[str]) -> str:
    names = list(names)
    listed = json.dumps([short(name) for name in names[:MOST_NAMES]], ensure_ascii=False)
    return f"data.exclude = {listed[:-1]}, ...]" if len(names) > MOST_NAMES else f"data.exclude = {listed}"


def _where(columns: Columns, names: Iterable[str]) -> str:
    """The setting that leaves out the rows with stray text in the first of the columns."""
    name = next(iter(names))
    return columns.without(name, columns.strays(name))


def _odd_type(columns: Columns, name: str) -> str | None:
    known = name in columns.text or name in columns.dates or columns.is_number(name)
    return None if known else str(columns.type_of(name))


def _empty(columns: Columns, name: str) -> str | None:
    return "empty" if columns.missing(name).all() else None


def _ambiguous(columns: Columns, name: str) -> str | None:
    forms = columns.ambiguous.get(name)
    return f"{columns.text[name][0]!r} is {' or '.join(map(repr, forms))}" if forms else None


def _misprint(columns: Columns, name: str) -> str | None:
    """Text among what are mostly numbers, and its rows."""
    wrong = columns.strays(name)
    return columns.in_rows(name, wrong) if wrong else None


def _crowded(columns: Columns, name: str) -> str | None:
    count = len(columns.text.get(name, ()))
    return f"{count:,} values" if count > MOST_CATEGORIES else None


def _infinite(columns: Columns, name: str) -> str | None:
    if not columns.is_number(name):
        return None
    bad = columns.infinite(name)
    return columns.counted_rows(bad) if bad.any() else None


def _missing(columns: Columns, name: str) -> str | None:
    if _odd_type(columns, name):
        return None
    bad = columns.missing(name) > 0
    return columns.counted_rows(bad) if bad.any() and not bad.all() else None
