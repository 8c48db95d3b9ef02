"""Studies that run, were killed or interrupted are read as far as they came, and say so."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import fake_studies
import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from seedbed.api import Result
from seedbed.cli import program
from seedbed.store.writer import Store

pytestmark = pytest.mark.filterwarnings("error", "ignore::DeprecationWarning")
NAMES, SEEDS = ("base", "good", "bad", "alike"), 8
SIZES = {"base": 1.0, "good": 0.5, "bad": 2.0, "alike": 1.01}
CLAIMS = [
    {"claim": "good is better", "better": "good", "than": ["base"]},
    {"claim": "good is best", "better": "good", "than": ["base", "bad", "alike"]},
    {"claim": "bad is no better", "not_better": "bad", "than": ["base"]},
    {"claim": "they are alike", "similar": ["base", "alike"], "factor": 1.5},
    {"claim": "base is small", "variant": "base", "metric": "val.mse", "below": 10.0},
    {"claim": "bad is ahead early", "better": "bad", "than": "base", "metric": "val.mse@1"},
]
Cell = tuple[str, int]
EVERY = [(name, seed) for name in NAMES for seed in range(SEEDS)]


def value(name: str, seed: int) -> float:
    return float(SIZES[name] * np.exp(0.3 * np.sin(seed) + 0.02 * np.sin(7 * seed + len(name))))


def part(
    root: Path, cells: Collection[Cell], events: Collection[Mapping[str, Any]] = (), **facts: Any
) -> Path:
    """A study of which only the runs of some cells were committed, as a kill leaves it."""
    resolved = {
        "study": "part", "description": "", "metric": "val.mse", "direction": "min", "seeds": SEEDS, "study_seed": 0,
        "variants": [{"name": name, "settings": {}, "recipe": {}, "published": {}} for name in NAMES],
        "hypotheses": CLAIMS, **facts,
    }  # fmt: skip
    with Store.create(root, "part", "abcd") as store:
        store.write_json("resolved.json", resolved)
        runs = len(NAMES) * SEEDS
        first = {"event": "round", "round": 1, "seeds": [0, SEEDS], "variants": NAMES, "runs": runs}
        for event in events or [first]:
            store.journal(event)
        if cells:
            rows = [
                fake_studies._row(*cell, **{"val.mse": value(*cell), "test.mse": value(*cell)})
                for cell in cells
            ]
            curves = fake_studies.Curves()
            for name, seed in cells:
                for epoch in range(3):
                    curves.add(name, seed, epoch, val__mse=value(name, seed) * (3 - epoch), lr=0.1)
            store.add_group(0, rows, {"curves": curves.columns}, runs=len(rows))
    return store.directory


def told(directory: Path, *words: str) -> str:
    done = CliRunner().invoke(program, [*words, str(directory)])
    assert done.exit_code == 0, done.output
    return done.output


def without(missing: Callable[[str, int], bool]) -> list[Cell]:
    return [cell for cell in EVERY if not missing(*cell)]


PARTS = {
    "nothing": [],
    "one run": [("good", 3)],
    "only base": without(lambda name, _: name != "base"),
    "without base": without(lambda name, _: name == "base"),
    "without a variant": without(lambda name, _: name == "bad"),
    "without a run": without(lambda name, seed: (name, seed) == ("good", 2)),
    "other seeds of each": without(lambda name, seed: (seed < 4) == (name == "base")),
    "half of the seeds": without(lambda _, seed: seed >= 4),
}


@pytest.mark.parametrize("name", PARTS)
def test_commands_say_how_far_a_study_came_and_work_on_that(name: str, tmp_path: Path) -> None:
    directory, cells = part(tmp_path, PARTS[name]), PARTS[name]
    said = f"interrupted: {len(cells)} of 32 runs finished; `seedbed resume {directory.name}` goes on"
    shown = told(directory, "show")
    assert shown.splitlines()[1] == said
    assert ("p does not allow for looking before the end" in shown) == bool(cells)
    document = Result.open(directory).document
    assert document["progress"] == {"finished": len(cells), "of": 32}
    assert told(directory, "show", "--json")
    told(directory, "report")
    page = (directory / "report.html").read_text(encoding="utf-8")
    assert page.index(said) < page.index("<nav")
    assert told(directory, "claims").count(f"{len(cells)} of 32 runs finished") == 1
    listed = CliRunner().invoke(program, ["ls", "--runs-dir", str(tmp_path)]).output
    assert f"{len(cells)} of 32" in listed
    assert "seedbed resume ID goes on" in listed


def test_a_whole_study_says_nothing_of_parts(tmp_path: Path) -> None:
    directory = part(tmp_path, EVERY)
    with Store.open(directory) as store:
        store.join_groups(NAMES)
        store.finish("complete")
    result = Result.open(directory)
    assert result.document["progress"] == {"finished": 32, "of": 32}
    told(directory, "report")
    page = (directory / "report.html").read_text(encoding="utf-8")
    for text in (told(directory, "show"), page, repr(result)):
        assert not any(
            word in text for word in ("interrupted", "resume", "so far", "before the end", "of 32 runs")
        )


def test_variants_without_runs_are_neither_best_nor_told_apart(tmp_path: Path) -> None:
    directory = part(tmp_path, PARTS["without a variant"])
    result = Result.open(directory)
    assert result.versus_base["bad"].verdict == "no finished runs"
    assert "bad" not in result.among_the_best
    assert result.ranking[-1] == "bad"
    verdicts = {one.claim: one.verdict for one in result.judgements}
    assert verdicts["good is better"] == "supported"
    assert {verdicts[claim] for claim in ("good is best", "bad is no better", "bad is ahead early")} == {
        "undecided"
    }
    told(directory, "report")
    page = (directory / "report.html").read_text(encoding="utf-8")
    assert "“good” comes first so far with" in page
    assert "distinguishable from all others that have finished runs" in page
    assert "No finished runs to compare with base: “bad”" in page
    assert '<span class="best">best so far</span>' in page


def test_the_runs_of_each_variant_are_counted_against_those_planned(tmp_path: Path) -> None:
    result = Result.open(part(tmp_path, PARTS["without a run"]))
    assert dict(zip(result.variants, result.table.columns[1].cells, strict=True)) == {
        "base": "8", "good": "7 of 8", "bad": "8", "alike": "8"
    }  # fmt: skip


@settings(max_examples=25)
@given(st.lists(st.sampled_from(EVERY), unique=True))
def test_any_part_is_judged_by_the_pairs_that_there_are(cells: list[Cell]) -> None:
    with TemporaryDirectory() as place:
        result = Result.open(part(Path(place), sorted(cells)))
        document = result.document
        of = {name: {seed for own, seed in cells if own == name} for name in NAMES}
        assert [one["runs"] for one in document["variants"]] == [len(of[name]) for name in NAMES]
        for variant in document["variants"][1:]:
            versus, pairs = variant["versus_base"], sorted(of[variant["name"]] & of["base"])
            assert versus["n"] == len(pairs)
            logs = np.log([value(variant["name"], seed) / value("base", seed) for seed in pairs])
            if pairs:
                assert min(logs) - 1e-9 <= np.log(versus["estimate"]) <= max(logs) + 1e-9
            if len(pairs) < 6:
                assert versus["verdict"] in ("not enough seeds", "no finished runs")
        for claim, judged in zip(CLAIMS, document["hypotheses"], strict=True):
            named = {
                claim.get("better"),
                claim.get("not_better"),
                claim.get("variant"),
                *claim.get("similar", []),
            }
            named |= {claim["than"]} if isinstance(claim.get("than"), str) else set(claim.get("than", ()))
            common = set.intersection(*(of[name] for name in named - {None}))
            if len(common) < 6 and judged["verdict"] != "undecided":
                assert claim["claim"] == "good is best"  # one of several opponents refutes it
                assert judged["verdict"] == "refuted"
        assert repr(result)


# --- rounds ---------------------------------------------------------------------------------------------

PLAN = {
    "rule": "Hwang-Shih-DeCani",
    "gamma": -2.0,
    "alpha_a_side": 0.025,
    "looks": [4, 8, 12],
    "budget": None,
}


def look(boundary: float, verdict: str) -> dict[str, Any]:
    tested = {"p": 0.001, "p_against": 0.9, "boundary": boundary, "verdict": verdict}
    untested = {"p": None, "p_against": None, "boundary": None, "verdict": "no evidence"}
    told = {"event": "look", "look": 1, "seeds": 4, "of_each": dict.fromkeys(NAMES, 4)}
    return {**told, "claims": [{**tested, "claim": one["claim"]} for one in CLAIMS],
            "variants": [{**untested, "variant": name} for name in NAMES[1:]]}  # fmt: skip


@pytest.mark.parametrize("looked", [False, True])
def test_rounds_half_done_keep_the_verdicts_of_the_looks_that_were_made(looked: bool, tmp_path: Path) -> None:
    events = [{"event": "round", "round": 1, "seeds": [0, 4], "variants": NAMES, "runs": 16}]
    cells = [cell for cell in EVERY if cell[1] < 4]
    if looked:
        second = {"event": "round", "round": 2, "seeds": [4, 8], "variants": ["base", "good"], "runs": 8}
        events += [look(0.01, "undecided"), second]
        cells += [("base", 4), ("base", 5), ("good", 5)]
    else:
        cells = [cell for cell in cells if cell != ("base", 1)]
    directory = part(tmp_path, cells, events, until=PLAN)
    result = Result.open(directory)
    assert result.document["progress"] == {"finished": len(cells), "of": 24 if looked else 16}
    assert {one.verdict for one in result.judgements} == {"undecided"}
    if looked:
        assert {one.look.seeds for one in result.judgements if one.look} == {4}
    told(directory, "show")
    told(directory, "report")


def test_crossed_seeds_of_a_part_are_shown(tmp_path: Path) -> None:
    levels = {"init": [0, 0, 1, 1, 2, 2, 3, 3], "order": [0, 1, 0, 1, 0, 1, 0, 1]}
    for index, cells in enumerate(PARTS.values()):
        directory = part(tmp_path / str(index), cells, levels=levels)
        told(directory, "show")
        told(directory, "report")
