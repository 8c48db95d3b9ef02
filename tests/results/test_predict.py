"""Predictions for new rows: raw input in, mean and spread over seeds out."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import fake_studies
import numpy as np
import pyarrow as pa
import pyarrow.csv as csv
import pytest
from hypothesis import given
from hypothesis import strategies as st
from odd_files import little_memory

from seedbed.api import Result
from seedbed.data.base import DataError
from seedbed.files import to_json, write_whole
from seedbed.metrics import compute as metrics
from seedbed.metrics.names import direction as direction_of
from seedbed.nn.network import Network
from seedbed.recipe import Recipe
from seedbed.results.predict import Sums, predict, to_csv
from seedbed.store.models import Trained, TrainedError, models_file
from seedbed.store.schema import StoreError
from seedbed.store.writer import Store


def recipe(kind: str, **data: Any) -> dict[str, Any]:
    """A recipe of a table with a model that has no hidden layer."""
    loss = {"linear": "mse", "logistic": data.pop("loss", "bce")}[kind]
    tables = {
        "data": {"source": "table", "path": "t.csv", "target": "y", **data},
        "model": {"kind": kind},
        "training": {"epochs": 1, "loss": loss},
    }
    return Recipe.model_validate(tables).model_dump()


def linear(variant: str, slopes: list[float], **changes: Any) -> Trained:
    """Networks y = slope * a + 10 * slope * b, one per slope."""
    weights = np.array([[[slope], [10 * slope]] for slope in slopes], dtype=np.float32)
    facts: dict[str, Any] = {
        "variant": variant,
        "recipe": recipe("linear"),
        "seeds": tuple(range(len(slopes))),
        "shape": (2,),
        "outputs": 1,
        "parameters": {"0.weight": weights, "0.bias": np.zeros((len(slopes), 1), np.float32)},
        "state": {},
        "features": ("a", "b"),
    }
    return Trained(**{**facts, **changes})


def logistic(loss: str, slopes: list[float]) -> Trained:
    """Networks with log odds slope * a of "yes": with bce as one output, else as the second of two."""
    outputs = {"bce": 1, "cross_entropy": 2}[loss]
    beta = np.zeros((len(slopes), 3, outputs), dtype=np.float32)
    beta[:, 0, -1] = slopes
    return linear(
        "base",
        slopes,
        recipe=recipe("logistic", loss=loss),
        parameters={"0.beta": beta},
        outputs=outputs,
        classes=("no", "yes"),
    )


def study(
    root: Path,
    trained: dict[str, Trained],
    runs: list[dict[str, Any]],
    metric: str = "val.mse",
    direction: str | None = None,
) -> Path:
    """A stored study."""
    names = dict.fromkeys([*(run["variant"] for run in runs), *trained])
    resolved = {
        "study": "s",
        "metric": metric,
        "direction": direction or direction_of(metric),
        "seeds": 1 + max(run["seed"] for run in runs),
        "variants": [{"name": name} for name in names],
    }
    with Store.create(root, "s", "0123456789") as store:
        store.write_json("resolved.json", resolved)
        fake_studies.write_table(store.directory, "runs", runs)
        for networks in trained.values():
            write_whole(store.directory / models_file(networks.variant), networks.to_bytes())
    return fake_studies.older(store.directory)


def rows(variant: str, values: list[float | None], metric: str = "val.mse") -> list[dict[str, Any]]:
    """One run per value; None where it diverged."""
    return [
        {
            "variant": variant,
            "seed": seed,
            "status": "diverged" if value is None else "complete",
            metric: value,
        }
        for seed, value in enumerate(values)
    ]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "new.csv"
    path.write_text("b,other,a\n1,x,2\n0,y,-1\n")
    return path


def test_numbers_are_mean_and_spread_over_seeds(tmp_path: Path, table: Path) -> None:
    directory = study(tmp_path, {"base": linear("base", [1, 2, 3])}, rows("base", [0.1, 0.2, 0.3]))
    predictions = predict(directory, table)
    np.testing.assert_allclose(predictions.table["mean"], [24, -2], rtol=1e-6)
    np.testing.assert_allclose(predictions.table["spread"], [12, 1], rtol=1e-6)
    assert predictions.summary == "variant 'base', 3 seeds; not scored: the table has no target 'y'"
    assert predictions.table["other"].to_pylist() == ["x", "y"]  # what is not a feature comes along


def test_the_stored_scaling_is_applied_run_by_run(tmp_path: Path, table: Path) -> None:
    scaling = {
        "center": np.array([[1, 0], [0, 0]], np.float32),
        "scale": np.array([[1, 1], [0.5, 2]], np.float32),
    }
    directory = study(tmp_path, {"base": linear("base", [1, 1], **scaling)}, rows("base", [0.1, 0.2]))
    # row (a=2, b=1): (2 - 1) + 10 = 11 and 1 + 20 = 21; row (a=-1, b=0): -2 and -0.5
    np.testing.assert_allclose(predict(directory, table).table["mean"], [16, -1.25], rtol=1e-6)


def test_diverged_runs_are_left_out_and_said_so(tmp_path: Path, table: Path) -> None:
    directory = study(tmp_path, {"base": linear("base", [1, 50, 3])}, rows("base", [0.1, None, 0.3]))
    predictions = predict(directory, table)
    np.testing.assert_allclose(predictions.table["mean"], [24, -2], rtol=1e-6)
    assert (predictions.seeds, predictions.left_out) == ((0, 2), (1,))
    assert "left out 1 that diverged" in predictions.summary


def test_a_single_seed_has_no_spread(tmp_path: Path, table: Path) -> None:
    directory = study(tmp_path, {"base": linear("base", [1])}, rows("base", [0.1]))
    assert b"".join(to_csv(predict(directory, table).table)) == b'"other","mean","spread"\n"x",12,\n"y",-1,\n'


@pytest.mark.parametrize(
    ("metric", "direction", "column", "first", "second", "best"),
    [
        ("val.mse", None, "val.mse", [0.5, 0.5], [0.4, 0.4], "second"),
        ("val.r2", None, "val.r2", [0.5, 0.5], [0.4, 0.4], "first"),
        (
            "val.mse",
            "max",
            "val.mse",
            [0.5, 0.5],
            [0.4, 0.4],
            "first",
        ),  # the study's direction, not the metric's
        (
            "test.mse",
            None,
            "val.mse",
            [0.5, 0.5],
            [0.4, 0.4],
            "second",
        ),  # selected on validation all the same
        ("test.mse", "max", "val.mse", [0.5, 0.5], [0.4, 0.4], "first"),
        ("test.mse", None, "test.mse", [0.5, 0.5], [0.4, 0.4], "second"),  # nothing held out for validation
        ("grid.mse", None, "grid.mse", [0.5, 0.5], [0.4, 0.4], "second"),
        ("steps", None, "steps", [50, 50], [40, 40], "second"),
        (
            "val.mse",
            None,
            "val.mse",
            [0.5, 0.5],
            [0.1, None],
            "first",
        ),  # a variant that diverges is not a choice
        ("val.mse", None, "val.mse", [0.5] * 3, [0.1, 0.1, None], "second"),  # one that seldom does may be
        ("val.mse", None, "val.mse", [0.5] * 3, [0.1, 0.1, 9.0], "second"),  # by median, as in the report
        ("val.mse", None, "val.mse", [None, None], [0.1, None], "second"),
    ],
)
def test_the_best_variant_of_the_ranking_speaks(
    tmp_path: Path,
    table: Path,
    metric: str,
    direction: str | None,
    column: str,
    first: list,
    second: list,
    best: str,
) -> None:
    trained = {name: linear(name, [1] * len(first)) for name in ("first", "second")}
    runs = rows("first", first, column) + rows("second", second, column)
    directory = study(tmp_path, trained, runs, metric, direction)
    assert predict(directory, table).variant == best
    assert Result.open(directory).document["ranking"][0] == best
    assert predict(directory, table, "second").variant == "second"


def interrupted(variant: str, steps: list[int | None], value: float = 0.1) -> list[dict[str, Any]]:
    """One run an entry: interrupted after so many steps, or complete where that is None."""
    return [
        {**row, "steps": count, "status": "complete" if count is None else "interrupted"}
        for row, count in zip(rows(variant, [value] * len(steps)), steps, strict=True)
    ]


def test_untrained_networks_never_predict(tmp_path: Path, table: Path) -> None:
    directory = study(tmp_path, {"base": linear("base", [1, 2])}, interrupted("base", [0, 0]))
    with pytest.raises(StoreError, match=r"no trained networks .*interrupted before their first step"):
        predict(directory, table)
    with pytest.raises(StoreError, match="'base' cannot predict: its runs were interrupted before"):
        predict(directory, table, "base")


def test_networks_trained_in_part_predict_where_there_are_no_others(tmp_path: Path, table: Path) -> None:
    directory = study(tmp_path / "a", {"base": linear("base", [1, 2, 3])}, interrupted("base", [5, 0, 5]))
    predictions = predict(directory, table)
    assert predictions.seeds == (0, 2)
    assert (
        "trained in part, since the study was interrupted; left out 1 that were untrained"
        in predictions.summary
    )
    directory = study(
        tmp_path / "b", {"base": linear("base", [1, 2, 3])}, interrupted("base", [5, None, None])
    )
    predictions = predict(directory, table)
    assert predictions.seeds == (1, 2)
    assert "left out 1 that were interrupted" in predictions.summary


def test_the_next_best_speaks_where_the_best_was_not_stored(tmp_path: Path, table: Path) -> None:
    runs = rows("first", [0.5, 0.5]) + rows("second", [0.1])  # the study ended before the second's other seed
    directory = study(tmp_path, {"first": linear("first", [1, 2])}, runs)
    predictions = predict(directory, table)
    assert predictions.variant == "first"
    assert "'second' ranks higher but has no trained networks" in predictions.summary
    with pytest.raises(StoreError, match="'second' cannot predict: 1 of its 2 runs ended"):
        predict(directory, table, "second")


def test_networks_that_are_not_finite_count_as_diverged(tmp_path: Path, table: Path) -> None:
    directory = study(tmp_path, {"base": linear("base", [1, np.nan, 3])}, rows("base", [0.1, 0.2, 0.3]))
    assert predict(directory, table).seeds == (0, 2)


@pytest.mark.parametrize("loss", ["bce", "cross_entropy"])
def test_classes_are_probabilities_and_a_name(tmp_path: Path, table: Path, loss: str) -> None:
    networks = logistic(loss, [0.5, 1.5])
    predictions = predict(study(tmp_path, {"base": networks}, rows("base", [0.1, 0.1])), table).table
    chances = 1 / (1 + np.exp(-np.array([[1.0, 3.0], [-0.5, -1.5]])))
    assert predictions["class"].to_pylist() == ["yes", "no"]
    np.testing.assert_allclose(predictions["probability:yes"], chances.mean(axis=1), rtol=1e-6)
    np.testing.assert_allclose(predictions["spread:no"], chances.std(axis=1, ddof=1), rtol=1e-5)
    np.testing.assert_allclose(
        np.add(predictions["probability:yes"], predictions["probability:no"]), 1, rtol=1e-12
    )


def test_images_take_a_column_a_pixel(tmp_path: Path) -> None:
    path = tmp_path / "pixels.csv"
    path.write_text("p0,p1\n2,1\n")
    directory = study(tmp_path, {"base": linear("base", [1, 3], features=())}, rows("base", [0.1, 0.1]))
    np.testing.assert_allclose(predict(directory, path).table["mean"], [24], rtol=1e-6)
    path.write_text("p0,p1,p2\n2,1,5\n")
    with pytest.raises(DataError, match="expected 2 columns of pixels, got 3"):
        predict(directory, path)


def test_many_rows_are_predicted_in_order_and_in_slices(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = np.arange(10_000)
    path = tmp_path / "many.csv"
    path.write_text("a,b\n" + "\n".join(f"{value},0" for value in values))
    directory = study(tmp_path, {"base": linear("base", [1, 1])}, rows("base", [0.1, 0.1]))
    whole = predict(directory, path).table
    sizes = []
    monkeypatch.setattr("seedbed.results.predict.NUMBERS_AT_ONCE", 3000)
    forward = Network.forward

    def watched(self: Network, params: Any, state: Any, x: np.ndarray, context: Any) -> Any:
        sizes.append(x.shape[1])
        return forward(self, params, state, x, context)

    monkeypatch.setattr(Network, "forward", watched)
    found = csv.read_csv(io.BytesIO(b"".join(to_csv(predict(directory, path).table))))
    np.testing.assert_array_equal(found["mean"], values)
    assert whole.equals(predict(directory, path).table)
    assert max(sizes) <= 1500
    assert len(sizes) >= 2 * 2 * 10_000 // 1500


def test_more_rows_than_there_is_memory_for_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = study(tmp_path, {"base": linear("base", [1, 1])}, rows("base", [0.1, 0.1]))
    few, many = np.zeros((100, 2)), np.zeros((1000, 2))
    little_memory(monkeypatch, 20_000)
    assert len(predict(directory, few).table) == 100
    with pytest.raises(
        DataError, match=r"predictions of 1,000 rows take 48 kB, and 20 kB of memory are free"
    ):
        predict(directory, many)
    with pytest.raises(
        DataError, match=r"predictions of 200 rows take 22.4 kB, and 20 kB of memory are free"
    ):
        predict(directory, many[:200], targets=np.zeros(200))


def test_rows_with_the_target_are_scored_for_every_seed_and_together(tmp_path: Path) -> None:
    path = tmp_path / "scored.csv"
    path.write_text("id,a,b,y\n007,1,0,2\n008,2,0,4\n009,3,0,\n")
    directory = study(tmp_path, {"base": linear("base", [1, 2, 6])}, rows("base", [0.1, 0.2, 0.3]))
    predictions = predict(directory, path)
    assert predictions.summary.endswith("scored on 2 of 3 rows")
    assert predictions.scores is not None
    assert predictions.scores.rows == 2
    assert set(predictions.scores.ensemble) == set(metrics.REGRESSION)
    assert {seed: values["mae"] for seed, values in predictions.scores.seeds.items()} == {
        0: 1.5,
        1: 0.0,
        2: 6.0,
    }
    assert predictions.scores.ensemble["mae"] == 1.5  # the mean network has slope 3
    assert predictions.scores.ensemble["mse"] == 2.5
    assert predictions.table["id"].to_pylist() == ["007", "008", "009"]  # as text, for it is not a feature


@pytest.mark.parametrize("loss", ["bce", "cross_entropy"])
def test_classes_are_scored_by_name(tmp_path: Path, loss: str) -> None:
    path = tmp_path / "scored.csv"
    path.write_text("a,b,y\n1,0,yes\n-1,0,yes\n3,0,no\n0,1,\n")
    networks = logistic(loss, [0.5, -1.5])
    runs = rows("base", [0.1, 0.1], "val.log_loss")
    predictions = predict(study(tmp_path, {"base": networks}, runs, "val.log_loss"), path)
    scores = predictions.scores
    assert scores is not None
    assert scores.rows == 3
    chances = 1 / (1 + np.exp(-np.outer([0.5, -1.5], [1, -1, 3])))
    right = np.array([1, 1, 0])
    for seed in range(2):
        expected = -np.log(np.where(right, chances[seed], 1 - chances[seed])).mean()
        assert scores.seeds[seed]["log_loss"] == pytest.approx(expected, rel=1e-6)
        assert scores.seeds[seed]["accuracy"] == pytest.approx((right == (chances[seed] > 0.5)).mean())
    mean = chances.mean(axis=0)
    assert scores.ensemble["log_loss"] == pytest.approx(
        -np.log(np.where(right, mean, 1 - mean)).mean(), rel=1e-6
    )
    assert scores.ensemble["accuracy"] == pytest.approx((right == (mean > 0.5)).mean())
    assert scores.ensemble["recall.no"] == 1.0


def test_the_document_is_plain_and_complete(tmp_path: Path) -> None:
    path = tmp_path / "scored.csv"
    path.write_text("when,mean,a,b,y\n2024-01-01,9,1,0,2\n2024-01-02,9,2,0,2\n")
    directory = study(tmp_path, {"base": linear("base", [1, 2, 3])}, rows("base", [0.1, None, 0.3]))
    document = json.loads(to_json(predict(directory, path).document))
    assert document["predictions"][0] == {
        "when": "2024-01-01",
        "mean": "9",
        "y": 2,
        "predicted:mean": 2.0,
        "spread": pytest.approx(2**0.5),
    }
    assert document["columns"] == {"mean": "predicted:mean", "spread": "spread"}
    assert (document["study"], document["id"], document["variant"]) == ("s", directory.name, "base")
    assert (document["seeds"], document["left_out"], document["rows"]) == ([0, 2], [1], 2)
    assert [row["seed"] for row in document["scores"]["seeds"]] == [0, 2]
    assert document["scores"]["ensemble"]["r2"] is None  # of a constant target it is not defined
    path.write_text("a,b\n1,0\n")
    document = json.loads(to_json(predict(directory, path).document))
    assert (document["scores"], document["unscored"]) == (None, "the table has no target 'y'")


@given(st.integers(1, 5), st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_mean_and_spread_are_those_of_all_outputs_at_once(seeds: int, count: int, seed: int) -> None:
    values = np.random.default_rng(seed).normal(1e3, 1.0, (seeds, count, 2))
    sums = Sums()
    for one in values:
        sums.add(one)
    np.testing.assert_allclose(sums.mean, values.mean(axis=0), rtol=1e-12)
    rounding = (
        4 * np.finfo(np.float64).eps * values.max()
    )  # of the gaps between values, however small the spread
    for column in range(2 if seeds > 1 else 0):
        expected = values[:, :, column].std(axis=0, ddof=1)
        np.testing.assert_allclose(sums.spread(column), expected, rtol=1e-9, atol=rounding)


def test_what_cannot_be_answered_says_why(tmp_path: Path, table: Path) -> None:
    directory = study(tmp_path, {"base": linear("base", [1])}, rows("base", [None]))
    with pytest.raises(StoreError, match='did you mean "base"'):
        predict(directory, table, "bse")
    with pytest.raises(StoreError, match="variant 'base' cannot predict: all its runs diverged"):
        predict(directory, table, "base")
    table.write_text("a\n1\n")
    directory = study(tmp_path, {"base": linear("base", [1])}, rows("base", [0.1]))
    with pytest.raises(DataError, match="'b'"):
        predict(directory, table)
    next((directory / "models").iterdir()).unlink()
    with pytest.raises(TrainedError, match="safetensors"):
        predict(directory, table)
    with pytest.raises(TrainedError, match="safetensors"):
        predict(directory, table, "base")
    (directory / "runs.parquet").unlink()
    with pytest.raises(StoreError, match="ended before a run was stored"):
        predict(directory, table)
    assert json.loads((directory / "resolved.json").read_text())  # nothing of it was touched


# --- what is good to know -----------------------------------------------------------------------------------

NAMES = (
    "id",
    "mean",
    "spread",
    "class",
    "probability:no",
    "spread:no",
    "predicted:mean",
    "predicted:predicted:mean",
)


@given(names=st.lists(st.sampled_from(NAMES), unique=True), is_class=st.booleans())
def test_what_came_with_the_rows_stays_whatever_it_is_called(
    tmp_path_factory: pytest.TempPathFactory, names: list[str], is_class: bool
) -> None:
    root = tmp_path_factory.mktemp("s")
    facts: dict[str, Any] = {}
    if is_class:
        beta = {"0.beta": np.array([[[0], [0.5], [0]], [[0], [0], [-1]]], np.float32)}
        facts = {"recipe": recipe("logistic"), "classes": ("no", "yes"), "parameters": beta}
    runs = rows("base", [0.1, 0.2], "val.accuracy" if is_class else "val.mse")
    directory = study(root, {"base": linear("base", [1, 2], **facts)}, runs, runs and next(reversed(runs[0])))
    numbers = np.array([[1.0, 2.0], [3.0, 4.0]])
    plain = pa.table({"a": numbers[:, 0], "b": numbers[:, 1]})
    theirs = {name: [f"{name} 0", f"{name} 1"] for name in names}
    without, predictions = (
        predict(directory, plain),
        predict(directory, pa.table({**plain.to_pydict(), **theirs})),
    )
    found = predictions.table.to_pydict()
    assert {name: found[name] for name in names} == theirs
    for name, values in without.table.to_pydict().items():
        assert found[predictions.columns[name]] == values
        assert predictions.columns[name] == name or name in names
    assert len(found) == len(names) + len(without.columns)
    assert any("came with the rows" in note for note in predictions.notes) == bool(
        {*names} & {*without.columns}
    )


@pytest.mark.parametrize(
    ("target", "expected"),
    [("log(y)", ["mean is of log(y)"]), ("y per m", ["mean is of y per m"]), ("y", [])],
)
def test_what_an_expression_gives_is_said(
    tmp_path: Path, table: Path, target: str, expected: list[str]
) -> None:
    networks = linear("base", [1], recipe=recipe("linear", target=target))
    predictions = predict(study(tmp_path, {"base": networks}, rows("base", [0.1])), table)
    assert predictions.notes == expected
    assert predictions.document["target"] == target


@pytest.mark.parametrize(
    ("where", "outside"),
    [
        ("a > 1", 1),
        ("k > 5", 2),  # no feature: it stays the text 007 in what comes out
        ('color == "red"', 2),
        ('color == "teal"', 3),  # a value that no row has
        ('sold >= "2024-02-01"', 1),
        ("is_missing(k)", 2),
        ("a > 0", 0),
        ("gone > 1", None),
        (None, 0),
    ],
)
def test_rows_that_were_no_part_of_training_are_counted(
    tmp_path: Path, where: str | None, outside: int | None
) -> None:
    path = tmp_path / "new.csv"
    path.write_text(
        "a,b,k,color,sold\n1,0,007,red,2024-01-31\n2,0,3,blue,2024-02-01\n3,0,,green,2024-03-01\n"
    )
    networks = linear("base", [1], recipe=recipe("linear", where=where))
    predictions = predict(study(tmp_path, {"base": networks}, rows("base", [0.1])), path)
    assert predictions.document["rows_outside_where"] == outside
    assert predictions.table.num_rows == 3
    assert predictions.table["k"].to_pylist() == ["007", "3", None]
    if outside:
        assert predictions.notes == [
            f"data.where = {where!r} would have left out {outside} of 3 rows of training; all are predicted"
        ]
    elif outside is None:
        assert "is not known" in predictions.notes[0]
    else:
        assert predictions.notes == []
