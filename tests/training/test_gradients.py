"""Gradients by layer: against an engine's own first step, and where they explode, vanish or do neither."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from made import group, ignore, recipe

from seedbed.analysis.findings import find
from seedbed.engines.array_engine import ArrayEngine
from seedbed.engines.base import Batches
from seedbed.training import gradients
from seedbed.training.gradients import gradients_of
from seedbed.training.group import Group
from seedbed.training.hyperparameters import Hyperparameters
from seedbed.training.loop import train

LR = 0.05


def at_start(of: Group) -> list[tuple]:
    params = of.initial_params()
    return gradients_of(of, params, params, of.initial_state())


def first_step(of: Group, samples: int) -> np.ndarray:
    """By how much an engine's first step moves the parameters, (runs, P)."""
    keys = of.keys("dropout"), of.keys("augment")
    engine = ArrayEngine(of.program(), of.data, of.initial_params(), of.initial_state(), *keys)
    batch = Batches(of.subset("train", samples), np.array([0, samples]))
    engine.train(batch, Hyperparameters(of).steps(0, 1), 0)
    return engine.read(["params"])["params"] - of.initial_params()


CASES = {
    "plain": ({}, {}),
    "norm": ({"norm": "batch", "hidden": (20, 20)}, {}),
    "dropout": ({"dropout": 0.3}, {}),
    "clipped": ({}, {"clip_norm": 0.01}),
    "classes": ({}, {"loss": "cross_entropy", "label_smoothing": 0.1}),
    "class weights": ({}, {"loss": "cross_entropy", "class_weight": "balanced"}),
    "two classes": ({"kind": "logistic"}, {"loss": "bce"}),
}


@pytest.mark.parametrize("name", CASES)
def test_the_first_step_is_that_of_the_engine(name: str) -> None:
    model, training = CASES[name]
    of = group([recipe(model, {"lr": LR, **training})], seeds=3)
    moved, params = first_step(of, gradients.MOST), of.initial_params()
    for row, layers in enumerate(at_start(of)):
        slots = of.network.parameters.slots
        for layer in layers:
            (slot,) = [
                slots[f"{layer.layer}.{end}"] for end in ("weight", "beta") if f"{layer.layer}.{end}" in slots
            ]
            part = slice(slot.start, slot.stop)
            usual = np.sqrt(2 * slot.size / slot.parameter.fan_in)
            size = max(np.linalg.norm(params[row, part]), usual)
            assert layer.step == pytest.approx(np.linalg.norm(moved[row, part]) / size, rel=1e-3)
            assert layer.step == pytest.approx(LR * layer.first)
            assert layer.last == layer.first


def test_runs_in_a_group_equal_runs_alone_however_it_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    of = group([recipe({"norm": "batch"}), recipe({"norm": "batch"}, {"lr": 0.5})], seeds=2)
    together = at_start(of)
    monkeypatch.setattr(gradients, "GRADIENT_BYTES", 1)
    assert at_start(of) == together
    for row, run in enumerate(of.runs):
        assert at_start(replace(of, runs=(run,))) == [together[row]]


def test_rules_that_scale_gradients_take_no_long_steps() -> None:
    of = group([recipe(training={"optimizer": "adam", "lr": 1e6})])
    assert all(np.isnan(layer.step) and layer.first > 0 for layers in at_start(of) for layer in layers)


def test_large_networks_are_asked_for_fewer_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    of = group([recipe()])
    assert gradients.samples_of(of) == gradients.MOST
    monkeypatch.setattr(gradients, "ACTIVATIONS", 1)
    assert gradients.samples_of(of) == gradients.FEWEST


def kinds(model: dict, training: dict | None = None) -> set[str]:
    """What is found in a small training."""
    outcome = train(group([recipe(model, training)], seeds=2), ArrayEngine, "val.mse", "min", ignore)
    return {found.kind for found in find(outcome.evidence)}


DEEP = {"hidden": (10,) * 10, "activation": "sigmoid"}


def test_gradients_vanish_in_many_sigmoids_and_not_with_norms() -> None:
    assert "vanishing_gradients" in kinds(DEEP)
    assert "vanishing_gradients" not in kinds({**DEEP, "norm": "batch"})
    assert "vanishing_gradients" not in kinds({**DEEP, "activation": "relu", "init": "kaiming_normal"})


def test_gradients_explode_in_large_weights_and_not_where_they_are_clipped() -> None:
    large = {"hidden": (30,) * 4, "init": "normal", "init_std": 1.0}
    assert "exploding_gradients" in kinds(large)
    assert "exploding_gradients" not in kinds(large, {"clip_norm": 1.0})
    assert "exploding_gradients" not in kinds({**large, "init": "kaiming_normal"})
    assert "exploding_gradients" not in kinds({**large, "init_std": 1e-4})  # weights near zero may grow
