"""The recipe: defaults that follow from other settings, the parts its data have, what it refuses."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError
from study_files import document

from seedbed.recipe import AnySchedule, Recipe


def recipe(changes: dict[str, Any] | None = None) -> Recipe:
    tables = document(changes)
    return Recipe.model_validate({name: tables[name] for name in ("data", "model", "training")})


IMAGES = {"data": {"source": "mnist"}}
TABLE = {"data": {"source": "table", "path": "a.csv", "target": "y"}}
LOGISTIC = {"model": {"kind": "logistic"}}
CNN = {"model": {"kind": "cnn", "blocks": [{"filters": 4}]}}


@pytest.mark.parametrize(
    ("changes", "loss"),
    [
        ({}, "mse"),
        (TABLE, "mse"),
        (TABLE | LOGISTIC, "bce"),
        (IMAGES, "cross_entropy"),
        (IMAGES | LOGISTIC, "cross_entropy"),
    ],
)
def test_usual_loss(changes: dict[str, Any], loss: str):
    found = recipe(changes)
    assert found.training.loss == loss
    assert found.is_classification == (loss != "mse")


@pytest.mark.parametrize(
    ("changes", "parts"),
    [
        ({}, ("train", "val", "test", "grid")),
        ({"data.domain": [[0.0, 1.0], [0.0, 1.0]], "data.expression": "x1 - x2"}, ("train", "val", "test")),
        ({"data.split": [0.8, 0.0, 0.2]}, ("train", "test", "grid")),
        ({"data.split": [40, 10, 0]}, ("train", "val", "grid")),
        ({"data.split": {"folds": 5}}, ("train", "val", "test", "grid")),
        ({"data.fit_on": "train+val"}, ("train", "test", "grid")),
        ({"data.fit_on": "all"}, ("train", "grid")),
        (IMAGES, ("train", "val", "test")),
        (IMAGES | {"data": {"source": "mnist", "split": [100, 0]}}, ("train", "test")),
    ],
)
def test_parts_are_those_that_the_data_get(changes: dict[str, Any], parts: tuple[str, ...]):
    found = recipe(changes)
    assert found.parts == parts
    if found.data.source == "function":  # as they are in truth
        from seedbed import data

        samples = data.load(found.data, classification=False, study_seed=0, seed=0)
        assert set(data.prepare(found.data, samples, study_seed=0, seed=0).parts) == set(parts)


def test_a_recipe_cannot_be_changed():
    with pytest.raises(ValidationError):
        recipe().training.lr = 1.0


SCHEDULES = [
    {"kind": "constant"},
    {"kind": "step", "every": 3},
    {"kind": "multi_step", "milestones": [2, 4]},
    {"kind": "exponential", "factor": 0.9},
    {"kind": "cosine"},
    {"kind": "polynomial"},
    {"kind": "one_cycle"},
    {"kind": "plateau"},
]


def test_every_schedule_has_a_row_here():
    kinds = [arm.model_fields["kind"].annotation.__args__[0] for arm in AnySchedule.__args__[0].__args__]
    assert [row["kind"] for row in SCHEDULES] == kinds


@pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda row: row["kind"])
@pytest.mark.parametrize("warmup", [0, 3])
def test_schedules_come_back_from_json_as_they_were(schedule: dict[str, Any], warmup: int):
    if schedule["kind"] == "one_cycle" and warmup:
        with pytest.raises(ValidationError, match="warm-up of its own"):
            recipe({"training.schedule": {**schedule, "warmup": warmup}})
        return
    found = recipe({"training.schedule": {**schedule, "warmup": warmup}})
    assert Recipe.model_validate_json(found.model_dump_json()) == found
    assert found.training.schedule.warmup == warmup


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"training.nesterov": True}, "nesterov needs"),
        ({"training.optimizer": "adagrad", "training.momentum": 0.9}, "adagrad has none"),
        ({"training.loss": "bce"}, "needs classes"),
        ({"model": {"kind": "logistic"}, "training.loss": "mse"}, "logistic model needs loss"),
        (
            {"training.loss": "mse", "training.label_smoothing": 0.1},
            "label_smoothing belongs to cross_entropy",
        ),
        ({"training.epochs": None}, "either epochs or steps"),
        ({"data.split": {"folds": 3, "fold": 3}}, "fold must be below folds = 3"),
        ({"data.split": [0.0, 0.5, 0.5]}, "split needs"),
        ({"data.split": [1.0]}, "split needs"),
        ({"training.lr": float("inf")}, "finite"),
        ({"data.domain": [0.0, float("nan")]}, "finite"),
        (CNN, "a cnn needs images"),
        (IMAGES | CNN | {"data.powers": 2}, "powers are taken of rows of numbers"),
        ({"training.augment": {"flip": True}}, "augment needs images"),
        (IMAGES | {"model": {"kind": "cnn", "blocks": []}}, "at least 1 item"),
        (IMAGES | {"model": {"kind": "cnn", "blocks": [{"filters": 8, "kernel": 4}]}}, "kernel must be odd"),
        (IMAGES | {"model": {"kind": "resnet", "depth": 21}}, r"depth must be 6n \+ 2 for 3 widths, not 21"),
        (IMAGES | {"model": {"kind": "resnet", "depth": 2}}, r"depth must be 6n \+ 2"),
        (
            IMAGES | {"model": {"kind": "resnet", "depth": 8, "widths": [16, 8, 4]}},
            "widths that do not shrink",
        ),
    ],
)
def test_impossible_combinations_are_refused(changes: dict[str, Any], words: str):
    with pytest.raises(ValidationError, match=words):
        recipe(changes)


@pytest.mark.parametrize(
    "data",
    [
        {"source": "digits"},
        {"source": "mnist"},
        {"source": "fashion_mnist"},
        {"source": "cifar10"},
        {"source": "images", "path": "photographs", "size": 8},
        {"source": "npz", "path": "images.npz"},
    ],
    ids=lambda data: data["source"],
)
def test_every_source_of_images_has_classes_and_suits_convolutions(data: dict[str, Any]):
    found = recipe({"data": data, "training.augment": {"flip": True}} | CNN)
    assert found.is_image
    assert found.training.loss == "cross_entropy"
    with pytest.raises(ValidationError, match="gives classes; its loss is cross_entropy, not mse"):
        recipe({"data": data, "training.loss": "mse"} | CNN)
