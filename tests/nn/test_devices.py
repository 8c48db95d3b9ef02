"""A training step stays on the device of its arrays, and waits for nothing: shown on torch's meta device.

Any machine has that one, and its tensors have no numbers that could reach the host.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import array_api_compat.torch as xtorch
import numpy as np
import pytest
import torch
from recorded import NothingCarried

from seedbed.nn.base import Context
from seedbed.nn.layers.activations import ACTIVATIONS
from seedbed.nn.losses import LOSSES
from seedbed.optim.adagrad import Adagrad
from seedbed.optim.adam import Adam
from seedbed.optim.adamw import AdamW
from seedbed.optim.clipping import clip
from seedbed.optim.rmsprop import RMSprop
from seedbed.optim.sgd import SGD
from seedbed.recipe import Augment, CnnModel, LogisticModel, MlpModel, ResnetModel
from seedbed.training.networks import build

RUNS, BATCH = 3, 6
RESNET = ResnetModel(kind="resnet", depth=8, widths=(4, 8, 8))
BLOCKS = ({"filters": 4, "pool": "max"}, {"filters": 4, "pool": "avg"})
MODELS: dict[str, tuple[Any, tuple[int, ...], Augment | None]] = {
    "resnet": (RESNET, (3, 8, 8), Augment(crop=2, flip=True)),
    "resnet with projections": (RESNET.model_copy(update={"shortcut": "projection"}), (3, 8, 8), None),
    "cnn": (
        CnnModel(kind="cnn", blocks=BLOCKS, hidden=(8,), norm="batch", dropout=0.2, activation="gelu"),
        (1, 8, 8),
        None,
    ),
    "mlp": (MlpModel(kind="mlp", hidden=(6,), dropout=0.1, norm="batch", activation="sigmoid"), (5,), None),
    "logistic": (LogisticModel(kind="logistic"), (5,), None),
}


def elsewhere(*shape: int, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    """A tensor without numbers, which does not mix with those of a CPU."""
    return torch.empty(shape, dtype=dtype, device="meta")


@pytest.fixture(autouse=True)
def nothing_carried() -> Iterator[None]:
    with NothingCarried():
        yield


def test_tensors_of_two_devices_do_not_mix() -> None:
    with pytest.raises(RuntimeError):
        elsewhere(2) + torch.ones(2)


def test_numbers_of_the_host_are_noticed() -> None:
    with pytest.raises(AssertionError, match=r"0\.5 is carried"):
        xtorch.maximum(elsewhere(2), 0.5)
    with pytest.raises(RuntimeError, match="item"):
        bool(elsewhere(2).sum() > 0)


@pytest.mark.parametrize(("model", "shape", "augment"), MODELS.values(), ids=MODELS)
@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluation"])
def test_a_network_stays_on_its_device(
    model: Any, shape: tuple[int, ...], augment: Any, training: bool
) -> None:
    network = build(model, shape, 4, augment=augment)
    key = elsewhere(RUNS, 2, dtype=torch.int64)
    context = Context(
        xtorch,
        training=training,
        step=1,
        dropout_key=key,
        augment_key=key,
        hyper={"dropout": elsewhere(RUNS)},
    )
    params, state = elsewhere(RUNS, network.parameters.size), elsewhere(RUNS, network.state.size)
    y, new_state, backward = network.forward(params, state, elsewhere(RUNS, BATCH, *shape), context)
    targets = elsewhere(RUNS, BATCH, dtype=torch.int64)
    loss, loss_backward = LOSSES["cross_entropy"].forward(
        xtorch, y, targets, {"label_smoothing": elsewhere(RUNS)}
    )
    grads = backward(loss_backward())
    assert {array.device.type for array in (y, new_state, loss, grads)} == {"meta"}
    assert grads.shape == params.shape


@pytest.mark.parametrize(
    "optimizer", [SGD(), SGD(nesterov=True), Adam(), AdamW(), RMSprop(), Adagrad()], ids=repr
)
def test_an_update_stays_on_its_device(optimizer: Any) -> None:
    names = ("lr", "momentum", "weight_decay", "l1", "beta1", "beta2")
    numbers = {name: np.full((1, RUNS), 0.5) for name in names}
    numbers |= optimizer.derived(numbers, np.ones((1, 1)))
    hyper = {name: elsewhere(RUNS, 1) for name in numbers} | {"mask": elsewhere(1, 5)}
    params, grads = elsewhere(RUNS, 5), clip(xtorch, elsewhere(RUNS, 5), elsewhere(RUNS, 1))
    slots = tuple(elsewhere(RUNS, 5) for _ in optimizer.slots)
    new, new_slots = optimizer.update(xtorch, params, grads, slots, hyper)
    assert {array.device.type for array in (new, *new_slots)} == {"meta"}


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_stays_on_its_device(name: str) -> None:
    outputs = elsewhere(RUNS, BATCH, 4)
    classes = elsewhere(RUNS, BATCH, dtype=torch.int64)
    targets = classes if name == "cross_entropy" else outputs
    loss, backward = LOSSES[name].forward(xtorch, outputs, targets, {})
    assert (loss.device.type, backward().device.type) == ("meta", "meta")


@pytest.mark.parametrize("kind", ACTIVATIONS)
def test_an_activation_stays_on_its_device(kind: str) -> None:
    y, backward = ACTIVATIONS[kind](xtorch, elsewhere(RUNS, BATCH, 4))
    assert (y.device.type, backward(y).device.type) == ("meta", "meta")
