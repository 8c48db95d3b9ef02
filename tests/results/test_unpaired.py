"""A stored study whose runs are not paired: what it says of them everywhere, and what it leaves out."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from typing import Any

import click
import fake_studies
import numpy as np
import pytest

from seedbed.analysis.sentences import sentence
from seedbed.api import Result
from seedbed.cli.output import print_result
from seedbed.results.documents import line
from seedbed.results.notices import notices
from seedbed.results.progress import progress

RUNS = {"base": 9, "better": 14, "failing": 12, "few": 5}
NOTE = "the variants have none of 40 seeds in common"
CLAIMS = (
    {"claim": "it is better", "better": "better", "than": "base"},
    {"claim": "alike", "similar": ["base", "few"], "within": 0.1},
    {"claim": "bigger", "variant": "base", "metric": "score", "above": 0.2},
    {"claim": "more than the other", "variant": "base", "metric": "score", "exceeds": "other"},
    {"claim": "sooner", "epochs_to": 0.35, "variant": "better", "metric": "score", "than": "base"},
    {"claim": "no further", "between": [0.1, 0.9], "variant": "better", "than": "base"},
    {"claim": "more together", "interaction": ["base", "better", "failing", "few"]},
    {"claim": "a jump", "jump": 2, "variant": "better", "metric": "score", "than": "base"},
)
OF_PAIRS = re.compile(
    r"paired seed|by seed|of \d+ pairs?|\d seeds? |better in \d|wins|sign flips|sign test|sealed|look "
)


def made(root: Path, paired: bool = False, **facts: Any) -> Result:
    """Variants with different numbers of runs, one of which fails often."""
    random, rows = np.random.default_rng(4), []
    curves: dict[str, list[Any]] = {
        name: [] for name in ("variant", "seed", "step", "epoch", "metric", "value")
    }
    means = {"base": 0.4, "better": 0.6, "failing": 0.5, "few": 0.4}
    for name, count in RUNS.items():
        for seed in range(count):
            row = {"variant": name, "seed": seed, "group": 0, "status": "complete", "steps": 3}
            if name == "failing" and seed < 4:
                row["status"] = "diverged"
            else:
                row |= {"score": means[name] + 0.05 * random.normal(), "other": 0.1 * random.random()}
            rows.append(row)
            for epoch in (1, 2, 3):
                value = means[name] * (0.5 + epoch / 4) + 0.02 * random.normal()
                for column, entry in zip(
                    curves.values(), (name, seed, epoch, epoch, "score", value), strict=True
                ):
                    column.append(entry)
    variants: dict[str, dict[str, Any]] = {name: {} for name in RUNS}
    directory = fake_studies.write_study(
        root, "made/unpaired", variants, max(RUNS.values()), "score", "max", rows, curves, hypotheses=CLAIMS
    )
    path = directory / "resolved.json"
    resolved = json.loads(path.read_text())
    for one in resolved["variants"]:
        one["runs"] = RUNS[one["name"]]
    path.write_text(json.dumps({**resolved, "paired": paired, "pairing_note": NOTE, **facts}))
    return Result.open(directory)


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    return made(tmp_path_factory.mktemp("runs"))


def test_variants_are_compared_as_independent_runs(result: Result) -> None:
    better, failing, few = result.versus_base.values()
    assert (better.verdict, better.comparison.sides, better.comparison.wins) == ("better", (14, 9), None)
    assert (failing.comparison.is_typical, failing.comparison.failed) == (False, 4)
    assert few.verdict == "not enough seeds"
    assert not result.same_runs("base", "base")
    assert result.among_the_best[0] == "better"


def test_it_is_whole_with_different_numbers_of_runs(result: Result) -> None:
    assert progress(result).of_each == RUNS
    assert "4 variants x 5 to 14 runs" in line(result)
    assert "finished" not in line(result)


def test_pairing_looks_and_new_data_are_left_out(result: Result) -> None:
    assert not result.pairing
    assert result.about == ""
    assert "pairing_bought_nothing" not in {one["kind"] for one in result.findings}
    assert all(one.look is None and one.new_data is None and one.likely is None for one in result.judgements)


def test_the_document_says_so_and_has_no_wins(result: Result) -> None:
    document = result.document
    assert (document["paired"], document["pairing_note"]) == (False, NOTE)
    versus = document["variants"][1]["versus_base"]
    assert (versus["wins"], versus["of"], versus["runs"], versus["pairing"]) == (None, None, [14, 9], None)
    gap = document["variants"][2]["versus_base"]["failures_gap"]
    assert gap["low"] < 4 / 12 < gap["high"]
    assert document["hypotheses"][0]["runs"] == [14, 9]


def test_every_form_of_claim_is_judged(result: Result) -> None:
    verdicts = [one.verdict for one in result.judgements]
    assert verdicts == [
        "supported", "undecided", "supported", "supported", "supported", "supported", "undecided", "undecided",
    ]  # fmt: skip
    told = [sentence(one) for one in result.judgements]
    assert told[0].startswith("Over 14 and 9 runs, score is typically 0.2")
    assert "A verdict needs at least 6 runs of each variant." in told[1]
    assert told[2].startswith("Over 9 runs, the median score of “base”")
    assert told[3].startswith("Over 9 runs, score of “base” is typically")
    assert told[4].startswith("Over 14 and 9 runs, “better” typically reaches score 0.35 after")
    assert told[6].startswith(
        "Over 5, 14, 12 and 9 runs, no score is typical: over a fifth of the runs of one failed"
    )
    assert told[7].startswith("Over 14 runs, the change in score of “better”")


def test_it_is_said_once_and_nothing_speaks_of_pairs(
    result: Result, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with click.Context(click.Command("show")):
        print_result(result)
    printed = capsys.readouterr().out
    page = result.report(tmp_path / "report.html").read_text(encoding="utf-8")
    page = html.unescape(re.sub(r"<style.*?</style>|<svg.*?</svg>|<[^>]+>", " ", page, flags=re.DOTALL))
    for text in (printed, page):
        assert text.count(f"Not paired: {NOTE}; runs under the same seed are not comparable") == 1
        assert not OF_PAIRS.findall(text.replace("not paired by seed", "").replace(NOTE, ""))
    assert "runs not paired" in result.table._repr_html_()
    assert "wins" not in result.table.header


def test_of_common_seeds_those_that_are_left_out_are_named(tmp_path: Path) -> None:
    paired = made(tmp_path, paired=True, pairing_note="6 of 9 seeds are in all variants")
    assert notices(paired)[0] == "Paired by seed: 6 of 9 seeds are in all variants."
    assert "wins" in paired.table.header


def test_seeds_are_shown_by_their_names(tmp_path: Path) -> None:
    labels = [f"s{10 * number}" for number in range(14)]
    paired = made(tmp_path, paired=True, seed_labels=labels)
    assert paired.seeds_named([0, 3]) == "s0, s30"
    assert paired.document["seed_labels"] == labels
    assert made(tmp_path / "plain", paired=True).seeds_named([0, 1, 2, 5]) == "0 to 2, 5"
