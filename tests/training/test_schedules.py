"""Every schedule beside torch's, or beside values worked out by hand."""

import warnings
from typing import get_args

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from torch.optim import lr_scheduler

from seedbed import recipe
from seedbed.training.schedules import SHAPES, Plateau, lr_factor, steps_since_restart

EPOCHS, PER_EPOCH = 24, 5
STEPS = EPOCHS * PER_EPOCH

# Settings of the schedule, and torch's for an optimizer whose rate is 1 over T times.
TORCH_ROWS = [
    ({"kind": "constant"}, lambda o, T: lr_scheduler.LambdaLR(o, lambda t: 1.0)),
    ({"kind": "step", "every": 7, "factor": 0.5}, lambda o, T: lr_scheduler.StepLR(o, 7, 0.5)),
    (
        {"kind": "multi_step", "milestones": (4, 4, 9), "factor": 0.2},
        lambda o, T: lr_scheduler.MultiStepLR(o, [4, 4, 9], 0.2),
    ),
    ({"kind": "exponential", "factor": 0.9}, lambda o, T: lr_scheduler.ExponentialLR(o, 0.9)),
    ({"kind": "cosine", "floor": 0.1}, lambda o, T: lr_scheduler.CosineAnnealingLR(o, T, 0.1)),
    ({"kind": "polynomial", "power": 2.0}, lambda o, T: lr_scheduler.PolynomialLR(o, T, 2.0)),
    ({"kind": "one_cycle"}, lambda o, T: lr_scheduler.OneCycleLR(o, 1.0, T)),
    (
        {"kind": "one_cycle", "pct_start": 0.5, "div": 10.0, "final_div": 100.0},
        lambda o, T: lr_scheduler.OneCycleLR(o, 1.0, T, pct_start=0.5, div_factor=10, final_div_factor=100),
    ),
    (
        {"kind": "constant", "per": "step", "warmup": 6},
        lambda o, T: lr_scheduler.LinearLR(o, 1 / 6, 1.0, 5),
    ),
]

# Settings, epochs or steps done, the factor then.
HAND_ROWS = [
    ({"kind": "step", "every": 2, "factor": 0.1, "floor": 0.02}, [0, 1, 2, 4, 6], [1, 1, 0.1, 0.02, 0.02]),
    ({"kind": "exponential", "factor": 0.5, "floor": 0.2}, [0, 1, 2, 3, 9], [1, 0.5, 0.25, 0.2, 0.2]),
    ({"kind": "polynomial", "floor": 0.3}, [0, 6, 12, 18, 23], [1, 0.75, 0.5, 0.3, 0.3]),
    ({"kind": "plateau"}, [0, 5, 23], [1, 1, 1]),
]


def _schedule(settings):
    return TypeAdapter(recipe.AnySchedule).validate_python(settings)


def _torch_rates(make, times):
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0)
    scheduler = make(optimizer, times)
    rates = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # no step of the optimizer before the scheduler's
        for _ in range(times):
            rates.append(optimizer.param_groups[0]["lr"])
            scheduler.step()
    return np.array(rates)


def _kinds():
    union = get_args(recipe.AnySchedule)[0]
    return {member.model_fields["kind"].annotation.__args__[0] for member in get_args(union)}


def test_every_kind_has_a_shape_and_a_row():
    rows = {settings["kind"] for settings, *_ in TORCH_ROWS + HAND_ROWS}
    assert _kinds() == set(SHAPES) == rows


@pytest.mark.parametrize(("settings", "make"), TORCH_ROWS)
def test_per_step_equals_torch(settings, make):
    ours = lr_factor(_schedule(settings | {"per": "step"}), np.arange(STEPS), PER_EPOCH, STEPS)
    np.testing.assert_allclose(ours, _torch_rates(make, STEPS), rtol=1e-9, atol=1e-15)
    assert ours.dtype == np.float64


@pytest.mark.parametrize(("settings", "make"), TORCH_ROWS[:-1])
def test_per_epoch_holds_torchs_rate_for_an_epoch(settings, make):
    ours = lr_factor(_schedule(settings | {"per": "epoch"}), np.arange(STEPS), PER_EPOCH, STEPS)
    np.testing.assert_allclose(ours, np.repeat(_torch_rates(make, EPOCHS), PER_EPOCH), rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize(("settings", "times", "factors"), HAND_ROWS)
@pytest.mark.parametrize("per", ["epoch", "step"])
def test_values_by_hand(settings, times, factors, per):
    unit, total = (PER_EPOCH, STEPS) if per == "epoch" else (1, EPOCHS)
    ours = lr_factor(_schedule(settings | {"per": per}), np.array(times) * unit, PER_EPOCH, total)
    np.testing.assert_allclose(ours, factors, rtol=1e-12)


def test_warm_up_rises_in_every_step_of_its_epochs():
    schedule = _schedule({"kind": "constant", "warmup": 2})
    ours = lr_factor(schedule, np.arange(12), PER_EPOCH, STEPS)
    np.testing.assert_allclose(ours, [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1, 1])


@pytest.mark.parametrize("kind", ["cosine", "polynomial"])
def test_decay_over_the_whole_training_follows_the_warm_up(kind):
    warm = lr_factor(_schedule({"kind": kind, "warmup": 4}), np.arange(STEPS), PER_EPOCH, STEPS)
    rest = STEPS - 4 * PER_EPOCH
    plain = lr_factor(_schedule({"kind": kind}), np.arange(rest), PER_EPOCH, rest)
    np.testing.assert_allclose(warm[4 * PER_EPOCH :], plain, rtol=1e-12)


def test_step_decay_counts_from_the_start_of_training_despite_a_warm_up():
    schedule = _schedule({"kind": "step", "every": 3, "per": "step", "warmup": 4})
    np.testing.assert_allclose(
        lr_factor(schedule, np.arange(7), 1, 10), [0.25, 0.5, 0.75, 0.1, 0.1, 0.1, 0.01]
    )


@pytest.mark.parametrize("kind", ["cosine", "polynomial", "one_cycle"])
@pytest.mark.parametrize("total", [1, 2, 3])
def test_shortest_trainings_get_finite_rates(kind, total):
    factors = lr_factor(_schedule({"kind": kind, "per": "step"}), np.arange(total), 1, total)
    assert np.isfinite(factors).all()
    assert ((factors >= 0) & (factors <= 1)).all()


def test_last_partial_epoch_counts_as_one():
    factors = lr_factor(_schedule({"kind": "polynomial"}), np.arange(7), 5, 7)
    np.testing.assert_allclose(factors, [1] * 5 + [0.5] * 2)


def test_one_cycle_refuses_a_second_warm_up():
    with pytest.raises(ValidationError, match="warm-up of its own"):
        _schedule({"kind": "one_cycle", "warmup": 3})


def test_restart_counts_from_the_last_milestone():
    schedule = _schedule({"kind": "multi_step", "milestones": (3, 1), "restart": True})
    np.testing.assert_array_equal(steps_since_restart(schedule, np.arange(8), 2), [0, 1, 0, 1, 2, 3, 0, 1])
    plain = _schedule({"kind": "multi_step", "milestones": (3, 1)})
    np.testing.assert_array_equal(steps_since_restart(plain, np.arange(4), 2), [0, 1, 2, 3])


# --- plateau --------------------------------------------------------------------------------------------

plateaus = st.fixed_dictionaries(
    {
        "kind": st.just("plateau"),
        "factor": st.sampled_from([0.1, 0.5]),
        "patience": st.integers(0, 4),
        "min_delta": st.sampled_from([0.0, 0.1, 0.5]),
        "floor": st.sampled_from([0.0, 0.02, 0.3, 2.0]),
    }
)
losses = st.lists(st.sampled_from([0.0, 0.3, 0.4, 0.5, 1.0, 2.0, float("nan")]), min_size=30, max_size=30)


@given(settings=st.lists(plateaus, min_size=3, max_size=3), curves=st.lists(losses, min_size=3, max_size=3))
def test_plateau_equals_torch(settings, curves):
    plateau = Plateau.of([_schedule(one) for one in settings])
    schedulers = []
    for one in settings:
        optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0)
        scheduler = lr_scheduler.ReduceLROnPlateau(
            optimizer,
            factor=one["factor"],
            patience=one["patience"],
            threshold=one["min_delta"],
            threshold_mode="abs",
            min_lr=one["floor"],
            eps=0.0,
        )
        schedulers.append(scheduler)
    for values in np.array(curves).T:
        plateau.update(values)
        for scheduler, value in zip(schedulers, values, strict=True):
            scheduler.step(value)
        rates = [scheduler.optimizer.param_groups[0]["lr"] for scheduler in schedulers]
        np.testing.assert_array_equal(plateau.factor_now, rates)


def test_run_without_plateau_keeps_its_rate():
    plateau = Plateau.of([_schedule({"kind": "plateau", "patience": 0}), _schedule({"kind": "constant"})])
    for _ in range(3):
        plateau.update(np.ones(2))
    np.testing.assert_allclose(plateau.factor_now, [0.01, 1])


def test_plateau_survives_dropping_runs():
    schedules = [_schedule({"kind": "plateau", "patience": patience}) for patience in (0, 1, 2)]
    curve = np.random.default_rng(0).normal(size=(12, 3))
    whole, cut = Plateau.of(schedules), Plateau.of(schedules)
    for values in curve[:5]:
        whole.update(values)
        cut.update(values)
    cut.keep(np.array([2, 0]))
    for values in curve[5:]:
        whole.update(values)
        cut.update(values[[2, 0]])
    np.testing.assert_array_equal(cut.factor_now, whole.factor_now[[2, 0]])
    assert len(set(whole.factor_now)) > 1
