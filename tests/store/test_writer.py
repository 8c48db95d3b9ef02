"""Writes studies: exclusive directories, valid names."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path

import numpy as np
import pyarrow.parquet as parquet
import pytest

from seedbed.api import Result
from seedbed.store import reader
from seedbed.store.schema import StoreError
from seedbed.store.writer import Store

HASH = "0123456789abcdef" * 4


def test_studies_started_in_the_same_second_never_share_a_directory(tmp_path: Path) -> None:
    stores = [
        Store.create(tmp_path, "trig/norm-init", HASH) for _ in range(70)
    ]  # more than the hash has letters
    assert len({one.directory for one in stores}) == 70
    assert all(one.directory.parent == tmp_path / "trig" / "norm-init" for one in stores)
    assert all(re.fullmatch(rf"\d{{8}}-\d{{6}}-{HASH[:8]}\w*", one.id) for one in stores)


@pytest.mark.parametrize("name", ["../out", "/etc", "a/../../b", "", "a//b", ".", "a\\b", "a/\0", "a\nb"])
def test_a_name_that_leads_elsewhere_makes_nothing(tmp_path: Path, name: str) -> None:
    with pytest.raises(StoreError, match="not a valid study name"):
        Store.create(tmp_path / "runs", name, HASH)
    assert list(tmp_path.iterdir()) == []


def test_a_runs_directory_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"cannot write runs to .*file.*--runs-dir"):
        Store.create(tmp_path / "file", "study", HASH)


def test_an_error_while_a_study_runs_makes_it_failed_and_an_interrupt_does_not(tmp_path: Path) -> None:
    for error in (ZeroDivisionError("no"), KeyboardInterrupt()):
        with contextlib.suppress(type(error)), Store.create(tmp_path, "s", HASH):
            raise error
    assert sorted(row["status"] for row in reader.listing(tmp_path)) == ["failed", "interrupted"]


def test_curves_and_predictions_keep_their_values(tmp_path: Path) -> None:
    curves = {
        "variant": np.array(["base", "b"]),
        "seed": [0, 1],
        "step": np.array([10, 20]),
        "epoch": [1, 2],
        "metric": ["val.mse"] * 2,
        "value": np.array([0.5, np.inf]),
    }
    predictions = {"variant": ["base"] * 2, "x": [None, None], "output": np.array([[1.0, 2], [3, 4]])}
    with Store.create(tmp_path, "s", HASH) as one:
        one.add_group(0, [], {"curves": curves, "predictions": predictions})
        one.join_groups([])
    found = parquet.read_table(one.directory / "curves.parquet")
    assert found["value"].to_pylist() == [0.5, np.inf]
    assert found["variant"].to_pylist() == ["base", "b"]
    found = parquet.read_table(one.directory / "predictions.parquet")
    assert found["output"].to_pylist() == [[1, 2], [3, 4]]
    assert str(found.schema.field("x").type) == "double"


def test_mistakes_keep_their_images_and_a_study_without_them_opens(tmp_path: Path) -> None:
    image = np.arange(12, dtype=np.uint8).reshape(3, 2, 2)[:, ::-1]
    columns = {"variant": np.array(["base"]), "seed": [0], "image": np.array([image.tobytes()], dtype=object)}
    with Store.create(tmp_path, "s", HASH) as one:
        facts = {"study": "s", "metric": "val.accuracy", "direction": "max", "seeds": 1}
        one.write_json("resolved.json", {**facts, "variants": [{"name": "base"}]})
        assert len(Result.open(one.directory).mistakes) == 0
        one.add_group(0, [], {"mistakes": columns})
        found = Result.open(one.directory).mistakes
    assert found["image"].to_pylist() == [image.tobytes()]
