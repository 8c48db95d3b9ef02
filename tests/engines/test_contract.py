"""The contract of every engine: a run in its group equals the run alone, a diverged one leaves its neighbours be."""

from dataclasses import replace
from functools import partial
from threading import Event

import array_api_compat.numpy as xnp
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from made import engine, group, recipe, steps
from recorded import by_tracing

from seedbed.engines.array_engine import ArrayEngine
from seedbed.engines.fused.driver import FusedEngine
from seedbed.engines.torch_engine import TensorEngine, TorchEngine
from seedbed.nn.base import Context
from seedbed.training.group import Group

MIXED = [
    recipe({"norm": "batch", "dropout": 0.2}, {"lr": 0.05, "momentum": 0.9}),
    recipe(
        {"norm": "batch", "dropout": 0.5, "init": "xavier_normal"},
        {"lr": 0.5, "weight_decay": 0.1, "l1": 0.01},
    ),
    recipe({"norm": "batch", "dropout": 0.1}, {"lr": 0.01, "clip_norm": 0.1}),
]

WEIGHTED = [
    recipe({"norm": "batch"}, {"loss": "cross_entropy", "class_weight": "balanced"}),
    recipe(
        {"norm": "batch"},
        {"loss": "cross_entropy", "class_weight": {"1": 5.0, "3": 0.2}, "label_smoothing": 0.2},
    ),
    recipe({"norm": "batch"}, {"loss": "cross_entropy", "class_weight": {"0": 0.1}, "lr": 0.2}),
]
WEIGHTED_PAIR = [
    recipe(None, {"loss": "bce", "class_weight": "balanced"}),
    recipe(None, {"loss": "bce", "class_weight": {"1": 7.0}}),
    recipe(None, {"loss": "bce", "class_weight": {"0": 0.1, "1": 2.0}, "lr": 0.5}),
]
GROUPS = {
    "numbers": partial(group, MIXED),
    "numbers with gaps": partial(group, MIXED, gaps=True),
    "gaps, not scaled": partial(group, MIXED, gaps=True, scaled=False),
    "weighted classes": partial(group, WEIGHTED),
    "weighted pair of classes": partial(group, WEIGHTED_PAIR, gaps=True),
}


@pytest.fixture(params=GROUPS)
def of(request):
    return GROUPS[request.param]()


ENGINES = {
    "numpy": (ArrayEngine, 1),
    "fused": (FusedEngine, 1),
    "torch": (TorchEngine, 1),
    "torch on four threads": (TorchEngine, 4),
    "torch, recorded": (partial(TensorEngine, "cpu", False, by_tracing, Event()), 1),
    "torch on CUDA": (partial(TorchEngine, device="cuda"), 1),
    "CUDA graphs": (partial(TorchEngine, device="cuda", cuda_graphs=True), 1),
}
EXACT = (ArrayEngine, FusedEngine)


@pytest.fixture(params=ENGINES)
def engine_class(request, monkeypatch):
    if "CUDA" in request.param and not torch.cuda.is_available():
        pytest.skip("there is no CUDA device")
    engine, threads = ENGINES[request.param]
    monkeypatch.setattr("torch.get_num_threads", lambda: threads)
    return engine


def assert_same_run(engine_class, found, expected, name=""):
    """Of two groupings; torch sums in an order that depends on how many runs there are."""
    if engine_class in EXACT:
        np.testing.assert_array_equal(found, expected, err_msg=name)
    else:
        np.testing.assert_allclose(found, expected, rtol=2e-5, atol=1e-6, err_msg=name)


def alone(of: Group, place: int) -> Group:
    return Group((of.runs[place],), of.network, of.study_seed)


@pytest.mark.parametrize("place", range(6))
def test_run_in_a_group_equals_the_run_alone(engine_class, place, of):
    together = of
    everyone, single = engine(engine_class, together), engine(engine_class, alone(together, place))
    losses = steps(everyone, together, 20)
    assert_same_run(engine_class, losses[place], steps(single, alone(together, place), 20)[0])
    for name, array in everyone.read().items():
        assert_same_run(engine_class, array[place], single.read()[name][0], name)


def test_engines_agree(engine_class, of):
    made, reference = engine(engine_class, of), engine(ArrayEngine, of)
    np.testing.assert_allclose(steps(made, of, 20), steps(reference, of, 20), rtol=2e-5, atol=1e-6)
    arrays, expected = made.read(), reference.read()
    assert list(arrays) == list(expected)
    for name, array in expected.items():
        np.testing.assert_allclose(arrays[name], array, rtol=2e-4, atol=2e-5, err_msg=name)
        assert arrays[name].dtype == np.float32


def test_losses_fall(engine_class):
    of = group([recipe({"norm": "batch"}, {"momentum": 0.9})])
    losses = steps(engine(engine_class, of), of, 200)
    assert (losses[:, -10:].mean(axis=1) < 0.5 * losses[:, :10].mean(axis=1)).all()


def test_diverged_run_is_frozen_and_its_neighbours_untouched(engine_class):
    calm, wild = recipe(training={"lr": 0.01}), recipe(training={"lr": 1e6})
    of = group([calm, wild], seeds=1)
    made = engine(engine_class, of)
    losses = steps(made, of, 20)
    broken = np.flatnonzero(np.isnan(losses[1]))
    assert len(broken), "a rate of a million should diverge"
    assert np.isnan(losses[1, broken[0] :]).all()
    single = engine(engine_class, alone(of, 0))
    assert_same_run(engine_class, losses[0], steps(single, alone(of, 0), 20)[0])
    until = engine(engine_class, alone(of, 1))
    steps(until, alone(of, 1), int(broken[0]))
    assert_same_run(engine_class, made.read()["params"][1], until.read()["params"][0])


def test_steps_in_two_calls_equal_steps_in_one(engine_class):
    of = group(MIXED)
    once, twice = engine(engine_class, of), engine(engine_class, of)
    losses = steps(once, of, 13)
    halves = np.concatenate([steps(twice, of, 6), steps(twice, of, 7, first=6)], axis=1)
    np.testing.assert_array_equal(losses, halves)


def test_kept_runs_go_on_as_before(engine_class, of):
    made, reference = engine(engine_class, of), engine(engine_class, of)
    steps(made, of, 5)
    steps(reference, of, 5)
    kept = np.array([4, 1])
    made.keep(kept)
    part = Group(tuple(of.runs[place] for place in kept), of.network, of.study_seed)
    assert_same_run(engine_class, steps(made, part, 5, first=5), steps(reference, of, 5, first=5)[kept])
    outputs = made.predict(part.part("test"))
    assert_same_run(engine_class, outputs, reference.predict(of.part("test"))[kept])


@pytest.mark.parametrize("runs", [[], [0], [5, 2], [0, 1, 2, 3, 4, 5]])
def test_some_runs_are_asked_alone(engine_class, runs):
    of = group(MIXED)
    made = engine(engine_class, of)
    steps(made, of, 3)
    indices, runs = of.part("test"), np.array(runs, np.int64)
    outputs = made.predict(indices[runs], runs)
    assert outputs.shape == (len(runs), indices.shape[1], 1)
    assert_same_run(engine_class, outputs, made.predict(indices)[runs])


def test_arrays_that_are_read_can_be_written_into_another_engine(engine_class):
    of = group(MIXED)
    trained, fresh = engine(engine_class, of), engine(engine_class, of)
    steps(trained, of, 5)
    fresh.write(trained.read())
    np.testing.assert_array_equal(steps(fresh, of, 3, first=5), steps(trained, of, 3, first=5))


def test_full_batch_descent_takes_every_sample_in_every_step(engine_class):
    of = group([recipe(training={"batch_size": "all", "steps": 3})], seeds=1)
    made = engine(engine_class, of)
    losses = steps(made, of, 1)
    targets = of.data.targets[0, of.part("train")[0]]
    outputs = engine(engine_class, of).predict(of.part("train"))[0]
    np.testing.assert_allclose(losses[0, 0], ((outputs - targets) ** 2).mean(), rtol=1e-6)


@pytest.mark.parametrize("name", ["weighted classes", "weighted pair of classes"])
def test_class_weights_and_gaps_reach_the_loss(engine_class, name):
    """The first loss is torch's own, of the network's outputs for the training part filled in beforehand."""
    of = GROUPS[name]()
    of = Group(of.runs[2:4], of.network, of.study_seed)
    whole = [replace(run, recipe=batch_of_all(run.recipe)) for run in of.runs]
    of = Group(tuple(whole), of.network, of.study_seed)
    losses = steps(engine(engine_class, of), of, 1)[:, 0]
    for place, run in enumerate(of.runs):
        assert losses[place] == pytest.approx(torch_loss(of, place, run), rel=2e-5)


def batch_of_all(one):
    training = one.training.model_copy(update={"batch_size": "all"})
    return one.model_copy(
        update={"training": training, "model": one.model.model_copy(update={"dropout": 0.0})}
    )


def torch_loss(of, place, run):
    data, members = run.prepared, run.prepared.parts["train"]
    raw = data.samples.inputs[members]
    filled = raw if data.fill is None else np.where(np.isnan(raw), data.fill, raw)
    x = ((filled - data.center) * data.scale)[None]
    params, state = of.initial_params()[place : place + 1], of.initial_state()[place : place + 1]
    network = of.network
    outputs = network.forward(params, state, x.astype(np.float32), Context(xnp, training=True))[0][0]
    labels = torch.tensor(data.samples.targets[members].reshape(-1))
    weights = torch.tensor(of.data.class_weights[place])
    if of.loss == "bce":
        return F.binary_cross_entropy_with_logits(
            torch.tensor(outputs[:, 0]), labels.float(), weight=weights[labels]
        ).item()
    smoothing = run.recipe.training.label_smoothing
    return F.cross_entropy(torch.tensor(outputs), labels, weight=weights, label_smoothing=smoothing).item()
