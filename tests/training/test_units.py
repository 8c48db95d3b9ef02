"""Idle units are found where they were put, and nowhere else, whatever the network and the data."""

from dataclasses import replace
from math import prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made import group, ignore, recipe

from seedbed.analysis.evidence import Units
from seedbed.analysis.findings import find
from seedbed.data.base import Prepared, Samples
from seedbed.engines.array_engine import ArrayEngine
from seedbed.nn.base import Slot
from seedbed.nn.layers.activations import ACTIVATIONS
from seedbed.recipe import Recipe
from seedbed.training import drawn, units
from seedbed.training.group import Group, Run
from seedbed.training.loop import train
from seedbed.training.networks import build

RNG = np.random.default_rng(8)
PIXELS = RNG.integers(0, 256, (90, 3, 8, 8)).astype(np.uint8)
LABELS = RNG.integers(0, 4, len(PIXELS))
ORDER = RNG.permutation(len(PIXELS)).astype(np.int32)
CNN = {"kind": "cnn", "blocks": [{"filters": 5}, {"filters": 4, "pool": "max"}], "hidden": (6,)}
RESNET = {"kind": "resnet", "depth": 8, "widths": (4, 5, 6), "shortcut": "projection"}


def rectified(of: Group, params: np.ndarray, state: np.ndarray) -> list[tuple[Units, ...]]:
    return [layers.rectified for layers in units.layers_of(of, params, state)]


def saturated(of: Group, params: np.ndarray) -> np.ndarray:
    """How many units are saturated, by run and layer."""
    found = units.layers_of(of, params, of.initial_state())
    return np.array([[layer.idle for layer in layers.saturated] for layers in found])


def of_images(model: dict, runs: int = 3) -> Group:
    """A group on images of bytes, centred and scaled by channel."""
    training = {"loss": "cross_entropy", "batch_size": 16, "epochs": 1}
    one = Recipe.model_validate({"data": {"source": "cifar10"}, "model": model, "training": training})
    scaling = np.full((3, 1, 1), 127.5, np.float32), np.full((3, 1, 1), 1 / 64, np.float32)
    data = Prepared(Samples(PIXELS, LABELS, classes=tuple("abcd")), {"train": ORDER}, *scaling)
    network = build(one.model, PIXELS.shape[1:], 4)
    return Group(tuple(Run("base", seed, one, data) for seed in range(runs)), network)


def bias_slots(of: Group) -> list[Slot]:
    """The biases that decide the positive parts, a slot a layer, in the order of the network."""
    slots = [slot for name, slot in of.network.parameters.slots.items() if name.endswith("bias")]
    return [slot for slot in slots[:-1] if "shortcut" not in slot.name]  # the last gives the outputs


def lively(of: Group) -> np.ndarray:
    """Parameters with which every unit gives about one for any sample."""
    params = of.initial_params() * np.float32(0.02)
    for slot in bias_slots(of):
        params[:, slot.start : slot.stop] = 1
    return params


def dead(of: Group, params: np.ndarray) -> np.ndarray:
    """How many units are dead, by run and layer."""
    found = rectified(of, params, of.initial_state())
    return np.array([[layer.idle for layer in layers] for layers in found])


GROUPS = {
    "mlp": group([recipe({"hidden": (7, 5)})], seeds=3),
    "mlp of unscaled data": group([recipe({"hidden": (7, 5)})], seeds=3, scaled=False),
    "mlp with powers": group([recipe({"hidden": (7, 5)})], seeds=3, powers=2),
    "cnn": of_images(CNN),
    "resnet": of_images(RESNET),
}


@pytest.mark.parametrize("name", GROUPS)
@given(st.data())
@settings(max_examples=10)
def test_a_unit_without_a_chance_is_found_and_no_other(name, data):
    of = GROUPS[name]
    params, slots = lively(of), bias_slots(of)
    expected = np.zeros((len(of.runs), len(slots)), dtype=int)
    np.testing.assert_array_equal(dead(of, params), expected)
    run, place = (data.draw(st.integers(0, size - 1)) for size in expected.shape)
    params[run, slots[place].start + data.draw(st.integers(0, slots[place].size - 1))] = -1e3
    expected[run, place] = 1
    np.testing.assert_array_equal(dead(of, params), expected)


@pytest.mark.parametrize("name", GROUPS)
def test_layers_say_how_many_units_they_have_and_whether_of_images(name):
    of = GROUPS[name]
    (layers, *_) = rectified(of, of.initial_params(), of.initial_state())
    images = {"cnn": [True, True, False], "resnet": [True] * 7}.get(name, [False, False])
    assert [layer.units for layer in layers] == [slot.size for slot in bias_slots(of)]
    assert [layer.images for layer in layers] == images


@pytest.mark.parametrize("name", GROUPS)
def test_runs_in_a_group_equal_runs_alone_however_it_is_cut(name, monkeypatch):
    of = GROUPS[name]
    params = of.initial_params() - np.float32(0.1)  # some units die
    together = rectified(of, params, of.initial_state())
    assert any(layer.idle for layers in together for layer in layers)
    for row, run in enumerate(of.runs):
        alone = replace(of, runs=(run,))
        assert rectified(alone, params[row : row + 1], of.initial_state()[row : row + 1]) == [together[row]]
    widest = max(prod(shape) for shape in of.network.shapes)
    for at_once in (units.MOST, 2 * units.MOST):  # one run, two runs
        monkeypatch.setattr(drawn, "SLICE_BYTES", 4 * widest * at_once)
        assert rectified(of, params, of.initial_state()) == together


@pytest.mark.parametrize("scaled", [True, False])
def test_networks_see_what_the_engine_shows_them(scaled, monkeypatch):
    """A unit on one scaled input whose bias lets through the largest seen, and nothing if it is a little lower."""
    of = group([recipe({"hidden": (1,)})], seeds=3, scaled=scaled)
    monkeypatch.setattr(drawn, "SLICE_BYTES", 4 * 3 * units.MOST)  # run by run
    params = np.zeros_like(of.initial_params())
    views = of.network.parameters.views(params)
    views["0.weight"][:, 0, 0] = views["2.weight"][:, 0, 0] = 1
    largest = engine_with(of, params + 0).predict(of.part("train"))[:, :, 0].max(axis=1)
    for below, expected in ((1e-3, 0), (-1e-3, 1)):
        views["0.bias"][:, 0] = -largest + below
        np.testing.assert_array_equal(dead(of, params), np.full((3, 1), expected))


def engine_with(of: Group, params: np.ndarray) -> ArrayEngine:
    keys = of.keys("dropout"), of.keys("augment")
    return ArrayEngine(of.program(), of.data, params, of.initial_state(), *keys)


@pytest.mark.parametrize("activation", sorted(set(ACTIVATIONS) - {"relu"}))
def test_other_activations_have_no_units_that_could_die(activation):
    of = group([recipe({"activation": activation})])
    assert rectified(of, of.initial_params(), of.initial_state()) == [()] * len(of.runs)


def test_a_rate_that_kills_units_is_found_in_training():
    of = group([recipe(training={"lr": lr, "clip_norm": 1.0}) for lr in (0.01, 100.0)], seeds=1)
    outcome = train(of, ArrayEngine, "val.mse", "min", ignore)
    kinds = {(found.variant, found.kind) for found in find(outcome.evidence)}
    assert ("v1", "dead_units") in kinds
    assert ("v0", "dead_units") not in kinds


SATURATING = {
    **{
        kind: group([recipe({"hidden": (7, 5), "activation": kind})], seeds=3) for kind in ("tanh", "sigmoid")
    },
    "tanh in images": of_images({**CNN, "activation": "tanh"}),
}


@pytest.mark.parametrize("name", SATURATING)
@given(st.data())
@settings(max_examples=10)
def test_a_unit_that_is_driven_to_its_end_is_found_and_no_other(name, data):
    of = SATURATING[name]
    params, slots = of.initial_params() * np.float32(0.02), bias_slots(of)
    expected = np.zeros((len(of.runs), len(slots)), dtype=int)
    np.testing.assert_array_equal(saturated(of, params), expected)
    run, place = (data.draw(st.integers(0, size - 1)) for size in expected.shape)
    params[run, slots[place].start + data.draw(st.integers(0, slots[place].size - 1))] = data.draw(
        st.sampled_from([-1e3, -10, 10, 1e3])
    )
    expected[run, place] = 1
    np.testing.assert_array_equal(saturated(of, params), expected)


@pytest.mark.parametrize("activation", sorted(set(ACTIVATIONS) - {"tanh", "sigmoid"}))
def test_other_activations_do_not_saturate(activation):
    of = group([recipe({"activation": activation})])
    assert saturated(of, of.initial_params()).shape == (len(of.runs), 0)


def test_unscaled_inputs_saturate_a_tanh_in_training():
    recipes = [
        recipe({"hidden": (20, 20), "activation": "tanh", "init": "normal", "init_std": std})
        for std in (0.1, 60)
    ]
    outcome = train(group(recipes, seeds=2), ArrayEngine, "val.mse", "min", ignore)
    kinds = {(found.variant, found.kind) for found in find(outcome.evidence)}
    assert ("v1", "saturated_units") in kinds
    assert ("v0", "saturated_units") not in kinds
