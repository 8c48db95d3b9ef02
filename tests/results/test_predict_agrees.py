"""From raw input, stored networks say of a study's test part what they said of it when they were trained."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_studies import older
from study_files import document

from seedbed.api import Result, Study
from seedbed.engines.array_engine import ArrayEngine
from seedbed.plan.plan import plan
from seedbed.results.predictions import Predictions
from seedbed.store.schema import StoreError

RANDOM = np.random.default_rng(0)
COUNT = 90
NUMBERS = RANDOM.normal(size=(COUNT, 2)).round(4)
COLORS = RANDOM.choice(["red", "green", "blue"], COUNT)
CODES = RANDOM.choice(["01", "1x", "x2"], COUNT)
Y = (NUMBERS[:, 0] - NUMBERS[:, 1] ** 2 + 2 * (COLORS == "red")).round(4)
WORDS = np.where(Y > 0.5, "high", np.where(Y > -0.5, "middle", "low"))
IMAGES = RANDOM.integers(0, 256, (COUNT, 3, 6, 6), dtype=np.uint8)
IMAGES[:, 0] //= (np.arange(COUNT) % 3 + 1).astype(np.uint8)[:, None, None]
KINDS = np.array(["ant", "bee", "cow"])[np.arange(COUNT) % 3]


def write_table(path: Path, rows: np.ndarray) -> Path:
    """Rows of the table, its columns in an order of their own."""
    lines = ["id,color,a,code,b,y,word"]
    lines += [
        f"{row:03d},{COLORS[row]},{NUMBERS[row, 0]},{CODES[row]},{NUMBERS[row, 1]},{Y[row]},{WORDS[row]}"
        for row in rows
    ]
    path.write_text("\n".join(lines) + "\n")
    return path


def write_messy(path: Path, rows: np.ndarray) -> Path:
    """Rows of a table with gaps, dates and decimal commas."""
    lines = ["y;sold;color;a;b"]
    for row in rows:
        cells = [COLORS[row], *(f"{value:.4f}" for value in NUMBERS[row])]
        shown = ["" if (row + 2 * place) % 7 == 0 else cell for place, cell in enumerate(cells)]
        date = "" if row % 11 == 0 else f"{1 + row % 28}.{1 + row % 12}.2024"
        numbers = [text.replace(".", ",") for text in (f"{Y[row]:.4f}", *shown[1:])]
        lines.append(";".join([numbers[0], date, shown[0], *numbers[1:]]))
    path.write_text("\n".join(lines) + "\n")
    return path


def write_images(path: Path, rows: np.ndarray) -> Path:
    """A folder for each class."""
    Image = pytest.importorskip("PIL.Image")
    for row in rows:
        folder = path / KINDS[row]
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(IMAGES[row].transpose(1, 2, 0)).save(folder / f"{row:03d}.png")
    return path


def write_npz(path: Path, rows: np.ndarray) -> Path:
    """Images with channels last."""
    np.savez(path, x=IMAGES[rows].transpose(0, 2, 3, 1), y=KINDS[rows])
    return path


MLP = {"kind": "mlp", "hidden": [5], "norm": "batch"}
CNN = {"kind": "cnn", "blocks": [{"filters": 3, "pool": "max"}]}
TABLE = {"source": "table", "path": "all.csv", "features": ["a", "b", "color", "code"], "scale": "standard"}
MESSY = {"source": "table", "path": "all.csv", "target": "y", "separator": ";", "decimal": ","}
CASES: dict[str, tuple[dict[str, Any], str, Callable[[Path, np.ndarray], Path]]] = {
    "numbers": ({"data": {**TABLE, "target": "y"}, "model": MLP}, "all.csv", write_table),
    "an expression": ({"data": {**TABLE, "target": "exp(y) + 1"}, "model": MLP}, "all.csv", write_table),
    "classes": (
        {"data": {**TABLE, "target": "word"}, "model": MLP, "training.loss": "cross_entropy"},
        "all.csv",
        write_table,
    ),
    "two classes": (
        {"data": {**TABLE, "target": "y > 0", "powers": 2}, "model": {"kind": "logistic"}},
        "all.csv",
        write_table,
    ),
    "gaps that are imputed": (
        {"data": {**MESSY, "missing": "impute", "scale": "standard"}, "model": MLP},
        "all.csv",
        write_messy,
    ),
    "gaps as a category": ({"data": {**MESSY, "missing": "category"}, "model": MLP}, "all.csv", write_messy),
    "a folder": ({"data": {"source": "images", "path": "all", "size": 6}, "model": CNN}, "all", write_images),
    "images of another size": (
        {"data": {"source": "images", "path": "all", "size": 4, "scale": "standard"}, "model": MLP},
        "all",
        write_images,
    ),
    "an npz": ({"data": {"source": "npz", "path": "all.npz"}, "model": CNN}, "all.npz", write_npz),
}


def agree(result: Result, predictions: Predictions) -> None:
    """Every metric of the test part, for every seed."""
    assert predictions.scores is not None
    for seed, scores in predictions.scores.seeds.items():
        for name, value in scores.items():
            stored = result.values("base", f"test.{name}")[seed]
            np.testing.assert_allclose(value, stored, rtol=1e-5, atol=1e-6, err_msg=name)


@pytest.mark.parametrize("case", CASES)
def test_scores_of_the_test_part_are_those_of_the_study(tmp_path: Path, case: str) -> None:
    changes, name, write = CASES[case]
    write(tmp_path / name, np.arange(COUNT))
    tables = document({**changes, "training.epochs": 3})
    tables["data"] |= {"split": [0.6, 0.2, 0.2], "seed": 1}  # one split for all seeds
    del tables["study"]["metric"]
    study = Study.from_dict(tables, directory=tmp_path)
    parts = plan(study).work.groups[0].runs[0].prepared.parts
    result = study.run(runs_dir=tmp_path / "runs", engine="numpy")
    order = np.argsort(KINDS, kind="stable") if write is write_images else np.arange(COUNT)
    (tmp_path / "new").mkdir()
    agree(result, result.predict(write(tmp_path / "new" / name, order[parts["test"]])))
    if write is write_table:  # without the target the answers are the same
        whole = result.predict(tmp_path / "new" / name).table
        lines = (tmp_path / "new" / name).read_text().splitlines()
        (tmp_path / "bare.csv").write_text("\n".join(line.rsplit(",", 2)[0] for line in lines) + "\n")
        bare = result.predict(tmp_path / "bare.csv")
        assert bare.scores is None
        own = bare.table.column_names[1:]
        assert bare.table.select(own).equals(whole.select(own))


def test_scores_of_arrays_are_those_of_the_study(tmp_path: Path) -> None:
    tables = document({"model": MLP, "training.epochs": 3})
    tables["data"] = {"split": [0.6, 0.2, 0.2], "seed": 1, "scale": "minmax"}
    study = Study.from_dict(tables, x=NUMBERS, y=Y)
    test = plan(study).work.groups[0].runs[0].prepared.parts["test"]
    result = study.run(runs_dir=tmp_path, engine="numpy")
    agree(result, result.predict(NUMBERS[test], targets=Y[test]))


def test_networks_of_older_files_predict_as_ever(tmp_path: Path) -> None:
    from safetensors.numpy import load_file, save_file

    study = Study.from_dict(document({"training.epochs": 1}))
    result = study.run(runs_dir=tmp_path, engine="numpy")
    (path,) = (older(result.directory) / "models").iterdir()
    trained = result.trained("base")
    assert trained is not None
    facts = ("variant", "recipe", "seeds", "shape", "outputs", "features", "classes")
    before = result.predict(np.array([0.5]))
    save_file(load_file(path), path, {name: json.dumps(getattr(trained, name)) for name in facts})
    assert Result.open(result.directory).predict(np.array([0.5])).table.equals(before.table)


def test_a_study_interrupted_before_a_run_ended_cannot_predict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train = ArrayEngine.train

    def interrupted(*arguments: Any) -> Any:
        signal.raise_signal(signal.SIGINT)
        return train(*arguments)

    monkeypatch.setattr(ArrayEngine, "train", interrupted)
    result = Study.from_dict(document()).run(runs_dir=tmp_path, engine="numpy")
    assert result.status == "interrupted"
    with pytest.raises(StoreError, match="has no runs"):
        result.predict(np.array([0.5]))
