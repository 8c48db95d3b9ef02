"""The torch engine's own: the precision of its products, the threads of its runs."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from made import engine, group, recipe, steps
from numpy.testing import assert_allclose, assert_array_equal

from seedbed.engines.base import Batches, GroupData, Program
from seedbed.engines.torch import TorchEngine
from seedbed.nn.initializers import initial
from seedbed.nn.losses import LOSSES
from seedbed.nn.models import build
from seedbed.optim.sgd import SGD
from seedbed.random import keys
from seedbed.recipe import ResnetModel

RUNS, BATCH, STEPS = 3, 16, 8


def trained_resnet(**settings: Any) -> tuple[np.ndarray, dict[str, np.ndarray], np.ndarray]:
    """Losses, arrays and outputs of a small residual network after some steps on random images."""
    network = build(ResnetModel(kind="resnet", depth=8, widths=(8, 16, 16)), (3, 8, 8), 4)
    rng = np.random.default_rng(0)
    images = rng.standard_normal((1, 64, 3, 8, 8)).astype(np.float32)
    data = GroupData(images, rng.integers(0, 4, (1, 64)), np.zeros(RUNS, np.int64))
    program = Program(network, LOSSES["cross_entropy"], SGD(), network.parameters.decay_mask())
    params, state = (
        np.stack([initial(layout, "kaiming_normal", 0.01, 0, seed) for seed in range(RUNS)])
        for layout in (network.parameters, network.state)
    )
    key = keys(0, list(range(RUNS)), "dropout")
    made = TorchEngine(program, data, params, state, key, key, **settings)
    batches = Batches(
        rng.integers(0, 64, (RUNS, BATCH * STEPS)).astype(np.int32), np.arange(STEPS + 1) * BATCH
    )
    numbers = {"lr": 0.05, "momentum": 0.9, "weight_decay": 1e-4, "l1": 0.0, "clip_norm": np.inf}
    losses = made.train(batches, {name: np.full((STEPS, RUNS), value) for name, value in numbers.items()}, 0)
    return losses, made.read(), made.predict(np.tile(np.arange(64, dtype=np.int32), (RUNS, 1)))


def test_bf16_products_are_used_and_come_near() -> None:
    exact, halved = trained_resnet(), trained_resnet(precision="bf16")
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
