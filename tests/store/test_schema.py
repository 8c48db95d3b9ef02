"""Tables of a study: fixed columns and types."""

from __future__ import annotations

from pathlib import Path

import fake_studies
import numpy as np
import pyarrow.parquet as parquet
import pytest

from seedbed.store import schema
from seedbed.store.writer import Store

HASH = "0123456789abcdef" * 4


def test_runs_have_fixed_types_whatever_is_missing(tmp_path: Path) -> None:
    rows = [
        {"variant": "base", "seed": 0, "steps": 5, "val.mse": 0.5, "confusion": np.array([1, 2, 3, 4])},
        {
            "variant": "b",
            "seed": 1,
            "stop_reason": "patience",
            "val.mse": None,
            "setting:model.norm": '"none"',
        },
    ]
    with Store.create(tmp_path, "s", HASH) as one:
        fake_studies.write_table(one.directory, "runs", rows)
    table = parquet.read_table(one.directory / "runs.parquet")
    assert set(schema.RUN_COLUMNS) < set(table.column_names)
    found = table.to_pylist()
    assert found[0]["confusion"] == [1, 2, 3, 4]
    assert found[1]["confusion"] is None
    assert (found[0]["val.mse"], found[1]["val.mse"]) == (0.5, None)
    assert [str(table.schema.field(name).type) for name in ("group", "seconds", "setting:model.norm")] == [
        "int64",
        "double",
        "string",
    ]


@pytest.mark.parametrize("error", [MemoryError(), OSError("Failed to launch worker thread: try again")])
def test_too_little_memory_is_no_damage(error: Exception, tmp_path: Path) -> None:
    with (
        pytest.raises(schema.StoreError, match="cannot be read: there is too little memory"),
        schema.damaged(tmp_path / "runs.parquet"),
    ):
        raise error
