"""Study files: what they become, and what is said about those that are wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from study_files import document, small, toml

from seedbed import recipe
from seedbed.problems import StudyError
from seedbed.study import Study, StudySettings

NONE_MODEL = {"model.kind": "linear", "model.hidden": None, "model.norm": None}


def problems_of(changes: dict[str, Any] | None = None, text: str | None = None) -> list[str]:
    """The lines of the error that a study gives, each without the file's name."""
    with pytest.raises(StudyError) as caught:
        Study.parse(small(changes) if text is None else text, "a.toml")
    lines = str(caught.value).splitlines()
    assert len(lines) == len(caught.value.problems)
    assert all(line.startswith("a.toml: ") for line in lines)
    return [line.removeprefix("a.toml: ") for line in lines]


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
    assert found.base.recipe.training.loss == "mse"
    assert found.base.recipe.model.activation == "relu"


def test_text_is_kept_as_given():
    text = "# mine\n" + small()
    assert Study.parse(text).text == text


@pytest.mark.parametrize(("metric", "direction"), [("val.mse", "min"), ("val.r2", "max")])
def test_direction_follows_the_metric(metric: str, direction: str):
    assert study({"study.metric": metric}).direction == direction


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
    assert (mine.recipe.training.lr, mine.recipe.model.norm) == (0.5, "none")
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
    one, whole = (variant.recipe.training.schedule for variant in found.variants[1:])
    assert (one.patience, one.factor) == (3, 0.2)
    assert (whole.patience, whole.factor) == (10, 0.1)


def test_a_whole_model_can_be_replaced():
    found = study({"variant": [{"name": "line", "set": {"model": {"kind": "linear"}}}]})
    assert found.variant("line").recipe.model == recipe.LinearModel(kind="linear")


def test_steps_take_the_place_of_epochs():
    training = study({"ablate": {"training.steps": [7]}}).variants[1].recipe.training
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
    assert {key: setting(found.base.recipe, key) for key in chosen} == chosen
    stored = found.base.recipe.model_dump(mode="json")
    assert recipe.Recipe.model_validate(stored) == found.base.recipe


@given(settings)
def test_a_variant_holds_its_settings_and_all_else_of_base(chosen: dict[str, Any]):
    del chosen["study.seeds"]
    found = study({"variant": [{"name": "other", "set": chosen}], "training.clip_norm": 2.5})
    other = found.variant("other").recipe
    assert {key: setting(other, key) for key in chosen} == chosen
    assert other.training.clip_norm == 2.5
    assert (found.base.recipe.training.lr, found.base.recipe.model.hidden) == (0.1, (4,))


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
    assert (found.base.recipe.training.lr, found.base.recipe.model.hidden) == (0.5, (3, 3))
    assert [variant.name for variant in found.variants] == [
        "base", "activation = tanh", "schedule = step every 3", "schedule = cosine",
    ]  # fmt: skip
    assert found.seeds == 7
    assert study().seeds == 2


def test_override_takes_python_values_and_adds_to_what_is_varied():
    found = study({"ablate": {"training.lr": [0.2]}}).override(vary={"training.lr": [0.3, 0.2]})
    assert [variant.recipe.training.lr for variant in found.variants] == [0.1, 0.2, 0.3]


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


# --- what is wrong ---------------------------------------------------------------------------------------

BAD = {
    "unknown key": ({"model.nrom": "batch"}, ["model.nrom: unknown key", 'did you mean "norm"']),
    "unknown table": ({"modle": {}}, ["modle: unknown key", 'did you mean "model"']),
    "another tool's word": ({"training.learning_rate": 0.1}, ['did you mean "lr"']),
    "key of another table": ({"model.momentum": 0.9}, ["model.momentum", 'did you mean "training.momentum"']),
    "key of another kind": (
        {**NONE_MODEL, "model.dropout": 0.1},
        ["model.dropout", '"linear" has no such key', "mlp"],
    ),
    "key of another schedule": (
        {"training.schedule": {"kind": "cosine", "patience": 3}},
        ["training.schedule.patience", '"cosine" has no such key', "plateau"],
    ),
    "unknown source": ({"data.source": "fuction"}, ["data.source", '"fuction"', 'did you mean "function"']),
    "unknown schedule": (
        {"training.schedule": {"kind": "cosinus"}},
        ["training.schedule.kind", 'did you mean "cosine"', "plateau"],
    ),
    "unknown word": ({"training.optimizer": "adma"}, ["training.optimizer", 'did you mean "adam"']),
    "a number for a word": ({"model.norm": 1}, ["model.norm", "none", "batch", "got 1"]),
    "no kind": ({"training.schedule": {"factor": 0.5}}, ["training.schedule.kind", "missing", "cosine"]),
    "no table": ({"model": None}, ["model: missing"]),
    "no metric": ({"study.metric": None}, ["study.metric: missing"]),
    "a table that is none": ({"model": 3}, ["model: expected a table, got 3"]),
    "number in quotes": ({"training.lr": "1e-3"}, ["training.lr", '"1e-3"', "without quotes"]),
    "words for a number": ({"training.lr": "fast"}, ['training.lr: expected a number, got "fast"']),
    "fraction for a count": ({"training.epochs": 2.5}, ["training.epochs: expected a whole number, got 2.5"]),
    "true for a number": ({"training.lr": True}, ["training.lr: expected a number, got true"]),
    "number for true": ({"training.keep_best": 1}, ["training.keep_best: expected true or false, got 1"]),
    "number for text": ({"data.expression": 3}, ["data.expression: expected text in quotes, got 3"]),
    "not positive": ({"training.lr": 0.0}, ["training.lr: must be above 0, got 0.0"]),
    "negative": ({"training.momentum": -0.1}, ["training.momentum: must be at least 0, got -0.1"]),
    "no fraction": ({"model.dropout": 1.0}, ["model.dropout: must be below 1, got 1.0"]),
    "batch size": ({"training.batch_size": 1.5}, ["training.batch_size", 'a whole number or "all"', "1.5"]),
    "batch word": ({"training.batch_size": "full"}, ["training.batch_size", '"all"']),
    "one layer's width": ({"model.hidden": [4, "x"]}, ["model.hidden.1: expected a whole number"]),
    "part of a split": (
        {"data.split": [0.6, "a", 0.2]},
        ["data.split.1: expected a whole number or a number"],
    ),
    "fractions above one": ({"data.split": [0.8, 0.2, 0.2]}, ["data", "sum to 1.2"]),
    "fractions and counts": ({"data.split": [0.8, 10, 10]}, ["all fractions or all counts"]),
    "too few folds": ({"data.split": {"folds": 2}}, ["data.split.folds: must be at least 3"]),
    "empty domain": ({"data.domain": [1.0, 1.0]}, ["domain [1, 1] is empty"]),
    "half a domain": ({"data.domain": [1.0]}, ["data.domain", "[low, high]"]),
    "epochs and steps": ({"training.steps": 3}, ["either epochs or steps"]),
    "momentum of a rule without": (
        {"training.optimizer": "adam", "training.momentum": 0.9},
        ["training", "momentum belongs to sgd and rmsprop; adam has none"],
    ),
    "classes of a function": (
        {"training.loss": "cross_entropy"},
        ['cross_entropy needs classes, and source = "function"'],
    ),
    "mse of classes": ({"data": {"source": "mnist"}, "training.loss": "mse"}, ["mnist gives classes"]),
    "linear classifier": (
        {**NONE_MODEL, "data": {"source": "sgemm"}, "training.loss": "bce"},
        ["linear model needs loss mse", 'kind = "logistic"'],
    ),
    "no metric of that name": ({"study.metric": "val.msee"}, ["study.metric", 'did you mean "mse"']),
    "metric of classes": ({"study.metric": "val.accuracy"}, ["study.metric", "predicts numbers"]),
    "metric without part": ({"study.metric": "mse"}, ["study.metric", "a part and a name", "val."]),
    "metric of a part that is not": (
        {"data.fit_on": "train+val"},
        ["study.metric", "has the parts train, test, grid"],
    ),
    "metric at an epoch": ({"study.metric": "val.mse@3"}, ["study.metric", "in a hypothesis only"]),
    "published": ({"published": {"val.mes": 1.0}}, ['published."val.mes"', 'did you mean "mse"']),
    "ablated key": (
        {"ablate": {"model.nrom": ["none"]}},
        ['ablate."model.nrom"', 'did you mean "model.norm"'],
    ),
    "ablated key elsewhere": ({"ablate": {"model.lr": [1.0]}}, ['did you mean "training.lr"']),
    "key of a grid": ({"grid": {"training.momentun": [0.9]}}, ["grid", 'did you mean "training.momentum"']),
    "one value to ablate": (
        {"ablate": {"training.lr": 0.2}},
        ['ablate."training.lr"', "expected a list", "0.2"],
    ),
    "nothing to ablate": ({"ablate": {"training.lr": []}}, ["expected a list of values"]),
    "ablated twice": ({"ablate": {"training.lr": [0.2, 0.2]}}, ['ablate."training.lr": 0.2 is given twice']),
    "value of a variant": (
        {"ablate": {"training.lr": ["slow"]}},
        ['variant "lr = slow": training.lr: expected a number'],
    ),
    "key of a variant": (
        {"variant": [{"name": "x", "set": {"model.nrom": "none"}}]},
        ['variant "x": set."model.nrom"', 'did you mean "model.norm"'],
    ),
    "variant without settings": ({"variant": [{"name": "x"}]}, ["variant.0.set: missing"]),
    "variant called base": (
        {"variant": [{"name": "base", "set": {"training.lr": 1.0}}]},
        ['variant "base": this name is taken'],
    ),
    "two of a name": (
        {"variant": [{"name": "x", "set": {"training.lr": rate}} for rate in (1.0, 2.0)]},
        ['variant "x": this name is taken'],
    ),
    "two of the same settings": (
        {"variant": [{"name": name, "set": {"training.lr": 1.0}} for name in "xy"]},
        ['variant "y": has the same settings as "x"'],
    ),
    "the settings of base": (
        {"variant": [{"name": "x", "set": {"training.lr": 0.1}}]},
        ['variant "x": has the same settings as "base"'],
    ),
    "a variant's name": (
        {"variant": [{"name": "a\nb", "set": {"training.lr": 1.0}}]},
        ["visible characters"],
    ),
    "a huge grid": (
        {"grid": {key: [n / 1e4 for n in range(1, 200)] for key in ("training.lr", "training.l1")}},
        ["grid: asks for 39,601 variants"],
    ),
    **{
        f"name {name!r}": ({"name": name}, ["name:", "directory"])
        for name in ("", "../x", "/etc", "a/../b", "a/b/c", "a\\b", ".hidden", "a b", "C:x", "a/", "\n")
    },
}


@pytest.mark.parametrize(("changes", "words"), BAD.values(), ids=BAD.keys())
def test_what_is_wrong_is_named_once(changes: dict[str, Any], words: list[str]):
    lines = problems_of(changes)
    assert len(lines) == 1, lines
    for word in words:
        assert word in lines[0]


VARIANTS = {"ablate": {"model.norm": ["none"]}}
HYPOTHESES = [
    ({"better": "base", "than": "norm = nome"}, ['there is no variant "norm = nome"', '"norm = none"']),
    ({"better": "base"}, ["better also needs than"]),
    ({"than": "base"}, ["exactly one of better"]),
    ({"better": "base", "above": 1.0, "than": "norm = none"}, ["exactly one of", "better and above"]),
    ({"better": "base", "than": "norm = none", "within": 1.0}, ["better does not go with within"]),
    ({"similar": ["base"], "within": 1.0}, ["similar"]),
    ({"similar": ["base", "norm = none"]}, ["similar also needs within"]),
    ({"variant": "base", "above": 1.0}, ["above also needs metric"]),
    ({"variant": "base", "metric": "val.acuracy", "above": 1.0}, ['"val.acuracy" is no metric']),
    ({"variant": "base", "metric": "val.mse", "exceeds": "tst.mse"}, ['"tst.mse" is not there']),
    ({"variant": "base", "metric": "val.mse@x", "above": 1.0}, ['"val.mse@x" is no metric']),
    ({"better": "base", "than": "norm = none", "margin": -1.0}, ["margin: must be at least 0"]),
    ({"beter": "base", "than": "norm = none"}, ["beter", 'did you mean "better"']),
]


@pytest.mark.parametrize(("form", "words"), HYPOTHESES)
def test_a_claim_that_cannot_be_tested_is_refused(form: dict[str, Any], words: list[str]):
    message = "\n".join(problems_of({**VARIANTS, "hypothesis": [{"claim": "So it is", **form}]}))
    for word in words:
        assert word in message


@pytest.mark.parametrize(
    "form",
    [
        {"better": "base", "than": "norm = none"},
        {"better": "base", "than": ["norm = none"], "metric": "val.loss@1", "margin": 0.1},
        {"not_better": "norm = none", "than": "base"},
        {"similar": ["base", "norm = none"], "within": 0.1},
        {"variant": "base", "metric": "grid.mse", "above": 0.0},
        {"variant": "base", "metric": "steps", "below": 100.0},
        {"variant": "base", "metric": "val.mse", "exceeds": "train.mse", "margin": 0.1},
        {"variant": "base", "metric": "val.mse", "matches": "test.mse", "within": 0.1},
    ],
)
def test_forms_of_a_claim(form: dict[str, Any]):
    claim = study({**VARIANTS, "hypothesis": [{"claim": "So it is", **form}]}).hypotheses[0]
    assert claim.form in form
    assert set(claim.variants) <= {"base", "norm = none"}
    assert claim.variants


def test_all_problems_of_a_file_are_in_one_message():
    lines = problems_of(
        {
            "name": "../x",
            "model.nrom": "batch",
            "training.lr": "1e-3",
            "training.batch_size": 0,
            "study.metric": None,
            "study.metirc": "val.mse",
            "ablate": {"model.inti": ["zeros"], "training.momentum": [2.0]},
            "grid": {"training.stpes": [3]},
            "variant": [{"name": "x", "set": {"training.epoch": 3}}, {"name": "y"}],
            "hypothesis": [{"claim": "a", "better": "z", "than": "x"}, {"claim": "b", "better": "x"}],
        }
    )
    for words in (
        "name:",
        "model.nrom:",
        "training.lr:",
        "training.batch_size:",
        "study.metirc:",
        "study.metric: missing",
        'ablate."model.inti":',
        'variant "momentum = 2.0": training.momentum:',
        'grid."training.stpes":',
        'variant "x": set."training.epoch":',
        "variant.1.set:",
        'hypothesis "a": there is no variant "z"',
        "better also needs than",
    ):
        assert any(words in line for line in lines), words
    assert len(lines) == 13


def test_what_is_wrong_with_base_is_not_said_again_for_each_variant():
    lines = problems_of({"training.lr": "x", "ablate": {"model.norm": ["none"], "model.init": ["zeros"]}})
    assert lines == ['training.lr: expected a number, got "x"']


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a =", "not valid TOML"),
        ('name = "x"\nb = ?', "line 2, column 5"),
        ('name = "x"\nname = "y"', "not valid TOML"),
        ("", "data: missing"),
    ],
)
def test_text_that_is_no_study(text: str, words: str):
    assert any(words in line for line in problems_of(text=text))


# --- misspelt keys ---------------------------------------------------------------------------------------

TABLES: dict[str, type[recipe.Table]] = {
    "data": recipe.FunctionData,
    "model": recipe.MlpModel,
    "training": recipe.Training,
    "training.schedule": recipe.PlateauSchedule,
    "training.stop": recipe.Stop,
    "study": StudySettings,
}


@st.composite
def misspelt_keys(draw: st.DrawFn) -> tuple[str, str, str]:
    """A table, one of its keys of four letters or more, and the key with one slip of the finger."""
    table = draw(st.sampled_from(sorted(TABLES)))
    key = draw(st.sampled_from(sorted(name for name in TABLES[table].model_fields if len(name) >= 4)))
    place = draw(st.integers(1, len(key) - 2))  # the first letter is seldom the wrong one
    slip = draw(st.sampled_from(["dropped", "doubled", "swapped"]))
    middle = {"dropped": "", "doubled": key[place] * 2, "swapped": key[place + 1] + key[place]}[slip]
    rest = key[place + 1 + (slip == "swapped") :]
    return table, key, key[:place] + middle + rest


@given(misspelt_keys())
@example(("training", "steps", "step"))
def test_a_misspelt_key_brings_up_the_right_one(case: tuple[str, str, str]):
    table, key, wrong = case
    assume(wrong not in TABLES[table].model_fields)
    changes: dict[str, Any] = {f"{table}.{wrong}": 1}
    if table == "training.schedule":
        changes["training.schedule.kind"] = "plateau"
    assert f'{table}.{wrong}: unknown key; did you mean "{key}"?' in problems_of(changes)


@given(misspelt_keys())
def test_a_misspelt_key_to_vary_brings_up_the_right_one(case: tuple[str, str, str]):
    table, key, wrong = case
    assume(table != "study" and wrong not in TABLES[table].model_fields)
    (line,) = problems_of({"ablate": {f"{table}.{wrong}": [1]}})
    assert line == f'ablate."{table}.{wrong}": no such setting; did you mean "{table}.{key}"?'


# --- files -----------------------------------------------------------------------------------------------


def test_a_file_is_read_and_its_directory_known(tmp_path: Path):
    (tmp_path / "a.toml").write_text("\ufeff" + small(), encoding="utf-8")  # as some editors begin a file
    found = Study.load(tmp_path / "a.toml")
    assert found.directory == tmp_path
    assert found.base.recipe.data.samples == 50


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("trig/nrom-init", 'did you mean the lab "trig/norm-init"'),
        ("nothing-like-it.toml", "there is no such file and no such lab"),
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
