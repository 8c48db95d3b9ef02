"""Training that is saved and goes on elsewhere comes to the same bits, wherever it was cut."""

from __future__ import annotations

from itertools import cycle
from typing import Any

import pytest
from made import group, recipe
from resumed import assert_same, cuts, resumed, trained

from seedbed.engines.array_engine import ArrayEngine
from seedbed.engines.fused.driver import FusedEngine
from seedbed.engines.torch_engine import TorchEngine
from seedbed.optim import OPTIMIZERS
from seedbed.training.group import Group

ENGINES = {"numpy": ArrayEngine, "fused": FusedEngine, "torch": TorchEngine}
RESTART = {"kind": "multi_step", "milestones": [2, 5], "factor": 0.5, "restart": True}
PLATEAU = {"kind": "plateau", "patience": 1, "factor": 0.5, "min_delta": 0.01}
BEST = {"lr": 0.3, "momentum": 0.9, "keep_best": True}
STOPS = [{"target": 0.9}, {"tolerance": 0.02}, {"patience": 2}, {"lr_below": 0.02}, {"seconds": 1e9}]

# Every group has runs that end at different steps, so that some have ended where others are saved.
GROUPS: dict[str, tuple[Group, dict[str, Any]]] = {
    **{
        name: (
            group([recipe(training={"optimizer": name, "lr": 0.01, "epochs": 3 + n}) for n in range(2)]),
            {},
        )
        for name in OPTIMIZERS
    },
    "restarts": (
        group([recipe(training={"momentum": 0.9, "epochs": 7, "schedule": RESTART}), recipe()], seeds=1),
        {},
    ),
    "plateau, warm-up": (
        group(
            [
                recipe(training={"epochs": 9, "schedule": {**PLATEAU, "warmup": warmup}, "lr": lr})
                for lr, warmup in ((1e-9, 0), (0.2, 2))
            ]
        ),
        {},
    ),
    "best parameters, rarely evaluated": (
        group(
            [
                recipe(training={**BEST, "epochs": 12, "eval_every": 3}),
                recipe(training={**BEST, "steps": 13, "eval_every": 3}),
            ]
        ),
        {},
    ),
    "stop conditions": (
        group(
            [
                recipe(
                    training={"epochs": 20, "stop": stop, "schedule": {"kind": "exponential", "factor": 0.8}}
                )
                for stop in STOPS
            ],
            seeds=1,
        ),
        {},
    ),
    "dropout, batch norm": (
        group(
            [recipe({"dropout": rate, "norm": "batch"}, {"optimizer": "adam"}) for rate in (0.5, 0.2)],
            seeds=1,
        ),
        {},
    ),
    "penalties, clipping": (
        group([recipe(training={"weight_decay": 0.1, "l1": 0.01, "clip_norm": 0.5}), recipe()]),
        {},
    ),
    "class weights": (
        group(
            [recipe(training={"loss": "cross_entropy", "class_weight": "balanced", "label_smoothing": 0.1})]
        ),
        {"metric": "val.accuracy"},
    ),
    "gaps": (group([recipe()], gaps=True), {}),
    "claimed epochs": (
        group([recipe(training={"epochs": 7, "eval_every": 4})]),
        {"claimed": {("test.mae", 3), ("val.mse", 5)}},
    ),
    "diverging": (group([recipe(training={"lr": lr, "eval_every": 2}) for lr in (0.05, 40, 1e6)]), {}),
    "full batch": (group([recipe(training={"batch_size": "all", "epochs": 40})]), {}),
}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", GROUPS)
def test_a_training_that_was_stopped_again_and_again_comes_to_the_same(name: str, engine: str) -> None:
    of, options = GROUPS[name]
    whole = trained(of, ENGINES[engine], **options)
    with cuts(cycle([1, 5, 2, 1, 1, 3]).__next__):
        again, stops = resumed(of, ENGINES[engine], every=3, **options)
    assert stops > 3
    assert_same(again, whole)
