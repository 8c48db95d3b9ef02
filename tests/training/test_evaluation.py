"""Evaluation of a group: the same bits whatever is evaluated beside a run, and bounded pieces."""

from functools import partial
from threading import Event

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made import engine, group, recipe

from seedbed.engines.array_engine import ArrayEngine
from seedbed.engines.fused.driver import FusedEngine
from seedbed.engines.side_by_side import SideBySide
from seedbed.metrics import compute as metrics
from seedbed.training import evaluation
from seedbed.training.artefacts import confusion_and_mistakes
from seedbed.training.evaluation import Evaluator, output_spread
from seedbed.training.group import Group


def side_by_side(program, *taken):
    """Numpy engines of two runs each, in two threads."""
    return SideBySide(partial(ArrayEngine, program), Event(), 3, 2, lambda: None, *taken)


def evaluated(of, engine_class):
    """What is computed of every run at its initial draw, by name: (runs, ..)."""
    evaluator, made = Evaluator(of), engine(engine_class, of)
    values = {"spread": output_spread(of, made)}
    for part in of.part_sizes:
        values |= evaluator.metrics(made, np.arange(len(of.runs)), part)
    confusion, _ = confusion_and_mistakes(of, made)
    return values if confusion is None else values | {"confusion": confusion}


ENGINES = {"numpy": ArrayEngine, "fused": FusedEngine, "side by side": side_by_side}


@pytest.mark.parametrize("engine_class", ENGINES.values(), ids=ENGINES)
@pytest.mark.parametrize("loss", ["mse", "bce", "cross_entropy"])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15, deadline=None)
@given(asked=st.integers(1, 1500), share=st.integers(1, 8))
def test_no_bit_of_a_run_depends_on_what_is_evaluated_beside_it(engine_class, loss, asked, share):
    of = group([recipe({"norm": norm}, {"loss": loss}) for norm in ("batch", "batch")], seeds=3)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evaluation, "PREDICTED_AT_ONCE", asked)
        patch.setattr(evaluation, "EVALUATED_AT_ONCE", max(1, asked // share))
        together = evaluated(of, engine_class)
    for index, run in enumerate(of.runs):
        for name, value in evaluated(Group((run,), of.network), engine_class).items():
            np.testing.assert_array_equal(together[name][index], value[0], err_msg=name)


@pytest.mark.parametrize(("asked", "evaluated_at_once"), [(360, 120), (10**9, 180), (1, 1)])
def test_only_so_many_outputs_are_predicted_and_evaluated_at_once(asked, evaluated_at_once, monkeypatch):
    of = group([recipe()], seeds=9)  # 60 training samples, one output
    seen = {"predict": [], "compute": []}

    class Counting(ArrayEngine):
        def predict(self, indices, runs=None):
            outputs = super().predict(indices, runs)
            seen["predict"].append(outputs.size)
            return outputs

    def compute(loss, outputs, *rest):
        seen["compute"].append(outputs.size)
        return real(loss, outputs, *rest)

    real = metrics.compute
    monkeypatch.setattr(metrics, "compute", compute)
    monkeypatch.setattr(evaluation, "PREDICTED_AT_ONCE", asked)
    monkeypatch.setattr(evaluation, "EVALUATED_AT_ONCE", evaluated_at_once)
    Evaluator(of).metrics(engine(Counting, of), np.arange(9), "train")
    assert sum(seen["predict"]) == sum(seen["compute"]) == 9 * 60
    assert max(seen["predict"]) <= max(60, asked)  # a run is never cut
    assert max(seen["compute"]) == max(60, evaluated_at_once)
