"""Studies of arrays: run, stored whole, run again from what is stored, and asked about new rows."""

from __future__ import annotations

import gc
import hashlib
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from study_files import document

from seedbed.api import Study
from seedbed.data import DataError
from seedbed.study.problems import StudyError

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(60, 3))
Y = X @ [1.0, -2.0, 0.5]
LABELS = np.where(Y > 0, "up", "down")


def tables(**changes: Any) -> dict[str, Any]:
    """A small study that says nothing of where its data are from."""
    made = document({"model": {"kind": "linear"}, "training.batch_size": 12, "training.epochs": 5, **changes})
    return {**made, "data": {"split": [0.6, 0.2, 0.2]}}


CLASSES = {"model": {"kind": "logistic"}, "training.loss": "bce", "study.metric": "val.accuracy"}


class Frame:
    """What a data frame looks like to NumPy and to us."""

    columns = ("a", "b", "c")

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return X


def test_a_study_of_arrays_is_stored_whole_and_runs_again_from_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = Study.from_dict(tables(), x=X, y=Y).run(engine="numpy")
    stored = (result.directory / "data.npz").read_bytes()
    assert result.environment["data"] == {"data.npz": hashlib.sha256(stored).hexdigest()}
    assert result.study["variants"][0]["recipe"]["data"]["path"] == "data.npz"
    *words, path = shlex.split(result.environment["command"])
    assert words == ["seedbed", "run"]
    again = Study.load(path).run(engine="numpy")
    np.testing.assert_array_equal(again.values("base", "val.mse"), result.values("base", "val.mse"))


def test_arrays_of_the_same_content_are_the_same_study(tmp_path: Path) -> None:
    first, second = (Study.from_dict(tables(), x=X, y=Y).run(runs_dir=tmp_path / name) for name in "ab")
    assert first.id.split("-")[2] == second.id.split("-")[2]  # the hash of what was run
    assert first.environment["data"] == second.environment["data"]


@pytest.mark.parametrize("x", [X, X.tolist(), X.astype(np.float32)])
def test_trained_networks_are_asked_with_arrays_frames_and_tables(tmp_path: Path, x: Any) -> None:
    result = Study.from_dict(tables(), x=x, y=Y, features=["a", "b", "c"]).run(runs_dir=tmp_path)
    answer = result.predict(X, targets=Y)
    assert answer.scores is not None
    assert answer.scores.rows == 60
    frame = pa.table({"c": X[:, 2], "b": X[:, 1], "a": X[:, 0], "id": range(60), "y": Y})
    asked = result.predict(frame)
    assert asked.table["id"].to_pylist() == list(range(60))
    np.testing.assert_allclose(asked.table["mean"], answer.table["mean"], rtol=1e-5)
    assert asked.scores is not None
    assert asked.scores.ensemble["mse"] == pytest.approx(answer.scores.ensemble["mse"], rel=1e-4)
    beside = result.predict(frame.drop_columns("y"), targets=Y)
    assert beside.scores == asked.scores
    for rows, targets, says in (
        (frame, Y, "expected no targets beside a data frame that has a column of them"),
        (frame.drop_columns("y"), Y[:3], "expected 60 targets, one per row of the data frame, got 3"),
        ("new.csv", Y, "expected no targets beside a file"),
    ):
        with pytest.raises(DataError, match=says):
            result.predict(rows, targets=targets)


@pytest.mark.parametrize("y", [LABELS, LABELS.astype(object), LABELS.tolist(), Y > 0, (Y > 0).astype(float)])
def test_classes_may_be_text_truth_or_numbers(tmp_path: Path, y: Any) -> None:
    result = Study.from_dict(tables(**CLASSES), x=X, y=y).run(runs_dir=tmp_path)
    assert len(result.study["classes"]) == 2
    answer = result.predict(X, targets=y)
    assert answer.scores is not None
    assert 0.5 < answer.scores.ensemble["accuracy"] <= 1


def test_columns_of_a_frame_name_the_features(tmp_path: Path) -> None:
    result = Study.from_dict(tables(), x=Frame(), y=Y).run(runs_dir=tmp_path)
    assert result.study["features"] == ["a", "b", "c"]


def test_a_test_part_of_its_own_is_kept_apart(tmp_path: Path) -> None:
    made = {**tables(), "data": {"split": [0.8, 0.2]}}
    study = Study.from_dict(made, x=X[:50], y=Y[:50], x_test=X[50:], y_test=Y[50:])
    assert "test.mse" in study.run(runs_dir=tmp_path).metrics


@pytest.mark.parametrize("shape", [(40, 8, 8), (40, 8, 8, 3)])
def test_images_are_arrays_too(tmp_path: Path, shape: tuple[int, ...]) -> None:
    images = RANDOM.integers(0, 256, shape, dtype=np.uint8)
    changes = {"model": {"kind": "cnn", "blocks": [{"filters": 2}]}, "study.metric": "val.accuracy"}
    result = Study.from_dict(tables(**changes), x=images, y=np.arange(40) % 3).run(runs_dir=tmp_path)
    assert result.study["variants"][0]["recipe"]["data"]["source"] == "npz"
    assert result.predict(images[:1]).table.num_rows == 1


def test_a_changed_study_keeps_its_arrays_and_they_go_with_the_last_one(tmp_path: Path) -> None:
    study = Study.from_dict(tables(), x=X, y=Y)
    folder, changed = study.directory, study.override(set={"training.epochs": 1}, seeds=1)
    del study
    gc.collect()
    assert (changed.run(runs_dir=tmp_path).directory / "data.npz").exists()
    del changed
    gc.collect()
    assert not folder.exists()


@pytest.mark.parametrize(
    ("made", "arrays", "says"),
    [
        (tables(), {"x": X}, "study: y: expected an array, got none"),
        (tables(), {"x": X, "y": Y, "x_test": X}, "study: y_test: expected an array, got none"),
        ({**tables(), "data": {"source": "function"}}, {"x": X, "y": Y}, "data.source: expected no such key"),
        ({**tables(), "data": "x.csv"}, {"x": X, "y": Y}, "study: data: expected a table, got 'x.csv'"),
    ],
)
def test_what_is_missing_or_too_much_is_said(made: Any, arrays: Any, says: str) -> None:
    with pytest.raises(StudyError, match=says):
        Study.from_dict(made, **arrays)


def test_arrays_of_anything_else_are_refused() -> None:
    with pytest.raises(DataError, match=r'x: expected an array of numbers .*, got object.*source = "table"'):
        Study.from_dict(tables(), x=np.array([[1, "a"], [2, None]], object), y=[1, 2])


def test_what_does_not_fit_is_said_before_anything_is_stored(tmp_path: Path) -> None:
    gap = np.where(np.arange(180).reshape(60, 3) == 5, np.nan, X)
    with pytest.raises(StudyError, match="row 2 of x holds a value that is missing"):
        Study.from_dict(tables(), x=gap, y=Y).run(runs_dir=tmp_path)
    assert not list(tmp_path.iterdir())
