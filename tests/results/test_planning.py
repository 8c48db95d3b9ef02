"""The seeds that are likely to decide: from a pilot's spread before the run, and for what a run left undecided."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from fake_studies import older
from study_files import plain

from seedbed.analysis.planning import Spread, likely_seeds
from seedbed.analysis.sentences import sentence
from seedbed.api import Result, Study
from seedbed.cli import program
from seedbed.execution.progress import Silent

CLAIMS = [
    {"claim": "wider", "better": "hidden = 5", "than": "base"},
    {"claim": "alike", "similar": ["hidden = 5", "base"]},
    {"claim": "low", "variant": "base", "metric": "val.mse", "below": 1e-9},
]
CHANGES = {"ablate": {"model.hidden": [[5]]}, "hypothesis": CLAIMS, "study.matters": 1.15}


@pytest.fixture(scope="module")
def pilot(tmp_path_factory: pytest.TempPathFactory) -> Result:
    directory = tmp_path_factory.mktemp("runs")
    (directory / "a.toml").write_text(plain(CHANGES))
    return Study.load(directory / "a.toml").run(12, runs_dir=directory, engine="numpy", observer=Silent())


def check(pilot: Result, *words: str) -> dict[str, object]:
    root = pilot.directory.parents[2]
    ran = CliRunner().invoke(
        program, ["check", str(root / "a.toml"), "--runs-dir", str(root), *words, "--json"]
    )
    assert ran.exit_code == 0, ran.stderr
    return json.loads(ran.stdout)["likely_seeds"]  # type: ignore[no-any-return]


def expected(pilot: Result, ends: int = 1) -> list[int | None]:
    gaps = np.log(pilot.values("hidden = 5", "val.mse")) - np.log(pilot.values("base", "val.mse"))
    failed = pilot.failed("hidden = 5") | pilot.failed("base")
    spread = Spread.of(gaps[~failed])
    assert spread is not None
    likely = likely_seeds(np.log(1.15), spread, 3, ends)
    return [likely.seeds, likely.low, likely.high]


def test_check_takes_the_spread_of_the_latest_execution_or_a_named_one(pilot: Result) -> None:
    for words in ([], ["--pilot", pilot.id]):
        likely = check(pilot, *words)
        assert (likely["matters"], likely["pilot"], likely["spread"]) == (1.15, pilot.id, None)
        seeds, low, high = expected(pilot)
        pair = {"variant": "hidden = 5", "against": "base"}
        alike = dict(zip(("seeds", "low", "high"), expected(pilot, 2), strict=True))
        assert likely["pairs"] == [pair | {"seeds": seeds, "low": low, "high": high}, pair | alike]


def test_check_takes_a_stated_spread(pilot: Result) -> None:
    likely = check(pilot, "--spread", "0.4", "--set", "study.matters=1.2")
    pair, _ = likely["pairs"]  # type: ignore[misc]
    assert likely["pilot"] is None
    stated = likely_seeds(np.log(1.2), Spread.stated(0.4), 3)
    assert (pair["low"], pair["high"]) == (stated.low, stated.high)


def test_check_says_it_in_words_and_nothing_where_nothing_is_known(pilot: Result, tmp_path: Path) -> None:
    root = pilot.directory.parents[2]
    study = str(root / "a.toml")
    told = CliRunner().invoke(program, ["check", study, "--runs-dir", str(root)]).stdout
    assert f"likely to decide on an effect of 1.15 (study.matters), with the spread in {pilot.id}:" in told
    nothing = CliRunner().invoke(program, ["check", study, "--runs-dir", str(tmp_path)])
    assert (nothing.exit_code, "likely" in nothing.stdout) == (0, False)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--pilot", "nowhere"], "no study 'nowhere'"),
        (["--pilot", "a", "--spread", "1"], "give one"),
        (["--spread", "0"], "--spread"),
        (["--spread", "1", "--set", "study.metric=val.mae", "--pilot", "x"], "give one"),
    ],
)
def test_what_does_not_go_together_is_one_error(pilot: Result, words: list[str], message: str) -> None:
    root = pilot.directory.parents[2]
    ran = CliRunner().invoke(program, ["check", str(root / "a.toml"), "--runs-dir", str(root), *words])
    assert ran.exit_code == 2
    assert message in ran.stderr


def test_an_undecided_claim_says_which_seeds_are_likely_to_decide_it(pilot: Result) -> None:
    documents = {one["claim"]: one for one in pilot.document["hypotheses"]}
    for judged, ends in zip(pilot.judgements[:2], (1, 2), strict=True):
        seeds, low, high = expected(pilot, ends)
        assert judged.verdict == "undecided"
        assert documents[judged.claim]["seeds_to_decide"] == seeds
        assert documents[judged.claim]["seeds_likely"] == [low, high]
        assert f"{low:,} to {high:,} seeds are likely to decide" in sentence(judged)
    assert documents["low"]["seeds_likely"] is None


def test_without_an_effect_that_matters_nothing_of_the_kind_is_said(pilot: Result) -> None:
    stored = pilot.directory / "resolved.json"
    text = stored.read_text()
    try:
        stored.write_text(json.dumps({**json.loads(text), "matters": None}))
        result = Result.open(older(pilot.directory))
        assert [one.likely for one in result.judgements] == [None] * 3
        assert not any("likely" in sentence(one) for one in result.judgements)
    finally:
        stored.write_text(text)


def test_what_matters_would_have_shown_where_there_were_seeds_enough(pilot: Result) -> None:
    (judged, *_) = pilot.judgements
    assert judged.likely is not None
    few = replace(judged, likely=replace(judged.likely, low=7, high=12))
    assert sentence(few).endswith(
        "The smallest effect that matters (study.matters) would probably have been decided."
    )
