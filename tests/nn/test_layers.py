"""Every layer of the table against finite differences, torch and the rules that all layers keep."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import array_api_compat.numpy as xnp
import array_api_compat.torch as xtorch
import numpy as np
import pytest
import torch
from nn.gradient_check import check
from nn.layer_cases import ACTIVATION_REFERENCES, CASES, RUNS, Case
from numpy.testing import assert_allclose, assert_array_equal

import seedbed.nn.layers
from seedbed.nn.base import Array, Context, Layer
from seedbed.nn.layers.activations import ACTIVATIONS, Activation
from seedbed.nn.layers.pooling import MaxPool2d

every_layer = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


def applied(
    case: Case, params: Any, state: Any, x: Array, xp: Any = xnp, convert: Any = np.asarray, **context: Any
) -> Any:
    """y, new state and backward pass."""
    return case.layer.forward(params, state, x, replace(case.context(xp, convert), **context))


def cotangents(y: np.ndarray, count: int = 1) -> list[np.ndarray]:
    rng = np.random.default_rng(2)
    return [rng.standard_normal(y.shape).astype(y.dtype) for _ in range(count)]


def gradients(result: Any, dy: Array) -> dict[str, Array]:
    """All that the backward pass gives, by name."""
    dx, grads = result[2](dy)
    return {**grads, "x": dx}


def assert_same(found: dict, expected: dict, **tolerance: float) -> None:
    assert found.keys() == expected.keys()
    for name in expected:
        assert_allclose(found[name], expected[name], **tolerance, err_msg=name)


@every_layer
def test_backward_pass_agrees_with_finite_differences(case: Case) -> None:
    params, state, x = case.arrays()

    def forward(arrays: Any) -> Any:
        result = applied(case, {name: arrays[name] for name in params}, state, arrays["x"])
        return result[0], lambda dy: gradients(result, dy)

    check(forward, {**params, "x": x})


@every_layer
def test_backward_pass_agrees_with_torch_autograd(case: Case) -> None:
    params, state, x = case.arrays()
    tensors = {name: torch.tensor(array, requires_grad=True) for name, array in {**params, "x": x}.items()}
    result = applied(
        case,
        {name: tensors[name] for name in params},
        {name: torch.tensor(array) for name, array in state.items()},
        tensors["x"],
        xtorch,
        torch.tensor,
    )
    (dy,) = cotangents(result[0].detach().numpy())
    expected = torch.autograd.grad(result[0], list(tensors.values()), torch.tensor(dy))
    with torch.no_grad():
        found = gradients(result, torch.tensor(dy))
    assert_same(
        {name: found[name].numpy() for name in tensors},
        {name: grad.numpy() for name, grad in zip(tensors, expected, strict=True)},
        rtol=1e-9,
        atol=1e-11,
    )


@every_layer
def test_forward_pass_agrees_with_torch(case: Case) -> None:
    params, state, x = case.arrays()
    y, new_state, _ = applied(case, params, state, x)
    for run in range(RUNS):
        own = {name: torch.tensor(array[run]) for name, array in params.items()}
        own_state = {name: torch.tensor(array[run]) for name, array in state.items()}
        expected = case.reference(torch.tensor(x[run]), own, own_state, run)
        assert_allclose(y[run], expected.numpy(), rtol=1e-10, atol=1e-12)
        for name in state:
            assert_allclose(new_state[name][run], own_state[name].numpy(), rtol=1e-10)


@every_layer
def test_numpy_and_torch_agree(case: Case) -> None:
    def run(xp: Any, convert: Callable[[np.ndarray], Array]) -> dict[str, np.ndarray]:
        params, state, x = case.arrays()
        params, state = ({name: convert(array) for name, array in part.items()} for part in (params, state))
        result = applied(case, params, state, convert(x), xp, convert)
        (dy,) = cotangents(np.asarray(result[0]))
        everything = {"y": result[0], **result[1], **gradients(result, convert(dy))}
        return {name: np.asarray(array) for name, array in everything.items()}

    assert_same(run(xtorch, torch.tensor), run(xnp, np.asarray), rtol=1e-10, atol=1e-12)


@every_layer
def test_backward_pass_is_linear(case: Case) -> None:
    result = applied(case, *case.arrays())
    one, other = cotangents(result[0], 2)
    found = gradients(result, 2 * one - 3 * other)
    first, second = gradients(result, one), gradients(result, other)
    assert_same(found, {name: 2 * first[name] - 3 * second[name] for name in first}, rtol=1e-9, atol=1e-10)


@every_layer
def test_nothing_is_written_in_place(case: Case) -> None:
    params, state, x = case.arrays()
    arrays = [*params.values(), *state.values(), x]
    before = [array.copy() for array in arrays]
    for array in arrays:
        array.flags.writeable = False
    result = applied(case, params, state, x)
    (dy,) = cotangents(result[0])
    dy.flags.writeable = False
    first = {name: grad.copy() for name, grad in gradients(result, dy).items()}
    for array, copy in zip(arrays, before, strict=True):
        assert_array_equal(array, copy)
    assert_same(gradients(result, dy), first, rtol=0)


@every_layer
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_results_have_declared_shapes_and_the_dtype_of_the_input(case: Case, dtype: type) -> None:
    params, state, x = case.arrays(dtype)
    y, new_state, backward = applied(case, params, state, x)
    dx, grads = backward(cotangents(y)[0])
    assert y.shape == (*x.shape[:2], *case.layer.output_shape(case.shape))
    assert dx.shape == x.shape
    for declared, arrays in ((case.layer.parameters(), grads), (case.layer.state(), new_state)):
        assert {name: (RUNS, *parameter.shape) for name, parameter in declared.items()} == {
            name: array.shape for name, array in arrays.items()
        }
    assert {array.dtype for array in (y, dx, *grads.values(), *new_state.values())} == {np.dtype(dtype)}


@every_layer
def test_a_run_alone_is_the_run_in_its_group(case: Case) -> None:
    params, state, x = case.arrays(np.float32)
    result = applied(case, params, state, x)
    (dy,) = cotangents(result[0])
    together = {"y": result[0], **result[1], **gradients(result, dy)}
    for run in range(RUNS):
        rows = slice(run, run + 1)
        own, own_state = ({name: array[rows] for name, array in arrays.items()} for arrays in (params, state))
        alone = case.layer.forward(own, own_state, x[rows], case.context(xnp, rows=rows))
        found = {"y": alone[0], **alone[1], **gradients(alone, dy[rows])}
        for name, array in found.items():
            assert_array_equal(array, together[name][rows], err_msg=name)


@every_layer
def test_a_shared_input_is_every_runs_input(case: Case) -> None:
    params, state, x = case.arrays(runs=1)
    shared = applied(case, params, state, x)
    repeated = applied(case, params, state, np.repeat(x, RUNS, axis=0))
    y = np.broadcast_to(shared[0], repeated[0].shape)
    assert_allclose(y, repeated[0], rtol=1e-12)
    (dy,) = cotangents(y)
    assert_same({**shared[1], **gradients(shared, dy)}, {**repeated[1], **gradients(repeated, dy)}, rtol=1e-9)


@every_layer
def test_parameter_gradients_do_not_need_the_inputs(case: Case) -> None:
    params, state, x = case.arrays()
    full, spared = applied(case, params, state, x), applied(case, params, state, x, input_gradient=False)
    (dy,) = cotangents(full[0])
    assert_same(spared[2](dy)[1], full[2](dy)[1], rtol=0)


@pytest.mark.parametrize(
    "case",
    [case for case in CASES if case.layer.parameters() or case.name.startswith(("powers", "dropout"))],
    ids=lambda case: case.name,
)
def test_a_sample_of_another_shape_is_refused(case: Case) -> None:
    with pytest.raises(ValueError, match=r"\(7, 7\)"):
        case.layer.output_shape((7, 7))


@pytest.mark.parametrize(
    ("xp", "convert"), [(xnp, np.asarray), (xtorch, torch.tensor)], ids=["numpy", "torch"]
)
def test_of_numbers_alike_the_first_takes_a_pooled_gradient(xp: Any, convert: Any) -> None:
    """After a ReLU most windows hold several zeros; were each to take the gradient, it would be counted twice."""
    x = np.array([[0.0, 0.0, 1.0, 2.0], [0.0, 0.0, 2.0, 2.0]]).reshape(1, 1, 1, 2, 4)
    _, _, backward = MaxPool2d(2).forward({}, {}, convert(x), Context(xp))
    dx, _ = backward(convert(np.array([3.0, 5.0]).reshape(1, 1, 1, 1, 2)))
    assert_array_equal(np.asarray(dx)[0, 0, 0], [[3, 0, 0, 5], [0, 0, 0, 0]])


def all_layers() -> set[type[Layer]]:
    for module in pkgutil.iter_modules(seedbed.nn.layers.__path__):
        importlib.import_module(f"seedbed.nn.layers.{module.name}")
    modules = "seedbed.nn.modules."  # which the zoo is for
    return {layer for layer in Layer.__subclasses__() if not layer.__module__.startswith(modules)}


def test_every_layer_has_a_row() -> None:
    assert all_layers() == {type(case.layer) for case in CASES}


def test_every_activation_has_a_row() -> None:
    assert ACTIVATIONS.keys() == ACTIVATION_REFERENCES.keys()


RECTIFIED = {"relu", "batch norm with relu", "residual with relu", "residual in evaluation"}


@every_layer
def test_what_activations_give_is_shown_to_who_watches(case: Case) -> None:
    params, state, x = case.arrays()
    seen: list[tuple[str, np.ndarray]] = []
    y, *_ = applied(case, params, state, x, watch=lambda kind, shown: seen.append((kind, shown)))
    own = [case.layer.kind] if isinstance(case.layer, Activation) else ["relu"] * (case.name in RECTIFIED)
    inside = ["tanh"] * (case.name == "chain" or case.name.startswith("residual"))
    assert [kind for kind, _ in seen] == inside + own
    if own:
        assert_array_equal(seen[-1][1], y)
