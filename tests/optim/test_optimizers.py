"""Every update rule beside torch's, run by run, and on functions whose minimum is known."""

import array_api_compat.numpy as xp
import array_api_compat.torch as xp_torch
import numpy as np
import pytest
import torch

from seedbed import recipe
from seedbed.optim import OPTIMIZERS
from seedbed.training import rules

RUNS, P = 4, 6
LR = np.array([1.0, 0.3, 1e-2, 1e-3])
DECAY = {"weight_decay": np.array([0.0, 0.1, 1e-2, 0.5])}
MOMENTUM = {"momentum": np.array([0.0, 0.5, 0.9, 0.99])}
BETAS = {"beta1": np.array([0.9, 0.0, 0.95, 0.5]), "beta2": np.array([0.999, 0.9, 0.99, 0.5])}
CURVATURE = np.array([0.3, 0.1, 1.0, 0.5, 1.5, 0.05])

# Name: the rule, its hyperparameters in each run, and torch's optimizer with those of one run.
ROWS = {
    "sgd": ({"optimizer": "sgd"}, MOMENTUM, lambda p, h: torch.optim.SGD(p, **h)),
    "sgd nesterov": (
        {"optimizer": "sgd", "nesterov": True, "momentum": 0.9},
        MOMENTUM,
        lambda p, h: torch.optim.SGD(p, nesterov=h["momentum"] > 0, **h),
    ),
    "adam": ({"optimizer": "adam"}, BETAS, lambda p, h: torch.optim.Adam(p, **_with_betas(h))),
    "adamw": ({"optimizer": "adamw"}, BETAS, lambda p, h: torch.optim.AdamW(p, **_with_betas(h))),
    "rmsprop": ({"optimizer": "rmsprop"}, MOMENTUM, lambda p, h: torch.optim.RMSprop(p, **h)),
    "adagrad": ({"optimizer": "adagrad"}, {}, lambda p, h: torch.optim.Adagrad(p, **h)),
}


def _with_betas(hyper):
    rest = {name: value for name, value in hyper.items() if name not in ("beta1", "beta2")}
    return rest | {"betas": (hyper["beta1"], hyper["beta2"])}


def _rule(settings):
    return rules.build(recipe.Training(epochs=1, **settings))


def _gradient(params):
    """Of a bowl: a bumpy function would blow up rounding at the high rates here."""
    return CURVATURE * (params - 1)


def _train(rule, params, hyper, steps, gradient=_gradient, mask=1.0):
    """Positions after each step, from read-only arrays, so that writing in place raises."""
    runs = len(params)
    slots = tuple(np.zeros_like(params) for _ in rule.slots)
    path = []
    for step in range(1, steps + 1):
        row = {name: np.broadcast_to(values, (1, runs)) for name, values in hyper.items()}
        row |= rule.derived(row, np.array([[step]]))
        columns = {name: np.ascontiguousarray(values).reshape(runs, 1) for name, values in row.items()}
        columns["mask"] = np.full((1, params.shape[1]), mask)
        grads = gradient(params)
        for array in (params, grads, *slots, *columns.values()):
            array.setflags(write=False)
        params, slots = rule.update(xp, params, grads, slots, columns)
        path.append(params)
    return np.array(path)


@pytest.fixture
def start():
    return np.random.default_rng(5).normal(size=(RUNS, P))


def test_every_registered_rule_has_a_row():
    assert {settings["optimizer"] for settings, _, _ in ROWS.values()} == set(OPTIMIZERS)


@pytest.mark.parametrize("decay", [{}, DECAY], ids=["plain", "decay"])
@pytest.mark.parametrize("name", ROWS)
def test_twenty_steps_equal_torch(name, decay, start):
    settings, own, make = ROWS[name]
    hyper = {"lr": LR, "weight_decay": np.zeros(RUNS), **own, **decay}
    ours = _train(_rule(settings), start, hyper, 20)
    for run in range(RUNS):
        param = torch.tensor(start[run], requires_grad=True)
        optimizer = make([param], {key: float(values[run]) for key, values in hyper.items()})
        for step in range(20):
            param.grad = torch.tensor(_gradient(param.detach().numpy()))
            optimizer.step()
            np.testing.assert_allclose(ours[step, run], param.detach().numpy(), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", ROWS)
def test_mixed_group_equals_runs_alone(name, start):
    settings, own, _ = ROWS[name]
    hyper = {"lr": LR, "l1": np.array([0.0, 0.1, 0.0, 0.01]), **DECAY, **own}
    together = _train(_rule(settings), start, hyper, 10)
    for run in range(RUNS):
        one = {key: values[run : run + 1] for key, values in hyper.items()}
        alone = _train(_rule(settings), start[run : run + 1], one, 10)
        np.testing.assert_array_equal(together[:, run], alone[:, 0])


@pytest.mark.parametrize("name", ROWS)
def test_torch_arrays_give_the_same_step(name, start):
    settings, own, _ = ROWS[name]
    rule = _rule(settings)
    row = {"lr": LR[None], "l1": np.full((1, RUNS), 0.1), "weight_decay": DECAY["weight_decay"][None]}
    row |= {key: values[None] for key, values in own.items()}
    row |= rule.derived(row, np.array([[3]]))
    columns = {key: values.reshape(RUNS, 1) for key, values in row.items()} | {"mask": np.ones((1, P))}
    slots = tuple(np.full((RUNS, P), 0.25) for _ in rule.slots)
    params, new = rule.update(xp, start, _gradient(start), slots, columns)
    tensor = torch.tensor
    params_t, new_t = rule.update(
        xp_torch,
        tensor(start),
        tensor(_gradient(start)),
        tuple(tensor(slot) for slot in slots),
        {key: tensor(values) for key, values in columns.items()},
    )
    np.testing.assert_allclose(params_t.numpy(), params, rtol=1e-12)
    for ours, theirs in zip(new, new_t, strict=True):
        np.testing.assert_allclose(theirs.numpy(), ours, rtol=1e-12)


@pytest.mark.parametrize("name", ROWS)
def test_mask_spares_a_parameter_from_every_penalty(name, start):
    settings, own, _ = ROWS[name]
    plain = {"lr": LR, **own}
    penalised = plain | DECAY | {"l1": np.full(RUNS, 0.1)}
    np.testing.assert_array_equal(
        _train(_rule(settings), start, penalised, 5, mask=0.0), _train(_rule(settings), start, plain, 5)
    )
    assert np.all(
        _train(_rule(settings), start, penalised, 5)[-1] != _train(_rule(settings), start, plain, 5)[-1]
    )


def test_l1_adds_the_sign():
    params = np.array([[2.0, -3.0, 0.0]])
    hyper = {"lr": np.ones(1), "momentum": np.zeros(1), "l1": np.array([0.5])}
    moved = _train(_rule({"optimizer": "sgd"}), params, hyper, 1, gradient=np.zeros_like)
    np.testing.assert_array_equal(moved[0], [[1.5, -2.5, 0.0]])


# Name: (rate for the parabola, rate for Rosenbrock's function)
RATES = {
    "sgd": (0.1, 1e-3),
    "sgd nesterov": (0.1, 1e-3),
    "adam": (0.1, 0.01),
    "adamw": (0.1, 0.01),
    "rmsprop": (1e-3, 1e-4),
    "adagrad": (1.0, 0.5),
}


def _rosenbrock_gradient(params):
    x, y = params[:, :1], params[:, 1:]
    return np.concatenate([-2 * (1 - x) - 400 * x * (y - x**2), 200 * (y - x**2)], axis=1)


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize(
    ("gradient", "which", "steps"),
    [(lambda w: 2 * (w - 1), 0, 3000), (_rosenbrock_gradient, 1, 10_000)],
    ids=["parabola", "rosenbrock"],
)
def test_finds_the_minimum_at_one(name, gradient, which, steps):
    settings, own, _ = ROWS[name]
    usual = {"momentum": np.array([0.9]), "beta1": np.array([0.9]), "beta2": np.array([0.999])}
    hyper = {"lr": np.array([RATES[name][which]])} | {key: usual[key] for key in own}
    end = _train(_rule(settings), np.array([[-1.0, 2.0]]), hyper, steps, gradient)[-1]
    np.testing.assert_allclose(end, 1, atol=0.02)


def test_hyperparameters_are_what_the_rule_needs():
    training = recipe.Training(epochs=1, optimizer="adam", betas=(0.8, 0.9), weight_decay=0.1, l1=0.2)
    assert rules.hyperparameters(training) == {
        "weight_decay": 0.1,
        "l1": 0.2,
        "clip_norm": np.inf,
        "beta1": 0.8,
        "beta2": 0.9,
    }
    training = recipe.Training(epochs=1, momentum=0.5, clip_norm=2.0)
    assert rules.hyperparameters(training) == {
        "weight_decay": 0.0,
        "l1": 0.0,
        "clip_norm": 2.0,
        "momentum": 0.5,
    }


def test_equal_recipes_build_equal_rules():
    assert _rule({"lr": 0.1}) == _rule({"lr": 0.2, "momentum": 0.9})
    assert _rule({"momentum": 0.9}) != _rule({"momentum": 0.9, "nesterov": True})
