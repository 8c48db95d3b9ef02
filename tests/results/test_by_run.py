"""Columns of tables laid out by variant and seed, however the rows lie and however text is stored."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.results.by_run import ByRun, codes

NAMES, SEEDS = ["base", "b", "_c"], [0, 1, 5]
runs = st.lists(
    st.tuples(st.sampled_from([*NAMES, "gone"]), st.sampled_from([*SEEDS, 9]), st.floats(-9, 9)),
    unique_by=lambda row: row[:2],
)


def table(rows, encoded, chunks):
    """Rows as a table in `chunks` pieces, whose dictionaries differ where text is encoded."""
    pieces = np.array_split(np.arange(len(rows)), chunks)
    text = [pa.array([rows[i][0] for i in piece], pa.string()) for piece in pieces]
    kind = pa.dictionary(pa.int32(), pa.string()) if encoded else pa.string()
    return pa.table(
        {
            "variant": pa.chunked_array([a.dictionary_encode() if encoded else a for a in text], kind),
            "seed": pa.chunked_array([pa.array([rows[i][1] for i in p], pa.int64()) for p in pieces]),
            "value": pa.chunked_array([pa.array([rows[i][2] for i in p], pa.float64()) for p in pieces]),
        }
    )


@given(runs, st.booleans(), st.integers(1, 3))
def test_every_run_lies_where_it_belongs(rows, encoded, chunks):
    found = ByRun(table(rows, encoded, chunks), NAMES, SEEDS)
    expected = {row[:2]: row[2] for row in rows}
    indices, names = found.categories("variant")
    for variant, values, of_text in zip(NAMES, found.numbers("value"), indices, strict=True):
        for seed, value, index in zip(SEEDS, values, of_text, strict=True):
            assert value == pytest.approx(expected.get((variant, seed), np.nan), nan_ok=True)
            assert index == -1 if (variant, seed) not in expected else names[index] == variant


def test_a_column_that_is_not_there_is_nan():
    found = ByRun(table([("base", 0, 1.0)], False, 1), NAMES, SEEDS)
    assert np.isnan(found.numbers("other")).all()


def test_nulls_belong_to_nobody():
    column = pa.chunked_array(
        [pa.array(["b", None]).dictionary_encode(), pa.array(["x", "base"]).dictionary_encode()]
    )
    assert codes(column, NAMES).tolist() == [1, -1, -1, 0]
