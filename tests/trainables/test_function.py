"""Studies of a Python function, with real worker processes."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from seedbed.api import Result, Study
from seedbed.api.study import resume
from seedbed.study.problems import StudyError
from seedbed.trainables.function import FunctionTrainable

MODULE = '''
import ctypes, os, random, sys, time
import numpy as np
from helper import LUCK

def run(settings, seed):
    """One run; those of the better skill are faulty under some seeds, where faults are asked for."""
    if settings["faulty"] and settings["model"]["skill"] == 2.0:
        print("seed", seed, flush=True)
        if seed == 0: raise ValueError("bad lr")
        if seed == 1: time.sleep(60)
        if seed == 2: ctypes.string_at(0)
        if seed == 3: held = [np.ones(10_000_000) for _ in range(100)]
        if seed == 4: return {"acc": np.nan}
        if seed == 5: os._exit(0)
        if seed == 6: return {"loss": 1.0}
    print("well")
    drawn = [random.random(), np.random.normal(), np.random.default_rng(seed).normal()]
    return {"acc": np.float32(settings["model"]["skill"] + LUCK * sum(drawn)), "loss": drawn[0], "seen": seed,
        "threads": os.environ["OMP_NUM_THREADS"] == "3"}

def epochs(settings, seed):
    for epoch in range(settings["epochs"]):
        yield {"acc": (epoch + 1) * settings["rate"] + seed / 100, "hit@2": seed + 1.0}

def only(settings):
    return {"acc": 1.0}

def nothing(settings, seed):
    yield from ()

def saving(settings, seed, run):
    epoch, total = run.saved or (0, np.zeros(3))
    while epoch < 6:
        with open(run.directory / "epochs.txt", "a") as file:
            file.write("x")
        total = total + np.random.default_rng([seed, epoch]).normal(size=3)
        epoch += 1
        run.log(acc=total.sum())
        run.save((epoch, total))
        time.sleep(0.05)
    return {"acc": total.sum(), "left": settings["rate"]}
'''

STUDY = """
name = "my/function"

[function]
call = "train:run"
timeout = 3.0
memory = "500 MB"
at_once = 2
threads = 3

[settings]
faulty = false
rate = 0.5
epochs = 5
model = { skill = 1.0 }

[study]
seeds = 9
metric = "acc"

[ablate]
"settings.model.skill" = [2.0]
"""


@pytest.fixture(scope="module")
def beside(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study with its modules beside it."""
    directory = tmp_path_factory.mktemp("study")
    (directory / "train.py").write_text(MODULE, encoding="utf-8")
    (directory / "helper.py").write_text("LUCK = 0.1\n", encoding="utf-8")
    (directory / "study.toml").write_text(STUDY, encoding="utf-8")
    return directory


def ran(directory: Path, runs: Path, **settings: Any) -> Result:
    """The study with settings changed; keys have two underscores for dots."""
    changed = {key.replace("__", "."): value for key, value in settings.items()}
    study = Study.load(directory / "study.toml").override(set=changed)
    return study.run(runs_dir=runs, trust=True, progress=False)


def rows(result: Result) -> dict[tuple[str, int], dict[str, Any]]:
    """Runs by variant and seed, without what they took."""
    kept = [
        name
        for name in result.runs.column_names
        if name not in ("seconds", "group", "setting:settings.faulty")
    ]
    return {(row["variant"], row["seed"]): row for row in result.runs.select(kept).to_pylist()}


@pytest.fixture(scope="module")
def faultless(beside: Path, tmp_path_factory: pytest.TempPathFactory) -> Result:
    """The study without faults."""
    return ran(beside, tmp_path_factory.mktemp("faultless"))


@pytest.fixture(scope="module")
def faulty(beside: Path, tmp_path_factory: pytest.TempPathFactory) -> Result:
    """The same study, seven of whose runs fail."""
    return ran(beside, tmp_path_factory.mktemp("faulty"), settings__faulty=True)


def test_a_function_is_a_study_like_any_other(faultless: Result) -> None:
    document = faultless.document
    assert (document["status"], document["metric"], document["direction"]) == ("complete", "acc", "max")
    better = next(one for one in document["variants"] if one["name"] == "skill = 2.0")
    assert better["versus_base"]["verdict"] == "better"
    assert better["versus_base"]["estimate"] == pytest.approx(1.0)  # both variants are seeded alike
    assert faultless.metrics == ["acc", "loss", "seen", "threads"]


def test_the_seconds_of_a_run_are_its_own(faultless: Result, tmp_path: Path) -> None:
    page = faultless.report(tmp_path / "report.html").read_text(encoding="utf-8")
    assert "Seconds per run are from its beginning to its end" in page
    assert [row["seen"] for row in rows(faultless).values() if row["variant"] == "base"] == list(range(9))
    assert {row["threads"] for row in rows(faultless).values()} == {1.0}
    assert (faultless.environment["at_once"], faultless.environment["threads"]) == (2, 3)
    assert len({row["loss"] for row in rows(faultless).values()}) == 9  # one for each seed


def test_faults_end_their_runs_and_leave_all_others_as_they_would_have_been(
    faulty: Result, faultless: Result
) -> None:
    reasons = {seed: row["stop_reason"] for (name, seed), row in rows(faulty).items() if name != "base"}
    assert reasons == {
        0: "ValueError: bad lr",
        1: "timed out after 3 s",
        2: "killed by signal 11 (segmentation fault)",
        3: "out of memory: over the limit of 500 MB",
        4: "acc is nan",
        5: "exited with code 0 before it had returned its metrics",
        6: 'returned no "acc"; it returned loss',
        7: None,
        8: None,
    }
    statuses = {key: row["status"] for key, row in rows(faulty).items()}
    failed = {key for key, status in statuses.items() if status != "complete"}
    assert failed == {("skill = 2.0", seed) for seed in range(7)}
    assert {status for key, status in statuses.items() if key in failed} == {"crashed", "diverged"}
    for key, row in rows(faultless).items():
        assert key in failed or rows(faulty)[key] == row


def test_what_happened_to_them_is_said(faulty: Result, faultless: Result) -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "seedbed", "show", str(faulty.directory)],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "6 runs crashed and 1 run diverged: ValueError: bad lr (skill = 2.0, seed 0); timed out" in shown
    page = faulty.report().read_text(encoding="utf-8")
    section = page.partition('<section id="crashes">')[2].partition("</section>")[0]
    for told in (
        "timed out after 3 s",
        "segmentation fault",
        "acc is nan",
        "500 MB",
        "exited with code 0",
        "1 run crashed",
    ):
        assert told in section
    assert "raise ValueError(&#34;bad lr&#34;)" in section
    assert section.count("<pre>seed ") == 7
    assert "well" not in section  # what each of them printed
    assert '<section id="crashes">' not in faultless.report().read_text(encoding="utf-8")


def test_settings_are_checked_before_anything_runs(beside: Path) -> None:
    study = Study.load(beside / "study.toml")
    for key, message in {
        "settings.ratte": 'did you mean "settings.rate"',
        "settings.model.skil": "settings.model.skill",
        "function.memori": "function.memory",
    }.items():
        with pytest.raises(StudyError, match=message):
            study.override(set={key: 1})
    for key, value, message in [
        ("function.call", "train.run", "expected MODULE:FUNCTION"),
        ("function.timeout", -1, "function.timeout: must be above 0"),
        ("function.memory", "much", 'function.memory: expected a size such as "2 GB"'),
        ("settings.rate", float("inf"), "settings.rate: expected a finite number"),
        ("study.metric", "outcome", "study.direction"),
    ]:
        with pytest.raises(StudyError, match=message):
            study.override(set={key: value})
    with pytest.raises(StudyError, match=r"study.metric"):
        Study.parse(STUDY.replace('metric = "acc"', ""))
    with pytest.raises(StudyError, match=r"settings.day: .* got a date"):
        Study.parse(STUDY.replace("rate = 0.5", "day = 2026-01-01"))


def test_a_claim_says_which_way_is_better_or_its_metric_does() -> None:
    """A wrong guess would turn the verdict round."""
    claim = '[[hypothesis]]\nclaim = "it is"\nbetter = "base"\nthan = "skill = 2.0"\nmetric = "{}"\n'
    with pytest.raises(
        StudyError, match='hypothesis "it is": nobody knows whether more or less of "outcome"'
    ):
        Study.parse(STUDY + claim.format("outcome"))
    for known in ("test.loss", "acc"):
        Study.parse(STUDY + claim.format(known))
    Study.parse(STUDY.replace('"acc"', '"outcome"\ndirection = "max"') + claim.format("outcome"))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("trian:run", "there is no module trian beside the study"),
        ("train:rum", "train:rum cannot be loaded: AttributeError: module 'train' has no attribute 'rum'"),
        ("train:only", r"expected a function only\(settings, seed\)"),
        ("broken:run", r"cannot be loaded: ZeroDivisionError"),
    ],
)
def test_what_cannot_be_called_is_said_before_anything_is_stored(
    beside: Path, tmp_path: Path, call: str, message: str
) -> None:
    (beside / "broken.py").write_text("1 / 0\n", encoding="utf-8")
    with pytest.raises(StudyError, match=message):
        ran(beside, tmp_path / "runs", function__call=call)
    assert not list((tmp_path / "runs").glob("*/*/*"))


def test_epochs_make_curves_and_rules_end_runs(beside: Path, tmp_path: Path) -> None:
    result = ran(beside, tmp_path, function__call="train:epochs", function__stop__target=1.5, study__seeds=2)
    assert {(row["status"], row["stop_reason"], row["epochs"]) for row in rows(result).values()} == {
        ("stopped", "target", 3)
    }
    base = result.curves_of("acc", ["base"]).to_pylist()
    assert [(one["seed"], one["epoch"], one["value"]) for one in base] == [
        (0, 1, 0.5), (0, 2, 1.0), (0, 3, 1.5), (1, 1, 0.51), (1, 2, 1.01), (1, 3, 1.51),
    ]  # fmt: skip
    assert result.values("base", "acc@2").tolist() == [1.0, 1.01]
    assert result.values("base", "hit@2").tolist() == [1.0, 2.0]  # a metric of that name, and not of an epoch
    nothing = ran(beside, tmp_path, function__call="train:nothing", study__seeds=1)
    assert {row["stop_reason"] for row in rows(nothing).values()} == {
        "yielded nothing; expected a dict of metrics for each epoch"
    }


def test_what_was_saved_is_gone_on_with_after_a_kill(beside: Path, tmp_path: Path) -> None:
    words = ["--set", "function.call=train:saving", "--seeds", "3", "--trust", "--quiet"]
    command = [sys.executable, "-m", "seedbed", "run", str(beside / "study.toml"), *words]
    whole = ran(beside, tmp_path / "whole", function__call="train:saving", study__seeds=3)
    process = subprocess.Popen([*command, "--runs-dir", str(tmp_path / "killed")])
    until = time.monotonic() + 30
    while time.monotonic() < until and not list((tmp_path / "killed").rglob("base/1/saved.safetensors")):
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    (directory,) = (tmp_path / "killed").glob("my/function/*")
    result = resume(directory, progress=False)
    assert rows(result) == rows(whole)
    assert result.curves.sort_by("value").equals(whole.curves.sort_by("value"))
    assert {row["left"] for row in rows(result).values()} == {0.5}
    written = {
        path.parent.parent.name: len(path.read_text()) for path in directory.glob("work/*/1/epochs.txt")
    }
    assert all(6 <= count <= 7 for count in written.values())  # at most the epoch that was cut off came twice
    assert not list(directory.rglob("saved.safetensors"))


def test_functions_of_a_program_need_no_module(tmp_path: Path) -> None:
    luck = 0.25

    def train(settings: dict[str, Any], seed: int) -> dict[str, float]:
        return {"score": settings["skill"] + luck * seed}

    tables = {
        "name": "inline",
        "function": {"call": "notebook:train", "at_once": 1},
        "settings": {"skill": 1.0},
        "study": {"seeds": 6, "metric": "score"},
        "ablate": {"settings.skill": [2.0]},
    }
    study = Study.from_dict(tables, FunctionTrainable(tables, train))
    result = study.run(runs_dir=tmp_path, progress=False)
    assert [row["score"] for row in rows(result).values() if row["variant"] == "base"] == [
        1 + luck * seed for seed in range(6)
    ]
