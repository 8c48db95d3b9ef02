"""What `load` and `prepare` promise whatever the source: the same object where it can be, parts, scaling."""

import gc
import hashlib
import os
import weakref
from dataclasses import replace

import numpy as np
import pytest

from seedbed import recipe
from seedbed.data import DataError, load, prepare

CSV = "a,b,y\n" + "".join(f"{i},{i % 7},{i % 3}\n" for i in range(60))


@pytest.fixture
def table_at(tmp_path):
    (tmp_path / "made.csv").write_text(CSV)
    return tmp_path


def table_settings(**changes):
    return recipe.TableData(**({"source": "table", "path": "made.csv", "target": "y"} | changes))


def read(settings, base, classification=False, seed=0, study_seed=0):
    return load(settings, classification=classification, study_seed=study_seed, seed=seed, base=base)


@pytest.mark.parametrize(
    "changes",
    [
        {"split": (0.5, 0.25, 0.25)},
        {"scale": "standard"},
        {"scale_columns": ("a",)},
        {"powers": 3},
        {"fit_on": "train+val"},
        {"stratify": True},
        {"seed": 5},
    ],
)
def test_what_comes_after_reading_does_not_change_the_samples(table_at, changes):
    assert read(table_settings(**changes), table_at, seed=1) is read(table_settings(), table_at)


@pytest.mark.parametrize("changes", [{"target": "b"}, {"features": ("a",)}, {"where": "a > 3"}])
def test_what_is_read_does(table_at, changes):
    assert read(table_settings(**changes), table_at) is not read(table_settings(), table_at)


def test_classes_and_numbers_of_the_same_target_differ(table_at):
    assert read(table_settings(), table_at).targets.dtype == np.float32
    assert read(table_settings(), table_at, classification=True).targets.dtype == np.int64


def test_a_changed_file_is_read_again(table_at):
    before = read(table_settings(), table_at)
    (table_at / "made.csv").write_text(CSV.replace("\n59,", "\n60,"))
    os.utime(table_at / "made.csv", ns=(1, 1))
    after = read(table_settings(), table_at)
    assert after.sha256 != before.sha256
    assert after.inputs[-1, 0] == 60


def test_samples_carry_the_checksums_of_their_files(table_at):
    expected = {"made.csv": hashlib.sha256(CSV.encode()).hexdigest()}
    assert read(table_settings(), table_at).sha256 == expected


def function_settings(**changes):
    given = {"source": "function", "expression": "x", "domain": (0.0, 1.0), "samples": 50, "grid": 10}
    return recipe.FunctionData(**(given | changes))


def test_each_seed_draws_its_own_samples(tmp_path):
    first = read(function_settings(), tmp_path)
    assert read(function_settings(scale="minmax"), tmp_path) is first
    assert read(function_settings(), tmp_path, seed=1) is not first
    assert read(function_settings(), tmp_path, study_seed=1) is not first


def test_samples_in_use_stay_the_same_object_and_others_are_let_go(tmp_path):
    first = read(function_settings(), tmp_path, seed=100)
    dropped = weakref.ref(read(function_settings(), tmp_path, seed=101))
    for seed in range(102, 120):
        read(function_settings(), tmp_path, seed=seed)
    assert read(function_settings(), tmp_path, seed=100) is first
    gc.collect()
    assert dropped() is None


def test_prepare(table_at):
    settings = table_settings(scale="standard", split=(0.5, 0.25, 0.25))
    samples = read(settings, table_at)
    prepared = prepare(settings, samples, study_seed=0, seed=3)
    assert prepared.samples is samples
    assert {name: len(part) for name, part in prepared.parts.items()} == {"train": 30, "val": 15, "test": 15}
    train = samples.inputs[prepared.parts["train"]]
    np.testing.assert_allclose(prepared.center, train.mean(axis=0), rtol=1e-6)
    assert prepare(settings, samples, study_seed=0, seed=3) is prepared
    again = prepare(settings, replace(samples), study_seed=0, seed=3)
    assert again is not prepared
    other = prepare(settings, samples, study_seed=0, seed=4)
    np.testing.assert_array_equal(again.parts["train"], prepared.parts["train"])
    assert (other.parts["train"] != prepared.parts["train"]).any()


def test_fitting_on_everything_keeps_the_grid_apart(tmp_path):
    settings = function_settings(fit_on="all", scale="standard")
    prepared = prepare(settings, read(settings, tmp_path), study_seed=0, seed=0)
    np.testing.assert_array_equal(prepared.parts["train"], np.arange(50))
    np.testing.assert_array_equal(prepared.parts["grid"], np.arange(50, 60))
    assert set(prepared.parts) == {"train", "grid"}
    np.testing.assert_allclose(prepared.center, prepared.samples.inputs[:50].mean(axis=0), rtol=1e-6)


@pytest.mark.parametrize("path", ["absent.csv", "absent/made.csv"])
def test_a_missing_table_is_named_in_full(tmp_path, path):
    with pytest.raises(DataError, match=r"data\.path: there is no file") as caught:
        read(table_settings(path=path), tmp_path)
    assert str(tmp_path / path) in str(caught.value)


def test_a_directory_is_no_table(tmp_path):
    with pytest.raises(DataError, match="cannot be read: expected a file, got a directory"):
        read(table_settings(path="."), tmp_path)
