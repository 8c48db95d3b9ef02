"""What is said of claims that were changed after the runs, or since the study was run before."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_studies import older
from study_files import plain

from seedbed.analysis.betting import e_value
from seedbed.api import Result, Study
from seedbed.execution.progress import Silent
from seedbed.results.notices import notices

CLAIM = {"claim": "It is low", "variant": "base", "metric": "val.mse", "below": 1.0}
BETTER = {"claim": "It is better", "better": "lr = 0.5", "than": "base"}


class Told(Silent):
    def __init__(self) -> None:
        self.lines: list[str] = []

    def message(self, text: str) -> None:
        self.lines.append(text)


def ran(directory: Path, bound: float, told: Told) -> Result:
    study = Study.parse(plain({"study.seeds": 2, "hypothesis": [{**CLAIM, "below": bound}]}), "a.toml")
    return study.run(runs_dir=directory, engine="numpy", observer=told)


def test_the_seal_comes_before_the_first_run_and_fits(tmp_path: Path) -> None:
    result = ran(tmp_path, 1.0, Told())
    kinds = [event["event"] for event in result.events]
    assert kinds.index("sealed") < kinds.index("round") < kinds.index("group")
    sealed = result.document["sealed"]
    assert sealed["matches"]
    assert len(sealed["hash"]) == 64
    assert [claim["claim"] for claim in sealed["claims"]] == ["It is low"]
    assert (sealed["metric"], sealed["rule"], sealed["changed"]) == ("val.mse", None, None)
    assert result.document["looks"] is None
    assert notices(result) == []


def test_claims_that_were_changed_after_the_runs_are_shown_as_changed(tmp_path: Path) -> None:
    directory = older(ran(tmp_path, 1.0, Told()).directory)
    stored = json.loads((directory / "resolved.json").read_text())
    stored["hypotheses"][0]["below"] = 2.0
    (directory / "resolved.json").write_text(json.dumps(stored))
    result = Result.open(directory)
    told = "These are not the claims that were sealed before the runs: “It is low”: below was 1.0, is 2.0."
    assert notices(result) == [told]
    assert not result.document["sealed"]["matches"]
    assert told in result.report().read_text(encoding="utf-8")


def test_a_claim_that_another_execution_had_otherwise_is_named_with_its_id(tmp_path: Path) -> None:
    told = Told()
    first = ran(tmp_path, 1.0, told)
    ran(tmp_path, 1.0, told)
    assert not any("changed" in line for line in told.lines)
    second = Result.open(ran(tmp_path, 2.0, told).directory)
    (line,) = (line for line in told.lines if "changed" in line)
    assert line.startswith("claim changed since ")
    assert line.endswith("“It is low”: below was 1.0, is 2.0")
    assert second.document["sealed"]["changed"]["changes"] == ["“It is low”: below was 1.0, is 2.0"]
    assert notices(second)[0].startswith("Changed since the study was run before (")
    assert first.document["sealed"]["changed"] is None


def test_a_study_of_an_older_version_has_no_seal(tmp_path: Path) -> None:
    directory = older(ran(tmp_path, 1.0, Told()).directory)
    journal = directory / "journal.jsonl"
    lines = [line for line in journal.read_text().splitlines() if '"sealed"' not in line]
    journal.write_text("\n".join(lines) + "\n")
    old = Result.open(directory)
    assert old.document["sealed"] is None
    assert notices(old) == []


def test_a_rerun_with_more_seeds_is_a_look_and_has_e_values(tmp_path: Path) -> None:
    study = Study.parse(plain({"ablate": {"training.lr": [0.5]}, "hypothesis": [BETTER]}), "a.toml")
    first, again, more = (
        study.run(seeds, runs_dir=tmp_path, engine="numpy", observer=Told()) for seeds in (6, 6, 12)
    )
    assert notices(first) == notices(again) == []
    (peeked,) = (event for event in more.events if event["event"] == "peeked")
    assert peeked["look"] == 2
    assert peeked["before"] == {first.id: 6, again.id: 6}
    gains = np.log(more.values("base", "val.mse")) - np.log(more.values("lr = 0.5", "val.mse"))
    (claim,) = peeked["claims"]
    assert claim["e"] == pytest.approx(max(1.0, e_value(gains)))
    assert claim["e_against"] == pytest.approx(max(1.0, e_value(-gains)))
    head, line = notices(more)
    assert head.startswith("This is look 2 at the same claims (6 seeds in ")
    assert "40 or more is evidence" in head
    assert line.startswith("“It is better”: e-value ")
    other = study.override({"training.epochs": 3})
    assert notices(other.run(8, runs_dir=tmp_path, engine="numpy", observer=Told())) == []


def test_runs_with_crossed_seeds_are_no_look(tmp_path: Path) -> None:
    study = Study.parse(plain({"ablate": {"training.lr": [0.5]}, "hypothesis": [BETTER]}), "a.toml")
    crossed = study.override({"study.vary_seeds": ["init", "order"], "study.seeds": 9})
    options: dict[str, Any] = {"runs_dir": tmp_path, "engine": "numpy", "observer": Told()}
    for run, seeds in ((crossed, 9), (crossed, 16), (study, 8), (study, 8), (crossed, 9)):
        assert notices(run.override(seeds=seeds).run(**options)) == []


def test_damaged_executions_of_the_same_study_are_passed_over(tmp_path: Path) -> None:
    for text in ("{", "[]", '{"seeds": [1, 2]}'):
        directory = older(ran(tmp_path, 1.0, Told()).directory)
        (directory / "resolved.json").write_text(text)
        (directory / "journal.jsonl").write_text("{\n")
    assert notices(Result.open(ran(tmp_path, 1.0, Told()).directory)) == []
