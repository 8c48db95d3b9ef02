"""What a run draws with crossed seeds: every source by its own level, on all engines, and nothing new without."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from study_files import small

from seedbed.api import Result, Study
from seedbed.draws import PURPOSES
from seedbed.plan.plan import plan
from seedbed.study.crossing import SOURCES
from seedbed.trainables.recipe_work import RecipeWork
from seedbed.training.batches import BatchOrder
from seedbed.training.group import Group, Run
from seedbed.training.seeds import SOURCE_OF

CROSSED = {
    "study.seeds": 9,
    "study.vary_seeds": list(SOURCES),
    "model.dropout": 0.3,
    "training.batch_size": 8,
}


def group(changes: dict[str, object] | None = None) -> Group:
    work = plan(Study.parse(small(CROSSED | (changes or {})), "a.toml")).work
    assert isinstance(work, RecipeWork)
    (only,) = work.groups
    return only


def order(of: Group) -> np.ndarray:
    """The batches of an epoch as positions in each run's own training part, (runs, samples)."""
    indices = BatchOrder(of).batches(0, of.steps_per_epoch).indices
    parts = [run.prepared.parts["train"] for run in of.runs]
    return np.array([np.searchsorted(part, own) for part, own in zip(parts, indices, strict=True)])


def samples(of: Group) -> np.ndarray:
    return np.stack([run.prepared.samples.inputs.ravel() for run in of.runs])


DRAWN: dict[str, Callable[[Group], np.ndarray]] = {
    "parameters": Group.initial_params,
    "dropout": lambda of: of.keys("dropout"),
    "batches": order,
    "augment": lambda of: of.keys("augment"),
    "samples": samples,
    "split": lambda of: of.part("val"),
    "subset": lambda of: np.array(
        [
            np.searchsorted(part, own)
            for part, own in zip(of.part("train"), of.subset("train", 5), strict=True)
        ]
    ),
}


def test_every_purpose_has_a_source() -> None:
    assert set(SOURCE_OF) == set(PURPOSES) - {"statistics"} == set(DRAWN)
    of_source = {source: {purpose for purpose, of in SOURCE_OF.items() if of == source} for source in SOURCES}
    assert of_source == {  # as the reference says
        "init": {"parameters", "dropout"},
        "order": {"batches", "augment"},
        "split": {"samples", "split", "subset"},
    }


@pytest.mark.parametrize("purpose", DRAWN)
def test_runs_draw_the_same_exactly_where_they_share_the_level_of_the_source(purpose: str) -> None:
    of = group()
    drawn, levels = DRAWN[purpose](of), [run.levels[SOURCE_OF[purpose]] for run in of.runs]
    for one in range(9):
        for other in range(9):
            assert np.array_equal(drawn[one], drawn[other]) == (levels[one] == levels[other])


@pytest.mark.parametrize("purpose", DRAWN)
def test_a_level_draws_what_the_seed_of_an_ordinary_study_does(purpose: str) -> None:
    of, ordinary = group(), group({"study.vary_seeds": None})
    levels = [run.levels[SOURCE_OF[purpose]] for run in of.runs]
    np.testing.assert_array_equal(DRAWN[purpose](of), DRAWN[purpose](ordinary)[levels])


def test_a_source_that_is_not_crossed_is_the_same_in_all_runs() -> None:
    of = group({"study.vary_seeds": ["init", "order"]})
    assert len({id(run.prepared) for run in of.runs}) == 1
    assert len(np.unique(of.initial_params(), axis=0)) == 3


def test_runs_of_one_split_share_their_data() -> None:
    assert len({id(run.prepared) for run in group().runs}) == 3


def test_seeds_of_data_may_still_be_fixed() -> None:
    assert len({id(run.prepared) for run in group({"data.seed": 5}).runs}) == 3
    assert len({run.prepared.samples.inputs.tobytes() for run in group({"data.seed": 5}).runs}) == 1


@pytest.mark.parametrize("engine", ["numpy", "fused", "torch"])
def test_a_run_is_that_of_its_levels_on_every_engine(engine: str, tmp_path: Path) -> None:
    """The first run has the level 0 of all sources, and so is that of an ordinary study."""
    if engine == "torch":
        pytest.importorskip("torch")
    crossed, ordinary = (
        Study.parse(small(CROSSED | changes), "a.toml").run(engine=engine, runs_dir=tmp_path)
        for changes in ({}, {"study.vary_seeds": None})
    )
    first, alone = (result.values("base", "val.mse")[0] for result in (crossed, ordinary))
    assert first == alone if engine != "torch" else first == pytest.approx(alone, rel=1e-5)
    assert len(np.unique(crossed.values("base", "val.mse"))) == 9


def test_levels_are_stored(tmp_path: Path) -> None:
    study = Study.parse(small(CROSSED), "a.toml")
    result: Result = study.run(engine="numpy", runs_dir=tmp_path)
    assert result.study["levels"]["init"] == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    for source in SOURCES:
        assert result.study["levels"][source] == [study.levels(seed)[source] for seed in range(9)]


def test_run_of_no_levels_draws_by_its_seed() -> None:
    of = group({"study.vary_seeds": None})
    assert isinstance(of.runs[7], Run)
    assert {of.runs[7].seed_for(purpose) for purpose in SOURCE_OF} == {7}
