"""Dotted settings: read from text, put into tables, described in names."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.study.settings import changed, described, flat, names, parse_value, parse_values
from seedbed.trainables.recipe import RecipeTrainable


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.1", 0.1),
        ("1e-3", 1e-3),
        ("3", 3),
        ("true", True),
        ("none", "none"),
        ('"0.1"', "0.1"),
        ("[1, 2]", [1, 2]),
        ('{ kind = "cosine" }', {"kind": "cosine"}),
        ("sin(x) + 1", "sin(x) + 1"),
        ("", ""),
        ("1\nother = 2", "1\nother = 2"),  # one value, not a document
        ("x = 1", "x = 1"),
        (0.5, 0.5),
        ([1], [1]),
    ],
)
def test_values_are_read_as_toml_and_else_as_text(text: object, value: Any):
    found = parse_value(text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("batch,none", ["batch", "none"]),
        ("0.1, 0.01", [0.1, 0.01]),
        ("0.1,fast", [0.1, "fast"]),
        ("[10,100],[5]", [[10, 100], [5]]),
        ('{ kind = "step", every = 3 },none', [{"kind": "step", "every": 3}, "none"]),
        ('"a,b",c', ["a,b", "c"]),
        ("minimum(x,1),x", ["minimum(x,1)", "x"]),
        ("one", ["one"]),
        ((1, 2), [1, 2]),
    ],
)
def test_values_are_parted_at_outer_commas(text: Any, values: list[Any]):
    assert parse_values(text) == values


@given(st.lists(st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False)), min_size=1))
def test_numbers_come_back_from_text(numbers: list[float]):
    assert parse_values(",".join(repr(number) for number in numbers)) == numbers


def test_flat_keeps_whole_tables_and_opens_the_others():
    whole = {"kind": "mlp", "hidden": [3]}
    assert flat({"model": whole}, RecipeTrainable.tables) == {"model": whole}
    assert flat({"model": {"norm": "none"}, "training.lr": 1.0}, RecipeTrainable.tables) == {
        "model.norm": "none",
        "training.lr": 1.0,
    }
    assert flat({"training": {"stop": {"patience": 3}}}, RecipeTrainable.tables) == {
        "training.stop": {"patience": 3}
    }


def test_changed_leaves_what_it_was_given_alone():
    tables = {"training": {"lr": 0.1, "epochs": 3, "schedule": {"kind": "plateau", "factor": 0.5}}}
    before = copy.deepcopy(tables)
    found = changed(
        tables,
        {"training.schedule.factor": 0.2, "training.steps": 9, "model.norm": "none"},
        RecipeTrainable.exclusive,
    )
    assert tables == before
    assert found == {
        "training": {"lr": 0.1, "steps": 9, "schedule": {"kind": "plateau", "factor": 0.2}},
        "model": {"norm": "none"},
    }


def test_epochs_and_steps_given_together_both_stay_for_the_recipe_to_refuse():
    found = changed({"training": {}}, {"training.epochs": 1, "training.steps": 2}, RecipeTrainable.exclusive)
    assert found["training"] == {"epochs": 1, "steps": 2}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.1, "0.1"),
        (False, "false"),
        ([10, 100, 10], "10-100-10"),
        ([0.9, 0.999], "0.9 0.999"),
        ({"kind": "multi_step", "milestones": [2, 4]}, "multi_step milestones 2-4"),
        (["MWG", "NWG"], "MWG NWG"),
    ],
)
def test_described(value: Any, text: str):
    assert described(value) == text


def test_names_take_the_whole_key_only_where_the_last_part_is_ambiguous():
    found = names([{"data.seed": 1}, {"training.lr": 1.0}, {"study.seed": 2}])
    assert found == ["data.seed = 1", "lr = 1.0", "study.seed = 2"]
