"""One order of variants: by median on validation, in the study's direction, diverged runs counted."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import fake_studies
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.analysis.ranking import ranked, selection_metric
from seedbed.api import Result
from seedbed.metrics.names import Direction

RUNS = st.lists(st.floats(-1e6, 1e6) | st.sampled_from([np.inf, np.nan]), min_size=3, max_size=3)


@given(st.dictionaries(st.text(max_size=3), RUNS, max_size=6))
def test_better_medians_come_first_and_no_variant_is_lost(values: dict[str, list[float]]) -> None:
    for way, sign in (("min", 1), ("max", -1)):
        table = {name: sign * np.array(runs) for name, runs in values.items()}
        order = ranked(list(table), np.array(list(table.values())).reshape(len(table), 3), way)  # type: ignore[arg-type]
        assert sorted(order) == sorted(values)
        medians = [np.median(runs[~np.isnan(runs)]) if not np.isnan(runs).all() else np.nan
                   for runs in (sign * table[name] for name in order)]  # fmt: skip
        known = [median for median in medians if not np.isnan(median)]
        assert known == sorted(known)
        assert not np.isnan(medians[: len(known)]).any()


@pytest.mark.parametrize("way", ["min", "max"])
def test_of_equal_medians_the_one_that_diverged_less_comes_first(way: Direction) -> None:
    worst = np.inf if way == "min" else -np.inf
    values = {"a": [worst] * 3, "b": [worst, worst, 1], "c": [2, 2, worst], "d": [2, 2, 2], "e": [2, 2, 2]}
    assert ranked(list(values), np.array(list(values.values())), way) == ["d", "e", "c", "b", "a"]


@pytest.mark.parametrize(
    ("metric", "known", "expected"),
    [
        ("test.mse", ["val.mse", "test.mse"], "val.mse"),
        ("test.mse", ["test.mse"], "test.mse"),
        ("grid.mse", ["val.mse", "grid.mse"], "grid.mse"),
        ("train.loss", ["val.loss", "train.loss"], "train.loss"),
        ("steps", ["val.loss"], "steps"),
        ("test.recall.test.x", ["val.recall.test.x"], "val.recall.test.x"),
    ],
)
def test_variants_are_selected_on_validation(metric: str, known: list[str], expected: str) -> None:
    assert selection_metric(metric, known) == expected


def changed(directory: Path, **facts: Any) -> Result:
    """The study with facts of its own changed."""
    path = directory / "resolved.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **facts}))
    return Result.open(directory)


def test_report_and_document_name_the_same_best(tmp_path: Path) -> None:
    result = Result.open(fake_studies.regression(tmp_path))
    best = result.ranking[0]
    turned = changed(result.directory, direction="max", metric="test.mse")
    assert (turned.selected_by, turned.ranking[0]) == ("val.mse", "no norm, default init")
    assert best != turned.ranking[0]
    for one in (result, turned):
        assert (one.document["ranking"], one.document["selected_by"]) == (one.ranking, "val.mse")
    page = turned.report().read_text(encoding="utf-8")
    assert re.findall(r'<th scope="row">([^<]*) <span class="best">best<', page) == turned.ranking[:1]
    assert "By median val.mse (higher is better) “no norm, default init” comes first" in page


def test_a_study_s_direction_holds_for_its_metric_on_every_part_and_epoch(tmp_path: Path) -> None:
    result = changed(fake_studies.regression(tmp_path), direction="max")
    found = [result.direction(metric) for metric in ("val.mse", "test.mse", "val.mse@3", "val.mae", "steps")]
    assert found == ["max", "max", "max", "min", "min"]
