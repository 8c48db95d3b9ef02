"""Tables fit where they are shown."""

from __future__ import annotations

from pathlib import Path

import fake_studies
import pytest

from seedbed.api import Result
from seedbed.cli.output import _fitting, described
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
        "seconds/run", "median", "median", "95 % interval", "test.mse", "published test.mse", "p", "parameters"
    ]  # fmt: skip
    assert [column.heading for column in kept] == [
        "variant", "runs", "val.mse", "95 % interval", "published val.mse", "vs base", "verdict"
    ]  # fmt: skip


def test_settings_read_as_in_a_study() -> None:
    assert (
        described({"model.hidden": [10, 100], "model.norm": "none"})
        == "model.hidden = 10-100, model.norm = none"
    )
