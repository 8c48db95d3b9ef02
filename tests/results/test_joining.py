"""Stored studies side by side: what they are called, what they have in common, and when their runs are paired."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fake_studies
import numpy as np
import pytest

import seedbed
from seedbed.api import Result
from seedbed.results.joining import joined
from seedbed.study.problems import StudyError

Change = Callable[[dict[str, Any]], object]


def made(
    root: Path, name: str, file: str = "resolved.json", change: Change = lambda document: None, **facts: Any
) -> Result:
    """A study of four variants under as many seeds as wanted, with something changed in one of its files."""
    directory = fake_studies.regression(root, name=name, **facts)
    document = json.loads((directory / file).read_text())
    change(document)
    (directory / file).write_text(json.dumps(document))
    return Result.open(directory)


def refused(*results: Result, **asked: Any) -> str:
    with pytest.raises(StudyError) as caught:
        joined(results, **asked)
    return str(caught.value)


def test_studies_of_the_same_data_and_seeds_are_compared_in_pairs(tmp_path: Path) -> None:
    one, other = made(tmp_path, "my/one"), made(tmp_path, "my/other")
    result = seedbed.compare(one, other, runs_dir=tmp_path, progress=False)
    assert result.paired
    assert result.study["study"] == "comparison"
    assert result.variants[:2] == ["base", "my/one: init kaiming_normal"]
    assert "my/other: base" in result.variants
    assert "base is my/one: base" in result.study["description"]
    inside = one.versus_base["norm none"].comparison
    here = result.compared("my/one: norm none", "base")
    assert (here.estimate, here.p, here.wins, here.n) == (inside.estimate, inside.p, inside.wins, inside.n)
    assert result.versus_base["my/other: base"].verdict == "same runs"
    assert result.report().is_file()


def test_what_belongs_to_the_studies_comes_along(tmp_path: Path) -> None:
    renamed = made(tmp_path, "my/other", names=("deeper",))
    table = joined([made(tmp_path, "my/one"), renamed])
    assert {"base", "deeper"} & set(table.columns["variant"]) == {"deeper"}
    assert table.metrics == ["val.mse", "train.mse", "test.mse", "grid.max_error"]
    assert table.study == {"direction": "min", "scale": "ratio"}
    assert set(table.columns["study"]) == {"my/one", "my/other"}
    assert set(table.columns["model.norm"]) == {"batch", "none"}
    assert len(table.columns["seed"]) == 12 * (4 + 5)


def test_executions_of_one_study_are_called_by_their_ids(tmp_path: Path) -> None:
    one, other = made(tmp_path, "my/one"), made(tmp_path, "my/one")
    names = set(joined([one, other]).columns["variant"])
    assert {f"{one.id}: base", f"{other.id}: base"} <= names


@pytest.mark.parametrize(
    ("file", "change", "reason"),
    [
        ("resolved.json", lambda of: of.update(study_seed=7), "study.seed"),
        ("resolved.json", lambda of: of["variants"][0]["recipe"]["data"].update(samples=9), "data.samples"),
        (
            "environment.json",
            lambda of: of.update(data={"sample.csv": "cd" * 32}),
            "the checksum of their data",
        ),
        ("environment.json", lambda of: of.update(code={"digest": "1"}), "their code"),
        (
            "resolved.json",
            lambda of: [one.update(recipe={"function": {"call": "train:run"}}) for one in of["variants"]],
            "what trained them",
        ),
    ],
)
def test_where_a_seed_means_something_else_nothing_is_paired(
    tmp_path: Path, file: str, change: Change, reason: str
) -> None:
    table = joined([made(tmp_path, "my/one"), made(tmp_path, "my/other", file, change)])
    assert table.unpaired == f"my/one and my/other differ in {reason}"


def test_runs_that_are_not_paired_in_their_own_study_are_not_here(tmp_path: Path) -> None:
    apart = made(tmp_path, "my/other", change=lambda of: of.update(paired=False))
    result = seedbed.compare(
        made(tmp_path, "my/one"), apart, runs_dir=tmp_path, progress=False, name="my/both"
    )
    assert not result.paired
    assert result.study["pairing_note"] == "the runs of my/other are not paired themselves"
    assert result.versus_base["my/other: base"].comparison.sides == (12, 12)
    assert result.study["study"] == "my/both"


def test_another_scale_of_inputs_changes_no_split(tmp_path: Path) -> None:
    scaled = made(
        tmp_path,
        "my/other",
        change=lambda of: [one["recipe"]["data"].update(scale="none") for one in of["variants"]],
    )
    assert joined([made(tmp_path, "my/one"), scaled]).unpaired is None


def test_seeds_that_only_one_has_are_left_out(tmp_path: Path) -> None:
    few, many = made(tmp_path, "my/few", seeds=8), made(tmp_path, "my/many", seeds=12)
    result = seedbed.compare(few, many, runs_dir=tmp_path, progress=False)
    assert result.paired
    assert result.study["pairing_note"].startswith("8 of 12 seeds are in all variants")


def test_a_study_that_was_interrupted_is_taken_as_far_as_it_came(tmp_path: Path) -> None:
    part = made(tmp_path, "my/part", change=lambda of: of.update(seeds=20))
    table = joined([made(tmp_path, "my/one"), part])
    assert table.notes[0] == "my/part is complete: 48 of 80 runs are compared"


def test_runs_that_diverged_are_still_failures(tmp_path: Path) -> None:
    one, other = fake_studies.classification(tmp_path), fake_studies.classification(tmp_path / "again")
    result = seedbed.compare(Result.open(one), Result.open(other), runs_dir=tmp_path, progress=False)
    name = next(name for name in result.variants if name.endswith("lr 1"))
    assert result.failures[name].runs == len(fake_studies.DIVERGED)
    assert list(result.status_of(name).values()).count("diverged") == len(fake_studies.DIVERGED)
    assert np.isinf(result.values(name, "val.accuracy")).sum() == len(fake_studies.DIVERGED)


def test_what_cannot_be_compared_is_refused(tmp_path: Path) -> None:
    one, classes = made(tmp_path, "my/one"), Result.open(fake_studies.classification(tmp_path))
    assert "expected two or more, got 1" in refused(one)
    assert f"{one.id} is named twice" in refused(one, one)
    assert "they share no metric: my/one has train.mse" in refused(one, classes)
    other = made(tmp_path, "my/other", change=lambda of: of.update(metric="test.mse"))
    told = refused(one, other)
    assert "they are compared by val.mse and test.mse; name one of train.mse, val.mse" in told
    assert joined([one, other], "test.mse").metrics[0] == "test.mse"
    assert '"val.rmse" is not a metric of all of them' in refused(one, other, metric="val.rmse")
    crossed = made(tmp_path, "my/crossed", change=lambda of: of.update(levels={"init": [0] * 12}))
    assert "my/crossed crosses its seeds" in refused(one, crossed)


def test_where_studies_differ_their_claims_say_how_to_compare(tmp_path: Path) -> None:
    one = made(tmp_path, "my/one", change=lambda of: of.update(fails_above=1.0))
    other = made(
        tmp_path, "my/other", change=lambda of: of.update(direction="max", scale="difference", matters=0.1)
    )
    assert "study.direction: they differ (my/one min, my/other max)" in refused(one, other)
    assert "study.scale: they differ" in refused(one, other, asked={"direction": "min"})
    table = joined([one, other], asked={"direction": "min", "scale": "ratio"})
    assert table.study == {}
    assert table.notes == [
        f"study.{key} differs ({told}), so none is taken unless the claims have it in [study]"
        for key, told in (("matters", "my/one –, my/other 0.1"), ("fails_above", "my/one 1.0, my/other –"))
    ]
