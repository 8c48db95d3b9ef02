"""NaN and infinity planted in one run's data, rate or parameters: its neighbours do not change by a bit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest
from made import group, recipe
from resumed import assert_same, trained

from seedbed.engines.array_engine import ArrayEngine
from seedbed.engines.fused.driver import FusedEngine
from seedbed.engines.torch_engine import TorchEngine
from seedbed.training.group import Group, Run
from seedbed.training.outcome import Outcome

VALUES = {"nan": np.nan, "infinity": np.inf, "huge": 3e38}
HIT = 4  # v1 under seed 1


def in_samples(name: str, part: str) -> Callable[[Run, float], Run]:
    def planted(run: Run, value: float) -> Run:
        samples, parts = run.prepared.samples, run.prepared.parts
        array = getattr(samples, name).copy()
        array[parts[part][2], 0] = value
        return replace(run, prepared=replace(run.prepared, samples=replace(samples, **{name: array})))

    return planted


def in_setting(name: str) -> Callable[[Run, float], Run]:
    def planted(run: Run, value: float) -> Run:
        training = run.recipe.training.model_copy(update={name: value})
        return replace(run, variant="hit", recipe=run.recipe.model_copy(update={"training": training}))

    return planted


def in_scaling(run: Run, value: float) -> Run:
    scale = np.array(run.prepared.scale)
    scale[1] = value
    return replace(run, prepared=replace(run.prepared, scale=scale))


PLANTED: dict[str, Callable[[Run, float], Run]] = {
    "inputs": in_samples("inputs", "train"),
    "targets": in_samples("targets", "train"),
    "validation": in_samples("inputs", "val"),
    "scaling": in_scaling,
    "rate": in_setting("lr"),
    "weight decay": in_setting("weight_decay"),
    "parameters": lambda run, value: run,  # see below
}
# Dense layers of several runs are one product in PyTorch, whose sums depend on how many there are: so no run may be
# dropped before its neighbours end.
ENGINES: dict[str, tuple[Any, int]] = {
    "numpy": (ArrayEngine, 4),
    "fused": (FusedEngine, 4),
    "torch": (TorchEngine, 1),
}


def of_run(outcome: Outcome, run: Run) -> list[Any]:
    """All that is said of one run."""
    number = next(
        place
        for place, one in enumerate(outcome.records)
        if (one.variant, one.seed) == (run.variant, run.seed)
    )
    own = [outcome.records[number], outcome.params[number], outcome.state[number], outcome.evidence[number]]
    for table in (outcome.curves, outcome.predictions):
        assert table is not None
        rows = (table["variant"] == run.variant) & (table["seed"] == run.seed)
        own.append({name: column[rows] for name, column in table.items() if name != "step"})
    return own


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("place", "value"), list(product(PLANTED, VALUES)))
def test_neighbours_of_a_run_in_which_it_is_planted_do_not_change(
    engine: str, place: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, epochs = ENGINES[engine]
    training = {"epochs": epochs, "momentum": 0.9, "weight_decay": 0.01, "keep_best": True}
    of = group([recipe({"norm": "batch", "dropout": 0.2}, training) for _ in range(2)], seeds=3)
    # Every run has samples of its own, so that the data of one are no other's.
    of = replace(of, runs=tuple(replace(run, prepared=replace(run.prepared)) for run in of.runs))
    expected = trained(of, made)
    runs = list(of.runs)
    runs[HIT] = PLANTED[place](runs[HIT], VALUES[value])
    hit = replace(of, runs=tuple(runs))
    if place == "parameters":
        initial = Group.initial_params

        def planted(self: Group) -> np.ndarray:
            params = initial(self)
            params[HIT, 3] = VALUES[value]
            return params

        monkeypatch.setattr(Group, "initial_params", planted)
    found = trained(hit, made)
    for run in (run for number, run in enumerate(of.runs) if number != HIT):
        assert_same(of_run(found, run), of_run(expected, run), f"{run.variant} {run.seed}")
    if value != "huge":
        assert found.records[HIT].status == "diverged"
        assert np.isnan(list(found.records[HIT].metrics.values())).all()
