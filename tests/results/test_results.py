"""A stored study opened again: its document, its table, and what an interrupted or damaged one gives."""

import json
import re
import shutil
from unittest.mock import Mock

import fake_studies
import numpy as np
import pytest

from seedbed.analysis.intervals import interval
from seedbed.analysis.p_values import holm
from seedbed.analysis.pairs import paired
from seedbed.analysis.sentences import sentence
from seedbed.api import Result
from seedbed.metrics.names import bounds
from seedbed.results import result as results
from seedbed.store.schema import StoreError

VARIANT_KEYS = [
    "name", "settings", "runs", "diverged", "parameters", "seconds_per_run", "metrics", "versus_base"
]  # fmt: skip
VERSUS_KEYS = ["metric", "scale", "estimate", "low", "high", "p", "n", "verdict", "pairing", "note"]
HYPOTHESIS_KEYS = ["claim", "verdict", "estimate", "low", "high", "p", "seeds_to_decide", "note",
    "form", "metric", "subject", "against", "margin", "within", "scale",
]  # fmt: skip


@pytest.fixture(scope="module")
def regression(tmp_path_factory):
    return Result.open(fake_studies.regression(tmp_path_factory.mktemp("regression")))


@pytest.fixture(scope="module")
def classification(tmp_path_factory):
    return Result.open(fake_studies.classification(tmp_path_factory.mktemp("classification")))


def variant(result, name):
    return next(row for row in result.document["variants"] if row["name"] == name)


def test_document_has_exactly_the_agreed_keys(regression):
    document = regression.document
    assert list(document) == [
        "id", "study", "directory", "status", "engine", "device", "metric", "direction", "seconds", "selected_by",
        "ranking", "variants", "hypotheses", "findings", "data", "looks", "sealed", "spread",
    ]  # fmt: skip
    assert list(document["seconds"]) == ["total", "train"]
    assert document["id"] == regression.directory.name
    assert all(list(row) == VARIANT_KEYS for row in document["variants"])
    assert all(list(row) == HYPOTHESIS_KEYS for row in document["hypotheses"])
    assert variant(regression, "base")["versus_base"] is None
    assert list(variant(regression, "norm none")["versus_base"]) == VERSUS_KEYS
    assert list(variant(regression, "base")["metrics"]["val.mse"]) == [
        "mean", "low", "high", "median", "n", "published"
    ]  # fmt: skip


def test_document_is_strict_json(regression, classification):
    for result in (regression, classification):
        text = json.dumps(result.document, allow_nan=False)
        assert json.loads(text) == result.document


def test_document_numbers_are_those_of_the_runs(regression):
    rows = regression.runs.to_pylist()
    base = [row["val.mse"] for row in rows if row["variant"] == "base"]
    norm = [row["val.mse"] for row in rows if row["variant"] == "norm none"]
    seen = variant(regression, "base")["metrics"]["val.mse"]
    assert (seen["mean"], seen["median"], seen["n"]) == (
        pytest.approx(np.mean(base)), pytest.approx(np.median(base)), 12
    )  # fmt: skip
    versus = variant(regression, "norm none")["versus_base"]
    assert (versus["scale"], versus["n"], versus["verdict"]) == ("ratio", 12, "worse")
    assert versus["estimate"] == pytest.approx(paired(norm, base, "ratio").estimate)


def test_p_is_adjusted_for_all_comparisons(regression):
    base = regression.values("base", "val.mse")
    plain = [paired(regression.values(name, "val.mse"), base, "ratio").p for name in regression.variants[1:]]
    seen = [variant(regression, name)["versus_base"]["p"] for name in regression.variants[1:]]
    assert seen == pytest.approx(holm(plain))
    assert seen != pytest.approx(plain)


def test_published_numbers_stand_beside_ours(regression):
    metrics = variant(regression, "base")["metrics"]
    assert (metrics["val.mse"]["published"], metrics["test.mse"]["published"]) == (0.00273, 0.001032)
    assert metrics["train.mse"]["published"] is None


def test_published_metrics_that_were_not_measured_are_kept(tmp_path):
    directory = fake_studies.regression(tmp_path)
    study = json.loads((directory / "resolved.json").read_text())
    study["variants"][0]["published"]["epochs"] = 120
    (directory / "resolved.json").write_text(json.dumps(study))
    seen = variant(Result.open(directory), "base")["metrics"]["epochs"]
    assert (seen["published"], seen["mean"]) == (120, 60)


def test_diverged_runs_are_counted_and_lose(classification):
    row = variant(classification, "lr 1")
    assert (row["runs"], row["diverged"], row["metrics"]["val.accuracy"]["n"]) == (10, 3, 7)
    assert (row["versus_base"]["verdict"], row["versus_base"]["n"]) == ("worse", 10)
    assert np.sum(np.isneginf(classification.values("lr 1", "val.accuracy"))) == 3
    # As an older version stored it, without a code.
    (finding,) = [one for one in classification.document["findings"] if one["kind"] == "diverged"]
    assert list(finding) == ["variant", "kind", "code", "runs", "message"]
    assert (finding["variant"], finding["code"], finding["runs"]) == ("lr 1", "SB101", 3)


def test_curve_values_at_an_epoch(classification):
    curves = classification.curves.to_pylist()
    expected = [
        row["value"]
        for row in curves
        if (row["variant"], row["metric"], row["epoch"]) == ("base", "val.accuracy", 3)
    ]
    assert classification.values("base", "val.accuracy@3").tolist() == expected


def test_metrics_of_the_run_itself(regression):
    assert regression.values("base", "steps").tolist() == [1140.0] * 12


def test_two_seeds_give_no_p(tmp_path):
    result = Result.open(fake_studies.regression(tmp_path, seeds=2))
    versus = variant(result, "norm none")["versus_base"]
    assert (versus["p"], versus["verdict"]) == (None, "not enough seeds")
    assert all(row["verdict"] == "undecided" and row["p"] is None for row in result.document["hypotheses"])


def test_one_seed_has_no_interval(tmp_path):
    result = Result.open(fake_studies.regression(tmp_path, seeds=1))
    seen = variant(result, "base")["metrics"]["val.mse"]
    assert (seen["low"], seen["high"], seen["n"]) == (None, None, 1)


def test_ranking_goes_by_median_and_direction(regression, classification):
    assert regression.ranking[-2:] == ["norm none", "no norm, default init"]
    assert classification.ranking[0] == "momentum"


# --- tables ---------------------------------------------------------------------------------------------


def test_table_is_aligned_and_complete(regression):
    lines = str(regression.table).splitlines()
    assert len(lines) == 2 + 4
    assert lines[0].startswith("variant")
    assert "published val.mse" in lines[0]
    assert all("worse" in line for line in lines[-2:])
    assert repr(regression.table) == str(regression.table)


def test_notebook_shows_a_table(tmp_path):
    result = Result.open(fake_studies.regression(tmp_path, seeds=2, names=("<script>",)))
    assert "&lt;script&gt;" in result._repr_html_()
    assert "<script>" not in result._repr_html_()


# --- moved, interrupted, damaged ------------------------------------------------------------------------


def test_a_moved_study_opens(tmp_path):
    moved = tmp_path / "elsewhere" / "copy"
    shutil.copytree(fake_studies.regression(tmp_path / "a", seeds=2), moved)
    assert Result.open(moved).document["id"] == "copy"


def test_an_interrupted_study_says_so(tmp_path):
    document = Result.open(fake_studies.regression(tmp_path, finished=False)).document
    assert document["status"] == "interrupted"
    assert all(row["runs"] == 0 for row in document["variants"])
    assert variant_metrics(document) == {"val.mse", "test.mse"}  # the published ones
    assert {row["verdict"] for row in document["hypotheses"]} == {"undecided"}
    json.dumps(document, allow_nan=False)


def variant_metrics(document):
    return set(document["variants"][0]["metrics"])


def test_runs_that_were_interrupted_are_not_judged(tmp_path):
    directory = fake_studies.regression(tmp_path, seeds=3)
    rows = Result.open(directory).runs.to_pylist()
    rows[0]["status"] = "interrupted"
    fake_studies.write_table(directory, "runs", rows)
    result = Result.open(directory)
    assert np.isnan(result.values("base", "val.mse")).tolist() == [True, False, False]
    assert result.table.rows[0][1] == "3 (1 interrupted)"


def test_a_study_whose_runs_were_all_interrupted_has_no_finished_runs(tmp_path):
    directory = fake_studies.regression(tmp_path, seeds=8)
    rows = Result.open(directory).runs.to_pylist()
    fake_studies.write_table(directory, "runs", [row | {"status": "interrupted"} for row in rows])
    verdicts = {versus.verdict for versus in Result.open(directory).versus_base.values()}
    assert verdicts == {"no finished runs"}
    assert "No run has finished" in Result.open(directory).report().read_text()


def test_a_torn_last_line_of_the_journal_is_passed_over(tmp_path):
    directory = fake_studies.classification(tmp_path)
    with (directory / "journal.jsonl").open("a") as journal:
        journal.write('{"event": "fin')
    assert len(Result.open(directory).findings) == 1


@pytest.mark.parametrize("damage", ["missing", "empty", "not JSON"])
def test_a_directory_that_holds_no_study_is_refused(tmp_path, damage):
    directory = fake_studies.regression(tmp_path, seeds=1)
    if damage == "missing":
        directory = tmp_path / "nothing"
    else:
        (directory / "resolved.json").write_text("" if damage == "empty" else "{")
    with pytest.raises(StoreError, match=r"nothing|resolved\.json"):
        Result.open(directory)


def test_every_number_is_worked_out_once(tmp_path, monkeypatch):
    result = Result.open(fake_studies.regression(tmp_path, seeds=3, names=("a", "b", "c")))
    calls = []
    monkeypatch.setattr(results, "interval", lambda values: calls.append(1) or interval(values))
    assert result.document
    assert result.table.rows
    result.report()
    assert len(calls) <= len(result.variants) * len(result.metrics)


def test_a_column_is_read_once_for_all_variants(tmp_path, monkeypatch):
    result = Result.open(fake_studies.classification(tmp_path))
    monkeypatch.setattr(result, "_curve_values", Mock(wraps=result._curve_values))
    for name in result.variants * 2:
        result.values(name, "val.accuracy@3")
    assert result._curve_values.call_count == 1


# --- intervals end where metrics do ---------------------------------------------------------------------

SKEWED = {"accuracy": [1.0, 1.0, 1.0, 1.0, 0.4], "mse": [0.001, 0.0012, 0.0011, 0.001, 0.009]}


@pytest.fixture(params=SKEWED)
def skewed(request, tmp_path):
    """A study whose t intervals would reach beyond what the metric can be, with claims of every kind."""
    name = request.param
    metric, way = f"val.{name}", "max" if name == "accuracy" else "min"
    values = {"base": SKEWED[name], "a": SKEWED[name][::-1], "b": [1 - value for value in SKEWED[name]]}
    rows = [
        fake_studies._row(variant, seed, **{metric: value, f"test.{name}": value})
        for variant, found in values.items()
        for seed, value in enumerate(found)
    ]
    claims = (
        {"claim": "above", "variant": "base", "metric": metric, "above": 0.5},
        {"claim": "below", "variant": "base", "metric": metric, "below": 0.5},
        {"claim": "better", "better": "base", "than": "b"},
        {"claim": "similar", "similar": ["base", "a"], "within": 0.1},
        {"claim": "exceeds", "variant": "a", "metric": metric, "exceeds": f"test.{name}"},
    )
    empty = fake_studies.Curves().columns
    return Result.open(
        fake_studies.write_study(
            tmp_path, "s", {n: {} for n in values}, 5, metric, way, rows, empty, None, claims
        )
    )


def test_a_metric_that_nobody_knows_ends_nowhere(tmp_path):
    result = Result.open(fake_studies.regression(tmp_path))
    assert result.bounds("val.mse") == (0, np.inf)
    assert result.bounds("score") == result.bounds("val.score@3") == (-np.inf, np.inf)


def numbers_in(text):
    return [float(found) for found in re.findall(r"-?\d+\.?\d*(?:e-?\d+)?", text.replace("−", "-"))]


def test_no_interval_leaves_what_the_metric_can_be(skewed):
    least, most = bounds(skewed.metric)
    cut = 0
    for name in skewed.variants:
        plain = interval(skewed.values(name, skewed.metric))
        seen = variant(skewed, name)["metrics"][skewed.metric]
        assert (seen["low"], seen["high"]) == (max(plain.low, least), min(plain.high, most))
        cut += plain.low < least or plain.high > most
    assert cut >= 2
    first, last = (skewed.table.header.index(name) for name in ("95 % interval", f"vs {skewed.base}"))
    for row in skewed.table.rows:
        assert all(least <= number <= most for cell in row[first:last] for number in numbers_in(cell))
    judged = {row["claim"]: row for row in skewed.document["hypotheses"]}
    for claim in ("above", "below"):
        assert least <= judged[claim]["low"] <= judged[claim]["high"] <= most
    for row in [*judged.values(), *(versus.comparison for versus in skewed.versus_base.values())]:
        low, high = (row["low"], row["high"]) if isinstance(row, dict) else (row.low, row.high)
        assert least - most <= low <= high <= most - least
    for one in skewed.judgements[:2]:
        told = re.search(r"interval ([^,)]*)", sentence(one))[1].replace("\u00a0", " ")
        assert all(least <= number <= most for number in numbers_in(told))
