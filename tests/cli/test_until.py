"""`run --until decided`: what is printed and stored, which options do not go together, and a kill in a later round."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from seedbed.cli import options, program

STUDY = """
name = "tiny"
[data]
source = "function"
expression = "x"
domain = [0, 1]
noise = 0.3
samples = 40
grid = 10
split = [0.6, 0.2, 0.2]
[model]
kind = "linear"
[training]
lr = 0.1
batch_size = 8
epochs = 2
[study]
metric = "val.mse"
[ablate]
"training.lr" = [0.01]
"training.batch_size" = [9]
[[hypothesis]]
claim = "A larger step helps"
better = "base"
than = "lr = 0.01"
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory of its own with one small study."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SEEDBED_RUNS", raising=False)
    (tmp_path / "tiny.toml").write_text(STUDY)
    return tmp_path


def call(*words: str) -> Result:
    return CliRunner().invoke(program, list(words), prog_name="seedbed")


def test_a_study_is_run_until_its_claims_are_decided(here: Path) -> None:
    ran = call("run", "tiny.toml", "--until", "decided", "--engine", "numpy")
    assert ran.exit_code == 0
    assert "round 1: seeds 1 to 15 of 3 variants" in ran.stderr
    assert "look 1 of at most 10, 15 seeds: 1 of 1 claim decided; all are decided" in ran.stderr
    document = json.loads(call("show", "tiny", "--json").stdout)
    (look,) = document["looks"]["looks"]
    assert (document["looks"]["ended"], look["claims"][0]["verdict"]) == ("decided", "supported")
    assert document["sealed"]["rule"]["looks"] == document["looks"]["planned"] == [*range(15, 61, 5)]
    assert (
        "--until decided"
        in json.loads((here / document["directory"] / "environment.json").read_text())["command"]
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--at-most", "30"], "--at-most and --budget need --until decided"),
        (["--budget", "10m"], "--at-most and --budget need --until decided"),
        (["--until", "decided", "--seeds", "5"], "use --at-most instead of --seeds"),
        (["--until", "decided", "--budget", "ten"], "expected a time such as 90s, 10m or 1.5h, got 'ten'"),
        (["--until", "decided", "--budget", "0m"], "expected a time such as"),
        (["--until", "decided", "--at-most", "0"], "--at-most"),
    ],
)
def test_options_that_do_not_go_together_are_one_error(here: Path, words: list[str], message: str) -> None:
    ran = call("run", "tiny.toml", *words)
    assert ran.exit_code == 2
    assert message in ran.stderr
    assert not (here / "runs").exists()


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("10m", 600), ("1.5h", 5400), (None, None)])
def test_times_are_read_in_seconds_minutes_and_hours(text: str | None, seconds: float | None) -> None:
    command = click.Command("run")
    assert options.seconds(click.Context(command), click.Option(["--budget"]), text) == seconds


@pytest.mark.skipif(os.name != "posix", reason="needs signals")
def test_a_kill_in_a_later_round_keeps_what_was_finished(here: Path) -> None:
    """Of two variants alike, so that there is a later round, and long enough to be hit."""
    text = STUDY.replace('than = "lr = 0.01"', 'than = "batch_size = 9"').replace(
        "epochs = 2", "epochs = 600"
    )
    (here / "tiny.toml").write_text(text)
    command = [sys.executable, "-m", "seedbed", "run", "tiny.toml", "--until", "decided", "--engine", "numpy"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stderr
            for line in process.stderr:
                if line.startswith("round 2"):
                    break
            time.sleep(0.3)
            process.send_signal(signal.SIGKILL)
        finally:
            process.kill()
    document = json.loads(call("show", "tiny", "--json").stdout)
    assert document["status"] == "interrupted"
    assert [one["runs"] for one in document["variants"]] == [15, 15, 15]
    assert len(document["looks"]["looks"]) == 1
    assert document["looks"]["ended"] is None
    assert call("report", "tiny").exit_code == 0
