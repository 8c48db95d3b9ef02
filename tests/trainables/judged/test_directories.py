"""Results in the directories of other tools: TensorBoard logs and MLflow's file store."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import seedbed
from seedbed.api import Result
from seedbed.study.problems import StudyError

SEEDS = 6


def accuracy(optimizer: str, seed: int, step: int) -> float:
    return round((0.8 if optimizer == "sgd" else 0.9) + 0.001 * seed * seed + 0.01 * step, 6)


def judged(path: Path, tmp_path: Path, **asked: Any) -> Result:
    return seedbed.judge(path, **asked, runs_dir=tmp_path / "runs", progress=False)


# --- TensorBoard ----------------------------------------------------------------------------------------


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """Two optimizers under six seeds, of which each has three steps and a histogram, and one ends in nan."""
    pytest.importorskip("tensorboard")
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.summary.writer.event_file_writer import EventFileWriter

    for optimizer in ("sgd", "adam"):
        for seed in range(SEEDS):
            writer = EventFileWriter(str(tmp_path / "logs" / optimizer / f"{seed}"))
            for step in (0, 1, 2):
                value = accuracy(optimizer, seed, step)
                if (optimizer, seed, step) == ("sgd", 5, 2):
                    value = np.nan
                summary = Summary(value=[Summary.Value(tag="val/accuracy", simple_value=value)])
                writer.add_event(Event(step=step, summary=summary))
            writer.close()
    return tmp_path / "logs"


def test_scalars_of_tensorboard_are_judged(logs: Path, tmp_path: Path) -> None:
    result = judged(logs, tmp_path, pattern="{optimizer}/{seed}", metric="val/accuracy", base="sgd")
    assert result.variants == ["base", "optimizer = adam"]
    expected = [accuracy("adam", seed, 2) for seed in range(SEEDS)]
    assert np.allclose(result.values("optimizer = adam", "val/accuracy"), expected)
    assert result.failures["base"].runs == 1
    assert result.curves.num_rows == 2 * SEEDS * 3 - 1


def test_tensors_are_scalars_too_where_they_are_single_numbers(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.summary.writer.event_file_writer import EventFileWriter
    from tensorboard.util.tensor_util import make_tensor_proto

    for name in ("a", "b"):
        for seed in range(2):
            writer = EventFileWriter(str(tmp_path / "logs" / f"{name}-{seed}"))
            for tag, value in (
                ("score", np.float32(seed)),
                ("many", np.ones(3)),
                ("text", np.array(b"x", object)),
            ):
                summary = Summary(value=[Summary.Value(tag=tag, tensor=make_tensor_proto(value))])
                writer.add_event(Event(step=1, summary=summary))
            writer.close()
    result = judged(tmp_path / "logs", tmp_path, pattern="{name}-{seed}", metric="score")
    assert result.metrics == ["score"]
    assert [*result.values("base", "score")] == [0.0, 1.0]


def test_what_is_wrong_with_logs_is_said(logs: Path, tmp_path: Path) -> None:
    wrong = {
        None: 'expected what directories of runs tell, such as "{optimizer}/{seed}"; the directories',
        "{a}/{b}/{seed}": "fits none of the directories with event files: adam/0, adam/1",
        "{optimizer}/{step}": "expected names other than metric, step and value",
        "runs": "expected names",
    }
    for pattern, message in wrong.items():
        with pytest.raises(StudyError) as error:
            judged(logs, tmp_path, pattern=pattern, metric="val/accuracy")
        assert message in str(error.value)
    with pytest.raises(StudyError, match="did you mean"):
        judged(logs, tmp_path, pattern="{optimizer}/{seed}", metric="val/acuracy")
    damaged = next((logs / "sgd" / "0").iterdir())
    damaged.write_bytes(damaged.read_bytes()[:40] + b"?" * 60)
    with pytest.raises(StudyError, match="is empty in all rows of optimizer = sgd, seed 0"):
        judged(logs, tmp_path, pattern="{optimizer}/{seed}", metric="val/accuracy")


def test_links_are_not_followed(logs: Path, tmp_path: Path) -> None:
    (logs / "rmsprop").mkdir()
    for seed in range(SEEDS):
        os.symlink(logs / "sgd" / f"{seed}", logs / "rmsprop" / f"{seed}")
    result = judged(logs, tmp_path, pattern="{optimizer}/{seed}", metric="val/accuracy")
    assert len(result.variants) == 2


# --- MLflow ---------------------------------------------------------------------------------------------


def write_run(folder: Path, params: dict[str, Any], metrics: dict[str, list[float]], status: int = 3) -> None:
    """A run as MLflow's file store has it."""
    files = {f"params/{name}": f"{value}" for name, value in params.items()}
    files |= {
        f"metrics/{name}": "".join(f"1700000000 {value} {step}\n" for step, value in enumerate(values))
        for name, values in metrics.items()
    }
    files |= {
        "meta.yaml": f"artifact_uri: file:///x\nlifecycle_stage: active\nrun_name: x\nstatus: {status}\n",
        "tags/mlflow.runName": "abc",
        "tags/team": "blue",
    }
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


@pytest.fixture
def store(tmp_path: Path) -> Path:
    root = tmp_path / "mlruns"
    for optimizer in ("sgd", "adam"):
        for seed in range(SEEDS):
            values = [accuracy(optimizer, seed, step) for step in range(3)]
            params = {"optimizer": optimizer, "seed": seed, "lr": 0.1}
            write_run(root / "12" / f"{optimizer}{seed}", params, {"val/accuracy": values, "loss": [1.0]})
    (root / "12" / "meta.yaml").write_text("experiment_id: 12", encoding="utf-8")
    return root


def test_runs_of_mlflow_are_judged(store: Path, tmp_path: Path) -> None:
    result = judged(store, tmp_path, variant="optimizer", seed="seed", metric="val/accuracy", base="sgd")
    assert result.variants == ["base", "optimizer = adam"]
    assert [*result.values("base", "val/accuracy")] == [accuracy("sgd", seed, 2) for seed in range(SEEDS)]
    assert result.configuration("base")["settings"] == {
        "optimizer": "sgd", "lr": 0.1, "tags": {"team": "blue", "mlflow": {"runName": "abc"}}
    }  # fmt: skip
    assert set(result.metrics) == {"val/accuracy", "loss"}


def test_runs_of_mlflow_that_failed_or_go_on(store: Path, tmp_path: Path) -> None:
    asked = {"variant": "optimizer", "seed": "seed", "metric": "val/accuracy"}
    write_run(store / "12" / "late", {"optimizer": "sgd", "seed": 6, "lr": 0.1}, {}, status=1)
    for optimizer in ("sgd", "adam"):
        write_run(
            store / "12" / f"{optimizer}7", {"optimizer": optimizer, "seed": 7, "lr": 0.1}, {}, status=4
        )
    result = judged(store, tmp_path, **asked)
    assert result.crashed == 2
    assert len(result.seeds) == SEEDS + 1
    assert any("1 run had not ended" in note for note in result.data["notes"])
    write_run(store / "12" / "sgd8", {"optimizer": "sgd", "seed": 8, "lr": 0.1}, {"loss": [0.1]})
    with pytest.raises(StudyError, match='"val/accuracy" is empty in all rows of optimizer = sgd, seed 8'):
        judged(store, tmp_path, **asked)
    with pytest.raises(StudyError, match="did you mean"):
        judged(store, tmp_path, **(asked | {"metric": "val/acuracy"}))
    (store / "12" / "sgd0" / "metrics" / "loss").write_text("now and then", encoding="utf-8")
    with pytest.raises(StudyError, match="line 1: expected a time, a value and a step"):
        judged(store, tmp_path, **asked)


def test_an_empty_directory_is_neither(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="holds neither TensorBoard logs nor an MLflow file store"):
        judged(tmp_path, tmp_path, metric="x")
