"""Networks: what each kind of model is made of, and that it computes what torch's own modules do."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import array_api_compat.numpy as xnp
import array_api_compat.torch as xtorch
import numpy as np
import pytest
import torch
from nn.gradient_check import check
from numpy.testing import assert_allclose, assert_array_equal

from seedbed.draws import keys
from seedbed.nn.base import Context
from seedbed.nn.initializers import initial
from seedbed.nn.layers.activations import ACTIVATIONS, Activation
from seedbed.nn.layers.dropout import Dropout
from seedbed.nn.layers.pooling import MaxPool2d
from seedbed.nn.losses import LOSSES
from seedbed.nn.network import Network
from seedbed.recipe import Augment, CnnModel, LinearModel, LogisticModel, MlpModel, ResnetModel
from seedbed.training.networks import build

LINEAR, LOGISTIC = LinearModel(kind="linear"), LogisticModel(kind="logistic")


def mlp(*hidden: int, **settings: Any) -> MlpModel:
    return MlpModel(kind="mlp", hidden=hidden, **settings)


def cnn(*blocks: dict[str, Any], **settings: Any) -> CnnModel:
    return CnnModel.model_validate({"kind": "cnn", "blocks": blocks, **settings})


def resnet(**settings: Any) -> ResnetModel:
    return ResnetModel(kind="resnet", **settings)


REPORT_D = cnn({"filters": 16, "pool": "max"}, {"filters": 32, "pool": "max"}, hidden=(128,))


def drawn(network: Network, runs: int, init: str = "default") -> tuple[np.ndarray, np.ndarray]:
    """Initial parameters and state of seeds 0, 1, .."""
    parts = (network.parameters, network.state)
    params, state = (np.stack([initial(part, init, 0.01, 0, seed) for seed in range(runs)]) for part in parts)
    return params, state


@pytest.mark.parametrize(
    ("network", "layers", "parameters"),
    [
        (build(LINEAR, (14,), 1), "Dense", 15),
        (build(LINEAR, (2,), 1, powers=3), "Powers Dense", 7),
        (build(LOGISTIC, (14,), 1), "MergedDense", 15),
        (build(mlp(), (3,), 2), "Dense", 8),
        (build(mlp(600), (784,), 10), "Dense Activation Dense", 784 * 600 + 600 + 6010),
        (build(mlp(600), (1, 28, 28), 10), "Flatten Dense Activation Dense", 784 * 600 + 600 + 6010),
        (
            build(mlp(8, norm="batch", dropout=0.1), (1,), 1, powers=2),
            "Powers Dense BatchNorm Activation Dropout Dense",
            2 * 8 + 8 + 16 + 9,
        ),
        (
            build(REPORT_D, (1, 28, 28), 10),
            "Conv2d MaxPool2d Activation Conv2d MaxPool2d Activation Flatten Dense Activation Dense",
            160 + 4640 + 1568 * 128 + 128 + 1290,
        ),
        (
            build(cnn({"filters": 4, "kernel": 5, "pool": "avg"}, norm="batch"), (1, 6, 6), 2),
            "Conv2d BatchNorm Activation AvgPool2d Flatten Dense",
            104 + 8 + 74,
        ),
        (
            build(resnet(depth=8), (3, 32, 32), 10, augment=Augment(crop=4)),
            "Augment Conv2d BatchNorm" + 3 * " Residual" + " GlobalAvgPool Dense",
            75_290,
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_models_are_made_of_the_layers_they_should_be(network: Network, layers: str, parameters: int) -> None:
    assert " ".join(type(layer).__name__ for layer in network.layers) == layers
    assert network.parameters.size == parameters
    for place, layer in enumerate(network.layers):
        assert not isinstance(layer, Dropout) or layer.index == place


def test_the_network_knows_its_shapes() -> None:
    network = build(mlp(10, 100, activation="tanh"), (1,), 3, powers=2)
    assert network.shapes == [(1,), (2,), (10,), (10,), (100,), (100,), (3,)]
    assert network.outputs == 3


@pytest.mark.parametrize(("depth", "parameters"), [(20, 269_722), (32, 464_154), (56, 853_018)])
def test_residual_networks_are_as_large_as_the_papers(depth: int, parameters: int) -> None:
    """The paper gives 0.27, 0.46 and 0.85 million."""
    network = build(resnet(depth=depth), (3, 32, 32), 10)
    assert network.parameters.size == parameters
    assert network.shapes[-3:] == [(64, 8, 8), (64,), (10,)]
    projected = build(resnet(depth=depth, shortcut="projection"), (3, 32, 32), 10)
    assert projected.parameters.size == parameters + 16 * 32 + 2 * 32 + 32 * 64 + 2 * 64


def square(xp: Any, x: Any) -> Any:
    """An activation that falls before it rises, and says nothing of that."""
    return x * x, lambda dy: dy * 2 * x


def as_written(network: Network) -> Network:
    """The network with every activation before the pooling, as a recipe has it."""
    layers = list(network.layers)
    for place, (one, after) in enumerate(pairwise(layers)):
        if isinstance(one, MaxPool2d) and isinstance(after, Activation):
            layers[place : place + 2] = after, one
    return Network(tuple(layers), network.input_shape)


@pytest.mark.parametrize("activation", [*ACTIVATIONS, "square"])
def test_a_cnn_computes_what_its_recipe_says_whatever_the_activation(
    activation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ACTIVATIONS, "square", replace(ACTIVATIONS["gelu"], apply=square))
    model = cnn({"filters": 3, "pool": "max"}, {"filters": 4, "pool": "max"}, norm="batch", hidden=(5,))
    network = build(model.model_copy(update={"activation": activation}), (1, 8, 8), 2)
    params, state = (array.astype(np.float64) for array in drawn(network, 2))
    images = np.random.default_rng(0).standard_normal((1, 6, 1, 8, 8))
    results = []
    for one in (network, as_written(network)):
        y, new_state, backward = one.forward(params, state, images, Context(xnp, training=True))
        results.append((y, new_state, backward(np.cos(np.arange(y.size)).reshape(y.shape))))
    for found, expected in zip(*results, strict=True):
        assert_allclose(found, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_activations_that_are_said_to_be_monotone_never_fall(activation: str) -> None:
    x = np.concatenate([[-1e6], np.linspace(-30, 30, 200_001), [1e6]])
    y, derivative = ACTIVATIONS[activation](xnp, x)
    assert ACTIVATIONS[activation].monotone == bool(
        (np.diff(y) >= 0).all() and (derivative(np.ones(x.shape)) >= 0).all()
    )


@pytest.mark.parametrize("model", [REPORT_D, resnet()], ids=["cnn", "resnet"])
def test_image_models_refuse_rows_of_numbers(model: Any) -> None:
    with pytest.raises(ValueError, match=r"needs images .* samples have shape \(784,\)"):
        build(model, (784,), 10)


@pytest.mark.parametrize("nothing", [None, Augment()])
def test_images_are_augmented_only_where_asked(nothing: Augment | None) -> None:
    plain = build(resnet(depth=8), (3, 8, 8), 10, augment=nothing)
    assert plain.layers[0] == build(resnet(depth=8), (3, 8, 8), 10).layers[0]


def test_an_mlp_computes_what_torchs_modules_do() -> None:
    network = build(mlp(6, 5, norm="batch", activation="gelu"), (4,), 2)
    params, state = (array.astype(np.float64) for array in drawn(network, 1))
    views = {name: torch.tensor(array[0]) for name, array in network.parameters.views(params).items()}
    theirs = torch.nn.Sequential(
        torch.nn.Linear(4, 6), torch.nn.BatchNorm1d(6), torch.nn.GELU(),
        torch.nn.Linear(6, 5), torch.nn.BatchNorm1d(5), torch.nn.GELU(),
        torch.nn.Linear(5, 2),
    ).double()  # fmt: skip
    for ours, parameter in zip(views.values(), theirs.parameters(), strict=True):
        parameter.data = ours.T if ours.ndim == 2 else ours
    x = np.random.default_rng(0).standard_normal((1, 8, 4))
    for training in (True, False):  # the second sees the running statistics of the first
        theirs.train(training)
        y, state, backward = network.forward(params, state, x, Context(xnp, training=training))
        assert_allclose(y[0], theirs(torch.tensor(x[0])).detach(), rtol=1e-10)
    dy = np.random.default_rng(1).standard_normal(y.shape)
    theirs(torch.tensor(x[0])).backward(torch.tensor(dy[0]))
    grads = network.parameters.views(backward(dy)).values()
    for grad, parameter in zip(grads, theirs.parameters(), strict=True):
        assert_allclose(grad[0].T, parameter.grad, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(("dtype", "rtol"), [(np.float64, 1e-9), (np.float32, 1e-3)])
def test_numpy_and_torch_train_a_residual_network_alike(dtype: type, rtol: float) -> None:
    """Twenty steps of gradient descent, two runs, crop and flip: the same losses."""
    network = build(resnet(depth=8, widths=(4, 6, 8)), (3, 8, 8), 5, augment=Augment(crop=2, flip=True))
    rng = np.random.default_rng(0)
    images, classes = rng.standard_normal((1, 16, 3, 8, 8)).astype(dtype), rng.integers(0, 5, (1, 16))

    start = [array.astype(dtype) for array in drawn(network, 2)]

    def losses(xp: Any, convert: Any) -> list[np.ndarray]:
        params, state, x, targets = (convert(array) for array in (*start, images, classes))
        key, found = convert(keys(0, [0, 1], "augment")), []
        for step in range(20):
            context = Context(xp, training=True, step=step, augment_key=key)
            y, state, backward = network.forward(params, state, x, context)
            loss, loss_backward = LOSSES["cross_entropy"].forward(xp, y, targets, {})
            params = params - 0.05 * backward(loss_backward())
            found.append(np.asarray(loss))
        return found

    ours, theirs = losses(xnp, np.asarray), losses(xtorch, torch.tensor)
    assert_allclose(ours, theirs, rtol=rtol)
    assert np.all(ours[-1] < ours[0])


@pytest.mark.parametrize(
    ("model", "loss"),
    [
        (LINEAR, "mse"),
        (LOGISTIC, "bce"),
        (mlp(5, 4, norm="batch", activation="tanh", dropout=0.3), "cross_entropy"),
    ],
    ids=["linear", "logistic", "mlp"],
)
def test_gradients_of_a_whole_network_agree_with_finite_differences(model: Any, loss: str) -> None:
    network = build(model, (2,), 3, powers=2)
    params, state = (array.astype(np.float64) for array in drawn(network, 2))
    rng = np.random.default_rng(0)
    targets = rng.integers(0, 3, (1, 6)) if loss == "cross_entropy" else rng.integers(0, 2, (1, 6, 3))
    x = rng.standard_normal((1, 6, 2))
    context = Context(
        xnp, training=True, dropout_key=keys(0, [0, 1], "dropout"), hyper={"dropout": np.array([0.0, 0.3])}
    )

    def forward(arrays: Any) -> Any:
        y, _, backward = network.forward(arrays["params"], state, x, context)
        losses, loss_backward = LOSSES[loss].forward(xnp, y, targets, {})
        return losses, lambda dy: {"params": dy[:, None] * backward(loss_backward())}

    check(forward, {"params": params})


def test_a_run_alone_is_the_run_in_its_group() -> None:
    network = build(mlp(10, 100, 10, norm="batch"), (1,), 1, powers=2)
    params, state = drawn(network, 4, "xavier_normal")
    x = np.random.default_rng(0).standard_normal((4, 64, 1)).astype(np.float32)
    context = Context(xnp, training=True)
    y, new_state, backward = network.forward(params, state, x, context)
    grads = backward(y)
    for run in range(4):
        rows = slice(run, run + 1)
        alone, own_state, own_backward = network.forward(params[rows], state[rows], x[rows], context)
        assert_array_equal(alone, y[rows])
        assert_array_equal(own_state, new_state[rows])
        assert_array_equal(own_backward(alone), grads[rows])


def test_evaluation_leaves_the_state_alone_and_gives_each_sample_its_own_answer() -> None:
    network = build(mlp(6, norm="batch", dropout=0.5), (3,), 2)
    params, state = drawn(network, 2)
    x = np.random.default_rng(0).standard_normal((1, 9, 3)).astype(np.float32)
    y, new_state, _ = network.forward(params, state, x, Context(xnp))
    assert new_state is state
    assert_allclose(network.forward(params, state, x[:, 4:5], Context(xnp))[0], y[:, 4:5], rtol=1e-6)


def test_a_batch_of_one_sample_keeps_batch_norm_finite() -> None:
    network = build(mlp(6, norm="batch"), (3,), 2)
    params, state = drawn(network, 2)
    y, new_state, backward = network.forward(
        params, state, np.ones((1, 1, 3), np.float32), Context(xnp, training=True)
    )
    assert all(np.all(np.isfinite(array)) for array in (y, new_state, backward(y)))


def test_decay_spares_biases_and_norms() -> None:
    layout = build(mlp(4, norm="batch"), (3,), 2).parameters
    decayed = {name for name, view in layout.views(layout.decay_mask()[None]).items() if view.all()}
    spared = {name for name, view in layout.views(layout.decay_mask()[None]).items() if not view.any()}
    assert decayed == {"0.weight", "3.weight"}
    assert spared == {"0.bias", "1.weight", "1.bias", "3.bias"}
    assert layout.decay_mask("all").all()


def test_decay_spares_the_bias_row_of_a_merged_parameter() -> None:
    layout = build(LOGISTIC, (3,), 2).parameters
    (beta,) = layout.views(layout.decay_mask()[None]).values()
    assert_array_equal(beta[0], [[1, 1], [1, 1], [1, 1], [0, 0]])
