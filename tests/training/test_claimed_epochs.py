"""What a claim names at an epoch is recorded there, whatever the curves leave out; what is never reached is refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made import group, ignore, recipe
from study_files import plain

from seedbed.api import Result, Study, run
from seedbed.engines.array_engine import ArrayEngine
from seedbed.metrics.names import direction, split_epoch
from seedbed.plan.plan import plan
from seedbed.study.problems import StudyError
from seedbed.training.group import Group
from seedbed.training.loop import train

FIVE = {"training.epochs": 5}


def text(metric: str, changes: dict | None = None, settings: dict | None = None) -> str:
    """A study of 60 epochs unless changed, with a claim on that metric."""
    fast = {"name": "fast", "set": {"training.lr": 0.1, **(settings or {})}}
    claim = {"claim": "faster learns faster", "better": "fast", "than": "base", "metric": metric}
    usual = {"data.samples": 100, "training.batch_size": 20, "training.epochs": 60, "study.seeds": 5}
    return plain(usual | {"variant": [fast], "hypothesis": [claim]} | (changes or {}))


def study(metric: str, changes: dict | None = None, settings: dict | None = None) -> Study:
    return Study.parse(text(metric, changes, settings))


def outcome(of: Group, claimed=frozenset(), metric: str = "val.mse"):
    return train(of, ArrayEngine, metric, direction(metric), ignore, claimed)


def recorded(result, metric: str) -> dict[int, float]:
    """Epoch -> value of the first run."""
    columns = result.curves
    rows = zip(*(columns[name] for name in ("variant", "seed", "metric", "epoch", "value")), strict=True)
    first = columns["variant"][0], columns["seed"][0], metric
    return {epoch: value for *name, epoch, value in rows if tuple(name) == first}


@settings(max_examples=15, deadline=None)
@given(
    st.integers(1, 60),
    st.sampled_from(["val.mse", "val.mae", "train.rmse", "test.r2", "train.loss"]),
    st.integers(1, 7),
)
def test_any_epoch_can_be_claimed(epoch, metric, eval_every):
    """Whatever is claimed, training goes the same way; the value is that of a run that ends there."""
    plateau = {"kind": "plateau", "patience": 2, "factor": 0.5}
    training = {"epochs": 60, "eval_every": eval_every, "keep_best": True, "schedule": plateau}
    of = group([recipe(training=training)], seeds=1)
    plain, claimed = outcome(of), outcome(of, {(metric, epoch)})
    np.testing.assert_array_equal(plain.params, claimed.params)
    assert plain.records[0].metrics == claimed.records[0].metrics
    seen = recorded(claimed, metric)
    assert epoch in seen
    assert recorded(plain, "val.mse").items() <= recorded(claimed, "val.mse").items()
    if metric != "train.loss":  # a mean over the batches since the last evaluation
        short = group([recipe(training={**training, "epochs": epoch, "keep_best": False})], seeds=1)
        assert outcome(short).records[0].metrics[metric] == pytest.approx(seen[epoch], rel=1e-6)


@pytest.mark.parametrize("epoch", [25, 30, 40, 57])
def test_a_claim_at_an_epoch_that_curves_leave_out_is_judged(tmp_path, epoch):
    for metric in ("val.mse", "val.mae", "grid.max_error"):
        result = run(study(f"{metric}@{epoch}"), runs_dir=tmp_path)
        values = Result.open(result.directory).values("base", f"{metric}@{epoch}")
        assert np.isfinite(values).all()
        assert result.judgements[0].seen.n == 5


@pytest.mark.parametrize(
    ("epochs", "steps", "last"), [(60, None, 60), (None, 100, 33), (None, 2, 0), (1, None, 1)]
)
def test_an_epoch_that_is_never_reached_is_refused(epochs, steps, last):
    length = {"training.epochs": epochs} if epochs else {"training.epochs": None, "training.steps": steps}
    message = f'"val.mse@{last + 1}" is never reached: training ends with epoch {last}'
    with pytest.raises(StudyError, match=message):
        plan(study(f"val.mse@{last + 1}", length))
    if last:
        plan(study(f"val.mse@{last}", length))
    with pytest.raises(StudyError, match="epochs count from 1"):
        plan(study("val.mse@0", length))


def test_only_the_variants_of_a_claim_must_reach_its_epoch():
    with pytest.raises(StudyError, match=r'variant "fast": "val\.mse@6" is never reached'):
        plan(study("val.mse@6", settings=FIVE))


def test_a_run_that_stopped_before_counts_with_its_last_value(tmp_path):
    result = run(study("val.mse@50", settings={"training.stop": {"target": 0.4}}), runs_dir=tmp_path)
    rows = [row for row in result.runs.to_pylist() if row["status"] == "stopped" and row["epochs"] < 50]
    assert rows
    for row in rows:
        assert result.values("fast", "val.mse@50")[row["seed"]] == pytest.approx(row["val.mse"], rel=1e-6)


def test_a_target_of_a_metric_that_is_not_watched_is_reached_at_any_evaluation():
    """Its part is evaluated at every one, not only where the curves keep it."""
    seen = recorded(outcome(group([recipe(training={"epochs": 60})], seeds=1)), "test.mse")
    target = (seen[22] + seen[21]) / 2 if 22 in seen else min(seen.values()) * 1.2
    of = group([recipe(training={"epochs": 60, "stop": {"target": target}})], seeds=1)
    record = outcome(of, metric="test.mse").records[0]
    before = group([recipe(training={"epochs": record.epochs - 1})], seeds=1)
    assert record.stop_reason == "target"
    assert record.metrics["test.mse"] <= target < outcome(before).records[0].metrics["test.mse"]


@pytest.mark.parametrize(
    ("metric", "classes", "parts"),
    [
        ("val.mse", (), ("val.mse", None)),
        ("val.mse@12", (), ("val.mse", 12)),
        ("val.recall.a@b", ("a@b",), ("val.recall.a@b", None)),
        ("val.recall.a@b@3", ("a@b",), ("val.recall.a@b", 3)),
        ("val.recall.x@3", ("x@3",), ("val.recall.x@3", None)),
        ("val.recall.x@3", ("x",), ("val.recall.x", 3)),
        ("val.recall.x@3@3", ("x@3",), ("val.recall.x@3", 3)),
        ("val.recall.", ("",), ("val.recall.", None)),
    ],
)
def test_names_of_classes_may_hold_what_marks_an_epoch(metric, classes, parts):
    assert split_epoch(metric, classes) == parts
    assert direction(metric) in ("min", "max")


def test_a_study_whose_classes_hold_signs_of_our_own_opens_again(tmp_path):
    labels = ["a@b", "c:d", "x@3", "setting:x", 'quoted "e"', "<f>"]
    rows = [f"{number % 6 + number / 100},{labels[number % 6]}" for number in range(120)]
    quoted = [row.replace('quoted "e"', '"quoted ""e"""') for row in rows]
    (tmp_path / "table.csv").write_text("\n".join(["x,y", *quoted]))
    table = {"source": "table", "path": "table.csv", "target": "y", "split": [0.6, 0.2, 0.2]}
    changes = {
        "data": table,
        "model": {"kind": "logistic"},
        "training.loss": "cross_entropy",
        "training.epochs": 3,
        "study.metric": "val.accuracy",
    }
    stored = run(
        Study.parse(text("val.recall.x@3@2", changes), tmp_path / "study.toml"), runs_dir=tmp_path
    ).directory
    result = Result.open(stored)
    assert {f"val.recall.{label}" for label in labels} <= set(result.document["variants"][0]["metrics"])
    assert np.isfinite(result.values("base", "val.recall.x@3")).all()
    assert result.judgements[0].seen.n == 5
    assert result.report().exists()


def test_a_jump_stores_what_it_is_about_and_no_other_epoch(tmp_path):
    claim = {"claim": "it jumps", "jump": 43, "variant": "fast", "metric": "val.max_error", "than": "base"}
    result = run(Study.parse(text("val.mse", {"hypothesis": [claim]})), runs_dir=tmp_path)
    for epoch in (38, 43, 44):
        assert np.isfinite(result.values("fast", f"val.max_error@{epoch}")).all()
    assert result.judgements[0].seen.n == 5
    assert not np.isfinite(result.values("fast", "val.max_error@42")).any()
    with pytest.raises(StudyError, match=r'"val\.max_error@61" is never reached'):
        plan(Study.parse(text("val.mse", {"hypothesis": [claim | {"jump": 60}]})))


def test_epochs_to_a_level_are_the_first_on_the_curve(tmp_path):
    claim = {"claim": "sooner", "epochs_to": 0.5, "variant": "fast", "than": "base", "metric": "val.mae"}
    result = run(Study.parse(text("val.mse", {"hypothesis": [claim]})), runs_dir=tmp_path)
    rows = [row for row in result.curves.to_pylist() if row["metric"] == "val.mae"]
    for level in (0.5, 0.3, 1e-9):
        for variant in ("base", "fast"):
            expected = [
                min(
                    (
                        row["epoch"]
                        for row in rows
                        if (row["variant"], row["seed"]) == (variant, seed) and row["value"] <= level
                    ),
                    default=np.inf,
                )
                for seed in result.seeds
            ]
            np.testing.assert_array_equal(result.epochs_to(variant, "val.mae", level), expected)
    assert result.judgements[0].form == "epochs_to"
