"""Metrics of tables keep the names that other programs gave them, also where these look like an epoch."""

from __future__ import annotations

import html
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import seedbed
from seedbed.study.problems import StudyError

SEEDS = 12
LUCK = np.random.default_rng(0).normal(0, 0.01, SEEDS)
NAMES = ("hit@10", "hit@5", "top-1 acc", "val/acc", "Recall@5 (%)", "größe, acc µ", "acc@y@3", '<b>"score" &')
HIT = [*(0.8 + LUCK), *(0.9 + LUCK + 0.001 * np.arange(SEEDS))]


def judged(tmp_path: Path, names: tuple[str, ...], **asked: Any) -> seedbed.Result:
    """Two optimizers under twelve seeds, adam better by 0.1 in each of the metrics."""
    table = {"optimizer": ["sgd"] * SEEDS + ["adam"] * SEEDS, "seed": [*range(SEEDS)] * 2}
    table |= {name: [value + place for value in HIT] for place, name in enumerate(names)}
    wanted = {"variant": "optimizer", "seed": "seed", "metric": names[0], "direction": "max"} | asked
    return seedbed.judge(table, runs_dir=tmp_path / "runs", progress=False, **wanted)


def claim(metric: str, **keys: Any) -> dict[str, Any]:
    return {"claim": f"adam has more of {metric}", "better": "adam", "than": "sgd", "metric": metric} | keys


def test_every_name_through_claims_store_document_report_and_comparison(tmp_path: Path) -> None:
    stored = judged(tmp_path, NAMES, claims=[claim(name) for name in NAMES])
    result = seedbed.open(stored.directory)
    document = result.document
    page = result.report(tmp_path / "report.html").read_text("utf-8")
    assert [one["verdict"] for one in document["hypotheses"]] == ["supported"] * len(NAMES)
    for place, name in enumerate(NAMES):
        np.testing.assert_allclose(result.values("base", name), 0.8 + LUCK + place)
        assert name in document["variants"][0]["metrics"]
        assert name in html.unescape(page)
    other = judged(tmp_path, NAMES, name="other", metric="hit@5")
    joined = seedbed.compare(result, other, metric="hit@10", runs_dir=tmp_path / "runs", progress=False)
    assert joined.metric == "hit@10"


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text("abcXYZ019@/%. -_()", min_size=1, max_size=12).filter(lambda name: name.strip() == name))
def test_any_visible_name_is_a_metric(tmp_path: Path, name: str) -> None:
    result = judged(tmp_path, (name,), claims=[claim(name)])
    np.testing.assert_allclose(result.values("base", name), 0.8 + LUCK)
    assert result.judgements[0].verdict == "supported"


def epochs(**changed: list[float]) -> dict[str, Any]:
    """Three epochs of each run, of which hit@10 rises by 0.05 each."""
    table: dict[str, Any] = {
        "optimizer": ["sgd"] * 3 * SEEDS + ["adam"] * 3 * SEEDS,
        "seed": [seed for seed in range(SEEDS) for _ in range(3)] * 2,
        "epoch": [1, 2, 3] * (2 * SEEDS),
        "hit@10": [value + 0.05 * (epoch - 3) for value in HIT for epoch in (1, 2, 3)],
    }
    return table | changed


def test_the_epoch_stands_after_the_whole_name(tmp_path: Path) -> None:
    asked = {"variant": "optimizer", "seed": "seed", "epoch": "epoch", "metric": "hit@10"}
    of_curve = {"claim": "rises at 2", "jump": 2, "variant": "adam", "metric": "hit@10"}
    claims = [claim("hit@10@1"), of_curve]
    result = seedbed.judge(epochs(), **asked, claims=claims, runs_dir=tmp_path / "runs", progress=False)
    np.testing.assert_allclose(result.values("base", "hit@10"), 0.8 + LUCK)
    np.testing.assert_allclose(result.values("base", "hit@10@1"), 0.7 + LUCK)
    assert result.judgements[0].verdict == "supported"
    wrong = of_curve | {"metric": "hit@10@2"}
    with pytest.raises(StudyError, match="jump is about the curve of a metric; write it without @EPOCH"):
        seedbed.judge(epochs(), **asked, claims=[wrong], runs_dir=tmp_path / "other", progress=False)


def test_a_name_is_not_that_of_another_metric_at_an_epoch(tmp_path: Path) -> None:
    asked = {
        "variant": "optimizer",
        "seed": "seed",
        "epoch": "epoch",
        "runs_dir": tmp_path,
        "progress": False,
    }
    table = epochs(hit=epochs()["hit@10"])
    result = seedbed.judge(table, **asked, metric="hit")
    assert "hit@10" not in result.runs.column_names
    assert any("hit@10" in note for note in result.study["data"]["notes"])
    with pytest.raises(StudyError, match='cannot be called "hit@10", which is "hit" at epoch 10; rename it'):
        seedbed.judge(table, **asked, metric="hit@10")
