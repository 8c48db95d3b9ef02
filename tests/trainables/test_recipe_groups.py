"""Groups of a study of recipes: which runs share one, what only data can tell, and groups cut to fit the memory."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made import ignore
from study_files import small

from seedbed.api import Study
from seedbed.engines.choice import choose
from seedbed.plan.plan import plan
from seedbed.study.checkpoints import Checkpoints
from seedbed.study.problems import StudyError
from seedbed.study.trainable import Compute
from seedbed.trainables.recipe_work import RecipeWork
from seedbed.training import memory
from seedbed.training.loop import train


def planned(changes: dict[str, Any] | None = None, directory: Path = Path()) -> RecipeWork:
    work = plan(Study.parse(small(changes), directory / "a.toml")).work
    assert isinstance(work, RecipeWork)
    return work


def groups(settings: dict[str, Any], base: dict[str, Any] | None = None) -> int:
    """How many groups base and one variant with other settings make."""
    return len(planned({**(base or {}), "variant": [{"name": "other", "set": settings}]}).groups)


# --- groups ----------------------------------------------------------------------------------------------

NUMBERS = {  # may differ from run to run inside one group
    "lr": {"training.lr": 0.5},
    "momentum": {"training.momentum": 0.9},
    "decay": {"training.weight_decay": 0.1, "training.l1": 0.1},
    "clipping": {"training.clip_norm": 1.0},
    "schedule": {"training.schedule": {"kind": "cosine"}},
    "stop": {"training.stop": {"patience": 3}},
    "epochs": {"training.epochs": 9},
    "steps": {"training.steps": 9},
    "init": {"model.init": "zeros"},
    "best": {"training.keep_best": True},
    "function": {"data.expression": "cos(x)", "data.noise": 0.1},
    "seed": {"data.seed": 3},
}
SHAPES = {
    "hidden": {"model.hidden": [5]},
    "activation": {"model.activation": "tanh"},
    "norm": {"model.norm": "none"},
    "powers": {"data.powers": 2},
    "dropout": {"model.dropout": 0.5},
    "loss": {"training.loss": "mae"},
    "optimizer": {"training.optimizer": "adam"},
    "nesterov": {"training.nesterov": True, "training.momentum": 0.9},
    "batch": {"training.batch_size": 5},
    "samples": {"data.samples": 60},
    "split": {"data.split": [0.6, 0.1, 0.3]},
    "parts": {"data.fit_on": "train+val"},
    "scaling": {"data.scale": "standard"},
    "decay_on": {"training.decay_on": "all"},
    "eval_every": {"training.eval_every": 2},
}


@pytest.mark.parametrize("settings", NUMBERS.values(), ids=NUMBERS.keys())
def test_runs_that_differ_in_numbers_share_a_group(settings: dict[str, Any]):
    assert groups(settings) == 1


@pytest.mark.parametrize("settings", SHAPES.values(), ids=SHAPES.keys())
def test_runs_that_differ_in_shapes_do_not(settings: dict[str, Any]):
    assert groups(settings) == 2


def test_rates_of_dropout_share_a_group():
    assert groups({"model.dropout": 0.2}, {"model.dropout": 0.5}) == 1


def test_two_ways_to_scale_share_a_group():
    assert groups({"data.scale": "minmax"}, {"data.scale": "standard"}) == 1


def test_all_as_a_batch_is_the_size_of_the_training_part():
    assert groups({"training.batch_size": 30}, {"training.batch_size": "all"}) == 1


def test_every_variant_is_run_under_every_seed_once():
    found = planned({"ablate": {"training.lr": [0.5], "model.norm": ["none"]}, "study.seeds": 3})
    runs = [(run.variant, run.seed) for group in found.groups for run in group.runs]
    assert sorted(runs) == [(name, seed) for name in ("base", "lr = 0.5", "norm = none") for seed in range(3)]


def test_the_same_seed_has_the_same_data_in_every_variant():
    runs = planned({"ablate": {"training.lr": [0.5]}}).groups[0].runs
    by_seed = {seed: [run.prepared.samples for run in runs if run.seed == seed] for seed in (0, 1)}
    assert by_seed[0][0] is by_seed[0][1]
    assert by_seed[0][0] is not by_seed[1][0]


# --- what only data can tell -----------------------------------------------------------------------------

CSV = "a,b,label\n" + "".join(f"{i % 7},{i % 3},{'xyz'[i % 3]}\n" for i in range(40))
TABLE = {
    "data": {"source": "table", "path": "t.csv", "target": "label", "split": [30, 5, 5]},
    "training.loss": "cross_entropy",
    "study.metric": "val.accuracy",
}
UNFIT = [
    (
        {"training.batch_size": 31},
        ["training.batch_size: 31 is more than the 30 samples of the training part"],
    ),
    ({"training.batch_size": 29}, ["training.batch_size: 30 samples in batches of 29 leave a batch of one"]),
    ({"training.batch_size": 1}, ["leave a batch of one"]),
    ({"data.split": [60, 0, 0], "study.metric": "train.mse"}, ["60", "50"]),
    ({"data.expression": "log(x - 3)"}, ["log(x - 3)", "data.domain"]),
    ({"data.expression": "sinn(x)"}, ["sinn"]),
    (
        {**TABLE, "data.scale": "standard", "data.scale_columns": ["aa"]},
        ["data.scale_columns", '"aa"', '"a"'],
    ),
    ({**TABLE, "data.path": "u.csv"}, ["data.path", "u.csv"]),
    (
        {**TABLE, "training.loss": "bce"},
        ["training.loss: bce needs exactly two classes, got 3; use cross_entropy"],
    ),
    ({**TABLE, "study.metric": "val.recall.xx"}, ['there is no class "xx"', '"x"']),
    ({**TABLE, "published": {"test.recall.w": 0.5}}, ['there is no class "w"', "x, y, z"]),
    ({**TABLE, "data.target": "a", "data.where": "a > 8"}, ["a > 8"]),
    ({"model.hidden": [10**6, 10**6]}, ["one run needs about", "TB for parameters", "of memory are free"]),
    ({"model.hidden": [10**11, 10**11]}, ["of memory are free"]),
    (
        {"variant": [{"name": "big", "set": {"training.batch_size": 100}}]},
        ['variant "big": training.batch_size: 100 is more'],
    ),
]


@pytest.mark.parametrize(("changes", "words"), UNFIT)
def test_what_does_not_fit_the_data_is_refused_before_the_start(
    changes: dict[str, Any], words: list[str], tmp_path: Path
):
    (tmp_path / "t.csv").write_text(CSV)
    with pytest.raises(StudyError) as caught:
        planned(changes, tmp_path)
    (problem,) = caught.value.problems
    for word in words:
        assert word in str(problem).replace("'", '"')


def test_one_sample_is_no_batch_to_norm_but_may_be_one_without_norm():
    assert planned({"training.batch_size": 29, "model.norm": "none"}).groups


def test_problems_of_all_variants_are_collected_and_said_once():
    wide = {"name": "wide", "set": {"training.batch_size": 100}}
    with pytest.raises(StudyError) as caught:
        planned({"training.batch_size": 31, "ablate": {"training.lr": [0.5]}, "variant": [wide]})
    assert [problem.key for problem in caught.value.problems] == [
        "training.batch_size",
        'variant "wide": training.batch_size',
    ]


def test_classes_are_counted_as_outputs(tmp_path: Path):
    (tmp_path / "t.csv").write_text(CSV)
    assert planned(TABLE, tmp_path).groups[0].network.outputs == 3
    two = {**TABLE, "data.where": "b < 2", "data.split": [20, 3, 3], "training.loss": "bce"}
    assert planned(two, tmp_path).groups[0].network.outputs == 1
    assert "t.csv" in planned(TABLE, tmp_path).environment["data"]


# --- memory ----------------------------------------------------------------------------------------------


@given(seeds=st.integers(1, 12), share=st.floats(0.01, 2))
def test_shards_hold_every_run_once_and_keep_within_the_budget(seeds: int, share: float):
    (group,) = planned({"study.seeds": seeds, "data.seed": 0}).groups
    budget = int(memory.need(group).total * share)
    pieces = list(memory.shards(group, budget))
    assert [run for piece in pieces for run in piece.runs] == list(group.runs)
    assert all(memory.need(piece).total <= budget or len(piece.runs) == 1 for piece in pieces)


def test_a_group_that_fits_stays_whole():
    (group,) = planned().groups
    assert list(memory.shards(group, memory.need(group).total)) == [group]


def test_memory_is_asked_for_once_for_all_variants_of_the_same_shapes(monkeypatch: pytest.MonkeyPatch):
    asked = []
    lack = memory.lack
    monkeypatch.setattr(
        memory, "lack", lambda group, free, place: asked.append(free) or lack(group, free, place)
    )
    rates = [0.001 * number for number in range(1, 31)]
    planned({"grid": {"training.lr": rates, "model.hidden": [[3], [5]]}})
    assert sum(free is not None for free in asked) == 3  # base has other shapes


def test_wider_and_more_takes_more():
    def total(changes: dict[str, Any]) -> int:
        return memory.need(planned(changes).groups[0]).total

    for more in (
        {"model.hidden": [40]},
        {"study.seeds": 4},
        {"data.samples": 500},
    ):
        assert total(more) > total({}), more
    large = {"data.samples": 20_000, "model.hidden": [64, 64]}
    assert total(large | {"training.batch_size": "all"}) > total(large)


def test_what_is_kept_sample_by_sample_is_counted():
    """Of parts that are the same under every seed: what an outcome holds of them, and once more while it is written."""
    size = {
        "data.samples": 5000,
        "data.split": [1000, 2000, 2000],
        "study.seeds": 3,
        "model": {"kind": "linear"},
    }
    (drawn,), (fixed,) = planned(size).groups, planned(size | {"data.seed": 0}).groups
    choice = choose("numpy", fixed.program())
    outcome = train(fixed, choice.make, "val.mse", "min", ignore, kept={"base": ["val.mse", "test.mse"]})
    assert outcome.samples is not None
    held = sum(values.nbytes for values in outcome.samples["values"])
    assert memory.need(fixed).results - memory.need(drawn).results == 2 * held == 2 * 3 * 4000 * 4


STEPS = {"lr": 0.01, "steps": 2}
TAKING = {
    "many runs": {
        "study.seeds": 100,
        "data.samples": 1000,
        "model.hidden": [10, 100, 10],
        "training.epochs": 1,
    },
    "wide": {"model.hidden": [700, 700], "training": STEPS | {"optimizer": "adam", "batch_size": 10}},
    "large batch": {
        "data.samples": 20_000,
        "model.hidden": [64, 64],
        "training": STEPS | {"batch_size": "all"},
    },
    "large part": {"data.samples": 250_000, "model": {"kind": "linear"}, "training": STEPS, "study.seeds": 8},
}


@pytest.mark.parametrize("engine", ["numpy", "fused"])
@pytest.mark.parametrize("name", TAKING)
def test_what_is_planned_is_what_training_takes(name: str, engine: str):
    """`bench/memory.py` holds it against whole processes, and for PyTorch, whose memory Python does not see."""
    (group,) = planned({"data.seed": 0, "study.seeds": 4} | TAKING[name]).groups
    choice = choose(engine, group.program())
    if choice.prepare:
        choice.prepare()
    samples = group.samples.inputs.nbytes + group.samples.targets.nbytes
    tracemalloc.start()
    try:
        train(group, choice.make, "val.mse", "min", ignore)
        taken = tracemalloc.get_traced_memory()[1] + samples
    finally:
        tracemalloc.stop()
    need = memory.need(group, engine)
    assert 0.9 * taken <= need.total <= 1.6 * taken + 2**21, (need, taken)
    assert taken <= need.peak


def test_a_group_is_planned_for_the_engine_that_is_usual_for_it(monkeypatch: pytest.MonkeyPatch):
    (dense,) = planned().groups
    assert memory.need(dense) == memory.need(dense, "fused")
    monkeypatch.setattr(memory, "usual", lambda program: "torch")
    assert memory.need(dense) == memory.need(dense, "torch") != memory.need(dense, "fused")


def test_a_trained_group_does_not_keep_the_arrays_that_training_makes_of_its_data() -> None:
    work = planned({"study.seeds": 2}).on(Compute("numpy"))
    work.train(work.shards[0], ignore, Checkpoints())
    assert "data" not in vars(work.groups[0])
