"""PyTorch modules on the torch engine: in a group as alone, and as our own networks where these are the same."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from made import FEATURES, group, recipe, steps
from made import engine as engine_of
from module_zoo import ZOO, Animal, Mlp
from torch import nn

from seedbed.draws import keys
from seedbed.engines import tracing
from seedbed.engines.base import Batches, GroupData, Program
from seedbed.engines.choice import EngineError, UnfitError, choose, usual
from seedbed.engines.torch_engine import TorchEngine
from seedbed.nn.losses import LOSSES
from seedbed.nn.modules.making import Recipe
from seedbed.nn.modules.probing import layer_of
from seedbed.nn.network import Network
from seedbed.optim.sgd import SGD

RUNS, SAMPLES, BATCH, STEPS = 3, 48, 12, 5
CLASSES = 3


def network_of(animal: Animal, outputs: int = CLASSES) -> Network:
    rng = np.random.default_rng(1)
    example = torch.from_numpy(rng.standard_normal((4, *animal.shape)).astype(np.float32))
    made = Recipe(f"zoo:{animal.cls.__name__}", animal.cls, json.dumps(dict(animal.arguments)))
    return Network((layer_of(made, example, outputs),), animal.shape)


def program(animal: Animal, network: Network | None = None) -> Program:
    network = network or network_of(animal)
    return Program(network, LOSSES["cross_entropy"], SGD(), network.parameters.decay_mask())


def engine(
    animal: Animal, runs: list[int], network: Network | None = None, precision: str = "float32"
) -> TorchEngine:
    network = network or network_of(animal)
    rng = np.random.default_rng(0)
    inputs = rng.standard_normal((1, SAMPLES, *animal.shape)).astype(np.float32)
    data = GroupData(inputs, rng.integers(0, CLASSES, (1, SAMPLES)), np.zeros(len(runs), np.int64))
    drawn = [network.drawn(run) for run in runs]
    params, state = (
        np.stack(
            [
                np.concatenate([np.zeros(0, np.float32), *(one[name].ravel() for name in layout.slots)])
                for one in drawn
            ]
        )
        for layout in (network.parameters, network.state)
    )
    key = keys(0, runs, "dropout")
    return TorchEngine(program(animal, network), data, params, state, key, key, precision=precision)


def train(made: TorchEngine, runs: list[int], first: int = 0, count: int = STEPS) -> np.ndarray:
    """Batches and rates of their own for each run."""
    order = np.stack([np.random.default_rng(run).integers(0, SAMPLES, BATCH * STEPS) for run in range(RUNS)])
    own = order[runs, first * BATCH : (first + count) * BATCH].astype(np.int32)
    batches = Batches(own, np.arange(count + 1) * BATCH)
    rates = np.array([0.05, 0.1, 0.2])[runs]
    numbers = {"lr": rates, "momentum": 0.9, "weight_decay": 1e-3, "l1": 0.0, "clip_norm": np.inf}
    hyper = {name: np.broadcast_to(np.asarray(value), (count, len(runs))) for name, value in numbers.items()}
    return made.train(batches, hyper, first)


def answers(made: TorchEngine, runs: int) -> np.ndarray:
    return made.predict(np.tile(np.arange(SAMPLES, dtype=np.int32), (runs, 1)))


@pytest.fixture(params=ZOO)
def animal(request):
    return ZOO[request.param]


def test_the_zoo_in_a_group_as_alone(animal):
    network, everyone = network_of(animal), list(range(RUNS))
    assert (network.why_alone is None) == animal.together, network.why_alone
    before = torch.get_rng_state()
    together = engine(animal, everyone, network)
    losses, outputs = train(together, everyone), answers(together, RUNS)
    assert np.isfinite(losses).all()
    for run in everyone:
        single = engine(animal, [run], network)
        np.testing.assert_allclose(losses[run], train(single, [run])[0], rtol=2e-5, atol=1e-6)
        np.testing.assert_allclose(outputs[run], answers(single, 1)[0], rtol=1e-4, atol=1e-5)
        for name, array in together.read().items():
            np.testing.assert_allclose(array[run], single.read()[name][0], rtol=1e-4, atol=1e-5, err_msg=name)
    assert torch.equal(torch.get_rng_state(), before)


def test_the_zoo_goes_on_from_what_was_read_to_the_same_bits(animal):
    network, everyone = network_of(animal), list(range(RUNS))
    whole, halved = (engine(animal, everyone, network) for _ in range(2))
    losses = train(whole, everyone)
    first = train(halved, everyone, count=2)
    resumed = engine(animal, everyone, network)
    resumed.write(halved.read())
    np.testing.assert_array_equal(losses, np.column_stack([first, train(resumed, everyone, 2, STEPS - 2)]))
    for name, array in whole.read().items():
        np.testing.assert_array_equal(array, resumed.read()[name], err_msg=name)


def test_the_zoo_traced_to_the_same_bits(animal, monkeypatch):
    """Steps as one program that were traced, and those that were not."""
    network, everyone = network_of(animal), list(range(RUNS))
    monkeypatch.setattr(tracing, "CALLS_BEFORE", STEPS + 1)
    expected = engine(animal, everyone, network)
    losses = train(expected, everyone)
    monkeypatch.setattr(tracing, "CALLS_BEFORE", 2)
    made = engine(animal, everyone, network)
    np.testing.assert_array_equal(train(made, everyone), losses)
    for name, array in expected.read().items():
        np.testing.assert_array_equal(made.read()[name], array, err_msg=name)
    traced = [one._replay is not None for part in made._parts for one in part._traced.values()]
    assert traced == ([] if network.runs_alone("cpu") else [True])


class Counting(nn.Module):
    """Goes by Python's own numbers, which no tracing sees."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.calls = nn.Linear(6, CLASSES), 0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.calls += 1
        return self.first(x) if self.calls < 1000 else self.first(x).tanh()


def test_a_module_that_counts_its_calls_is_not_traced(monkeypatch):
    monkeypatch.setattr(tracing, "CALLS_BEFORE", 2)
    made = engine(Animal(Counting), list(range(RUNS)))
    train(made, list(range(RUNS)))
    assert not any(part._traced for part in made._parts)
    assert not network_of(ZOO["batch norm"]).remembers


def test_a_module_as_plain_pytorch_trains_it():
    """Batch norm, its running statistics and an ordinary loop, without dropout."""
    animal = ZOO["batch norm"]
    made, runs = engine(animal, [0, 1, 2]), [0, 1, 2]
    losses = train(made, runs)
    rng = np.random.default_rng(0)
    inputs = torch.from_numpy(rng.standard_normal((SAMPLES, *animal.shape)).astype(np.float32))
    targets = torch.from_numpy(rng.integers(0, CLASSES, SAMPLES))
    layout = made._parts[0].program.model  # the same of all parts
    for run, rate in zip(runs, [0.05, 0.1, 0.2], strict=True):
        torch.manual_seed(run)
        module = Mlp(norm="batch")
        decays = {True: 1e-3, False: 0.0}
        groups = [{"params": [one], "weight_decay": decays[one.ndim > 1]} for one in module.parameters()]
        optimizer = torch.optim.SGD(groups, rate, momentum=0.9)
        order = np.random.default_rng(run).integers(0, SAMPLES, BATCH * STEPS).reshape(STEPS, BATCH)
        for step, batch in enumerate(order):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(module(inputs[batch]), targets[batch])
            loss.backward()
            optimizer.step()
            np.testing.assert_allclose(losses[run, step], loss.item(), rtol=1e-4, atol=1e-6)
        state = layout.state.views(made.read()["state"])
        for name, buffer in module.named_buffers():
            np.testing.assert_allclose(state[f"0.{name}"][run], buffer.numpy(), rtol=1e-4, atol=1e-6)


class Twin(nn.Sequential):
    """The mlp of `made.recipe` with batch norm."""

    def __init__(self) -> None:
        super().__init__(
            nn.Linear(FEATURES, 6), nn.BatchNorm1d(6), nn.ReLU(),
            nn.Linear(6, 5), nn.BatchNorm1d(5), nn.ReLU(), nn.Linear(5, 4),
        )  # fmt: skip


def test_a_module_equal_to_one_of_our_networks_gives_its_losses():
    rates = {"loss": "cross_entropy", "momentum": 0.9, "weight_decay": 0.1}
    ours = group(
        [
            recipe({"norm": "batch"}, rates | {"lr": 0.05, "clip_norm": 0.5}),
            recipe({"norm": "batch"}, rates | {"lr": 0.2, "label_smoothing": 0.1}),
        ]
    )
    layer = layer_of(Recipe("twin:Twin", Twin), torch.randn(4, FEATURES), 4)
    theirs = replace(ours, network=Network((layer,), (FEATURES,)))
    own = engine_of(TorchEngine, ours)
    views = {
        name: np.swapaxes(array, 1, 2) if array.ndim == 3 else array
        for name, array in ours.network.parameters.views(own.read()["params"]).items()
    }
    params = np.column_stack([array.reshape(len(ours.runs), -1) for array in views.values()])
    state = np.stack([values.ravel() for values in _state_of(layer, len(ours.runs))])
    key = ours.keys("dropout"), ours.keys("augment")
    twin = TorchEngine(theirs.program(), ours.data, params, state, *key)
    np.testing.assert_allclose(steps(twin, ours, 20), steps(own, ours, 20), rtol=2e-5, atol=1e-6)
    indices = ours.part("val")
    np.testing.assert_allclose(twin.predict(indices), own.predict(indices), rtol=1e-3, atol=1e-4)


def _state_of(layer, runs):
    """Means of 0, variances of 1 and no batches counted."""
    drawn = layer.drawn(0)
    return [np.concatenate([drawn[name].ravel() for name in layer.state()])] * runs


def test_a_run_that_diverges_leaves_its_neighbours_as_they_are():
    animal, runs = ZOO["dropout"], [0, 1, 2]
    calm, wild = engine(animal, runs), engine(animal, runs)
    arrays = wild.read()
    arrays["params"][1] = np.nan
    wild.write(arrays)
    expected, losses = train(calm, runs), train(wild, runs)
    assert np.isnan(losses[1]).all()
    np.testing.assert_array_equal(losses[[0, 2]], expected[[0, 2]])
    for name, array in calm.read().items():
        np.testing.assert_array_equal(wild.read()[name][[0, 2]], array[[0, 2]])


def test_runs_that_go_leave_the_others_as_they_are():
    animal, runs = ZOO["dropout"], [0, 1, 2]
    whole, cut = engine(animal, runs), engine(animal, runs)
    expected = train(whole, runs)
    first = train(cut, runs, count=2)
    cut.keep(np.array([0, 2]))
    rest = train(cut, [0, 2], 2, STEPS - 2)
    np.testing.assert_allclose(np.column_stack([first[[0, 2]], rest]), expected[[0, 2]], rtol=2e-5)


@pytest.mark.parametrize("name", ["numpy", "fused"])
def test_only_pytorch_trains_a_module(name):
    with pytest.raises(UnfitError, match="a PyTorch module is trained by PyTorch"):
        choose(name, program(ZOO["mlp"]))


def test_engines_of_modules():
    together, alone = program(ZOO["mlp"]), program(ZOO["control flow"])
    assert usual(together) == "torch"
    assert (choose("auto", together).engine, choose("auto", together).reason) == ("torch", None)
    assert choose("torch", alone).reason == (
        "runs are trained one by one: its code goes by the values of tensors (an if, a loop, .item())"
    )
    with pytest.raises(EngineError, match="--cuda-graphs is not for PyTorch modules"):
        choose("auto", together, cuda_graphs=True)


def test_halved_products_come_near():
    animal, runs = ZOO["batch norm"], [0, 1, 2]
    network = network_of(animal)
    exact, halved = (
        train(engine(animal, runs, network), runs),
        engine(animal, runs, network, precision="bf16"),
    )
    losses = train(halved, runs)
    assert not np.array_equal(exact, losses)
    np.testing.assert_allclose(losses, exact, rtol=0.1)


def test_small_modules_stay_in_one_thread(monkeypatch):
    before, seen = torch.get_num_threads(), []
    monkeypatch.setattr(torch, "set_num_threads", seen.append)
    made = engine(ZOO["mlp"], [0, 1, 2])
    assert len(made._parts) == 1
    assert seen == [1]  # of PyTorch's threads, in ours
    made.close()
    assert seen == [1, before]
    monkeypatch.setattr("seedbed.engines.torch_engine.SMALL", 1)
    assert len(engine(ZOO["mlp"], [0, 1, 2])._parts) == min(before, 3)
    assert len(engine(ZOO["convolution"], [0, 1, 2])._parts) == 3
