"""A stored study opened again: its document, its table, and what an interrupted or damaged one gives."""

import json
import re
import shutil
from unittest.mock import Mock

import fake_studies
import numpy as np
import pytest
from scipy import stats

from seedbed.analysis.flips import flip_p
from seedbed.analysis.intervals import interval, intervals
from seedbed.analysis.p_values import holm
from seedbed.analysis.reliable import wilson
from seedbed.analysis.sentences import sentence
from seedbed.api import Result
from seedbed.metrics.names import bounds
from seedbed.results import result as results
from seedbed.store.schema import StoreError

VARIANT_KEYS = [
    "name", "settings", "runs", "diverged", "crashed", "failures", "typical", "parameters", "seconds_per_run",
    "metrics", "versus_base",
]  # fmt: skip
VERSUS_KEYS = ["metric", "scale", "estimate", "low", "high", "p", "n", "verdict", "pairing", "note",
    "wins", "of", "is_typical", "failed", "failed_base", "failures_p", "look", "new_data", "runs", "failures_gap",
]  # fmt: skip
HYPOTHESIS_KEYS = ["claim", "verdict", "estimate", "low", "high", "p", "corrected_p", "seeds_to_decide", "note", "kind",
    "value", "p_against", "look", "new_data", "seeds_likely",
    "form", "metric", "subject", "against", "margin", "factor", "within", "scale", "runs", "failures_gap", "made_by",
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
        "format", "id", "study", "directory", "status", "progress", "engine", "device", "environment", "metric",
        "direction", "seconds", "selected_by", "ranking", "among_the_best", "variants", "hypotheses", "findings",
        "data", "looks", "sealed", "spread", "paired", "pairing_note", "seed_labels",
    ]  # fmt: skip
    assert document["format"] == 2
    assert list(document["seconds"]) == ["total", "train"]
    assert document["id"] == regression.directory.name
    assert all(list(row) == VARIANT_KEYS for row in document["variants"])
    assert all(list(row) == HYPOTHESIS_KEYS for row in document["hypotheses"])
    assert variant(regression, "base")["versus_base"] is None
    assert list(variant(regression, "norm none")["versus_base"]) == VERSUS_KEYS
    assert list(variant(regression, "base")["metrics"]["val.mse"]) == [
        "mean", "low", "high", "median", "n", "median_low", "median_high", "published"
    ]  # fmt: skip
    assert list(variant(regression, "base")["failures"]) == ["runs", "of", "low", "high", "beyond"]
    assert list(variant(regression, "base")["typical"]) == ["metric", "median", "low", "high"]


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
    typical = variant(regression, "base")["typical"]
    assert (typical["metric"], typical["median"]) == ("val.mse", seen["median"])
    ordered = sorted(base)  # 2 of 12 may lie outside on either side: binomial tail 0.0193
    assert (typical["low"], typical["high"]) == (ordered[2], ordered[9])
    versus = variant(regression, "norm none")["versus_base"]
    assert (versus["scale"], versus["n"], versus["verdict"]) == ("ratio", 12, "worse")
    gaps = np.log(norm) - np.log(base)
    assert versus["estimate"] == pytest.approx(np.exp(stats.trim_mean(gaps, 0.2)))
    assert (versus["wins"], versus["of"]) == (np.sum(gaps < 0), 12)
    assert versus["is_typical"]


def test_p_is_adjusted_for_all_comparisons(regression):
    base = np.log(regression.values("base", "val.mse"))
    plain = [flip_p(np.log(regression.values(name, "val.mse")) - base) for name in regression.variants[1:]]
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
    versus = row["versus_base"]
    assert (versus["verdict"], versus["n"], versus["wins"]) == ("worse", 10, 0)
    assert (versus["is_typical"], versus["estimate"], versus["low"], versus["high"]) == (
        False,
        None,
        None,
        None,
    )
    assert (versus["failed"], versus["failed_base"], versus["failures_p"]) == (
        3,
        0,
        0.75,
    )  # 2 * 0.5**3, of 3 comparisons
    assert versus["note"] == "3 runs failed against none (p\u00a0=\u00a00.75: not yet shown)"
    low, high = wilson(3, 10)
    assert row["failures"] == {"runs": 3, "of": 10, "low": low, "high": high, "beyond": None}
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


@pytest.mark.parametrize("seeds", [2, 5])
def test_few_seeds_give_no_p(tmp_path, seeds):
    result = Result.open(fake_studies.regression(tmp_path, seeds=seeds))
    versus = variant(result, "norm none")["versus_base"]
    assert (versus["p"], versus["verdict"]) == (None, "not enough seeds")
    for row in result.document["hypotheses"]:
        assert (row["verdict"], row["p"], row["corrected_p"]) == ("undecided", None, None)


def test_claims_are_corrected_together(regression):
    rows = regression.document["hypotheses"]
    both = [2 * min(one.p, one.p_against) for one in regression.judgements]
    assert [row["corrected_p"] for row in rows] == pytest.approx(holm(both))
    assert [row["p"] for row in rows] == [one.p for one in regression.judgements]
    assert {row["verdict"] for row in rows if row["corrected_p"] >= 0.05} == {"undecided"}
    assert [row["kind"] for row in rows] == [row["form"] for row in rows]
    assert [row["factor"] for row in rows] == [None, 1.5, None, None, None]
    assert [row["scale"] for row in rows[:4]] == ["ratio"] * 4


def test_one_seed_has_no_interval(tmp_path):
    result = Result.open(fake_studies.regression(tmp_path, seeds=1))
    seen = variant(result, "base")["metrics"]["val.mse"]
    assert (seen["low"], seen["high"], seen["n"]) == (None, None, 1)
    assert (seen["median_low"], seen["median_high"]) == (None, None)


def test_ranking_goes_by_median_and_direction(regression, classification):
    assert regression.ranking[-2:] == ["norm none", "no norm, default init"]
    assert classification.ranking[0] == "momentum"


def test_among_the_best_are_those_not_shown_to_be_worse_than_the_first(regression, classification, tmp_path):
    assert regression.among_the_best == regression.ranking[:2]
    assert {*regression.among_the_best} == {"base", "init kaiming_normal"}
    assert classification.among_the_best == ["momentum"]
    assert classification.document["among_the_best"] == ["momentum"]
    few = Result.open(fake_studies.regression(tmp_path, seeds=2))
    assert few.among_the_best == few.ranking


def test_a_variant_with_the_runs_of_the_best_is_among_the_best(tmp_path):
    values = {"base": np.arange(1.0, 9), "b": np.arange(9.0, 17), "c": np.arange(1.0, 9)}
    result = made(tmp_path, values)
    assert result.among_the_best == ["base", "c"]


def test_no_variant_is_shown_to_be_worse_by_what_is_not_tested(tmp_path):
    values = {"base": np.arange(9.0, 17), "b": np.arange(1.0, 9)}
    assert made(tmp_path / "tested", values).among_the_best == ["b"]
    assert made(tmp_path / "cost", values, metric="seconds").among_the_best == ["b", "base"]
    levels = {"init": [0, 0, 0, 0, 1, 1, 1, 1], "order": [0, 1, 2, 3, 0, 1, 2, 3]}
    assert made(tmp_path / "crossed", values, levels=levels).among_the_best == ["b", "base"]


# --- runs that failed -----------------------------------------------------------------------------------


def made(root, values, metric="val.mse", direction="min", status=(), **facts):
    """A study of the values of each variant; `status` has (variant, seed, status) of runs that did not complete."""
    of = {(name, seed): how for name, seed, how in status}
    rows = [
        fake_studies._row(name, seed, **{metric: value, "status": of.get((name, seed), "complete")})
        for name, own in values.items()
        for seed, value in enumerate(own)
    ]
    seeds, empty = len(values["base"]), fake_studies.Curves().columns
    directory = fake_studies.write_study(
        root, "m", {n: {} for n in values}, seeds, metric, direction, rows, empty
    )
    path = directory / "resolved.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | facts))
    return Result.open(directory)


ERRORS = {
    "base": [1.0, 1.1, 0.9, 1.2, 0.8, 1.0, 15.0, 9.0],  # median 1.05
    "far worse": [100.0, 110, 90, 120, 80, 100, 100, 1500],
    "broken": [1.0, 1.1, 0.9, 1.2, 0.8, 1.0, 11.0, 10.0],
}
ENDED = [("base", 0, "diverged"), ("broken", 6, "interrupted")]


def failed(result):
    return {name: np.flatnonzero(result.failed(name)).tolist() for name in result.variants}


def test_runs_fail_that_diverge_or_end_beyond_ten_times_the_median(tmp_path):
    result = made(tmp_path, ERRORS, status=ENDED)
    base = np.median([np.inf, *ERRORS["base"][1:]])
    assert result.fails_beyond("base") == pytest.approx(10 * base)
    assert result.fails_beyond("broken") == pytest.approx(10 * base)
    assert result.fails_beyond("far worse") == pytest.approx(1000)  # a bad variant is not an unreliable one
    assert failed(result) == {
        "base": [0, 6],
        "far worse": [7],
        "broken": [],
    }  # what was interrupted has not failed
    assert [(one.runs, one.of) for one in result.failures.values()] == [(2, 8), (1, 8), (0, 7)]
    row = variant(result, "far worse")["failures"]
    assert (row["low"], row["high"], row["beyond"]) == (*wilson(1, 8), pytest.approx(1000))


def test_the_study_says_beyond_which_value_a_run_fails(tmp_path):
    result = made(tmp_path, ERRORS, status=ENDED, fails_above=9.5)
    assert failed(result) == {"base": [0, 6], "far worse": list(range(8)), "broken": [7]}
    assert {result.fails_beyond(name) for name in result.variants} == {9.5}
    versus = result.versus_base["far worse"].comparison
    assert (versus.failed, versus.failed_other, versus.both_failed, versus.n, versus.wins) == (8, 2, 2, 6, 0)
    assert not versus.is_typical


def test_a_bound_moves_the_verdict_from_typical_to_wins(tmp_path):
    values = {
        "base": [1.0 + 0.01 * seed for seed in range(10)],
        "b": [0.5 + 0.01 * seed for seed in range(10)],
    }
    values["b"][:3] = [3.0, 3.0, 3.0]
    typical = made(tmp_path / "a", values).versus_base["b"].comparison
    assert (typical.is_typical, typical.failed, typical.n) == (True, 0, 10)
    strict = made(tmp_path / "b", values, fails_above=2.0).versus_base["b"].comparison
    assert (strict.is_typical, strict.failed, strict.wins, strict.n) == (False, 3, 7, 10)
    assert strict.p == pytest.approx(stats.binomtest(7, 10).pvalue)


SCORES = {"base": [0.9, 0.92, 0.91, 0.93, 0.9, 0.4], "b": [0.5, 0.52, 0.51, 0.53, 0.29, 0.4]}


def test_scores_fail_halfway_to_chance(tmp_path):
    chance = {"baseline": {"val.accuracy": 0.1}}
    result = made(tmp_path / "a", SCORES, "val.accuracy", "max", data=chance)
    assert result.fails_beyond("base") == pytest.approx((0.905 + 0.1) / 2)
    assert result.fails_beyond("b") == pytest.approx((0.505 + 0.1) / 2)
    assert failed(result) == {"base": [5], "b": [4]}
    told = made(tmp_path / "b", SCORES, "val.accuracy", "max", data=chance, fails_below=0.45)
    assert failed(told) == {"base": [5], "b": [4, 5]}


def test_without_chance_or_a_ratio_only_diverged_runs_fail(tmp_path):
    scores = made(tmp_path / "a", SCORES, "val.accuracy", "max", [("b", 0, "diverged")])
    assert failed(scores) == {"base": [], "b": [0]}
    errors = made(tmp_path / "b", ERRORS, status=ENDED, scale="difference")
    assert failed(errors) == {"base": [0], "far worse": [], "broken": []}
    assert errors.fails_beyond("base") is None


def test_runs_that_failed_under_every_seed_are_said_to(tmp_path):
    every = [(name, seed, "diverged") for name in ("base", "b") for seed in range(6)]
    result = made(tmp_path, SCORES, "val.accuracy", "max", every)
    assert result.versus_base["b"].verdict == "all failed"
    assert result.versus_base["b"].comparison.both_failed == 6


def test_the_table_counts_failed_runs_and_gives_no_mean_of_them(tmp_path):
    table = made(tmp_path / "a", ERRORS, status=ENDED).table
    assert table.column("failed").cells == ("2 of 8", "1 of 8", "")
    means = table.column("mean", "val.mse").cells
    assert means[:2] == ("–", "–")
    assert means[2] == "2.286"  # of the seven that were not interrupted
    assert table.column("wins").cells[0] == ""
    assert table.column("note").cells[1].startswith("1 run failed against 2")
    assert made(tmp_path / "b", {"base": ERRORS["base"][:5]}).table.column("failed") is None


# --- what the study says of its metric ------------------------------------------------------------------


def test_the_scale_is_that_of_the_metric_unless_the_study_says(tmp_path):
    values = {"base": np.arange(1.0, 9), "b": np.arange(2.0, 10)}
    assert made(tmp_path / "a", values).versus_base["b"].comparison.scale == "ratio"
    told = made(tmp_path / "b", values, scale="difference").versus_base["b"].comparison
    assert (told.scale, told.estimate) == ("difference", 1.0)
    scores = {name: np.array(own) / 10 for name, own in values.items()}
    assert made(tmp_path / "c", scores, "val.accuracy", "max").scale("test.accuracy@3") == "difference"
    assert (
        made(tmp_path / "d", scores, "val.accuracy", "max", scale="ratio").scale("test.accuracy@3") == "ratio"
    )


@pytest.mark.parametrize(
    ("facts", "verdict"), [({"matters": 1.5}, "supported"), ({"matters": 1.1}, "refuted")]
)
def test_what_matters_is_the_margin_of_claims_without_one(tmp_path, facts, verdict):
    values = {"base": 1 + 0.01 * np.arange(10), "b": 1.25 + 0.0126 * np.arange(10)}
    claims = [{"claim": "alike", "similar": ["base", "b"], "margin": 0.0}]
    (judged,) = made(tmp_path, values, hypotheses=claims, **facts).judgements
    assert judged.verdict == verdict


def test_an_older_study_with_a_margin_in_units_is_compared_by_differences(tmp_path):
    values = {"base": 1 + 0.01 * np.arange(10), "b": 1.25 + 0.0126 * np.arange(10)}
    claims = [
        {"claim": "a", "similar": ["base", "b"], "within": 0.3, "margin": 0.0},
        {"claim": "b", "better": "base", "than": "b", "margin": 0.2},
        {"claim": "c", "better": "base", "than": "b", "margin": 0.0},
    ]
    result = made(tmp_path, values, hypotheses=claims)
    assert [one.verdict for one in result.judgements] == ["supported"] * 3
    assert [one.seen.scale for one in result.judgements] == ["difference", "difference", "ratio"]


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
    monkeypatch.setattr(results, "intervals", lambda values: calls.append(1) or intervals(values))
    assert result.document
    assert result.table.rows
    result.report()
    assert 0 < len(calls) <= len(result.metrics)  # of all variants at once


def test_a_variant_without_the_metric_is_not_among_the_best(tmp_path):
    directory = fake_studies.regression(tmp_path)
    rows = Result.open(directory).runs.to_pylist()
    for row in rows:
        if row["variant"] == "norm none":
            row["val.mse"] = None
    fake_studies.write_table(directory, "runs", rows)
    result = Result.open(directory)
    assert result.versus_base["norm none"].verdict == "undefined"
    assert "norm none" not in result.among_the_best
    assert "base" in result.among_the_best


def test_a_column_is_read_once_for_all_variants(tmp_path, monkeypatch):
    result = Result.open(fake_studies.classification(tmp_path))
    monkeypatch.setattr(result, "_at_epoch", Mock(wraps=result._at_epoch))
    for name in result.variants * 2:
        result.values(name, "val.accuracy@3")
    assert result._at_epoch.call_count == 1


# --- intervals end where metrics do ---------------------------------------------------------------------

SKEWED = {"accuracy": [1.0, 1.0, 0.95, 1.0, 0.4], "mse": [0.001, 0.0012, 0.0011, 0.001, 0.009]}


@pytest.fixture(params=SKEWED)
def skewed(request, tmp_path):
    """A study whose t intervals would reach beyond what the metric can be, with claims of every kind."""
    return study_of_skewed(tmp_path, request.param, 1)


def study_of_skewed(root, name, times):
    """The values of `SKEWED` and others, so many times over."""
    metric, way = f"val.{name}", "max" if name == "accuracy" else "min"
    values = {"base": SKEWED[name], "a": SKEWED[name][::-1], "b": [1 - value for value in SKEWED[name]]}
    rows = [
        fake_studies._row(variant, seed, **{metric: value, f"test.{name}": value})
        for variant, found in values.items()
        for seed, value in enumerate(found * times)
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
            root, "s", {n: {} for n in values}, 5 * times, metric, way, rows, empty, None, claims
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
    paired = [one.seen for one in skewed.judgements[2:]]
    for seen in [*paired, *(versus.comparison for versus in skewed.versus_base.values())]:
        assert least - most <= seen.low <= seen.high <= most - least
    if skewed.scale(skewed.metric) == "difference":
        assert skewed.versus_base["b"].comparison.low == least - most  # where it was cut


@pytest.mark.parametrize("name", SKEWED)
def test_intervals_of_medians_lie_among_the_runs(tmp_path, name):
    result = study_of_skewed(tmp_path, name, 2)
    first, last = (result.table.header.index(heading) for heading in ("95 % interval", f"vs {result.base}"))
    for variant_, row in zip(result.variants, result.table.rows, strict=True):
        values = result.values(variant_, result.metric)
        low, high = numbers_in(row[first])
        assert values.min() * 0.999 <= low <= high <= values.max() * 1.001  # as they are rounded
        assert all(number >= 0 for cell in row[first:last] for number in numbers_in(cell))
    judged = {row["claim"]: row for row in result.document["hypotheses"]}
    base = result.values("base", result.metric)
    for claim, one in zip(("above", "below"), result.judgements, strict=False):
        assert judged[claim]["estimate"] == np.median(
            base
        )  # the number that the table shows is the one tested
        assert base.min() <= judged[claim]["low"] <= judged[claim]["high"] <= base.max()
        told = re.search(r"interval ([^,)]*)", sentence(one))[1].replace("\u00a0", " ")
        assert numbers_in(told) == pytest.approx([judged[claim]["low"], judged[claim]["high"]], rel=1e-3)
