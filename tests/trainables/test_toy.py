"""A study of a trainable that is no network: everything but the training of networks works for it, too."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seedbed.api import Result, Study
from seedbed.metrics.base import Direction
from seedbed.study.checkpoints import Checkpoints
from seedbed.study.contents import Contents
from seedbed.study.events import Epoch, Events
from seedbed.study.problems import Problem, StudyError
from seedbed.study.trainable import Finished, FinishedRun, PlannedRun, Shard, Trainable, Work


class Settings(dict[str, Any]):
    """What a variant sets."""

    def model_dump(self) -> dict[str, Any]:
        return {"toy": dict(self)}


class Toy(Trainable[Settings]):
    """Scores its setting `skill`, with luck by the seed; a skill below 0 fails."""

    tables: Mapping[str, str] = {"toy": "How well it does."}
    keys = ("toy.skill", "toy.luck")
    metrics: Mapping[str, Direction] = {"score": "max", "effort": "min"}

    def configure(self, tables: Mapping[str, Any]) -> tuple[Settings | None, list[Problem]]:
        settings = Settings({"luck": 1.0, **tables.get("toy", {})})
        if isinstance(settings.get("skill"), (int, float)):
            return settings, []
        return None, [Problem("toy.skill", f"expected a number, got {settings.get('skill')!r}")]

    def prepare(self, study: Contents, data_dir: Path | None = None) -> Work:
        return Toys(study)


class Toys(Work):
    def train(self, shard: Shard, events: Events, checkpoints: Checkpoints) -> Finished:
        events(Epoch(1, 1, len(shard.runs), None, None, "score"))
        settings = {variant.name: variant.configuration for variant in self.study.variants}
        return Finished([self._run(run, settings[run.variant]) for run in shard.runs])

    def _run(self, run: PlannedRun, settings: Settings) -> FinishedRun:
        if settings["skill"] < 0:
            return FinishedRun(run.variant, run.seed, "diverged", "no skill")
        score = settings["skill"] + settings["luck"] * np.random.default_rng(run.seed).normal()
        return FinishedRun(run.variant, run.seed, metrics={"score": score, "effort": 1.0 + run.seed})


TEXT = """
name = "toys"

[toy]
skill = 5.0

[study]
seeds = 8

[ablate]
"toy.skill" = [5.5, -1.0]

[[hypothesis]]
claim = "More skill scores more"
better = "skill = 5.5"
than = "base"

[[hypothesis]]
claim = "It scores over 10"
variant = "base"
metric = "score"
above = 10
"""


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    return Study.parse(TEXT, trainable=Toy()).run(runs_dir=tmp_path_factory.mktemp("runs"))


def test_its_runs_are_compared_and_its_claims_get_verdicts(result: Result) -> None:
    document = result.document
    assert (document["status"], document["metric"], document["direction"]) == ("complete", "score", "max")
    assert document["ranking"] == ["skill = 5.5", "base", "skill = -1.0"]
    variants = {one["name"]: one for one in document["variants"]}
    assert variants["skill = 5.5"]["versus_base"]["verdict"] == "better"
    assert variants["skill = 5.5"]["versus_base"]["estimate"] == pytest.approx(0.5)
    assert variants["skill = -1.0"]["diverged"] == 8
    assert [one["verdict"] for one in document["hypotheses"]] == ["supported", "refuted"]


def test_metrics_that_nobody_knows_have_the_direction_that_it_says(result: Result) -> None:
    assert (result.direction("score"), result.direction("effort")) == ("max", "min")
    assert result.metrics == ["score", "effort"]


def test_its_results_are_shown_and_reported(result: Result) -> None:
    assert "skill = 5.5" in str(result.table)
    page = result.report().read_text(encoding="utf-8")
    assert "More skill scores more" in page
    assert 'id="variants"' in page
    for absent in ("curves", "fit", "predicted", "confusion", "mistakes", "weights"):
        assert f'<section id="{absent}">' not in page


def test_the_command_line_shows_it(result: Result) -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "seedbed", "show", str(result.directory)],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert "supported: More skill scores more" in shown


def test_what_is_wrong_with_it_is_said_at_once() -> None:
    with pytest.raises(StudyError) as error:
        Study.parse(TEXT.replace("skill = 5.0", 'skill = "much"').replace("score", "points"), trainable=Toy())
    assert "toy.skill: expected a number, got 'much'" in str(error.value)
    assert '"points" is not a metric; known: score, effort' in str(error.value)
    with pytest.raises(StudyError, match="did you mean"):
        Study.parse(TEXT, trainable=Toy()).override(set={"toy.skil": 1})


def test_an_older_version_of_it_can_be_read_by_anyone(result: Result) -> None:
    stored = json.loads((result.directory / "resolved.json").read_text(encoding="utf-8"))
    assert stored["variants"][0]["recipe"] == {"toy": {"luck": 1.0, "skill": 5.0}}
    assert stored["metrics"] == {"score": "max", "effort": "min"}


def test_neither_networks_nor_engines_nor_data_are_needed(tmp_path: Path) -> None:
    """In a process of its own, where importing them is an error."""
    program = f"""
import sys
for name in ("nn", "engines", "optim", "training", "data", "recipe"):
    sys.modules[f"seedbed.{{name}}"] = None
for name in ("torch", "numba"):
    sys.modules[name] = None
sys.path[:0] = {[str(Path(__file__).parent)]!r}
from test_toy import TEXT, Toy
from seedbed.api import Study
result = Study.parse(TEXT, trainable=Toy()).run(runs_dir={str(tmp_path)!r})
result.report()
print(result.document["hypotheses"][0]["verdict"])
"""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout.strip()) == (0, "supported"), ran.stderr
