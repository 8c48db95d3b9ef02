"""What is wrong with a study: each problem named once, all in one message, with the nearest right word."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from study_files import SMALL, small

from seedbed import recipe
from seedbed.api import Study
from seedbed.plan.plan import plan
from seedbed.study.file import StudySettings
from seedbed.study.problems import Problem, StudyError

NONE_MODEL = {"model.kind": "linear", "model.hidden": None, "model.norm": None}


def problems_of(changes: dict[str, Any] | None = None, text: str | None = None) -> list[str]:
    """The lines of the error that a study gives, each without the file's name."""
    with pytest.raises(StudyError) as caught:
        Study.parse(small(changes) if text is None else text, "a.toml")
    lines = str(caught.value).splitlines()
    assert len(lines) == len(caught.value.problems)
    assert all(line.startswith("a.toml: ") for line in lines)
    return [line.removeprefix("a.toml: ") for line in lines]


# --- what is wrong ---------------------------------------------------------------------------------------

BAD = {
    "a value that reads like a message": (
        {"data.split": "x, got y"},
        ['data.split: expected a list or a table, got "x, got y"'],
    ),
    "unknown key": ({"model.nrom": "batch"}, ["model.nrom: unknown key", 'did you mean "norm"']),
    "the only value of a list that must have one": (
        {"model": {"kind": "cnn", "blocks": [{"filters": 0}]}},
        ["model.blocks.0.filters: must be above 0, got 0"],
    ),
    "unknown table": ({"modle": {}}, ["modle: unknown key", 'did you mean "model"']),
    "another tool's word": ({"training.learning_rate": 0.1}, ['did you mean "lr", as in lr = 0.01?']),
    "another tool's word for a part of a table": (
        {"training.early_stopping": True},
        ["training.early_stopping: unknown key here; in [training] write stop = { patience = 10 }"],
    ),
    "another tool's word in another table": (
        {"training.validation_split": 0.1},
        ["training.validation_split: unknown key here; in [data] write split = [0.8, 0.1, 0.1]"],
    ),
    "another tool's word for a key of another kind": (
        {**NONE_MODEL, "model.dropout_rate": 0.1},
        ["model.dropout_rate", '"linear" has no "dropout"; mlp, cnn have it'],
    ),
    "another tool's word that each kind has its own key for": (
        {
            "data": {"source": "digits"},
            "model": {"kind": "resnet", "num_layers": 20},
            "study.metric": "val.accuracy",
        },
        ['model.num_layers: unknown key; did you mean "depth"'],
    ),
    "another tool's word in a table of a table": (
        {"training.schedule": {"kind": "step", "every": 3, "gamma": 0.5}},
        ['training.schedule.gamma: unknown key; did you mean "factor"?'],
    ),
    "another tool's choice": (
        {"training.loss": "categorical_crossentropy"},
        ["training.loss", 'did you mean "cross_entropy"?'],
    ),
    "another tool's schedule": (
        {"training.schedule": {"kind": "ReduceLROnPlateau"}},
        ["training.schedule.kind", 'did you mean "plateau"?'],
    ),
    "what networks do not have": (
        {"model.n_estimators": 100},
        ["model.n_estimators: unknown key: only networks are trained; [model] has kind = linear"],
    ),
    "what is not part of a study": (
        {"device": "cuda"},
        ["device: unknown key: it is an option of `seedbed run`, not part of a study"],
    ),
    "a table of another name": (
        {"dataset": {}},
        ['dataset: unknown key; did you mean "data", as in [data]?'],
    ),
    "a setting at the top": ({"lr": 0.1}, ['lr: unknown key here; did you mean "training.lr"?']),
    "a key that several tables have": (
        {"model.patience": 3},
        ["model.patience: unknown key here; in [training] write stop = { patience = 10 }"],
    ),
    "another tool's word to vary": (
        {"ablate": {"training.hidden_layer_sizes": [[3]]}},
        ['ablate."training.hidden_layer_sizes": no such setting; did you mean "model.hidden"?'],
    ),
    "what networks do not have, to vary": (
        {"grid": {"model.max_depth": [3]}},
        ['grid."model.max_depth": no such setting; only networks are trained'],
    ),
    "key of another table": ({"model.momentum": 0.9}, ["model.momentum", 'did you mean "training.momentum"']),
    "key of another kind": (
        {**NONE_MODEL, "model.dropout": 0.1},
        ["model.dropout", '"linear" has no "dropout"', "mlp"],
    ),
    "key of another schedule": (
        {"training.schedule": {"kind": "cosine", "patience": 3}},
        ["training.schedule.patience", '"cosine" has no "patience"', "plateau"],
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
    "a table that is none": ({"model": 3}, ["model: expected a table, got 3"]),
    "a kind for a table": (
        {"training.schedule": "cosine"},
        ['training.schedule: expected a table, got "cosine"; write schedule = { kind = "cosine" }'],
    ),
    "a kind that needs more for a table": (
        {"training.schedule": "step"},
        ['write schedule = { kind = "step", every = 10, factor = 0.1 }'],
    ),
    "a number for a table": (
        {"training.stop": 5},
        ["training.stop: expected a table, got 5; write stop = { patience = 5 }"],
    ),
    "a number that does not fit for a table": (
        {"training.stop": 0.5},
        ["training.stop: expected a table, got 0.5; write stop = { patience = 10 }"],
    ),
    "a kind for a whole table": ({"model": "mlp"}, ['got "mlp"; in [model] write kind = "mlp"']),
    "a score that scikit-learn negates": (
        {"study.metric": "val.neg_mean_squared_error"},
        ['did you mean "mse"'],
    ),
    "a variant that does not fit as a whole": (
        {"variant": [{"name": "$x^2$", "set": {"training.loss": "bce"}}]},
        ['variant "$x^2$": bce needs classes'],
    ),
    "quick settings that do not fit as a whole": (
        {"quick": {"training.loss": "bce"}},
        ["quick: bce needs classes"],
    ),
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
    "metric without part": ({"study.metric": "mse"}, ["study.metric", "write PART.NAME, such as val.mse"]),
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
    "a failure on the better side of an error": (
        {"study.fails_below": 0.1},
        ["study.fails_below: of val.mse less is better; write fails_above"],
    ),
    "a failure on the better side of a score": (
        {"study.metric": "val.r2", "study.fails_above": 0.9},
        ["study.fails_above: of val.r2 more is better; write fails_below"],
    ),
    "a failure on what the study says is the better side": (
        {"study.direction": "max", "study.fails_above": 0.9},
        ["study.fails_above: of val.mse more is better; write fails_below"],
    ),
    "a failure beyond no number": ({"study.fails_above": "high"}, ["study.fails_above: expected a number"]),
    "a difference that matters where ratios are compared": (
        {"study.matters": 0.01},
        ["study.matters: val.mse is compared by ratios: expected a factor above 1, such as 1.1, got 0.01"],
    ),
    "a factor that matters where the study compares by ratios": (
        {"study.metric": "val.r2", "study.scale": "ratio", "study.matters": 1.0},
        ["study.matters: val.r2 is compared by ratios", "got 1"],
    ),
    "an effect of nothing that matters": ({"study.matters": 0.0}, ["study.matters: must be above 0"]),
    "an unknown scale": ({"study.scale": "log"}, ['"log" is not one of difference, ratio']),
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
    ({"better": "base", "than": []}, ["than: too few values: expected at least 1, got []"]),
    ({"than": "base"}, ["expected exactly one of better", "got none"]),
    (
        {"better": "base", "above": 1.0, "than": "norm = none"},
        ["expected exactly one of", "got better and above"],
    ),
    ({"better": "base", "than": "norm = none", "within": 1.0}, ["better cannot be combined with within"]),
    ({"similar": ["base"], "within": 1.0}, ["similar"]),
    (
        {"similar": ["base", "norm = none"]},
        ["similar also needs the largest gap that counts as none: write factor, or study.matters"],
    ),
    (
        {"similar": ["base", "norm = none"], "metric": "val.r2"},
        ["similar also needs the largest gap that counts as none: write within, or study.matters"],
    ),
    (
        {"variant": "base", "metric": "val.mse", "matches": "test.mse"},
        ["matches also needs the largest gap that counts as none: write factor"],
    ),
    (
        {"not_better": "norm = none", "than": "base"},
        ["not_better also needs the gain that it does not reach: write factor, or study.matters"],
    ),
    (
        {"not_better": "norm = none", "than": "base", "metric": "val.r2"},
        ["not_better also needs the gain that it does not reach: write margin"],
    ),
    (
        {"better": "base", "than": "norm = none", "margin": 0.1},
        [
            "margin: val.mse is compared by ratios, and this is a difference; write factor, such as factor = 1.1"
        ],
    ),
    (
        {"variant": "base", "metric": "val.mse", "matches": "test.mse", "within": 0.1},
        ["within: val.mse is compared by ratios, and this is a difference; write factor"],
    ),
    (
        {"better": "base", "than": "norm = none", "metric": "val.r2", "factor": 1.1},
        ["factor: val.r2 is compared by differences, and this is a ratio; write margin = ... in its units"],
    ),
    (
        {"similar": ["base", "norm = none"], "metric": "val.r2", "factor": 1.1},
        ["factor: val.r2 is compared by differences, and this is a ratio; write within = ... in its units"],
    ),
    ({"better": "base", "than": "norm = none", "factor": 1.0}, ["factor: must be above 1"]),
    (
        {"variant": "base", "metric": "val.mse", "above": 1.0, "factor": 1.1},
        ["above cannot be combined with factor"],
    ),
    ({"ordered": ["base"]}, ["ordered: too few values: expected at least 2"]),
    ({"ordered": ["base", "norm = none", "base"]}, ['ordered names "base" twice']),
    ({"ordered": "base"}, ["ordered: expected a list"]),
    ({"peak": "base", "than": "norm = none"}, ["peak takes exactly 2 in than, got 1"]),
    ({"peak": "base", "than": ["norm = none", "norm = none"]}, ['peak names "norm = none" twice']),
    (
        {"between": [2.0, 1.0], "variant": "base", "than": "norm = none"},
        ["takes the lower end first, got [2, 1]"],
    ),
    (
        {"between": [0.5, 1.0], "variant": "base", "than": "norm = none"},
        ["between: val.mse is compared by ratios: expected factors of at least 1", "got [0.5, 1.0]"],
    ),
    (
        {"between": [1.0, 1.5], "variant": "base", "than": ["base", "norm = none"]},
        ["exactly 1 in than, got 2"],
    ),
    ({"between": [1.0, 1.5], "than": "norm = none"}, ["between also needs variant"]),
    ({"between": 1.5, "variant": "base", "than": "norm = none"}, ["between: expected a list"]),
    ({"interaction": ["base", "norm = none"]}, ["interaction"]),
    (
        {"interaction": ["base", "norm = none", "a", "b"]},
        ['there is no variant "a"', 'there is no variant "b"'],
    ),
    ({"interaction": ["base", "base", "base", "base"]}, ['interaction names "base" twice']),
    (
        {"near": 0.1, "variant": "base", "metric": "val.mse"},
        ["near also needs the largest gap", "write factor"],
    ),
    ({"near": 0.0, "variant": "base", "metric": "val.mse", "factor": 1.1}, ["expected a number above 0"]),
    ({"converges": 1.0, "variant": "base"}, ["converges: must be below 1"]),
    (
        {"converges": 0.9, "variant": "base", "metric": "val.mse"},
        ["converges cannot be combined with metric"],
    ),
    ({"agrees": 0.1, "variant": "base"}, ["agrees also needs metric"]),
    ({"jump": 1, "variant": "base", "metric": "val.mse"}, ["jump: must be at least 2"]),
    ({"jump": 2, "variant": "base"}, ["jump also needs metric"]),
    (
        {"jump": 2, "variant": "base", "metric": "val.mse@2"},
        ["jump is about the curve of a metric", "without @EPOCH"],
    ),
    ({"jump": 2, "variant": "base", "metric": "steps"}, ["steps"]),
    ({"jump": 2, "variant": "base", "metric": "val.msee"}, ["val.msee"]),
    ({"jump": 2, "variant": "base", "metric": "val.mse", "than": "no"}, ['there is no variant "no"']),
    (
        {"jump": 2, "variant": "base", "metric": "val.mse", "margin": 0.1},
        ["margin: val.mse is compared by ratios"],
    ),
    ({"epochs_to": 0.5, "variant": "base", "metric": "val.mse"}, ["epochs_to also needs than"]),
    ({"epochs_to": 0.5, "variant": "base", "than": "norm = none", "metric": "epochs"}, ["epochs"]),
    ({"better_than_any": "base"}, ["better_than_any also needs than"]),
    ({"variant": "base", "above": 1.0}, ["above also needs metric"]),
    ({"variant": "base", "metric": "val.acuracy", "above": 1.0}, ['"val.acuracy" is not a metric']),
    ({"variant": "base", "metric": "val.mse", "exceeds": "tst.mse"}, ['"tst.mse" is not there']),
    (
        {"variant": "base", "metric": "mse", "above": 1.0},
        ['"mse" is not a metric; write PART.NAME, such as val.mse'],
    ),
    ({"variant": "base", "metric": "val_loss", "above": 1.0}, ["write PART.NAME, such as val.loss"]),
    ({"variant": "base", "metric": "r2_score", "above": 1.0}, ["write PART.NAME, such as val.r2"]),
    ({"variant": "base", "metric": "val.mse@x", "above": 1.0}, ['"val.mse@x" is not a metric']),
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
        {"better": "base", "than": ["norm = none"], "metric": "val.loss@1", "factor": 1.1},
        {"not_better": "norm = none", "than": "base", "factor": 1.1},
        {"similar": ["base", "norm = none"], "factor": 1.1},
        {"similar": ["base", "norm = none"], "metric": "val.r2", "within": 0.1},
        {"better_than_any": "base", "than": ["norm = none"]},
        {"ordered": ["base", "norm = none"]},
        {"between": [1.0, 1.5], "variant": "base", "than": "norm = none"},
        {"between": [0, 0.1], "variant": "base", "than": "norm = none", "metric": "val.r2"},
        {"near": 0.1, "variant": "base", "metric": "val.mse", "factor": 1.1},
        {"near": 0.1, "variant": "base", "metric": "val.mse", "within": 0.01},
        {"agrees": 0.1, "variant": "base", "metric": "val.mse"},
        {"converges": 0.9, "variant": "base"},
        {"better": "base", "than": "norm = none", "metric": "val.r2", "margin": 0.1},
        {"not_better": "norm = none", "than": "base", "metric": "val.r2", "margin": 0.1},
        {"jump": 2, "variant": "base", "metric": "val.mse", "than": "norm = none", "factor": 1.1},
        {"epochs_to": 0.5, "variant": "base", "metric": "val.mse", "than": "norm = none"},
        {"variant": "base", "metric": "grid.mse", "above": 0.0},
        {"variant": "base", "metric": "steps", "below": 100.0},
        {"variant": "base", "metric": "val.mse", "exceeds": "train.mse", "factor": 1.1},
        {"variant": "base", "metric": "val.mse", "matches": "test.mse", "factor": 1.1},
        {"variant": "base", "metric": "val.r2", "matches": "test.r2", "within": 0.1},
    ],
)
def test_forms_of_a_claim(form: dict[str, Any]):
    text = small({**VARIANTS, "hypothesis": [{"claim": "So it is", **form}]})
    claim = Study.parse(text).hypotheses[0]
    assert claim.form in form
    assert set(claim.variants) <= {"base", "norm = none"}
    assert claim.variants


ALIKE = [
    {"similar": ["base", "norm = none"]},
    {"not_better": "norm = none", "than": "base"},
    {"variant": "base", "metric": "val.mse", "matches": "test.mse"},
]


@pytest.mark.parametrize("form", ALIKE, ids=str)
def test_what_matters_is_the_margin_of_claims_that_have_none(form: dict[str, Any]):
    changes = {**VARIANTS, "hypothesis": [{"claim": "So it is", **form}]}
    assert Study.parse(small({**changes, "study.matters": 1.1})).hypotheses[0].factor is None
    of_another = {"hypothesis": [{"claim": "So it is", **form, "metric": "val.r2"}]}
    (line,) = problems_of({**changes, **of_another, "study.matters": 1.1})
    assert "also needs" in line


@pytest.mark.parametrize("form", ALIKE, ids=str)
def test_margins_are_on_the_scale_that_the_study_says(form: dict[str, Any]):
    name = "margin" if "not_better" in form else "within"
    claims = [{"claim": "So it is", **form, name: 0.1}]
    study = Study.parse(small({**VARIANTS, "hypothesis": claims, "study.scale": "difference"}))
    assert getattr(study.hypotheses[0], name) == 0.1
    (line,) = problems_of({**VARIANTS, "hypothesis": claims})
    assert f"{name}: val.mse is compared by ratios" in line


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
        'ablate."model.inti":',
        'variant "momentum = 2.0": training.momentum:',
        'grid."training.stpes":',
        'variant "x": set."training.epoch":',
        "variant.1.set:",
        'hypothesis "a": there is no variant "z"',
        "better also needs than",
    ):
        assert any(words in line for line in lines), words
    assert len(lines) == 12


def test_a_metric_that_is_none_is_found_even_where_the_recipe_is_wrong_too():
    claim = {"claim": "a", "variant": "base", "metric": "val.msee", "above": 1.0}
    lines = problems_of({"training.lr": "x", "study.metric": "val.accurcy", "hypothesis": [claim]})
    assert [line.split(": ")[0] for line in lines] == ["training.lr", "study.metric", 'hypothesis "a"']
    assert 'did you mean "accuracy"' in lines[1]
    assert 'did you mean "mse"' in lines[2]


def test_a_wrong_metric_of_the_study_is_not_said_again_for_each_claim():
    claim = {"claim": "a", "better": "base", "than": "norm = none"}
    (line,) = problems_of({**VARIANTS, "study.metric": "val.msee", "hypothesis": [claim]})
    assert line.startswith("study.metric")


def test_a_claim_names_the_variant_that_lacks_its_metric():
    whole = {"ablate": {"data.fit_on": ["train+val"]}}
    claim = {"claim": "a", "better": "base", "than": "fit_on = train+val"}
    (line,) = problems_of({**whole, "hypothesis": [claim]})
    assert line.startswith('hypothesis "a": variant "fit_on = train+val": "val.mse" is not there')
    (line,) = problems_of({**whole, "hypothesis": [{**claim, "metric": "val.msee"}]})
    assert line.startswith('hypothesis "a": "val.msee" is not a metric')


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


# --- anything at all -------------------------------------------------------------------------------------

VALUES = st.recursive(
    st.one_of(
        st.booleans(),
        st.integers(-(10**20), 10**20),
        st.floats(allow_nan=False, allow_infinity=False),
        st.sampled_from(["", "base", "mlp", "plateau", "val.mse", "1e-3", "@", "...", "\n"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["kind", "source", "name", "set", "lr", "model", "", "a.b", "claim", "better"]),
            inner,
        ),
    ),
    max_leaves=6,
)
PLACES = [
    *SMALL,
    *(f"{table}.{key}" for table in ("data", "model", "training", "study") for key in SMALL[table]),
    "training.schedule",
    "training.stop",
    "data.scale_columns",
    "published",
    "ablate",
    "grid",
    "variant",
    "hypothesis",
]


@given(st.dictionaries(st.sampled_from(PLACES), VALUES, min_size=1, max_size=3))
def test_whatever_stands_in_a_file_only_a_study_error_comes_of_it(changes: dict[str, Any]):
    apart = {
        key: value for key, value in changes.items() if "." not in key or key.split(".")[0] not in changes
    }
    problems = []
    try:
        Study.parse(small(apart))
    except StudyError as error:
        problems = error.problems
    assert all(problem.message for problem in problems)


def test_an_excerpt_keeps_its_lines_and_its_caret():
    """Below the message, indented; other line breaks, as of a name, stay out of the text."""
    problem = Problem("data.where", "unknown name 'b'\n  a\nc + b\n      ^")
    assert str(problem) == "data.where: unknown name 'b'\n  a c + b\n      ^"
    assert str(Problem("a\nb", "c\td\r\x1b")) == "a b: c d  "


@pytest.mark.parametrize(
    ("data", "excerpt"),
    [
        ('source = "function"\nexpression = "sin(x) + sine(x)"\ndomain = [0, 1]', "sin(x) + sine(x)"),
        ('source = "table"\npath = "t.csv"\ntarget = "y"\nwhere = "a + sine(a)"', "a + sine(a)"),
        ('source = "table"\npath = "t.csv"\ntarget = "y + sine(y)"', "y + sine(y)"),
    ],
)
def test_a_caret_points_into_the_expression_of_a_study(tmp_path, data, excerpt):
    (tmp_path / "t.csv").write_text("a,y\n1,2\n3,4\n5,6\n")
    rest = '[model]\nkind = "linear"\n[training]\nepochs = 1\n[study]\nmetric = "test.mse"\n'
    text = f'name = "x"\n[data]\n{data}\n{rest}'
    with pytest.raises(StudyError) as caught:
        plan(Study.parse(text, tmp_path / "s.toml"))
    message, shown, caret = str(caught.value).split("\n")
    assert "'sine' is not a function here; did you mean 'sin'?" in message
    assert shown == f"  {excerpt}"
    assert caret.index("^") == shown.index("sine")


def test_what_is_wrong_with_a_table_of_data_is_told_at_once() -> None:
    data = 'source = "table"\npath = "t.csv"\ntarget = "y"\nmissing = "mean"\nencoding = "utf9"\nthousands = "x"\n'
    weights = 'class_weight = { a = 0.0, b = "x" }\n'
    rest = f'[model]\nkind = "linear"\n[training]\nepochs = 1\n{weights}'
    text = f'name = "x"\n[data]\n{data}dates = {{ d = "year" }}\n{rest}'
    keys = [line.split(": ")[0] for line in problems_of(text=text)]
    assert sorted(keys) == [
        "data.dates.d", "data.encoding", "data.missing", "data.thousands", "training.class_weight.a",
        "training.class_weight.b",
    ]  # fmt: skip


# --- metrics of classes -------------------------------------------------------------------------------------

OF_CLASSES = ("val.accuracy", "val.auc@1", "test.recall.yes", "val.acc", "accuracy")
TABLE = {"source": "table", "path": "a.csv", "target": "bought"}


def claims(metrics: list[str]) -> list[dict[str, Any]]:
    """A claim for each metric."""
    return [
        {"claim": f"claim {place}", "variant": "base", "metric": metric, "above": 0.5}
        for place, metric in enumerate(metrics)
    ]


@given(metrics=st.lists(st.sampled_from(OF_CLASSES), min_size=1))
def test_metrics_of_classes_ask_once_for_the_loss_that_predicts_them(metrics: list[str]) -> None:
    remedy = 'set training.loss = "cross_entropy" (or "bce" for two classes)'
    changes = {"data": TABLE, "study.metric": "val.mse", "hypothesis": claims(metrics)}
    (said,) = problems_of(changes)
    assert (
        said
        == f'hypothesis "claim 0": "{metrics[0]}" is a metric of classes, and this recipe predicts numbers; {remedy}'
    )
    (said,) = problems_of({**changes, "study.metric": "val.accuracy"})
    assert said.startswith('study.metric: "val.accuracy" is a metric of classes')
    assert said.endswith(remedy)


def test_other_problems_of_claims_are_said_beside_it() -> None:
    changes = {"data": TABLE, "hypothesis": claims(["val.accuracy", "val.msee", "val.acc"])}
    of_classes, other = problems_of({**changes, "study.metric": "val.mse"})
    assert of_classes.startswith('hypothesis "claim 0"')
    assert other.startswith('hypothesis "claim 1"')
    assert 'did you mean "mse"' in other


def test_a_linear_model_is_to_become_a_logistic_one() -> None:
    (said,) = problems_of({**NONE_MODEL, "data": TABLE, "study.metric": "val.accuracy"})
    assert said.endswith('set model.kind = "logistic"')


@pytest.mark.parametrize(("key", "value"), [("class_weight", "balanced"), ("clip_norm", 1.0)])
def test_a_variant_can_unset_what_base_has(key: str, value: object) -> None:
    changes = {
        "data": TABLE,
        "study.metric": "val.accuracy",
        "training.loss": "bce",
        f"training.{key}": value,
    }
    study = Study.parse(small({**changes, "ablate": {f"training.{key}": ["none"]}}))
    assert getattr(study.base.configuration.training, key) == value
    assert getattr(study.variant(f"{key} = none").configuration.training, key) is None
