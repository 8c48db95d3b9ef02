"""The fused engine gives what the numpy engine gives: on any number of threads, compiled or not, at any width."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from engines.fused_cases import CASES, compare, make
from made import SAMPLES, engine, group, recipe, steps

from seedbed.data.base import Prepared, Samples
from seedbed.engines.array_engine import ArrayEngine
from seedbed.engines.choice import UnfitError, choose
from seedbed.engines.fused import driver
from seedbed.engines.fused.compiled import kernels
from seedbed.engines.fused.driver import FusedEngine
from seedbed.engines.fused.workspace import PANEL
from seedbed.nn.layers.activations import ACTIVATIONS
from seedbed.nn.layers.batch_norm import BatchNorm
from seedbed.nn.layers.conv import Conv2d
from seedbed.nn.layers.dense import Dense
from seedbed.nn.layers.flatten import Flatten
from seedbed.nn.losses import LOSSES
from seedbed.nn.network import Network
from seedbed.optim import OPTIMIZERS
from seedbed.training.group import Group, Run
from seedbed.training.networks import build


@pytest.mark.parametrize("name", CASES)
def test_agrees_with_the_numpy_engine(name):
    compare(name)


def test_every_loss_activation_and_rule_has_a_case():
    recipes = [one for case in CASES.values() for one in case]
    assert {one.training.loss for one in recipes} == set(LOSSES)
    assert {one.training.optimizer for one in recipes} == set(OPTIMIZERS)
    assert {getattr(one.model, "activation", "relu") for one in recipes} == set(ACTIVATIONS)


@pytest.mark.parametrize("resident", [0, driver.RESIDENT])
@pytest.mark.parametrize("name", [name for name in CASES if "full batch" in name])
def test_large_batches_are_taken_in_blocks(name, resident, monkeypatch):
    monkeypatch.setattr(driver, "BLOCK", PANEL)
    monkeypatch.setattr(driver, "RESIDENT", resident)
    compare(name)


def of_images(pixels: np.ndarray) -> Group:
    """A group on images of 4 x 5 bytes with 4 classes, each pixel scaled by 1/255; one dataset for all runs."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 4, len(pixels))
    one = recipe({"hidden": (6,)}, {"loss": "cross_entropy", "momentum": 0.9})
    parts = {"train": np.arange(60, dtype=np.int32), "test": np.arange(60, 85, dtype=np.int32)}
    data = Prepared(Samples(pixels, labels, classes=tuple("abcd")), parts, np.zeros(1), np.full(1, 1 / 255))
    runs = tuple(Run("base", seed, one, data) for seed in range(2))
    return Group(runs, build(one.model, pixels.shape[1:], 4))


def test_images_are_read_as_bytes():
    pixels = np.random.default_rng(1).integers(0, 256, (SAMPLES, 1, 4, 5)).astype(np.uint8)
    bytes_, floats = of_images(pixels), of_images(pixels.astype(np.float32))
    losses = steps(engine(FusedEngine, bytes_), bytes_, 20)
    np.testing.assert_array_equal(losses, steps(engine(FusedEngine, floats), floats, 20))
    np.testing.assert_allclose(losses, steps(engine(ArrayEngine, bytes_), bytes_, 20), rtol=2e-5)


def with_threads(of: Group, threads: int) -> FusedEngine:
    keys = of.keys("dropout"), of.keys("augment")
    state = of.initial_params(), of.initial_state()
    return FusedEngine(of.program(), of.data, *state, *keys, threads=threads)


@pytest.mark.parametrize("name", ["norm and dropout", "loss cross_entropy", "linear, full batch"])
def test_any_number_of_threads_gives_the_same_bits(name):
    of = make(name)
    single, several = with_threads(of, 1), with_threads(of, 3)
    np.testing.assert_array_equal(steps(single, of, 20), steps(several, of, 20))
    for key, array in single.read().items():
        np.testing.assert_array_equal(several.read()[key], array, err_msg=key)
    indices = of.part("train")
    np.testing.assert_array_equal(single.predict(indices), several.predict(indices))


@pytest.mark.parametrize("name", [name for name in CASES if "full batch" in name])
def test_threads_that_share_a_run_give_the_same_bits(name, monkeypatch):
    monkeypatch.setattr(driver, "BLOCK", PANEL)
    monkeypatch.setattr(driver, "SHARED", 0)
    of = make(name)
    single, team = with_threads(of, 1), with_threads(of, 3)
    np.testing.assert_array_equal(steps(single, of, 20), steps(team, of, 20))
    np.testing.assert_array_equal(single.read()["params"], team.read()["params"])


def test_a_diverged_run_stops_its_team_and_no_other_run(monkeypatch):
    monkeypatch.setattr(driver, "BLOCK", PANEL)
    calm, wild = ({"lr": lr, "batch_size": "all", "steps": 20} for lr in (0.01, 1e6))
    of = group([recipe(training=wild), recipe(training=calm)], seeds=1)
    losses = steps(with_threads(of, 3), of, 20)
    assert np.isnan(losses[0, -1])
    assert np.isfinite(losses[1]).all()


def test_prediction_does_not_depend_on_its_slicing(monkeypatch):
    of = make("batch norm")
    made = engine(FusedEngine, of)
    whole = made.predict(of.part("train"))
    monkeypatch.setattr("seedbed.engines.fused.driver.BLOCK", 32)
    np.testing.assert_array_equal(made.predict(of.part("train")), whole)


def test_data_that_may_not_be_written_compiles_nothing_anew():
    of = make("batch norm")
    before = list(kernels().train.signatures)
    for array in (of.data.inputs, of.data.targets, of.data.dataset):
        array.flags.writeable = False
    steps(engine(FusedEngine, of), of, 1)
    assert kernels().train.signatures == before


ENVIRONMENTS = {
    "plain Python, 8 wide": {"NUMBA_DISABLE_JIT": "1", "SEEDBED_SIMD_WIDTH": "8"},
    "plain Python, 4 wide": {"NUMBA_DISABLE_JIT": "1", "SEEDBED_SIMD_WIDTH": "4"},
    "compiled, 4 wide": {"SEEDBED_SIMD_WIDTH": "4"},
    "compiled, 8 wide": {"SEEDBED_SIMD_WIDTH": "8"},
}


@pytest.mark.parametrize("settings", ENVIRONMENTS.values(), ids=ENVIRONMENTS)
def test_agrees_compiled_or_not_at_other_widths(settings):
    program = Path(__file__).with_name("fused_cases.py")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", program], env=os.environ | settings, capture_output=True, text=True
    )
    assert done.stdout.strip() == "agree", done.stderr


class Strange:
    """A loss or rule that nobody has heard of."""


IMAGES = Network((Conv2d(1, 2, 3), Flatten(), Dense(8, 1)), (1, 4, 4))
RECTIFIED = Network((Dense(3, 4), BatchNorm(4, relu=True), Dense(4, 1)), (3,))


@pytest.mark.parametrize(
    ("change", "lacking"),
    [
        ({"model": IMAGES}, "Conv2d"),
        ({"model": RECTIFIED}, "BatchNorm"),
        ({"loss": Strange()}, "Strange"),
        ({"optimizer": Strange()}, "Strange"),
    ],
)
def test_what_has_no_kernel_is_refused_and_auto_takes_another(change, lacking):
    pytest.importorskip("torch")
    program = make("sgd").program()
    assert choose("fused", program).make is FusedEngine
    with pytest.raises(UnfitError, match=f"no kernel for the .*{lacking}"):
        choose("fused", replace(program, **change))
    assert choose("auto", replace(program, **change)).engine == "torch"
