"""Tables fit where they are shown."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import fake_studies
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.api import Result
from seedbed.cli.output import _fitting, _is_plain, _print_plain, _print_wrapped, described
from seedbed.results.variant_table import Column

LOWEST_FIRST = [
    Column("variant", "variant", ("x" * 8,)),
    Column("mean", "a", ("x" * 8,), priority=3),
    Column("median", "b", ("x" * 8,), priority=1),
    Column("median", "c", ("x" * 8,), priority=1),
    Column("p", "d", ("x" * 8,), priority=4),
]


@pytest.mark.parametrize(
    ("width", "kept"),
    [(50, "variant a b c d"), (49, "variant a c d"), (30, "variant a d"), (29, "variant d"), (0, "variant")],
)
def test_columns_of_the_lowest_priority_are_dropped_first(width: int, kept: str) -> None:
    assert [column.heading for column in _fitting(LOWEST_FIRST, width)] == kept.split()


def test_what_matters_least_of_a_study_is_dropped_first(tmp_path: Path) -> None:
    columns = Result.open(fake_studies.regression(tmp_path, seeds=2)).table.plain
    kept, dropped = columns, []
    for width in reversed(range(300)):
        fewer = _fitting(columns, width)
        dropped += [column.heading for column in kept if column not in fewer]
        kept = fewer
    assert dropped == [
        "seconds/run", "mean", "mean", "95 % interval", "test.mse", "published test.mse", "wins", "p", "parameters"
    ]  # fmt: skip
    assert [column.heading for column in kept] == [
        "variant", "runs", "val.mse", "95 % interval", "published val.mse", "vs base", "verdict"
    ]  # fmt: skip


TEXTS = st.text("ab 1.,-–−×\u00a0\u00fc[]", max_size=6).map(str.strip)
TABLES = st.integers(1, 4).flatmap(
    lambda n: st.lists(st.lists(TEXTS, min_size=n, max_size=n), min_size=1, max_size=4)
)


@given(TABLES)
def test_a_table_looks_the_same_however_it_is_printed(lines: list[list[str]]) -> None:
    lines[0] = [name or "x" for name in lines[0]]
    assert _is_plain(lines)
    right = [index % 2 == 1 for index in range(len(lines[0]))]
    assert printed(_print_plain, lines, right) == printed(_print_wrapped, lines, right)


def test_tables_of_studies_are_printed_without_wrapping_each_cell(tmp_path: Path) -> None:
    table = Result.open(fake_studies.classification(tmp_path)).table
    assert _is_plain([table.header, *table.rows])


@pytest.mark.parametrize(
    "text", ["two\nlines", "a\tb", "\x1b[1m", "漢", "e\u0301", " a", "a\u00a0", "x" * 999]
)
def test_texts_that_are_not_one_line_of_plain_letters_are_left_to_rich(text: str) -> None:
    assert not _is_plain([["name"], [text]])


def printed(write: Callable[..., None], *arguments: object) -> str:
    with redirect_stdout(StringIO()) as stream:
        write(*arguments)
    return stream.getvalue()


def test_settings_read_as_in_a_study() -> None:
    assert (
        described({"model.hidden": [10, 100], "model.norm": "none"})
        == "model.hidden = 10-100, model.norm = none"
    )


def test_what_is_printed_needs_no_intervals_of_comparisons(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = fake_studies.regression(tmp_path)
    whole, brief = (Result.open(directory) for _ in range(2))
    assert whole.versus_base
    rows = whole.table.rows
    monkeypatch.setattr("seedbed.analysis.typical._ends", lambda *_: 1 / 0)
    assert brief.table.rows == rows
    for name, versus in brief.versus_base_in_brief.items():
        known = whole.versus_base[name]
        assert (versus.p, versus.verdict) == (known.p, known.verdict)
        assert versus.comparison.estimate == known.comparison.estimate
        assert np.isnan(versus.comparison.low)
    assert whole.versus_base_in_brief is whole.versus_base
