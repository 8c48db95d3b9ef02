"""Study files: what they become, how they are changed from outside, and where they are read from."""

from __future__ import annotations

import inspect
from collections import Counter
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from study_files import document, small, toml

from seedbed import recipe
from seedbed.api import Study
from seedbed.execution.progress import GroupStart, Observer
from seedbed.study.events import Epoch
from seedbed.study.problems import StudyError


def study(changes: dict[str, Any] | None = None) -> Study:
    return Study.parse(small(changes), "a.toml")


def names(changes: dict[str, Any]) -> list[str]:
    return [variant.name for variant in study(changes).variants]


# --- what a file becomes ---------------------------------------------------------------------------------


def test_base_comes_first_with_defaults_filled_in():
    found = study()
    assert [variant.name for variant in found.variants] == ["base"]
    assert (found.name, found.seeds, found.metric, found.direction, found.seed) == (
        "tests/small", 2, "val.mse", "min", 0,
    )  # fmt: skip
    assert found.base.settings == {}
    assert found.base.configuration.training.loss == "mse"
    assert found.base.configuration.model.activation == "relu"


def test_text_is_kept_as_given():
    text = "# mine\n" + small()
    assert Study.parse(text).text == text


@pytest.mark.parametrize(("metric", "direction"), [("val.mse", "min"), ("val.r2", "max")])
def test_direction_follows_the_metric(metric: str, direction: str):
    assert study({"study.metric": metric}).direction == direction


IMAGES = {"data": {"source": "digits"}, "model": {"kind": "logistic"}, "study.metric": None}


@pytest.mark.parametrize(
    ("changes", "metric"),
    [
        ({"study.metric": None}, "val.mse"),
        ({"study.metric": None, "training.loss": "mae"}, "val.mse"),
        (IMAGES, "val.accuracy"),
        ({**IMAGES, "data.split": [0.8, 0.0, 0.2]}, "test.accuracy"),
        ({"study.metric": None, "data.split": [0.8, 0.0, 0.2]}, "test.mse"),
        ({"study.metric": None, "data.split": [1.0, 0.0, 0.0]}, "train.mse"),
        ({"study.metric": None, "data.fit_on": "all"}, "train.mse"),
        (
            {"study.metric": None, "ablate": {"data.fit_on": ["train+val"]}},
            "test.mse",
        ),  # which all variants have
        ({"study.metric": None, "study.direction": "max"}, "val.mse"),
    ],
)
def test_the_metric_follows_the_task_and_the_parts_unless_it_is_given(changes: dict[str, Any], metric: str):
    assert study(changes).metric == metric


def test_direction_can_be_turned_round():
    assert study({"study.direction": "max"}).direction == "max"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"ablate": {"model.norm": ["none"]}}, ["norm = none"]),
        ({"ablate": {"model.hidden": [[10, 100, 10], []]}}, ["hidden = 10-100-10", "hidden = "]),
        ({"ablate": {"training.lr": [1e-6, 1.0]}}, ["lr = 1e-06", "lr = 1.0"]),
        ({"ablate": {"training.keep_best": [True]}}, ["keep_best = true"]),
        ({"ablate": {"training.schedule": [{"kind": "cosine"}]}}, ["schedule = cosine"]),
        (
            {"ablate": {"training.schedule": [{"kind": "step", "every": 5, "factor": 0.5}]}},
            ["schedule = step every 5 factor 0.5"],
        ),
        (
            {"ablate": {"training.stop": [{"patience": 3}], "training.lr": [0.01]}},
            ["stop = patience 3", "lr = 0.01"],
        ),
        (  # the last part alone would not tell them apart
            {
                "training.schedule": {"kind": "plateau"},
                "ablate": {"training.schedule.patience": [3], "training.stop.patience": [4]},
            },
            ["training.schedule.patience = 3", "training.stop.patience = 4"],
        ),
        (
            {"grid": {"training.lr": [0.1, 0.01], "training.momentum": [0.0, 0.9]}},
            [  # the point that equals base is base
                "lr = 0.1, momentum = 0.9",
                "lr = 0.01, momentum = 0.0",
                "lr = 0.01, momentum = 0.9",
            ],
        ),
        ({"ablate": {"training.lr": [0.1, 0.2]}}, ["lr = 0.2"]),  # 0.1 is base's
        ({"ablate": {"model": {"norm": ["none"]}}}, ["norm = none"]),  # a key without quotes
    ],
)
def test_names_of_variants(changes: dict[str, Any], expected: list[str]):
    assert names(changes) == ["base", *expected]


def test_named_variants_change_several_settings_and_carry_published_numbers():
    found = study(
        {
            "published": {"val.mse": 0.1},
            "variant": [
                {"name": "mine", "set": {"training.lr": 0.5, "model": {"norm": "none"}}},
                {"name": "other", "set": {"training.momentum": 0.9}, "published": {"test.mse": 2.0}},
            ],
        }
    )
    mine, other = found.variant("mine"), found.variant("other")
    assert mine.settings == {"training.lr": 0.5, "model.norm": "none"}
    assert (mine.configuration.training.lr, mine.configuration.model.norm) == (0.5, "none")
    assert found.base.published == {"val.mse": 0.1}
    assert mine.published == {}
    assert other.published == {"test.mse": 2.0}


def test_a_table_as_a_value_replaces_the_whole_table_and_a_dotted_key_one_setting():
    found = study(
        {
            "training.schedule": {"kind": "plateau", "patience": 3, "factor": 0.5},
            "ablate": {"training.schedule.factor": [0.2], "training.schedule": [{"kind": "plateau"}]},
        }
    )
    one, whole = (variant.configuration.training.schedule for variant in found.variants[1:])
    assert (one.patience, one.factor) == (3, 0.2)
    assert (whole.patience, whole.factor) == (10, 0.1)


def test_a_whole_model_can_be_replaced():
    found = study({"variant": [{"name": "line", "set": {"model": {"kind": "linear"}}}]})
    assert found.variant("line").configuration.model == recipe.LinearModel(kind="linear")


def test_steps_take_the_place_of_epochs():
    training = study({"ablate": {"training.steps": [7]}}).variants[1].configuration.training
    assert (training.steps, training.epochs) == (7, None)


settings = st.fixed_dictionaries(
    {
        "training.lr": st.floats(1e-6, 10),
        "training.momentum": st.floats(0, 0.99),
        "training.batch_size": st.one_of(st.integers(1, 30), st.just("all")),
        "training.weight_decay": st.floats(0, 1),
        "model.hidden": st.lists(st.integers(1, 50), max_size=4),
        "model.activation": st.sampled_from(["relu", "tanh", "sigmoid", "gelu"]),
        "model.dropout": st.floats(0, 0.9),
        "data.samples": st.integers(10, 1000),
        "data.powers": st.integers(1, 5),
        "study.seeds": st.integers(1, 100),
    }
)


def setting(of: recipe.Recipe, key: str) -> Any:
    table, name = key.split(".")
    value = getattr(getattr(of, table), name)
    return list(value) if isinstance(value, tuple) else value


@given(settings)
def test_what_a_file_says_is_what_the_recipe_holds(chosen: dict[str, Any]):
    found = study(chosen)
    assert found.seeds == chosen.pop("study.seeds")
    assert {key: setting(found.base.configuration, key) for key in chosen} == chosen
    stored = found.base.configuration.model_dump(mode="json")
    assert recipe.Recipe.model_validate(stored) == found.base.configuration


@given(settings)
def test_a_variant_holds_its_settings_and_all_else_of_base(chosen: dict[str, Any]):
    del chosen["study.seeds"]
    found = study({"variant": [{"name": "other", "set": chosen}], "training.clip_norm": 2.5})
    other = found.variant("other").configuration
    assert {key: setting(other, key) for key in chosen} == chosen
    assert other.training.clip_norm == 2.5
    assert (found.base.configuration.training.lr, found.base.configuration.model.hidden) == (0.1, (4,))


# --- changes from outside --------------------------------------------------------------------------------


def test_override_reads_values_as_toml_and_else_as_text():
    found = study().override(
        {"training.lr": "0.5", "model.norm": "none", "model.hidden": "[3, 3]"},
        {
            "model.activation": "tanh,relu",
            "training.schedule": '{ kind = "step", every = 3 },{ kind = "cosine" }',
        },
        seeds=7,
    )
    assert (found.base.configuration.training.lr, found.base.configuration.model.hidden) == (0.5, (3, 3))
    assert [variant.name for variant in found.variants] == [
        "base", "activation = tanh", "schedule = step every 3", "schedule = cosine",
    ]  # fmt: skip
    assert found.seeds == 7
    assert study().seeds == 2


def test_override_takes_python_values_and_adds_to_what_is_varied():
    found = study({"ablate": {"training.lr": [0.2]}}).override(vary={"training.lr": [0.3, 0.2]})
    assert [variant.configuration.training.lr for variant in found.variants] == [0.1, 0.2, 0.3]


def test_override_reaches_the_study_table():
    assert study().override({"study.seed": "3"}).seed == 3


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"set": {"training.lrr": 1}}, 'set."training.lrr": no such setting; did you mean "training.lr"'),
        ({"set": {"lr": 1}}, 'did you mean "training.lr"'),
        ({"set": {"study.sead": 1}}, 'did you mean "study.seed"'),
        ({"set": {"name": "x"}}, "no such setting"),
        ({"vary": {"model.nrom": "none"}}, 'did you mean "model.norm"'),
        ({"vary": {"training.lr": "0.1,fast"}}, 'expected a number, got "fast"'),
        ({"seeds": 0}, "study.seeds: must be above 0"),
    ],
)
def test_override_names_what_is_wrong(changes: dict[str, Any], expected: str):
    with pytest.raises(StudyError) as caught:
        study().override(**changes)
    assert expected in str(caught.value)


# --- files -----------------------------------------------------------------------------------------------


def test_a_file_is_read_and_its_directory_known(tmp_path: Path):
    (tmp_path / "a.toml").write_text("\ufeff" + small(), encoding="utf-8")  # as some editors begin a file
    found = Study.load(tmp_path / "a.toml")
    assert found.directory == tmp_path
    assert found.base.configuration.data.samples == 50


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("trig/nrom-init", 'did you mean the lab "trig/norm-init"'),
        ("nothing-like-it", "there is no such file and no such lab$"),
        ("trig/norm-init.toml", "there is no such file$"),
        (".", "is a directory"),
    ],
)
def test_a_file_that_is_not_there(name: str, words: str):
    with pytest.raises(StudyError, match=words):
        Study.load(name)


def test_bytes_that_are_no_text(tmp_path: Path):
    (tmp_path / "a.toml").write_bytes(b'name = "\xff"')
    with pytest.raises(StudyError, match="not UTF-8 text: byte 0xff at position 8"):
        Study.load(tmp_path / "a.toml")


def test_the_helper_writes_the_toml_it_means():
    import tomllib

    assert tomllib.loads(toml(document())) == document()


# --- quick settings --------------------------------------------------------------------------------------

QUICK = {"training.epochs": 1, "study.seeds": 1, "data.split": [0.5, 0.25, 0.25]}


@pytest.mark.parametrize(
    "table",
    [QUICK, {"training": {"epochs": 1}, "study": {"seeds": 1}, "data": {"split": [0.5, 0.25, 0.25]}}],
    ids=["dotted", "nested"],
)
def test_quick_settings_are_taken_only_when_asked_for(table: dict[str, Any]):
    given = study({"quick": table, "description": "A test"})
    assert (given.base.configuration.training.epochs, given.seeds, given.description) == (2, 2, "A test")
    quick = given.override(quick=True)
    assert (quick.base.configuration.training.epochs, quick.seeds) == (1, 1)
    assert quick.base.configuration.data.split == (0.5, 0.25, 0.25)
    assert quick.description == "A test (quick settings)"


def test_quick_settings_come_before_all_others():
    found = study({"quick": QUICK, "ablate": {"training.epochs": [5]}}).override(
        {"training.lr": 0.5}, seeds=3, quick=True
    )
    assert [variant.configuration.training.epochs for variant in found.variants] == [1, 5]
    assert (found.base.configuration.training.lr, found.seeds) == (0.5, 3)


def test_quick_steps_take_the_place_of_epochs():
    quick = study({"quick": {"training.steps": 7}}).override(quick=True)
    assert (quick.base.configuration.training.steps, quick.base.configuration.training.epochs) == (7, None)


def test_other_changes_need_not_suit_the_quick_settings():
    given = study({"quick": {"model.hidden": [2]}})
    found = given.override({"model": {"kind": "linear"}})
    assert found.base.configuration.model.kind == "linear"


@pytest.mark.parametrize(
    ("quick", "says"),
    [
        ({"training.epoch": 1}, r'quick\."training\.epoch": no such setting; did you mean "training.epochs"'),
        ({"study.seed_count": 1}, r'quick\."study\.seed_count": no such setting'),
        ({"training.epochs": 0}, r"quick: training\.epochs: must be above 0"),
        ({"study.seeds": "many"}, r"quick: study\.seeds: expected a whole number"),
        ({"data.fit_on": "all"}, r'quick: study\.metric: "val\.mse" is not there'),
        (3, r"quick: expected a table"),
    ],
)
def test_quick_settings_are_checked_with_the_study(quick: Any, says: str):
    with pytest.raises(StudyError, match=says):
        study({"quick": quick})


def test_what_is_wrong_anyway_is_not_said_again_of_quick_settings():
    with pytest.raises(StudyError) as error:
        study({"quick": {"training.epochs": 0}, "training.lr": -1.0})
    assert [problem.key for problem in error.value.problems] == ["training.lr", "quick: training.epochs"]


def test_a_study_without_quick_settings_says_so():
    with pytest.raises(StudyError, match=r"quick: this study has none; write one"):
        study().override(quick=True)


# --- many variants ---------------------------------------------------------------------------------------


def test_many_variants_are_each_validated_once_and_not_compared_one_by_one(monkeypatch: pytest.MonkeyPatch):
    equal, validate = recipe.Recipe.__eq__, recipe.Recipe.model_validate
    calls = Counter[str]()

    def counted_equal(self: recipe.Recipe, other: object) -> bool:
        calls["compared"] += 1
        return equal(self, other)

    def counted_validate(document: Any) -> recipe.Recipe:
        calls["validated"] += 1
        return validate(document)

    monkeypatch.setattr(recipe.Recipe, "__eq__", counted_equal)
    monkeypatch.setattr(recipe.Recipe, "model_validate", counted_validate)
    rates = [0.001 * number for number in range(1, 201)]
    found = study({"ablate": {"training.lr": rates}}).override()
    assert len(found.variants) == 200  # 0.1 is that of base
    assert calls["compared"] <= 200
    assert calls["validated"] == 201


@given(st.lists(st.sampled_from([0.1, 0.2, 1, 1.0, 2]), min_size=1, unique_by=float))
def test_variants_of_equal_settings_are_one(rates: list[Any]):
    found = [variant.configuration for variant in study({"ablate": {"training.lr": rates}}).variants]
    assert all(found.count(one) == 1 for one in found)
    assert {one.training.lr for one in found} == {0.1, *map(float, rates)}


def test_the_help_of_run_says_what_an_observer_has_and_names_no_module():
    told = Study.run.__doc__ or ""
    assert "see `" not in told
    for name, method in vars(Observer).items():
        if inspect.isfunction(method) and not name.startswith("_"):
            _, *words = inspect.signature(method).parameters
            assert f"`{name}({', '.join(words)})`" in told
    for kind in (GroupStart, Epoch):
        *names, last = (field.name for field in fields(kind))
        assert f"{', '.join(names)} and {last}" in " ".join(told.split())
