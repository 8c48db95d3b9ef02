"""The loop: epochs, stopping, divergence, best parameters, restarts and curves, on small made groups."""

from collections import defaultdict
from itertools import pairwise

import numpy as np
import pytest
from made import group, ignore, recipe
from study_files import small

from seedbed.api import Study
from seedbed.engines.array_engine import ArrayEngine
from seedbed.metrics.names import direction
from seedbed.plan.plan import plan
from seedbed.study.events import Epoch, Events
from seedbed.training.curves import RULE, is_recorded, leaves_out
from seedbed.training.group import Group
from seedbed.training.loop import train


def outcome(of: Group, metric: str = "val.mse", events: Events = ignore):
    return train(of, ArrayEngine, metric, direction(metric), events)


def curves(result):
    """(variant, seed, metric) -> [(epoch, value)]"""
    columns = result.curves
    found = defaultdict(list)
    for variant, seed, epoch, metric, value in zip(
        *(columns[name] for name in ("variant", "seed", "epoch", "metric", "value")), strict=True
    ):
        found[variant, seed, metric].append((epoch, value))
    return found


def test_runs_of_different_lengths_end_each_at_its_own_and_equal_themselves_alone():
    recipes = [recipe(training={"epochs": 3}), recipe(training={"steps": 10}), recipe()]
    of = group(recipes)
    together = outcome(of)
    assert [record.steps for record in together.records] == [12, 12, 10, 10, 16, 16]
    assert {record.status for record in together.records} == {"complete"}
    for index in range(len(of.runs)):
        alone = outcome(Group((of.runs[index],), of.network))
        np.testing.assert_array_equal(alone.params[0], together.params[index])
        assert alone.records[0].metrics == together.records[index].metrics


def test_rarer_evaluation_changes_nothing_but_the_curves():
    often, rarely = outcome(group([recipe()])), outcome(group([recipe(training={"eval_every": 3})]))
    np.testing.assert_array_equal(often.params, rarely.params)
    assert len(curves(often)["v0", 0, "val.mse"]) == 4
    assert [epoch for epoch, _ in curves(rarely)["v0", 0, "val.mse"]] == [3, 4]


def test_train_loss_is_the_mean_over_the_batches_since_the_last_evaluation():
    often, rarely = (curves(outcome(group([recipe(training={"eval_every": every})]))) for every in (1, 2))
    for seed in range(2):
        losses = [loss for _, loss in often["v0", seed, "train.loss"]]
        means = np.mean(np.reshape(losses, (2, 2)), axis=1)
        np.testing.assert_allclose([loss for _, loss in rarely["v0", seed, "train.loss"]], means)


def test_a_run_that_ends_has_a_last_point_whatever_curves_leave_out():
    epochs = 25
    assert not is_recorded(epochs)
    training = {"epochs": epochs}
    ended = outcome(group([recipe(training=training)], seeds=1))
    assert curves(ended)["v0", 0, "test.mse"][-1][0] == epochs
    stop = {"tolerance": 1e6, "tolerance_from": epochs}
    stopped = outcome(group([recipe(training={"epochs": 40, "stop": stop})], seeds=1))
    assert (stopped.records[0].status, stopped.records[0].epochs) == ("stopped", epochs)
    assert curves(stopped)["v0", 0, "test.mse"][-1][0] == epochs


def test_diverged_run_has_no_point_where_it_diverged():
    result = outcome(group([recipe(), recipe(training={"lr": 1e6, "keep_best": True})], seeds=1))
    assert result.records[1].steps == 4  # of the first epoch
    assert ("v1", 0, "val.mse") not in curves(result)


def test_diverged_run_is_counted_and_its_metrics_are_not_numbers():
    result = outcome(group([recipe(), recipe(training={"lr": 1e6})], seeds=1))
    fine, broken = result.records
    assert (fine.status, broken.status) == ("complete", "diverged")
    assert np.isfinite(list(fine.metrics.values())).all()
    assert np.isnan(list(broken.metrics.values())).all()


def test_stop_conditions_end_runs_early_and_say_why():
    recipes = [
        recipe(training={"epochs": 500, "stop": {"target": 0.5}}),
        recipe(training={"epochs": 500, "lr": 1e-6, "stop": {"tolerance": 0.01}}),
        recipe(
            training={
                "epochs": 50,
                "schedule": {"kind": "exponential", "factor": 0.5},
                "stop": {"lr_below": 0.01},
            }
        ),
    ]
    result = outcome(group(recipes, seeds=1))
    assert [record.status for record in result.records] == ["stopped"] * 3
    assert [record.stop_reason for record in result.records] == ["target", "tolerance", "lr below 0.01"]
    assert result.records[0].metrics["val.mse"] <= 0.5
    assert result.records[2].epochs == 3  # 0.05, 0.025, 0.0125, and the next would be 0.00625


def test_best_parameters_are_kept_by_validation():
    training = {"lr": 0.3, "epochs": 60}  # a rate at which the validation error goes up and down
    best = outcome(group([recipe(training={**training, "keep_best": True})], seeds=3))
    last = outcome(group([recipe(training=training)], seeds=3))
    for seed in range(3):
        seen = [value for _, value in curves(last)["v0", seed, "val.mse"]]
        assert best.records[seed].metrics["val.mse"] <= min(seen) * (1 + 1e-5)
    assert any(
        best.records[seed].metrics["val.mse"] < last.records[seed].metrics["val.mse"] for seed in range(3)
    )


def test_restarted_optimizer_forgets_its_momentum():
    schedule = {"kind": "multi_step", "milestones": [2], "factor": 0.1}
    training = {"momentum": 0.9, "epochs": 4}
    recipes = [
        recipe(training={**training, "schedule": {**schedule, "restart": restart}})
        for restart in (False, True)
    ]
    result = curves(outcome(group(recipes, seeds=1)))
    kept, fresh = result["v0", 0, "train.loss"], result["v1", 0, "train.loss"]
    assert kept[:2] == fresh[:2]
    assert kept[2] != fresh[2]


def test_plateau_lowers_the_rate_of_the_run_that_stands_still_only():
    plateau = {"kind": "plateau", "patience": 2, "factor": 0.5}
    recipes = [recipe(training={"lr": lr, "epochs": 8, "schedule": plateau}) for lr in (1e-12, 1e-3)]
    rates = curves(outcome(group(recipes, seeds=1)))
    assert [round(rate / 1e-12, 3) for _, rate in rates["v0", 0, "lr"]] == [1, 1, 1, 1, 0.5, 0.5, 0.5, 0.25]
    assert {rate for _, rate in rates["v1", 0, "lr"]} == {1e-3}


@pytest.mark.parametrize("fit_on", [("train", "val"), ("train", "test")])
def test_missing_parts_have_no_metrics(fit_on):
    of = group([recipe()], seeds=1)
    run = of.runs[0]
    parts = {name: run.prepared.parts[name] for name in fit_on}
    run = type(run)(run.variant, run.seed, run.recipe, type(run.prepared)(run.prepared.samples, parts))
    result = outcome(Group((run,), of.network), metric=f"{fit_on[1]}.mse")
    assert {name.split(".")[0] for name in result.records[0].metrics} == set(fit_on)


def test_classes_get_a_confusion_matrix_of_the_test_part():
    result = outcome(group([recipe(training={"loss": "cross_entropy"})]), metric="val.accuracy")
    for record in result.records:
        confusion = record.columns["confusion"].reshape(4, 4)
        assert confusion.sum() == 12
        assert np.isclose(np.trace(confusion) / 12, record.metrics["test.accuracy"])
    assert result.predictions is None


def test_every_evaluation_is_an_event():
    epochs: list[Epoch] = []
    outcome(group([recipe()]), events=epochs.append)
    assert [(one.epoch, one.epochs, one.active) for one in epochs] == [
        (epoch, 4, 2) for epoch in (1, 2, 3, 4)
    ]
    assert all(one.best <= one.median for one in epochs)
    assert {one.metric for one in epochs} == {"val.mse"}


def test_events_count_runs_that_have_ended():
    epochs: list[Epoch] = []
    result = outcome(
        group([recipe(training={"epochs": 2}), recipe(training={"epochs": 6, "lr": 1e-9})], seeds=1),
        events=epochs.append,
    )
    short, long = (record.metrics["val.mse"] for record in result.records)
    assert short < long
    assert [one.active for one in epochs] == [2, 2, 1, 1, 1, 1]
    assert epochs[-1].best == pytest.approx(short, rel=1e-6)
    assert epochs[-1].median == pytest.approx((short + long) / 2, rel=1e-6)


def test_metrics_of_a_point_come_in_one_order_in_every_process():
    columns = outcome(group([recipe()], seeds=1)).curves
    names = [str(name) for name, epoch in zip(columns["metric"], columns["epoch"], strict=True) if epoch == 1]
    assert names == ["train.loss", "val.loss", "val.mse", "train.mse", "test.loss", "test.mse", "lr"]


def test_curves_keep_a_few_hundred_points_of_any_length():
    assert all(is_recorded(number) for number in range(1, 21))
    kept = [number for number in range(1, 100_001) if is_recorded(number)]
    assert 150 < len(kept) < 300
    assert max(after / before for before, after in pairwise(kept[20:])) < 1.11


@pytest.mark.parametrize("evaluations", [0, 1, 20, 21, 22, 23, 24, 25, 26, 60, 100_000])
def test_a_run_whose_curves_leave_out_evaluations_is_known_beforehand(evaluations):
    """But for its last one, which they always hold."""
    assert leaves_out(evaluations) == any(not is_recorded(number) for number in range(1, evaluations))


@pytest.mark.parametrize("epochs", [2, 60])
def test_a_study_says_which_points_its_curves_hold_where_some_are_left_out(epochs):
    work = plan(Study.parse(small({"training.epochs": epochs}), "a.toml")).work
    assert work.facts_of("base").get("curve_points") == (RULE if epochs == 60 else None)
