"""Files of trained networks that somebody edited are refused: what does not fit would still predict something."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_studies import older
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from odd_files import ODD, within
from safetensors import safe_open
from safetensors.numpy import save_file
from study_files import document

from seedbed.api import Result, Study
from seedbed.data import DataError
from seedbed.store.models import Trained, TrainedError, joined, read_trained
from seedbed.store.schema import StoreError

X = np.array([[0.5], [2.0]])
Arrays, Facts = dict[str, np.ndarray], dict[str, Any]


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a study without checksums, whose files anyone may edit."""
    changes = {"training.epochs": 1, "data.scale": "standard"}
    result = Study.from_dict(document(changes)).run(runs_dir=tmp_path_factory.mktemp("runs"), engine="numpy")
    return older(result.directory)


@pytest.fixture
def path(directory: Path) -> Iterator[Path]:
    """The file of its networks, as it was before and after each test."""
    (path,) = (directory / "models").iterdir()
    content = path.read_bytes()
    yield path
    path.unlink()
    path.write_bytes(content)


def edit(path: Path, change: Callable[[Arrays, Facts], object]) -> None:
    with safe_open(path, framework="numpy") as file:
        facts = {name: json.loads(text) for name, text in file.metadata().items()}
        arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a mapping
    change(arrays, facts)
    save_file(arrays, path, {name: json.dumps(value) for name, value in facts.items()})


def predict(path: Path) -> np.ndarray:
    return Result.open(path.parent.parent).predict(X).table["mean"].to_numpy()


def _grown(name: str) -> Callable[[Arrays, Facts], object]:
    return lambda arrays, facts: arrays.update({name: np.concatenate([arrays[name]] * 2, axis=1)})


EDITS: dict[str, tuple[Callable[[Arrays, Facts], object], str]] = {
    "a tensor is missing": (lambda a, f: a.pop("parameters/0.weight"), "asks for parameters 0.weight"),
    "a tensor too many": (
        lambda a, f: a.update({"parameters/9.weight": a["parameters/0.weight"]}),
        "9.weight",
    ),
    "another shape": (_grown("parameters/0.weight"), "0.weight of shape"),
    "another state": (_grown("state/1.running_mean"), "1.running_mean of shape"),
    "another recipe": (lambda a, f: f["recipe"]["model"].update(hidden=[5]), "0.weight of shape"),
    "a network beyond all measure": (lambda a, f: f["recipe"]["model"].update(hidden=[10**9] * 3), "weight"),
    "no recipe": (lambda a, f: f.update(recipe={}), "does not fit together"),
    "an unknown source": (lambda a, f: f["recipe"]["data"].update(source="x"), "does not fit together"),
    "wide numbers": (lambda a, f: a.update({k: v.astype(np.float64) for k, v in a.items()}), "holds float64"),
    "fewer seeds": (lambda a, f: f.update(seeds=[0]), "there are 1 seeds"),
    "a seed twice": (lambda a, f: f.update(seeds=[0, 0]), "different numbers"),
    "other seeds": (lambda a, f: f.update(seeds=[0, 77]), "networks of other runs"),
    "seeds that are text": (lambda a, f: f.update(seeds=["0", "1"]), "seeds are not all int"),
    "another variant": (lambda a, f: f.update(variant="other"), "networks of other runs"),
    "more outputs": (lambda a, f: f.update(outputs=2), "2 outputs"),
    "no outputs": (lambda a, f: f.update(outputs=0), "cannot be"),
    "classes": (lambda a, f: f.update(classes=["a", "b"]), "loss is of a number, but it has 2 classes"),
    "a shape beyond all measure": (lambda a, f: f.update(shape=[10**15], features=[]), "parameters 0.weight"),
    "another centre": (lambda a, f: a.update(center=np.zeros((2, 3), np.float32)), "center has shape"),
    "half of the scaling": (lambda a, f: a.pop("scale"), "one of center and scale"),
    "encodings that are none": (
        lambda a, f: f.update(encodings=[{"name": "x", "column": 1}]),
        "not all text",
    ),
    "too many encodings": (
        lambda a, f: f.update(encodings=[{"name": "x", "column": "x"}] * 3),
        "3 encodings",
    ),
    "encodings of other fields": (lambda a, f: f.update(encodings=[{"x": 1}]), "keyword"),
    "features that are numbers": (lambda a, f: f.update(features=[1]), "features are not all str"),
    "facts of other types": (lambda a, f: f.update(recipe=[1]), "recipe is"),
    "a fact is missing": (lambda a, f: f.pop("shape"), "shape"),
}


@pytest.mark.parametrize("name", EDITS)
def test_what_does_not_fit_is_refused_and_named(path: Path, name: str) -> None:
    change, says = EDITS[name]
    edit(path, change)
    with within(20), pytest.raises((TrainedError, StoreError), match=rf"base\S*\.safetensors .*{says}"):
        predict(path)


def test_an_edit_that_changes_nothing_predicts_the_same(path: Path) -> None:
    before = predict(path)
    edit(path, lambda arrays, facts: None)
    np.testing.assert_array_equal(predict(path), before)


@pytest.mark.parametrize("name", ["parameters/0.weight", "state/1.running_mean", "center", "scale"])
def test_networks_with_numbers_that_are_none_do_not_predict(path: Path, name: str) -> None:
    def spoil(arrays: Arrays, facts: Facts) -> None:
        arrays[name] = np.array(np.broadcast_to(arrays[name], (2, *arrays[name].shape[1:])))
        arrays[name][1] = np.nan

    edit(path, spoil)
    given_ = Result.open(path.parent.parent).predict(X)
    assert (given_.seeds, given_.left_out) == ((0,), (1,))
    assert np.isfinite(given_.table["mean"].to_numpy()).all()


@pytest.mark.filterwarnings("error")
def test_rows_without_a_finite_answer_are_refused(path: Path) -> None:
    edit(path, lambda arrays, facts: arrays.update(scale=arrays["scale"] * np.float32(1e20)))
    rows = np.array([[0.5], [3e38], [-3e38]])
    with pytest.raises(DataError, match=r"no finite answer for data row 2 \(2 such rows\)"):
        Result.open(path.parent.parent).predict(rows)


@pytest.mark.parametrize("text", ["{", "[" * 100_000, "nothing"])
def test_facts_that_are_not_json_are_refused(path: Path, text: str) -> None:
    with safe_open(path, framework="numpy") as file:
        arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a mapping
        facts = file.metadata()
    save_file(arrays, path, facts | {"recipe": text})
    with pytest.raises((TrainedError, StoreError), match=r"base\S*\.safetensors"):
        predict(path)
    with pytest.raises(TrainedError, match=r"base\S*\.safetensors is not a readable file of trained models"):
        read_trained(path)


@pytest.mark.parametrize("odd", ODD)
def test_what_is_no_file_is_refused_at_once(tmp_path: Path, odd: str) -> None:
    ODD[odd](tmp_path / "m.safetensors")
    with within(20), pytest.raises(TrainedError, match=r"m\.safetensors is not a readable file"):
        read_trained(tmp_path / "m.safetensors")


EDIT = st.tuples(st.integers(0, 2**20), st.sampled_from([0, 1, 4, 2**30]), st.binary(max_size=6))


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(edits=st.lists(EDIT, min_size=1, max_size=3))
def test_any_bytes_predict_or_are_refused(path: Path, edits: list[tuple[int, int, bytes]]) -> None:
    content = original = path.read_bytes()
    for start, length, instead in edits:
        start %= len(content) + 1
        content = content[:start] + instead + content[start + length :]
    path.write_bytes(content)
    try:
        read_trained(path)
        assert predict(path).shape == (2,)
    except (TrainedError, StoreError):
        pass
    finally:
        path.write_bytes(original)


def test_parts_of_other_networks_are_not_joined() -> None:
    def part(seed: int, **facts: Any) -> Trained:
        arrays = {"0.weight": np.zeros((1, 1, 1), np.float32)}
        return Trained("base", {}, (seed,), (1,), 1, arrays, {}, **facts)

    assert joined([part(1), part(0)]).seeds == (0, 1)
    with pytest.raises(TrainedError, match="parts of the networks of variant 'base' are of different kinds"):
        joined([part(0), part(1, features=("x",))])
