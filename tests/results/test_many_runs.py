"""Reading very many runs: what is worked out run by run in Python, or for every two variants, takes too long.

Held by counts of function calls, which are the same on every machine.
"""

from __future__ import annotations

import cProfile
import json
import pstats
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fake_studies
import numpy as np
import pytest
from click.testing import CliRunner
from scipy import stats

from seedbed.analysis.comparing import all_compared, compared
from seedbed.analysis.flips import CERTAIN, flip_p, flip_ps, flip_ps_or_less
from seedbed.analysis.intervals import interval, intervals
from seedbed.analysis.pairing import pairing, pairings
from seedbed.analysis.pairs import Pairs
from seedbed.analysis.runs import Runs
from seedbed.api import Result
from seedbed.cli import program
from seedbed.report import comparisons, series
from seedbed.report.sections import configuration, findings, variants, verdicts
from seedbed.report.sections.variants import _table
from seedbed.report.series import curve_bands
from seedbed.results import leading, variant_table
from seedbed.store.contents import Contents

VARIANTS, SEEDS = 30, 150
TOLD: dict[str, Callable[[Result], object]] = {
    "table": lambda result: str(result.table),
    "document": lambda result: result.document,
    "report": lambda result: _told_on_the_page(result),
}


def _told_on_the_page(result: Result) -> None:
    """All of the report but its figures, of which matplotlib draws as many whatever the study."""
    for section in (verdicts, variants, configuration, findings):
        blocks = (_table(result),) if section is variants else section.blocks(result)
        assert list(blocks)
    assert curve_bands(result, "val.mse", ["base"])
    assert len(comparisons.thinned_runs(result.values("base", "val.mse"))) == 50


def stored(root: Path, count: int, seeds: int) -> Path:
    random = np.random.default_rng(count + seeds)
    names = ["base", *(f"v{index}" for index in range(1, count))]
    rows, curves = [], fake_studies.Curves()
    for name in names:
        for seed, value in enumerate(np.exp(random.normal(0, 0.3, seeds))):
            rows.append(fake_studies._row(name, seed, **{"val.mse": float(value)}))
    for name in names[:2]:
        for seed in range(seeds):
            curves.add(name, seed, 1, val__mse=1.0)
            curves.add(name, seed, 2, val__mse=0.5)
    claims = ({"claim": "v1 is better", "better": "v1", "than": ["base"]},)
    settings: dict[str, dict[str, Any]] = {
        name: {"settings": {"training.lr": 0.001 * (1 + index)} if index else {}}
        for index, name in enumerate(names)
    }
    return fake_studies.write_study(
        root, "many", settings, seeds, "val.mse", "min", rows, curves.columns, hypotheses=claims
    )


@pytest.fixture(scope="module")
def studies(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    sizes = {"usual": (VARIANTS, SEEDS), "seeds": (VARIANTS, 2 * SEEDS), "variants": (2 * VARIANTS, SEEDS)}
    return {name: stored(tmp_path_factory.mktemp(name), *size) for name, size in sizes.items()}


def calls(directory: Path, tell: Callable[[Result], object]) -> int:
    """The function calls of telling about a study, the second time: what is loaded once is loaded then."""
    tell(Result.open(directory))
    profile = cProfile.Profile()
    profile.runcall(lambda: tell(Result.open(directory)))
    return int(pstats.Stats(profile).total_calls)  # type: ignore[attr-defined]


@pytest.mark.parametrize("what", TOLD)
def test_twice_the_seeds_take_hardly_more_calls_and_twice_the_variants_at_most_twice(
    studies: dict[str, Path], what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparisons, "MOST_DOTS", 50)
    monkeypatch.setattr(series, "MOST_SEEDS", 50)
    found = {name: calls(directory, TOLD[what]) for name, directory in studies.items()}
    assert found["seeds"] < found["usual"] + 0.1 * VARIANTS * SEEDS  # not one for each of as many runs more
    assert found["variants"] < 2.05 * found["usual"]


def test_the_listing_reads_no_runs(studies: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Contents, "table", lambda *_, **__: 1 / 0)
    ran = CliRunner().invoke(program, ["ls", "--json", "--runs-dir", str(studies["usual"].parents[1])])
    assert json.loads(ran.output)[0]["status"] == "complete"


# --- very many variants ---------------------------------------------------------------------------------


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if more than 20 variants were very many."""
    monkeypatch.setattr(leading, "ALL_UP_TO", 20)
    monkeypatch.setattr(variant_table, "ALL_UP_TO", 20)
    monkeypatch.setattr(leading, "MOST", 12)
    monkeypatch.setattr(variant_table, "MOST_LISTED", 5)


@pytest.mark.usefixtures("few")
def test_the_most_telling_part_is_shown_and_what_was_left_out_is_said(studies: dict[str, Path]) -> None:
    result = Result.open(studies["usual"])
    shown = [row[0] for row in result.table.rows]
    assert len(shown) == 5
    assert {"base", "v1", result.ranking[0]} <= set(shown)
    assert shown == [name for name in result.ranking if name in shown]
    assert "5 of 30 variants" in result.table.caption
    page = result.report().read_text()
    assert "The table shows 12 of 30 variants" in page
    rows = re.findall(
        r'<tr[^>]*>\s*<th scope="row">([^<]*?)(?: <span|</th>)\s*', page.split('class="results"')[1]
    )
    assert rows[:12] == result.told_in_full
    ran = CliRunner().invoke(program, ["show", str(studies["usual"])])
    assert "shown are 5 of 30 variants" in ran.output
    assert "the report has 12, --json all" in ran.output


@pytest.mark.usefixtures("few")
def test_all_have_a_verdict_and_those_that_are_shown_an_interval(studies: dict[str, Path]) -> None:
    result = Result.open(studies["usual"])
    rows = {row["name"]: row["versus_base"] for row in result.document["variants"] if row["versus_base"]}
    assert len(rows) == 29
    assert all(row["p"] is not None and row["verdict"] for row in rows.values())
    assert {name for name, row in rows.items() if row["low"] is not None} == set(result.told_in_full) - {
        "base"
    }
    left_out = next(name for name in rows if name not in result.told_in_full)
    assert np.isfinite(result.compared(left_out, "base").low)


# --- all rows at once give what each gives alone --------------------------------------------------------


@pytest.fixture(params=[5, 12, 40, 150])
def sets(request: pytest.FixtureRequest) -> tuple[Runs, Runs]:
    """Rows of runs of which some failed or are missing, and one set of as many."""
    random, n = np.random.default_rng(request.param), request.param
    values = np.exp(random.normal(0, 0.4, (25, n)))
    values[random.random(values.shape) < 0.04] = np.inf
    values[random.random(values.shape) < 0.03] = np.nan
    base = np.exp(random.normal(0, 0.4, n))
    return Runs.of(values), Runs.of(base)


@pytest.mark.parametrize("level", [0.95, 0.999, None])
def test_comparisons_together_are_those_of_each_alone(sets: tuple[Runs, Runs], level: float | None) -> None:
    rows, base = sets
    gaps = Pairs.of_rows(rows, base, "ratio")
    alone = [Pairs.of(Runs.of(row), base, "ratio") for row in rows.values]
    for one, other in zip(gaps, alone, strict=True):
        np.testing.assert_array_equal(one.gaps, other.gaps)
        np.testing.assert_array_equal(one.at, other.at)
    together = all_compared(gaps, "min", level, [True] * len(gaps))
    assert repr(together) == repr([compared(gap, "min", level) for gap in alone])


def test_intervals_pairings_and_tests_together_are_those_of_each_alone(sets: tuple[Runs, Runs]) -> None:
    rows, base = sets
    assert repr(intervals(rows.values)) == repr([interval(row) for row in rows.values])
    together = pairings(rows.values, base.values, rows.failed, "ratio")
    alone = [
        pairing(row, base.values, failed, "ratio")
        for row, failed in zip(rows.values, rows.failed, strict=True)
    ]
    assert repr(together) == repr(alone)
    gaps = np.where(np.isfinite(rows.values), rows.values, 1.0) - base.values
    for kind in ("two-sided", "greater"):
        assert flip_ps(gaps, kind).tolist() == [flip_p(row, kind) for row in gaps]  # type: ignore[arg-type]


def test_a_tiny_p_is_known_to_be_tiny(sets: tuple[Runs, Runs]) -> None:
    rows, base = sets
    for shift in (0.0, 0.5, 2.0, 1e6):
        gaps = np.where(np.isfinite(rows.values), rows.values, 1.0) - base.values + shift
        whole, known = flip_ps(gaps), flip_ps_or_less(gaps)
        assert ((known == whole) | ((known == CERTAIN) & (whole < CERTAIN))).all()
    assert (known == CERTAIN).all() == (gaps.shape[1] == 150)


def test_means_and_medians_of_rows_are_those_of_scipy_and_numpy() -> None:
    values = np.random.default_rng(1).normal(size=(9, 31))
    for row, seen in zip(values, intervals(values), strict=True):
        low, high = stats.ttest_1samp(row, 0).confidence_interval()
        assert (seen.mean, seen.low, seen.high) == pytest.approx((row.mean(), low, high))
        assert seen.median == np.median(row)
