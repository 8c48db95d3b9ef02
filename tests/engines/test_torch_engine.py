"""The torch engine's own: the precision of its products, the threads of its runs, recorded steps, CUDA devices."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from threading import Event
from typing import Any

import numpy as np
import pytest
import torch
from made import engine, group, recipe, steps
from numpy.testing import assert_allclose, assert_array_equal
from recorded import NothingCarried, by_tracing

from seedbed.draws import keys
from seedbed.engines import first_calls
from seedbed.engines.base import Batches, Engine, GroupData, Program
from seedbed.engines.recording import Function, Tensors
from seedbed.engines.side_by_side import SideBySide
from seedbed.engines.torch_engine import TensorEngine, TorchEngine
from seedbed.nn.initializers import initial
from seedbed.nn.losses import LOSSES
from seedbed.optim.sgd import SGD
from seedbed.recipe import Augment, ResnetModel
from seedbed.training.networks import build

RUNS, BATCH, STEPS = 3, 16, 8
on_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device")


def trained_resnet(
    make: Callable[..., Engine] = TorchEngine, augment: Augment | None = None
) -> tuple[np.ndarray, dict[str, np.ndarray], np.ndarray]:
    """Losses, arrays and outputs of a small residual network after some steps on random images."""
    network = build(ResnetModel(kind="resnet", depth=8, widths=(8, 16, 16)), (3, 8, 8), 4, augment=augment)
    rng = np.random.default_rng(0)
    images = rng.standard_normal((1, 64, 3, 8, 8)).astype(np.float32)
    data = GroupData(images, rng.integers(0, 4, (1, 64)), np.zeros(RUNS, np.int64))
    program = Program(network, LOSSES["cross_entropy"], SGD(), network.parameters.decay_mask())
    params, state = (
        np.stack([initial(layout, "kaiming_normal", 0.01, 0, seed) for seed in range(RUNS)])
        for layout in (network.parameters, network.state)
    )
    key = keys(0, list(range(RUNS)), "dropout")
    made = make(program, data, params, state, key, key)
    batches = Batches(
        rng.integers(0, 64, (RUNS, BATCH * STEPS)).astype(np.int32), np.arange(STEPS + 1) * BATCH
    )
    numbers = {"lr": 0.05, "momentum": 0.9, "weight_decay": 1e-4, "l1": 0.0, "clip_norm": np.inf}
    losses = made.train(batches, {name: np.full((STEPS, RUNS), value) for name, value in numbers.items()}, 0)
    return losses, made.read(), made.predict(np.tile(np.arange(64, dtype=np.int32), (RUNS, 1)))


def test_bf16_products_are_used_and_come_near() -> None:
    exact, halved = trained_resnet(), trained_resnet(partial(TorchEngine, precision="bf16"))
    assert not np.array_equal(exact[0], halved[0])
    assert_allclose(halved[0], exact[0], rtol=0.1)
    for array in (halved[0], halved[2], *halved[1].values()):
        assert array.dtype == np.float32
        assert np.isfinite(array).all()


@pytest.mark.parametrize("norm", ["none", "batch"])
def test_dense_networks_train_in_bf16(norm: str) -> None:
    of = group([recipe({"norm": norm}, {"loss": "cross_entropy"})])
    exact, halved = (
        steps(engine(partial(TorchEngine, precision=precision), of), of, 20)
        for precision in ("float32", "bf16")
    )
    assert not np.array_equal(exact, halved)
    assert_allclose(halved, exact, rtol=0.1)


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_threads_change_nothing_but_rounding(threads: int) -> None:
    before = torch.get_num_threads()
    expected = trained_resnet()
    try:
        torch.set_num_threads(threads)
        found = trained_resnet()
        assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)
    assert_allclose(found[0], expected[0], rtol=1e-3)


def test_runs_side_by_side_are_those_alone() -> None:
    """One thread a run, twice: the same bits."""
    first, second = trained_resnet(), trained_resnet()
    assert_array_equal(first[0], second[0])
    assert_array_equal(first[2], second[2])


def test_functions_are_called_first_by_a_single_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """By several at once, MKL may give one of them a less exact kernel."""
    callers: dict[str, list[threading.Thread]] = {name: [] for name in first_calls.NAMES}
    called_before_threads: list[bool] = []

    def noted(name: str, call: Callable[[torch.Tensor], torch.Tensor], x: torch.Tensor) -> torch.Tensor:
        callers[name].append(threading.current_thread())
        return call(x)

    def no_threads(*_: object, **__: object) -> None:
        called_before_threads.extend(map(bool, callers.values()))

    for name in first_calls.NAMES:
        monkeypatch.setattr(torch, name, partial(noted, name, getattr(torch, name)))
    monkeypatch.setattr(SideBySide, "__init__", no_threads)
    first_calls.make.cache_clear()
    engine(TorchEngine, group([recipe()]))
    assert called_before_threads == [True] * len(first_calls.NAMES)
    assert {thread for threads in callers.values() for thread in threads} == {threading.current_thread()}


@pytest.mark.parametrize("augment", [None, Augment(crop=2, flip=True)], ids=["plain", "augmented"])
def test_recorded_steps_of_a_residual_network_are_its_steps(
    augment: Augment | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("torch.get_num_threads", lambda: 2)  # torch's kernels, as on a device
    plain, recorded = (
        trained_resnet(partial(TensorEngine, "cpu", False, record, Event()), augment)
        for record in (None, by_tracing)
    )
    assert_array_equal(recorded[0], plain[0])
    assert_array_equal(recorded[2], plain[2])
    for name, array in plain[1].items():
        assert_array_equal(recorded[1][name], array, err_msg=name)


class Recorded(Exception):
    """Nothing more can be seen where tensors have no numbers."""


def record_elsewhere(function: Function, own: Tensors) -> Any:
    """The meta device has no numbers that could reach the host, and none may come from it."""
    with NothingCarried():
        found = function(own)
    assert {tensor.device.type for tensor in found.values()} == {"meta"}
    raise Recorded


@pytest.mark.parametrize("kind", ["residual", "dense"])
def test_a_step_waits_for_nothing_on_its_device(kind: str) -> None:
    make = partial(TensorEngine, "meta", False, record_elsewhere, Event())
    of = group([recipe({"norm": "batch", "dropout": 0.2}, {"loss": "cross_entropy", "clip_norm": 1.0})])
    with pytest.raises(Recorded):
        trained_resnet(make, Augment(crop=2, flip=True)) if kind == "residual" else steps(
            engine(make, of), of, 1
        )


@on_cuda
@pytest.mark.parametrize("augment", [None, Augment(crop=2, flip=True)], ids=["plain", "augmented"])
@pytest.mark.parametrize("cuda_graphs", [False, True], ids=["eager", "graphs"])
def test_a_cuda_device_gives_the_losses_of_the_cpu(augment: Augment | None, cuda_graphs: bool) -> None:
    on_cpu = trained_resnet(augment=augment)
    there = trained_resnet(partial(TorchEngine, device="cuda", cuda_graphs=cuda_graphs), augment)
    assert_allclose(there[0], on_cpu[0], rtol=1e-3)


@on_cuda
@pytest.mark.parametrize("precision", ["tf32", "bf16"])
def test_coarser_products_of_a_cuda_device_come_near(precision: str) -> None:
    exact = trained_resnet(partial(TorchEngine, device="cuda"))
    for cuda_graphs in (False, True):
        coarse = trained_resnet(
            partial(TorchEngine, device="cuda", precision=precision, cuda_graphs=cuda_graphs)
        )
        assert_allclose(coarse[0], exact[0], rtol=0.1)
