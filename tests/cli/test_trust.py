"""Commands ask before they run code: on a terminal with a question, else by an error that says how to allow it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from seedbed.cli import program
from seedbed.study import trust

STUDY = """
name = "asked"
[command]
run = ["python", "train.py", "{lr}"]
[settings]
lr = 1
[study]
metric = "score"
direction = "max"
seeds = 1
"""


Run = Callable[..., Result]


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SEEDBED_TRUST", str(tmp_path / "trusted"))
    monkeypatch.setenv("SEEDBED_RUNS", str(tmp_path / "runs"))
    (tmp_path / "study.toml").write_text(STUDY)
    (tmp_path / "train.py").write_text("open('ran', 'w'); print('{\"score\": 1}')")
    return tmp_path


@pytest.fixture
def seedbed(directory: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command without a terminal, as a process that has allowed nothing yet."""

    def run(*words: str) -> Result:
        monkeypatch.chdir(directory)
        monkeypatch.setattr(trust, "_allowed", set())
        return CliRunner().invoke(program, words)

    return run


def test_without_a_terminal_code_is_refused_until_trust_is_given_and_then_remembered(
    directory: Path, seedbed: Run
) -> None:
    assert seedbed("check", "study.toml").exit_code == 0
    refused = seedbed("run", "study.toml")
    assert refused.exit_code == 2
    assert "would run code that you have not allowed" in refused.stderr
    assert "python train.py {lr}; in " in refused.stderr
    assert "--trust" in refused.stderr
    assert not (directory / "ran").exists()
    assert seedbed("run", "study.toml", "--trust").exit_code == 0
    assert (directory / "ran").exists()
    assert seedbed("run", "study.toml", "--set", "settings.lr=3").exit_code == 0
    assert seedbed("resume", "asked", "--seeds", "2").exit_code == 0
    assert seedbed("run", "--add-seeds", "1", "asked").exit_code == 0
    (directory / "train.py").write_text("print('{\"score\": 2}')")
    assert seedbed("run", "study.toml").exit_code == 2
    changed = seedbed("resume", "asked", "--seeds", "4", "--trust")
    assert changed.exit_code == 2
    assert "train.py has changed since the study was begun" in changed.stderr


def on_terminal(directory: Path, answer: bytes) -> tuple[int, str]:
    """Run the study with a terminal for everything, and answer its question; the exit code and all that was shown."""
    import pty

    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "seedbed", "run", "study.toml"],
        cwd=directory,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    shown, deadline = b"", time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            piece = os.read(ours, 1000)
        except OSError:  # nobody is at the other end any more
            break
        shown += piece
        if b"[y/N]" in shown and answer:
            os.write(ours, answer)
            answer = b""
    os.close(ours)
    return process.wait(60), shown.decode()


@pytest.mark.skipif(os.name != "posix", reason="terminals")
def test_on_a_terminal_it_asks_with_what_would_run(directory: Path) -> None:
    code, shown = on_terminal(directory, b"n\n")
    assert code == 2
    for told in ("python train.py {lr}", f"in {directory}", "train.py (", "Run it? [y/N]", "not allowed"):
        assert told in shown
    assert not (directory / "ran").exists()
    code, shown = on_terminal(directory, b"y\n")
    assert code == 0, shown
    assert (directory / "ran").exists()
