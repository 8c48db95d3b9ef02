"""The numbers of every step: rates as scheduled, however the steps are cut into calls and whichever runs are left."""

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from made import group, recipe

from seedbed.training.group import Group
from seedbed.training.hyperparameters import Hyperparameters
from seedbed.training.schedules import lr_factor

SCHEDULES: list[dict[str, Any]] = [
    {"kind": "constant"},
    {"kind": "cosine", "warmup": 1},
    {"kind": "multi_step", "milestones": [2], "per": "step", "restart": True},
    {"kind": "plateau", "patience": 0, "factor": 0.5},
]


def of(**training: Any) -> Group:
    recipes = [
        recipe(training={"schedule": schedule, "optimizer": "adam", "lr": 0.1 * (1 + number), **training})
        for number, schedule in enumerate(SCHEDULES)
    ]
    return group(recipes, seeds=1)


def test_rates_are_those_of_each_schedule() -> None:
    runs = of()
    rates = Hyperparameters(runs).steps(0, 16)["lr"]
    for column, run, total in zip(rates.T, runs.runs, runs.total_steps(), strict=True):
        training = run.recipe.training
        factor = lr_factor(training.schedule, np.arange(16), runs.steps_per_epoch, int(total))
        np.testing.assert_array_equal(column, training.lr * factor)


@given(st.integers(0, 10), st.integers(1, 5), st.integers(1, 5))
@settings(max_examples=30, deadline=None)
def test_numbers_do_not_depend_on_how_steps_are_cut_into_calls(first: int, left: int, right: int) -> None:
    hyper = Hyperparameters(of())
    whole = hyper.steps(first, left + right)
    before, after = hyper.steps(first, left), hyper.steps(first + left, right)
    for name, values in whole.items():
        np.testing.assert_array_equal(values, np.concatenate([before[name], after[name]]))


@given(st.permutations(range(len(SCHEDULES))), st.integers(1, len(SCHEDULES)), st.integers(0, 4))
@settings(max_examples=30, deadline=None)
def test_runs_that_are_kept_go_on_with_their_own_numbers(runs: list[int], count: int, before: int) -> None:
    whole, cut = Hyperparameters(of()), Hyperparameters(of())
    for _ in range(before):
        whole.update(np.ones(len(SCHEDULES)))
        cut.update(np.ones(len(SCHEDULES)))
    kept = np.array(runs[:count])
    cut.keep(kept)
    whole.update(np.arange(4.0))
    cut.update(np.arange(4.0)[kept])
    for name, values in whole.steps(3, 5).items():
        np.testing.assert_array_equal(cut.steps(3, 5)[name], values[:, kept])


def test_bias_corrections_count_steps_from_one_and_from_a_restart() -> None:
    steps = Hyperparameters(of()).steps(0, 5)
    plain, restarted = [1, 2, 3, 4, 5], [1, 2, 1, 2, 3]
    counts = np.array([plain, plain, restarted, plain]).T
    np.testing.assert_allclose(steps["step_size"], steps["lr"] / (1 - steps["beta1"] ** counts))


def test_an_evaluation_that_is_no_better_lowers_the_rate_of_a_plateau_alone() -> None:
    hyper = Hyperparameters(of())
    first = hyper.rates(0)
    for _ in range(2):
        hyper.update(np.ones(len(SCHEDULES)))
    np.testing.assert_array_equal(hyper.rates(0), first * [1, 1, 1, 0.5])


def test_a_period_ends_where_an_optimizer_starts_afresh() -> None:
    hyper = Hyperparameters(of())
    assert hyper.next_restart(0, 10) == 2
    assert hyper.restarting(2) == [2]
    assert hyper.restarting(0) == hyper.restarting(1) == []
    assert hyper.next_restart(2, 10) == 10
    hyper.keep(np.array([0, 1]))
    assert hyper.next_restart(0, 10) == 10
    assert hyper.restarting(2) == []
