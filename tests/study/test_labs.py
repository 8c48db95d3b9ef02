"""The labs: all load, need what they say, and hold every number and claim of the published reports."""

from __future__ import annotations

from pathlib import Path

import pytest

import seedbed
from seedbed.analysis.power import fewest_pairs
from seedbed.api import Study
from seedbed.cli.labs import describe
from seedbed.plan.plan import plan
from seedbed.study import labs
from seedbed.study.hypotheses import Hypothesis
from seedbed.training import networks

NEEDS = {
    "cifar10/resnet20": ["cifar10"],
    "curve/custom": [],
    "curve/epochs": [],
    "curve/learning-rate": [],
    "mnist/cnn": ["mnist"],
    "mnist/mlp": ["mnist"],
    "sgemm/classification": ["sgemm"],
    "sgemm/regression": ["sgemm"],
    "trig/norm-init": [],
    "trig/optimizer": [],
    "trig/shape": [],
}

# By hand from the reports' tables: lab, settings that the row differs by, metric, number.
SGD_0 = {"training.momentum": 0.0}
REGULARISED = {
    "training.weight_decay": 1e-4,
    "model.dropout": 0.2,
    "training.stop": {"patience": 3, "min_delta": 0.001},
}
UNSTOPPED = {"training.weight_decay": 1e-4, "model.dropout": 0.2}
SHORT = {"training.steps": 2000}
RAW = {"data.scale": "none", "training.lr": 6e-6}
MINMAX = {"data.scale": "minmax", "training.lr": 1e-2}
PUBLISHED = [
    ("sgemm/regression", RAW, "test.mse", 5.9548),
    ("sgemm/regression", RAW, "test.relative_error_of_mean", 0.03078),
    ("sgemm/regression", RAW, "seconds", 49 * 60 + 30),
    ("sgemm/regression", MINMAX, "test.mse", 0.5511),
    ("sgemm/regression", MINMAX, "test.r2", 0.2440),
    ("sgemm/regression", MINMAX, "test.relative_error_of_mean", 0.01149),
    ("sgemm/regression", MINMAX, "seconds", 58 * 60 + 49),
    ("sgemm/regression", {}, "test.mse", 0.5568),
    ("sgemm/regression", {}, "test.r2", 0.5635),
    ("sgemm/classification", {"training.lr": 2e-6}, "test.accuracy", 0.5554),
    ("sgemm/classification", {"training.lr": 1e-4}, "test.accuracy", 0.5550),
    ("sgemm/classification", {}, "test.accuracy", 0.8968),
    ("mnist/mlp", SGD_0 | SHORT, "test.accuracy", 0.9042),
    ("mnist/mlp", SHORT, "test.accuracy", 0.8896),
    ("mnist/mlp", REGULARISED | SHORT, "test.accuracy", 0.8896),
    ("mnist/mlp", SGD_0, "test.accuracy", 0.9246),
    ("mnist/mlp", SGD_0, "val.accuracy", 0.95),
    ("mnist/mlp", {}, "test.accuracy", 0.9705),
    ("mnist/mlp", REGULARISED, "test.accuracy", 0.8916),
    ("trig/norm-init", {}, "train.mse", 0.000286),
    ("trig/norm-init", {}, "val.mse", 0.002732),
    ("trig/norm-init", {}, "test.mse", 0.001032),
    ("trig/norm-init", {}, "grid.max_squared_error", 0.00752),
    ("trig/norm-init", {}, "grid.min_squared_error", 1.3e-11),
    ("trig/norm-init", {}, "grid.mse", 0.000335),
    ("trig/norm-init", {}, "epochs", 120),
    ("trig/norm-init", {"model.norm": "none", "model.init": "default"}, "val.mse", 1.07809),
    ("trig/norm-init", {"model.init": "default"}, "val.mse", 0.30706),
    ("trig/norm-init", {"model.init": "kaiming_normal"}, "val.mse", 0.15392),
    ("trig/shape", {"data.powers": 1}, "val.mse", 0.00316),
    ("trig/shape", {}, "val.mse", 0.00273),
    ("trig/shape", {"data.powers": 3}, "val.mse", 0.00324),
    ("trig/shape", {"data.powers": 4}, "val.mse", 0.00288),
    ("trig/shape", {"model.hidden": [10]}, "val.mse", 0.00470),
    ("trig/shape", {"model.hidden": [10, 100, 200, 100, 10]}, "val.mse", 0.00313),
    ("trig/shape", {"model.hidden": [10, 100, 200, 800, 200, 100, 10]}, "val.mse", 0.00330),
    ("trig/shape", {"model.hidden": [10, 50, 10]}, "val.mse", 0.00303),
    ("trig/shape", {"model.hidden": [50, 100, 50]}, "val.mse", 0.00324),
    ("trig/shape", {"model.hidden": [50, 500, 50]}, "val.mse", 0.00325),
    ("trig/shape", {"model.activation": "sigmoid"}, "val.mse", 0.00297),
    ("trig/shape", {"model.activation": "tanh"}, "val.mse", 0.01236),
    ("trig/optimizer", {"training.optimizer": "adam", "training.momentum": 0.0}, "val.mse", 0.00287),
    ("trig/optimizer", {}, "val.mse", 0.00273),
    ("trig/optimizer", {"training.momentum": 0.0}, "val.mse", 0.00337),
    ("trig/optimizer", {"training.momentum": 0.99}, "val.mse", 0.00331),
    ("trig/optimizer", {"training.lr": 1.0}, "val.mse", 0.00351),
    ("trig/optimizer", {"training.lr": 0.01}, "val.mse", 0.00372),
    (
        "trig/optimizer",
        {"training.schedule": {"kind": "step", "every": 10, "factor": 0.1}},
        "val.mse",
        0.19203,
    ),
]

ADAM = {"training.optimizer": "adam", "training.momentum": 0.0}
NEITHER = {"model.norm": "none", "model.init": "default"}
STEP = {"training.schedule": {"kind": "step", "every": 10, "factor": 0.1}}
CONSTANT = {"training.schedule": {"kind": "constant"}}


def each(key: str, *values: object) -> list[dict]:
    """Settings that differ by one key."""
    return [{key: value} for value in values]


DEEPER = each("model.hidden", [10, 100, 200, 100, 10], [10, 100, 200, 800, 200, 100, 10])
WIDTHS = each("model.hidden", [10, 50, 10], [50, 100, 50], [50, 500, 50])

# By hand from the reports' texts, line by line, each claim once: lab, report, form, the variants that it is about (the
# one that is claimed to be better first), each by its settings, and what else the form takes.
CLAIMS = [
    ("sgemm/regression", "A", "better", [MINMAX, RAW], {"metric": "test.mse"}),
    ("sgemm/classification", "A", "not_better", each("training.lr", 1e-4, 2e-6), {"margin": 0.005}),
    ("curve/epochs", "C1", "ordered", [{}, *each("training.epochs", 200, 100, 50, 10)], {}),
    ("curve/epochs", "C1", "better", [{}, {"training.epochs": 10000}], {}),
    ("curve/learning-rate", "C1", "better", each("training.lr", 1.0, 0.001), {"metric": "steps"}),
    ("curve/learning-rate", "C1", "ordered", [{"training.lr": 0.001}, {}, *each("training.lr", 0.1, 1.0)], {}),
    ("curve/custom", "C1", "peak", [{}, *each("training.epochs", 3000, 4000)], {}),
    ("cifar10/resnet20", "C2", "jump", [{}, CONSTANT], {"jump": 5, "metric": "test.accuracy"}),
    ("cifar10/resnet20", "C2", "matches", [{}], {"metric": "test.accuracy@10", "matches": "test.accuracy@6"}),
    ("cifar10/resnet20", "C2", "exceeds", [{}], {"metric": "test.accuracy@5", "exceeds": "test.accuracy@1"}),
    ("cifar10/resnet20", "C2", "exceeds", [{}], {"metric": "train.accuracy@5", "exceeds": "train.accuracy@1"}),
    ("mnist/mlp", "D", "better", [SHORT, SGD_0 | SHORT], {"metric": "val.loss@1"}),
    ("mnist/mlp", "D", "not_better", [SHORT, SGD_0 | SHORT], {"metric": "test.accuracy", "margin": 0.005}),
    ("mnist/mlp", "D", "better", [{}, SGD_0], {"metric": "test.accuracy", "margin": 0.01}),
    ("mnist/mlp", "D", "exceeds", [SGD_0], {"metric": "val.accuracy", "exceeds": "test.accuracy", "margin": 0.02}),
    ("mnist/mlp", "D", "better", [UNSTOPPED, REGULARISED], {"metric": "test.accuracy"}),
    ("mnist/mlp", "D", "agrees", [SGD_0], {"agrees": 0.9246}),
    ("mnist/mlp", "D", "agrees", [{}], {"agrees": 0.9705}),
    ("trig/norm-init", "E", "better", [{"model.init": "default"}, NEITHER], {"factor": 2}),
    ("trig/norm-init", "E", "better", [{}, {"model.init": "default"}], {"factor": 2}),
    ("trig/norm-init", "E", "better", [{}, {"model.init": "kaiming_normal"}], {}),
    ("trig/norm-init", "E", "agrees", [{}], {"agrees": 0.002732}),
    ("trig/norm-init", "E", "agrees", [NEITHER], {"agrees": 1.07809}),
    ("trig/shape", "E", "better", [{}, *each("data.powers", 1, 3, 4)], {}),
    ("trig/shape", "E", "better", [{}, *DEEPER], {}),
    ("trig/shape", "E", "better", [{}, *WIDTHS], {}),
    ("trig/shape", "E", "better", [{}, *each("model.activation", "sigmoid", "tanh")], {}),
    ("trig/optimizer", "E", "between", [{}, ADAM], {"between": (1.0, 1.5)}),
    ("trig/optimizer", "E", "better", [{}, *each("training.momentum", 0.0, 0.99)], {}),
    ("trig/optimizer", "E", "better", [{}, *each("training.lr", 1.0, 0.01)], {}),
    ("trig/optimizer", "E", "better", [{"training.lr": 0.01}, {}, {"training.lr": 1.0}], {}),
    ("trig/optimizer", "E", "better", [{}, STEP, CONSTANT], {}),
]  # fmt: skip

# Claims of the labs' own in forms that the questions of the reports ask for, likewise.
OWN_CLAIMS = [
    ("sgemm/regression", "near", [{"data.fit_on": "all"}], {"metric": "train.mse", "near": 0.55883, "factor": 1.001}),
    ("sgemm/regression", "not_better", [{"training.l1": 0.01}, {}], {}),
    ("sgemm/regression", "better", [{}, {"data.scale": "minmax"}], {}),
    ("sgemm/classification", "near", [{}], {"near": 0.8968, "within": 0.005}),
    ("curve/epochs", "peak", [*each("training.epochs", 10000), {}, {"training.epochs": 50000}], {}),
    ("curve/epochs", "peak", each("training.epochs", 50000, 10000, 100000), {}),
    ("curve/learning-rate", "epochs_to", [{}, {"training.lr": 0.001}], {"metric": "val.mse"}),
    ("mnist/mlp", "exceeds", [SGD_0], {"metric": "train.accuracy", "exceeds": "test.accuracy", "margin": 0.01}),
    ("trig/shape", "between", [{}, DEEPER[0]], {"between": (1.0, 1.5)}),
    ("trig/shape", "between", [{}, DEEPER[1]], {"between": (1.0, 1.5)}),
    ("trig/optimizer", "converges", [CONSTANT], {"converges": 0.8}),
]  # fmt: skip

# What each lab holds its variant "beyond" to: metric, form of the claim, number.
BEYOND = {
    "curve/custom": ("grid.mse", "below", 0.087),
    "curve/epochs": ("grid.mse", "below", 0.0023),
    "curve/learning-rate": ("grid.mse", "below", 0.0019),
    "mnist/mlp": ("test.accuracy", "above", 0.984),
    "sgemm/regression": ("test.r2", "above", 0.995),
    "trig/norm-init": ("test.mse", "below", 1e-5),
    "trig/optimizer": ("test.mse", "below", 1e-5),
    "trig/shape": ("test.mse", "below", 1e-5),
}


def named(study: Study, settings: dict) -> str:
    """The name of the variant with these settings."""
    (name,) = [variant.name for variant in study.variants if variant.settings == settings]
    return name


def test_the_labs_are_there_under_their_own_names():
    assert labs.names() == sorted(NEEDS)
    assert [Study.load(name).name for name in labs.names()] == labs.names()


def test_labs_are_described_with_the_data_they_need():
    found = describe()
    assert {lab["name"]: lab["needs"] for lab in found} == NEEDS
    assert all(lab["description"] for lab in found)


@pytest.mark.parametrize(("lab", "settings", "metric", "number"), PUBLISHED)
def test_every_published_number_stands_with_its_variant(lab: str, settings: dict, metric: str, number: float):
    study = Study.load(lab)
    assert study.variant(named(study, settings)).published[metric] == number


def test_no_number_is_published_that_no_report_printed():
    beside_reports = {("mlp", "test.r2"), ("lr 2e-6", "seconds"), ("lr 1e-4", "seconds")}
    expected = {(lab, named(Study.load(lab), settings), metric) for lab, settings, metric, _ in PUBLISHED}
    found = {
        (lab, variant.name, metric)
        for lab in labs.names()
        for variant in Study.load(lab).variants
        for metric in variant.published
        if (variant.name, metric) not in beside_reports
    }
    assert found == expected


def said(claim: Hypothesis) -> tuple[str, list[str]]:
    """The form of a claim, and the variants that it is about."""
    return claim.form, list(dict.fromkeys(claim.variants))


@pytest.mark.parametrize("lab", NEEDS)
def test_every_published_claim_is_a_hypothesis_and_no_other_is_said_to_be_published(lab: str):
    study = Study.load(lab)
    expected = [
        (f"report {report}", form, [named(study, settings) for settings in variants])
        for where, report, form, variants, _ in CLAIMS
        if where == lab
    ]
    found = [(claim.made_by, *said(claim)) for claim in study.hypotheses if claim.made_by]
    assert sorted(found) == sorted(expected)


@pytest.mark.parametrize(
    ("lab", "form", "variants", "keys"),
    [(lab, form, variants, keys) for lab, _, form, variants, keys in CLAIMS] + OWN_CLAIMS,
)
def test_claims_ask_what_the_reports_say(lab: str, form: str, variants: list[dict], keys: dict):
    study = Study.load(lab)
    names = [named(study, settings) for settings in variants]
    claims = [claim for claim in study.hypotheses if said(claim) == (form, names)]
    assert any(keys.items() <= claim.model_dump().items() for claim in claims)


@pytest.mark.parametrize("lab", NEEDS)
def test_labs_have_the_seeds_that_their_verdicts_need(lab: str):
    study = Study.load(lab)
    comparisons = max(len(study.hypotheses), len(study.variants) - 1)
    assert study.seeds >= fewest_pairs(comparisons)


def test_the_interaction_is_of_both_factors_of_the_report():
    study = Study.load("trig/norm-init")
    (claim,) = [claim for claim in study.hypotheses if claim.form == "interaction"]
    norm, draw = ({"model.init": "default"}, {"model.norm": "none"})
    assert claim.variants == tuple(named(study, settings) for settings in (NEITHER, norm, draw, {}))


@pytest.mark.parametrize("lab", BEYOND)
def test_labs_go_beyond_their_reports_on_the_same_data(lab: str):
    study = Study.load(lab)
    (claim,) = [claim for claim in study.hypotheses if claim.variant == "beyond"]
    assert claim.made_by is None
    assert (claim.metric, claim.form, getattr(claim, claim.form)) == BEYOND[lab]
    beyond, base = study.variant("beyond").configuration.data, study.base.configuration.data
    assert beyond.model_copy(update={"powers": base.powers}) == base


# Claims of report C2 about one network's own curve: metric, form, what it is held against.
CURVE_CLAIMS = [
    ("test.accuracy@6", "exceeds", "test.accuracy@5"),  # the rate drops after epoch 5
    ("test.accuracy@10", "matches", "test.accuracy@6"),
    ("test.accuracy@5", "exceeds", "test.accuracy@1"),
    ("train.accuracy@5", "exceeds", "train.accuracy@1"),
]


@pytest.mark.parametrize("quick", [False, True])
@pytest.mark.parametrize(("metric", "form", "other"), CURVE_CLAIMS)
def test_claims_about_the_curve_are_of_epochs_that_are_trained(
    metric: str, form: str, other: str, quick: bool
):
    study = Study.load("cifar10/resnet20").override(quick=quick)
    claims = {(claim.metric, claim.form, getattr(claim, claim.form)) for claim in study.hypotheses}
    assert (metric, form, other) in claims
    training = study.base.configuration.training
    assert (training.epochs, training.schedule.milestones, training.schedule.restart) == (10, (5,), True)


@pytest.mark.parametrize("lab", ["cifar10/resnet20", "mnist/cnn"])
def test_large_labs_have_quick_settings_that_do_less(lab: str):
    whole = Study.load(lab)
    quick = whole.override(quick=True)
    assert quick.seeds < whole.seeds
    assert [variant.name for variant in quick.variants] == [variant.name for variant in whole.variants]


@pytest.mark.parametrize(
    ("lab", "shape", "layers", "parameters"),
    [
        (
            "cifar10/resnet20",
            (3, 32, 32),
            19 + 1,
            269_722,
        ),  # convolutions and the dense layer, as in the paper
        ("mnist/cnn", (1, 28, 28), 2 + 2, 160 + 4640 + 200_832 + 1290),
    ],
)
def test_networks_are_the_reports(lab: str, shape: tuple[int, ...], layers: int, parameters: int):
    network = networks.build(Study.load(lab).base.configuration.model, shape, 10)
    assert network.parameters.size == parameters
    assert sum(slot.parameter.role == "weight" for slot in network.parameters.slots.values()) == layers


@pytest.mark.parametrize("lab", [name for name, needs in NEEDS.items() if not needs])
def test_labs_without_data_to_fetch_can_be_planned(lab: str):
    study = Study.load(lab).override(seeds=2)
    assert plan(study).document()["runs"] == 2 * len(study.variants)


def test_a_lab_is_found_by_its_name_only():
    assert labs.path("trig/shape").is_file()
    with pytest.raises(KeyError):
        labs.path("../labs/trig/shape")


def test_every_lab_selects_on_validation():
    assert all(Study.load(name).metric.startswith("val.") for name in labs.names())


def test_labs_are_part_of_the_package():
    assert labs.path("trig/shape").is_relative_to(Path(seedbed.__file__ or "").parent / "labs")
