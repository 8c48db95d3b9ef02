"""Columns that look like a mistake are noted, also where a filter leaves rows out, and ordinary ones are not."""

from __future__ import annotations

import numpy as np
import pytest

from seedbed.data.base import Prepared
from seedbed.data.facts import describe
from seedbed.data.tables.rows import read as read_table


@pytest.fixture
def notes(tmp_path):
    """Write columns as a table and give what is noted of them."""

    def _notes(columns: dict[str, object], **settings: object) -> list[str]:
        names, rows = list(columns), zip(*columns.values(), strict=True)
        lines = [",".join(names), *(",".join(map(str, row)) for row in rows)]
        (tmp_path / "t.csv").write_text("\n".join(lines))
        samples = read_table(tmp_path / "t.csv", target="y", **settings)
        return describe([Prepared(samples, {"train": np.arange(len(samples.targets))})])["notes"]

    return _notes


def ordinary(count: int, seed: int) -> dict[str, object]:
    """Columns of a table of flats, none of which is a mistake."""
    rng = np.random.default_rng(seed)
    area = rng.uniform(20, 150, count)
    return {
        "area": area.round(2),
        "rooms": np.ceil(area / 30).astype(int),
        "year": rng.integers(1900, 2024, count),
        "fee": rng.integers(50_000, 900_000, count),
        "population": np.sort(rng.lognormal(12, 1, count).astype(int)),
        "city": rng.choice(["Bonn", "Ulm"], count),
        "y": (area * 3000 + rng.normal(0, 20_000, count)).round(),
    }


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("count", [30, 200, 1000])
def test_ordinary_columns_are_not_noted(notes, count, seed):
    assert notes(ordinary(count, seed)) == []
    assert notes(ordinary(count, seed), where="area > 60 and rooms > 1") == []


@pytest.mark.parametrize("start", [0, 20_240_000_001])
@pytest.mark.parametrize("shuffled", [False, True])
@pytest.mark.parametrize("where", [None, "area > 60", "city == 'Ulm'", "year > 1990"])
def test_an_id_is_noted_also_where_the_filter_leaves_gaps(notes, where, shuffled, start):
    ids = np.arange(start, start + 600)
    if shuffled:
        ids = np.random.default_rng(1).permutation(ids)
    found = notes({"nr": ids, **ordinary(600, 0)}, where=where, exclude=("city",))
    assert found == ["'nr': the column has a different value in every row; leave out ids (data.exclude)"]


def test_text_that_names_the_rows_is_noted_where_the_filter_leaves_few(notes):
    keys = [f"k{i}" for i in range(600)]
    (note,) = notes({"key": keys, **ordinary(600, 0)}, where="area > 60 and year > 1990")
    assert note.startswith("'key': the column has a different value in every row")


def test_what_never_changes_once_rows_are_left_out_is_noted(notes):
    (note,) = notes({**ordinary(300, 0)}, where="city == 'Ulm' and rooms == 2")
    assert note == (
        "'rooms', 'city': the columns have the same value in every row; leave out constants (data.exclude)"
    )


@pytest.mark.parametrize("sign", [1, -1])
def test_a_column_that_orders_the_rows_as_the_target_does_is_noted(notes, sign):
    columns = ordinary(300, 0)
    order = np.argsort(sign * np.asarray(columns["y"]))
    columns = {name: np.asarray(values)[order] for name, values in columns.items()}
    columns["population"] = columns["population"][order]  # no longer sorted
    (note,) = notes({"nr": np.arange(300), **columns}, where="area > 30")
    assert note.startswith("'nr': the column orders the rows exactly as the target does")


def test_the_only_column_of_a_curve_is_not_noted(notes):
    x = np.linspace(0, 1, 100)
    assert notes({"x": x, "y": x**2}) == []


def test_tiny_tables_are_not_noted(notes):
    assert notes({"a": [1, 1], "y": [1, 2]}) == []
    assert notes({"a": [1, 5, 9], "y": [1, 2, 3]}) == []
