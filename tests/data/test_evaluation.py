"""How the samples that networks are evaluated on come about, read off the data of all seeds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pydantic import TypeAdapter

from seedbed import data
from seedbed.data.base import Prepared, Samples
from seedbed.data.evaluation import evaluation, is_fixed
from seedbed.recipe import AnyData

FUNCTION = {"source": "function", "expression": "sin(x)", "domain": [0.0, 1.0], "samples": 50}


def runs_of(seeds: int = 4, **settings: Any) -> list[Prepared]:
    """The data of a function of one variable under some seeds."""
    given = TypeAdapter(AnyData).validate_python(FUNCTION | settings)
    runs = []
    for seed in range(seeds):
        samples = data.load(given, classification=False, study_seed=0, seed=seed)
        runs.append(data.prepare(given, samples, study_seed=0, seed=seed))
    return runs


def kinds(runs: list[Prepared]) -> dict[str, str]:
    return {part: facts["kind"] for part, facts in evaluation(runs).items()}


def table(seeds: int = 4, official_test: int = 0, targets: Any = None) -> list[Prepared]:
    """A table of 100 rows, split anew under every seed but for the last `official_test` rows."""
    rows = np.arange(100.0) if targets is None else targets
    samples = Samples(np.zeros((100, 1), np.float32), rows[:, None], ("x",), official_test=official_test)
    runs = []
    for seed in range(seeds):
        order = np.random.default_rng(seed).permutation(80)
        parts = {"train": np.sort(order[:60]), "val": np.sort(order[60:]), "test": np.arange(80, 100)}
        runs.append(Prepared(samples, parts))
    return runs


def test_a_function_is_drawn_anew_for_every_seed() -> None:
    assert kinds(runs_of()) == dict.fromkeys(("train", "val", "test", "grid"), "drawn")


def test_a_function_with_a_seed_of_its_own_is_fixed() -> None:
    assert kinds(runs_of(seed=3)) == dict.fromkeys(("val", "test", "grid"), "fixed")


def test_a_table_is_split_and_its_own_test_part_is_fixed() -> None:
    told = evaluation(table())
    assert told["val"] == {"kind": "split", "samples": 20, "train": 60}
    assert told["test"] == {"kind": "fixed", "samples": 20, "train": 60, "same": told["test"]["same"]}
    assert "train" not in told


def test_the_same_samples_are_known_by_their_targets() -> None:
    other = np.arange(100.0)
    other[90] += 1
    same, different = (evaluation(table(targets=rows))["test"]["same"] for rows in (None, other))
    assert same == evaluation(table(seeds=2))["test"]["same"]
    assert same != different


@pytest.mark.parametrize("copies", [2, 3])
def test_of_a_part_that_some_seeds_share_nothing_is_said(copies: int) -> None:
    assert "val" not in evaluation(table(2) * copies)
    assert evaluation(table(2) * copies)["test"]["kind"] == "fixed"


def test_one_seed_tells_nothing() -> None:
    assert evaluation(table(1)) == {}


def given(**settings: Any) -> AnyData:
    return TypeAdapter(AnyData).validate_python(FUNCTION | settings)


def test_settings_tell_by_one_seed_which_parts_are_fixed() -> None:
    (run,) = table(1, official_test=20)
    fixed = [name for name in ("train.mse", "val.mse", "test.mse", "steps") if is_fixed(run, given(), name)]
    assert fixed == ["test.mse"]
    assert not is_fixed(table(1)[0], given(), "test.mse")
    assert is_fixed(table(1)[0], given(seed=3), "val.mse")


@pytest.mark.parametrize("settings", [{}, {"seed": 3}])
def test_they_tell_what_all_seeds_do(settings: dict[str, Any]) -> None:
    runs = runs_of(**settings)
    told = evaluation(runs)
    for part in ("train", "val", "test", "grid"):
        fixed = told.get(part, {}).get("kind") == "fixed"
        assert is_fixed(runs[0], given(**settings), f"{part}.mse") == fixed
