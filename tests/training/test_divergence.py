"""No run is ever dropped: it ends with finite metrics, or it has diverged, is counted and loses."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made import group, ignore, recipe
from study_files import plain

from seedbed.api import Result, Study, run
from seedbed.engines.array_engine import ArrayEngine
from seedbed.engines.fused.driver import FusedEngine
from seedbed.engines.torch_engine import TorchEngine
from seedbed.training.group import Group
from seedbed.training.loop import train


def outcome(of: Group, engine_class, loss: str = "mse"):
    metric, better = ("val.accuracy", "max") if loss == "cross_entropy" else ("val.mse", "min")
    return train(of, engine_class, metric, better, ignore)


def without(part: str, of: Group) -> Group:
    """The group with no such part."""
    runs = []
    for one in of.runs:
        parts = {name: members for name, members in one.prepared.parts.items() if name != part}
        prepared = type(one.prepared)(one.prepared.samples, parts, one.prepared.center, one.prepared.scale)
        runs.append(type(one)(one.variant, one.seed, one.recipe, prepared))
    return Group(tuple(runs), of.network)


@pytest.mark.parametrize("engine_class", [ArrayEngine, FusedEngine, TorchEngine])
@settings(max_examples=40, deadline=None)
@given(
    rates=st.lists(st.floats(-3, 38), min_size=1, max_size=3),
    training=st.fixed_dictionaries(
        {
            "loss": st.sampled_from(["mse", "mae", "cross_entropy"]),
            "batch_size": st.sampled_from([16, "all"]),
            "epochs": st.integers(1, 2),
            "keep_best": st.booleans(),
        }
    ),
    activation=st.sampled_from(["relu", "tanh", "gelu"]),
    norm=st.sampled_from(["none", "batch"]),
    missing=st.sampled_from([None, "val", "test"]),
)
def test_every_run_ends_with_finite_metrics_or_has_diverged(
    engine_class, rates, training, activation, norm, missing
):
    model = {"activation": activation, "norm": norm}
    of = group([recipe(model, {**training, "lr": 10.0**rate}) for rate in rates])
    of = without(missing, of) if missing else of
    result = outcome(of, engine_class, training["loss"])
    assert [(one.variant, one.seed) for one in result.records] == [(one.variant, one.seed) for one in of.runs]
    for record, params, state in zip(result.records, result.params, result.state, strict=True):
        if record.status == "diverged":
            assert record.stop_reason
            assert np.isnan(list(record.metrics.values())).all()
        else:
            assert record.status == "complete"
            losses = [value for name, value in record.metrics.items() if name.endswith(".loss")]
            assert losses
            assert np.isfinite(losses).all()
            assert np.isfinite(params).all()
            assert np.isfinite(state).all()


@pytest.mark.parametrize("keep_best", [False, True])
def test_a_run_that_blows_up_in_its_last_update_has_diverged(keep_best):
    training = {"batch_size": "all", "epochs": 1, "keep_best": keep_best}
    endless = {**training, "lr": 1e30, "weight_decay": 1e30}
    of = without("val", group([recipe(training=training), recipe(training=endless)], seeds=1))
    fine, broken = outcome(of, ArrayEngine).records
    assert (fine.status, fine.stop_reason) == ("complete", None)
    assert (broken.status, broken.stop_reason) == ("diverged", "parameters not finite")


def test_a_run_that_blows_up_only_in_evaluation_has_diverged():
    """Its parameters are finite, but what it answers for new samples is not."""
    of = group([recipe(training={"lr": 1e-3, "epochs": 1})], seeds=2, powers=2)
    one = of.runs[0].prepared
    one.samples.inputs[one.parts["test"][0]] = 1e30  # of seed 0 only; its square is infinite
    broken, fine = outcome(of, ArrayEngine).records
    assert (broken.status, broken.stop_reason) == ("diverged", "outputs not finite")
    assert np.isnan(broken.metrics["val.mse"])
    assert fine.status == "complete"


STUDY = plain(
    {
        "variant": [{"name": "far too fast", "set": {"training.lr": 1e30}}],
        "hypothesis": [{"claim": "slower is better", "better": "base", "than": "far too fast"}],
    }
)


def test_diverged_runs_are_counted_and_lose(tmp_path):
    result = Result.open(run(Study.parse(STUDY), runs_dir=tmp_path).directory)
    assert set(result.status_of("far too fast").values()) == {"diverged"}
    assert np.isposinf(result.values("far too fast", "val.mse")).all()
    versus = result.versus_base["far too fast"]
    assert (versus.comparison.n, versus.comparison.failed, versus.verdict) == (6, 6, "worse")
    assert [judgement.verdict for judgement in result.judgements] == ["supported"]
