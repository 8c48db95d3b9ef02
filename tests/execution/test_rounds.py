"""Studies that add seeds until their claims are decided: what each round trains, when they stop, what is kept."""

from __future__ import annotations

import json
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from markupsafe import escape
from study_files import plain

from seedbed.analysis.sentences import sentence
from seedbed.api import Result, Study, resume
from seedbed.execution.progress import Silent
from seedbed.metrics.base import Direction
from seedbed.store.models import models_file, read_trained
from seedbed.store.reader import listing
from seedbed.study.checkpoints import Checkpoints
from seedbed.study.contents import Contents
from seedbed.study.events import Events
from seedbed.study.problems import Problem, StudyError
from seedbed.study.trainable import Finished, FinishedRun, Shard, Trainable, Work


class Settings(dict[str, Any]):
    def model_dump(self) -> dict[str, Any]:
        return dict(self)


class Made(Trainable[Settings]):
    """Scores `game.skill` and luck by seed and variant; `interrupted_at` is the seed in which Ctrl-C is pressed."""

    tables: Mapping[str, str] = {"game": "How well it does."}
    keys = ("game.skill",)
    metrics: Mapping[str, Direction] = {"score": "max"}
    interrupted_at = -1

    def configure(self, tables: Mapping[str, Any]) -> tuple[Settings, list[Problem]]:
        return Settings(tables["game"]), []

    def prepare(self, study: Contents, data_dir: Path | None = None) -> Work:
        return Games(study, self.interrupted_at)


class Games(Work):
    def __init__(self, study: Contents, interrupted_at: int) -> None:
        super().__init__(study)
        self.interrupted_at = interrupted_at

    def train(self, shard: Shard, events: Events, checkpoints: Checkpoints) -> Finished:
        skill = {one.name: one.configuration["skill"] for one in self.study.variants}
        runs = []
        for run in shard.runs:
            if run.seed == self.interrupted_at:
                signal.raise_signal(signal.SIGINT)
            luck = np.random.default_rng([run.seed, int(1000 * skill[run.variant])]).normal()
            metrics = {"score": skill[run.variant] + luck}
            runs.append(FinishedRun(run.variant, run.seed, metrics=metrics))
        return Finished(runs)


TEXT = """
name = "games"

[game]
skill = 5.0

[ablate]
"game.skill" = [6.2, 20.0, 5.01]
"""
CLAIMS = """
[[hypothesis]]
claim = "much"
better = "skill = 20.0"
than = "base"

[[hypothesis]]
claim = "some"
better = "skill = 6.2"
than = "base"
"""


class Told(Silent):
    def __init__(self) -> None:
        self.lines: list[str] = []

    def message(self, text: str) -> None:
        self.lines.append(text)


def games(claims: str = CLAIMS, trainable: Made | None = None) -> Study:
    return Study.parse(TEXT + claims, trainable=trainable or Made())


def looks(result: Result) -> list[dict[str, Any]]:
    return [event for event in result.events if event["event"] == "look"]


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    return games().run(runs_dir=tmp_path_factory.mktemp("runs"), until="decided", observer=Silent())


def test_seeds_are_added_to_variants_of_undecided_claims_and_to_base(result: Result) -> None:
    counts = {name: len(result.status_of(name)) for name in result.variants}
    assert (
        counts["skill = 5.01"] == counts["skill = 20.0"] == 15
    )  # ten pairs cannot decide one of three comparisons
    assert counts["base"] == counts["skill = 6.2"] == len(result.seeds) > 15
    first, *_, last = looks(result)
    assert [claim["verdict"] for claim in first["claims"]] == ["supported", "undecided"]
    assert [claim["verdict"] for claim in last["claims"]] == ["supported", "supported"]
    assert last["of_each"] == counts


def test_a_run_is_the_same_whatever_its_round(result: Result, tmp_path: Path) -> None:
    whole = games().run(len(result.seeds), runs_dir=tmp_path, observer=Silent())
    for name in result.variants:
        values = result.values(name, "score")
        there = ~np.isnan(values)
        assert there.sum() == len(result.status_of(name))
        np.testing.assert_array_equal(values[there], whole.values(name, "score")[there])


def test_every_look_is_in_the_journal_with_its_boundary(result: Result) -> None:
    for number, look in enumerate(looks(result), 1):
        assert (look["look"], look["seeds"]) == (number, 10 + 5 * number)
        for claim in look["claims"]:
            tested = claim["boundary"] is not None
            assert tested == (claim["p"] is not None)
            if tested and claim["verdict"] == "supported":
                assert claim["p"] <= claim["boundary"]
            if claim["verdict"] == "undecided":
                assert min(claim["p"], claim["p_against"]) > claim["boundary"]
    assert result.study["until"]["looks"][:3] == [15, 20, 25]
    assert json.loads((result.directory / "resolved.json").read_text())["seeds"] == len(result.seeds)


def test_verdicts_are_those_of_the_looks_in_document_sentence_and_report(result: Result) -> None:
    last = looks(result)[-1]
    much, some = result.judgements
    assert much.look is not None
    assert some.look is not None
    assert (much.look.number, much.look.seeds) == (1, 15)
    assert (some.look.number, some.look.seeds) == (last["look"], last["seeds"])
    for judged, claim in zip((much, some), result.document["hypotheses"], strict=True):
        assert judged.look is not None
        assert (judged.verdict, claim["verdict"]) == ("supported", "supported")
        assert claim["look"]["boundary"] == judged.look.boundary >= (judged.p or 1)
        assert judged.seen.n == judged.look.seeds
        assert sentence(judged).endswith(
            f"Decided at look {judged.look.number} of at most 10, {judged.look.seeds} seeds."
        )
        assert str(escape(sentence(judged))) in result.report().read_text(encoding="utf-8")
    versus = {one["name"]: one["versus_base"] for one in result.document["variants"][1:]}
    assert versus["skill = 20.0"]["verdict"] == "better"
    assert versus["skill = 5.01"]["verdict"] == "no evidence"
    assert versus["skill = 5.01"]["n"] == 15  # it got no more
    assert {one["p"] for one in versus.values()} == {None}


def test_the_interval_of_a_look_excludes_no_effect_exactly_where_the_look_rejects(tmp_path: Path) -> None:
    for skill in (5.6, 6.0, 6.4, 7.0):
        text = TEXT.replace("[6.2, 20.0, 5.01]", f"[{skill}]")
        result = Study.parse(text, trainable=Made()).run(
            runs_dir=tmp_path, until="decided", observer=Silent()
        )
        (versus,) = result.versus_base.values()
        assert (versus.verdict == "better") == (versus.comparison.low > 0)


def test_a_study_without_claims_decides_its_comparisons_with_base(tmp_path: Path) -> None:
    told = Told()
    result = games("").run(runs_dir=tmp_path, until="decided", at_most=20, observer=told)
    counts = {name: len(result.status_of(name)) for name in result.variants}
    assert counts == {"base": 20, "skill = 6.2": 20, "skill = 20.0": 10, "skill = 5.01": 20}
    assert "round 2: seeds 11 to 15 of 3 variants" in told.lines
    assert "look 1 of at most 3, 10 seeds: 1 of 3 comparisons decided" in told.lines
    assert "undecided at the most seeds; --at-most allows more" in told.lines[-1]


def test_more_runs_than_a_study_may_have_are_refused(tmp_path: Path) -> None:
    with pytest.raises(
        StudyError, match=r"--at-most: .* runs; 1,000,000 are the most of a study: use fewer seeds"
    ):
        games().run(runs_dir=tmp_path, until="decided", at_most=10**9)
    assert not list(tmp_path.iterdir())


def test_fewer_seeds_than_could_decide_anything_are_refused(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="2 claims cannot be decided with 6 seeds; use --at-most 7 or more"):
        games().run(runs_dir=tmp_path, until="decided", at_most=6)
    assert not list(tmp_path.iterdir())
    few = games().run(runs_dir=tmp_path, until="decided", at_most=7, observer=Silent())
    assert few.judgements[0].verdict == "supported"


def test_a_claim_that_stands_unless_it_is_refuted_asks_for_no_seeds(tmp_path: Path) -> None:
    claims = """
[[hypothesis]]
claim = "could be"
agrees = 5.2
variant = "base"
metric = "score"

[[hypothesis]]
claim = "could not be"
agrees = 50.0
variant = "base"
metric = "score"
"""
    result = games(claims).run(runs_dir=tmp_path, until="decided", observer=Silent())
    assert len(looks(result)) == 1
    assert [one.verdict for one in result.judgements] == ["supported", "refuted"]


def test_a_study_with_nothing_to_decide_is_refused(tmp_path: Path) -> None:
    alone = Study.parse('name = "one"\n[game]\nskill = 1.0\n', trainable=Made())
    with pytest.raises(StudyError, match="nothing to decide"):
        alone.run(runs_dir=tmp_path, until="decided")
    assert not list(tmp_path.iterdir())


def test_no_round_is_begun_for_which_the_budget_has_no_time(tmp_path: Path) -> None:
    told = Told()
    result = games().run(runs_dir=tmp_path, until="decided", budget=1e-9, observer=told)
    assert (result.status, len(looks(result)), len(result.seeds)) == ("complete", 1, 15)
    assert "stopped: the next round would take about" in told.lines[-1]
    (ended,) = (event for event in result.events if event["event"] == "rounds_ended")
    assert ended["reason"] == "budget"


@pytest.mark.parametrize(("seed", "seen"), [(3, 0), (14, 0), (17, 1), (29, 3)])
def test_an_interrupt_in_any_round_is_gone_on_with(seed: int, seen: int, tmp_path: Path) -> None:
    whole = games().run(runs_dir=tmp_path / "whole", until="decided", observer=Silent())
    trainable = Made()
    trainable.interrupted_at = seed
    result = games(trainable=trainable).run(runs_dir=tmp_path, until="decided", observer=Silent())
    assert (result.status, len(looks(result))) == ("interrupted", seen)
    assert result.report().stat().st_size > 1000
    assert {row["status"] for row in listing(tmp_path)} == {"interrupted", "complete"}
    result = resume(result.directory, trainable=Made(), observer=Silent())
    assert [told(look) for look in looks(result)] == [told(look) for look in looks(whole)]
    assert result.runs.drop_columns(["seconds"]).equals(whole.runs.drop_columns(["seconds"]))
    assert (result.status, result.seeds) == ("complete", whole.seeds)
    documents = [one.document["looks"] for one in (result, whole)]
    assert documents[0]["ended"] == documents[1]["ended"] is not None


def told(look: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in look.items() if key not in ("time", "elapsed")}


def test_an_interrupt_between_rounds_keeps_the_study(tmp_path: Path) -> None:
    class Impatient(Told):
        def message(self, text: str) -> None:
            super().message(text)
            if text.startswith("look 1"):
                signal.raise_signal(signal.SIGINT)

    result = games().run(runs_dir=tmp_path, until="decided", observer=Impatient())
    assert (result.status, result.runs.num_rows) == ("interrupted", 60)
    with pytest.raises(StudyError, match="adds seeds itself"):
        resume(result.directory, 30, trainable=Made())
    assert resume(result.directory, trainable=Made(), observer=Silent()).status == "complete"


def test_networks_of_all_rounds_are_in_one_file_and_a_ragged_study_is_told_and_reported(
    tmp_path: Path,
) -> None:
    claim = {"claim": "narrower is better", "better": "base", "than": "hidden = 5"}
    study = Study.parse(
        plain({"ablate": {"model.hidden": [[5]], "training.lr": [0.5]}, "hypothesis": [claim]}), "a.toml"
    )
    options: dict[str, Any] = {"runs_dir": tmp_path, "engine": "numpy", "observer": Silent()}
    result = study.run(until="decided", at_most=15, **options)
    whole = study.run(15, **options)
    for name in result.variants:
        mine, other = (read_trained(one.directory / models_file(name)) for one in (result, whole))
        assert mine.seeds == tuple(sorted(result.status_of(name)))
        for key, values in mine.parameters.items():
            np.testing.assert_array_equal(values, other.parameters[key][list(mine.seeds)])
        mean = result.values(name, "val.mse")
        np.testing.assert_array_equal(mean[~np.isnan(mean)], whole.values(name, "val.mse")[~np.isnan(mean)])
        points = {one: result.curves["variant"].to_pylist().count(one) for one in result.variants}
        assert points[name] == points["base"] / len(result.status_of("base")) * len(result.status_of(name))
    assert {len(result.status_of(name)) for name in result.variants} == {10, 15}
    assert result.report().stat().st_size > 1000
    assert [one["runs"] for one in result.document["variants"]] == [
        len(result.status_of(name)) for name in result.variants
    ]
    answer = result.predict(np.linspace(0, 6, 5)[:, None], variant="lr = 0.5")
    assert "10 seeds" in answer.summary


def test_crossed_seeds_which_get_no_verdicts_are_refused(tmp_path: Path) -> None:
    study = Study.parse(plain({"study.vary_seeds": ["init", "order"], "study.seeds": 9}), "a.toml")
    with pytest.raises(StudyError, match=r"study.vary_seeds: runs with crossed seeds get no verdicts"):
        study.override(vary={"training.lr": [0.1]}).run(runs_dir=tmp_path, until="decided")
