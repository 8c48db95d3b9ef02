"""What is said of a study's data: sizes, classes, gaps, mistakes, and what a constant answer gets by scikit-learn."""

from __future__ import annotations

import json

import numpy as np
import pytest
from sklearn import metrics as sk
from sklearn.dummy import DummyClassifier, DummyRegressor

from seedbed.analysis import data_facts
from seedbed.analysis.data_facts import baseline_in_words, in_words
from seedbed.data.base import Prepared, Samples
from seedbed.data.facts import baseline, describe
from seedbed.data.tables.rows import read as read_table
from seedbed.files import to_json

PARTS = {"test": np.arange(80, 100), "train": np.arange(60), "val": np.arange(60, 80)}
NAMES = ("ant", "bee", "cat")


def classes(seed: int = 0, shares: tuple[float, ...] = (0.2, 0.5, 0.3)) -> Prepared:
    rng = np.random.default_rng(seed)
    targets = rng.choice(len(shares), size=100, p=shares)
    return Prepared(Samples(np.zeros((100, 4), np.float32), targets, tuple("abcd"), NAMES), PARTS)


def numbers(seed: int = 0) -> Prepared:
    targets = np.random.default_rng(seed).normal(3, 2, size=(100, 1)).astype(np.float32)
    return Prepared(Samples(np.zeros((100, 4), np.float32), targets, tuple("abcd")), PARTS)


@pytest.mark.parametrize("seed", range(5))
def test_baseline_of_classes_is_scikit_learns_dummy(seed: int) -> None:
    data = classes(seed)
    truth, x = data.samples.targets, data.samples.inputs
    train = PARTS["train"]
    majority = DummyClassifier(strategy="most_frequent").fit(x[train], truth[train])
    prior = DummyClassifier(strategy="prior").fit(x[train], truth[train])
    found = baseline(data)
    for part, members in PARTS.items():
        answer = majority.predict(x[members])
        assert found[f"{part}.accuracy"] == pytest.approx(sk.accuracy_score(truth[members], answer))
        balanced = sk.balanced_accuracy_score(truth[members], answer)
        assert found[f"{part}.balanced_accuracy"] == pytest.approx(balanced)
        chances = prior.predict_proba(x[members])
        assert found[f"{part}.log_loss"] == pytest.approx(
            sk.log_loss(truth[members], chances, labels=range(3))
        )


def test_baseline_of_numbers_is_scikit_learns_dummy() -> None:
    data = numbers()
    truth, x = data.samples.targets[:, 0].astype(np.float64), data.samples.inputs
    mean = DummyRegressor().fit(x[PARTS["train"]], truth[PARTS["train"]])
    found = baseline(data)
    for part, members in PARTS.items():
        answer = mean.predict(x[members])
        assert found[f"{part}.mse"] == pytest.approx(sk.mean_squared_error(truth[members], answer))
        assert found[f"{part}.rmse"] == pytest.approx(sk.mean_squared_error(truth[members], answer) ** 0.5)
        assert found[f"{part}.mae"] == pytest.approx(sk.mean_absolute_error(truth[members], answer))
        assert found[f"{part}.r2"] == pytest.approx(sk.r2_score(truth[members], answer), abs=1e-9)


def test_facts_are_plain_data_and_baselines_are_means_over_seeds() -> None:
    runs = [classes(seed) for seed in range(3)]
    found = describe(runs)
    assert json.loads(to_json(found)) == found
    assert found["rows"] == 100
    assert list(found["parts"].items()) == [("train", 60), ("val", 20), ("test", 20)]
    assert sum(found["classes"].values()) == 100
    expected = np.mean([baseline(run)["val.accuracy"] for run in runs])
    assert found["baseline"]["val.accuracy"] == pytest.approx(expected)
    assert describe(runs + runs)["baseline"] == pytest.approx(found["baseline"])


def test_the_facts_in_words() -> None:
    found = describe([classes()])
    first, second = in_words(found)
    assert first == "data: 100 rows of 4 features; train 60, val 20, test 20"
    assert second.startswith("classes: bee ")
    value = found["baseline"]["val.accuracy"]
    told = baseline_in_words(found, ["val.accuracy", "val.macro_f1"])
    assert (
        told == f"baseline: always answering the most frequent class, 'bee', gives val.accuracy {value:.4g}"
    )
    assert "the training mean gives test.mse" in str(baseline_in_words(describe([numbers()]), ["test.mse"]))
    assert in_words({}) == []
    assert baseline_in_words({}, ["val.accuracy"]) is None


def test_many_classes_are_told_in_short() -> None:
    counts = {f"class {'x' * 100} {i}": i + 1 for i in range(500)}
    assert len(data_facts._classes_in_words(counts)) < 200


def test_columns_that_name_the_rows_and_gaps_are_noted(tmp_path) -> None:
    rng = np.random.default_rng(0)
    order = rng.permutation(50)
    lines = [f"{row},k{row},{rng.normal():.3f},{'' if row % 5 else row},{row % 7}" for row in order]
    (tmp_path / "t.csv").write_text("row,key,x,gap,y\n" + "\n".join(lines))
    samples = read_table(tmp_path / "t.csv", target="y", missing="category")
    found = describe([Prepared(samples, {"train": np.arange(50)})])
    (note,) = found["notes"]
    assert note.startswith("'row', 'key': the columns have a different value in every row")
    assert found["missing"] == {"gap": 40}
    assert in_words(found)[-1] == "missing values: gap 40"


def test_a_part_without_a_class_is_noted() -> None:
    notes = describe([classes(seed, (0.02, 0.5, 0.48)) for seed in range(4)])["notes"]
    assert any("the val part lacks a class ('ant') under" in note and "of 4 splits" in note for note in notes)
    assert describe([classes()])["notes"] == []


def of_parts(**sizes: int) -> Prepared:
    """2,373 rows, of which the first are in parts of these sizes."""
    rows, ends = np.zeros((2373, 1), np.float32), np.cumsum(list(sizes.values()))
    members = [np.arange(end - size, end) for size, end in zip(sizes.values(), ends, strict=True)]
    return Prepared(Samples(rows, rows, ("x",)), dict(zip(sizes, members, strict=True)))


def test_rows_that_the_split_leaves_out_are_noted() -> None:
    assert describe([of_parts(train=1000, val=1000, test=373)])["notes"] == []
    assert describe([of_parts(train=800, val=99, test=100)])["notes"] == ["the split uses 999 of 2,373 rows"]
    (note,) = describe([of_parts(train=80, val=10, test=10)])["notes"]
    assert note == (
        "the split uses 100 of 2,373 rows; if percentages are meant, write fractions, as in "
        "data.split = [0.8, 0.1, 0.1]"
    )


def test_a_grid_is_no_part_of_the_split() -> None:
    rows = np.zeros((120, 1), np.float32)
    parts = {"train": np.arange(80), "test": np.arange(80, 100), "grid": np.arange(100, 120)}
    assert describe([Prepared(Samples(rows, rows, ("x",)), parts)])["notes"] == []


def test_percentages_of_a_source_with_its_own_test_part_are_noted() -> None:
    rows = np.zeros((1000, 1), np.float32)
    parts = {"train": np.arange(90), "val": np.arange(90, 100), "test": np.arange(800, 1000)}
    (note,) = describe([Prepared(Samples(rows, rows, ("x",), official_test=200), parts)])["notes"]
    assert note.startswith("the split uses 300 of 1,000 rows; if percentages are meant")
