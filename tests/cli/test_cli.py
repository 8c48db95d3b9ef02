"""The command line as people and programs meet it: what is printed where, and with which exit code."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from seedbed.cli import COMMANDS, program

STUDY = """
name = "tiny"
[data]
source = "function"
expression = "x"
domain = [0, 1]
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
seeds = 6
metric = "val.mse"
[ablate]
"training.lr" = [0.01]
[[hypothesis]]
claim = "A larger step helps"
better = "base"
than = "lr = 0.01"
[quick]
"study.seeds" = 2
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory of its own with one small study, and no settings from outside."""
    monkeypatch.chdir(tmp_path)
    for name in ("SEEDBED_RUNS", "SEEDBED_DATA", "SEEDBED_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "tiny.toml").write_text(STUDY)
    return tmp_path


def call(*words: str) -> Result:
    """Run a command in this process."""
    return CliRunner().invoke(program, list(words), prog_name="seedbed")


def spawn(*words: str, **options: object) -> subprocess.Popen[str]:
    """Start the real program."""
    command = [sys.executable, "-m", "seedbed", *words]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, text=True, **{**pipes, **options})  # type: ignore[call-overload, no-any-return]


@contextmanager
def killed(process: subprocess.Popen[str]) -> Iterator[None]:
    """End a process with the block, also where an assertion fails: it might run for hours."""
    try:
        yield
    finally:
        process.kill()
        process.wait()


def test_from_a_study_to_its_results(here: Path) -> None:
    ran = spawn("run", "tiny.toml")
    out, err = ran.communicate()
    assert ran.returncode == 0, err
    assert "supported: A larger step helps" in out
    assert out.rstrip().splitlines()[-1].startswith("report: runs/tiny/")
    assert "group 1/1" in err
    assert (
        "at least 6 seeds for 1 comparison with base and at least 6 seeds for 1 claim; this study has 6"
        in err
    )
    (directory,) = (here / "runs" / "tiny").iterdir()
    assert {
        "study.toml",
        "resolved.json",
        "environment.json",
        "runs.parquet",
        "curves.parquet",
        "report.html",
    } <= {path.name for path in directory.iterdir()}
    again = json.loads((directory / "environment.json").read_text())["command"]
    assert again == "seedbed run tiny.toml"

    document = json.loads(call("show", "tiny", "--json").stdout)
    assert document["id"] == directory.name
    assert [variant["name"] for variant in document["variants"]] == ["base", "lr = 0.01"]
    assert document["hypotheses"][0]["verdict"] == "supported"
    (row,) = json.loads(call("ls", "--json").stdout)
    assert (row["id"], row["study"], row["status"], row["runs"]) == (directory.name, "tiny", "complete", 12)
    assert directory.name in call("ls").stdout
    shown = call("show", directory.name[:15])
    assert shown.exit_code == 0
    assert "lr = 0.01" in shown.stdout

    (here / "new.csv").write_text("x\n0\n1\n")
    answer = call("predict", "tiny", "--input", "new.csv", "--output", "answer.csv")
    assert answer.exit_code == 0
    assert answer.stdout == ""
    assert "variant 'base', 6 seeds" in answer.stderr
    lines = (here / "answer.csv").read_text().splitlines()
    assert lines[0] == '"mean","spread"'
    assert np.isfinite([float(cell) for line in lines[1:] for cell in line.split(",")]).all()
    assert call("predict", "tiny", "--input", "new.csv").stdout.splitlines() == lines

    written = call("report", "tiny", "--output", "again.html")
    assert written.stdout == "again.html\n"
    assert "A larger step helps" in (here / "again.html").read_text()


def test_json_stands_alone_on_stdout_and_options_change_the_study(here: Path) -> None:
    words = (
        "--seeds",
        "2",
        "--set",
        "training.epochs=1",
        "--vary",
        "training.lr=0.5,1e-3",
        "--runs-dir",
        "there",
    )
    ran = call("run", "tiny.toml", "--json", *words)
    document = json.loads(ran.stdout)
    assert ran.exit_code == 0
    assert [variant["settings"] for variant in document["variants"]] == [
        {},
        {"training.lr": 0.01},
        {"training.lr": 0.5},
        {"training.lr": 0.001},
    ]
    assert {variant["runs"] for variant in document["variants"]} == {2}
    assert (here / "there" / "tiny" / document["id"]).is_dir()
    assert "report: " in ran.stderr


def test_check_runs_nothing_and_says_what_would_run(here: Path) -> None:
    document = json.loads(call("check", "tiny.toml", "--json", "--seeds", "7").stdout)
    assert (document["study"], document["seeds"], document["runs"], document["groups"]) == ("tiny", 7, 14, 1)
    shown = call("check", "tiny.toml")
    assert "2 variants x 6 seeds = 12 runs in 1 group," in shown.stdout
    assert "compared by val.mse (less is better)" in shown.stdout
    assert "use --seeds" not in shown.stdout
    few = call("check", "tiny.toml", "--seeds", "5").stdout
    assert "no comparison with base and no claim can get a verdict; use --seeds 6 or more" in few
    assert [path.name for path in here.iterdir()] == ["tiny.toml"]


def test_quick_settings_are_taken_when_asked_for(here: Path) -> None:
    assert json.loads(call("check", "tiny.toml", "--quick", "--json").stdout)["runs"] == 4
    ran = call("run", "tiny.toml", "--quick", "--quiet", "--json", "--set", "study.seeds=1")
    assert json.loads(ran.stdout)["variants"][0]["runs"] == 1


def test_runs_that_diverged_are_an_exit_code_of_their_own(here: Path) -> None:
    ran = call("run", "tiny.toml", "--quiet", "--seeds", "2", "--set", "training.lr=1e30")
    assert ran.exit_code == 3
    assert "2 (2 diverged)" in ran.stdout
    assert ran.stderr == ""


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_keeps_what_was_done(here: Path, stop: signal.Signals) -> None:
    ran = spawn("run", "tiny.toml", "--set", "training.epochs=1000000", "--seeds", "2")
    with killed(ran):
        said = []
        while not said or "group 1/1" not in said[-1]:  # before it kernels may be compiled
            said.append(ran.stderr.readline())  # type: ignore[union-attr]
            assert said[-1], said
        assert any("use --seeds 6" in line for line in said)
        time.sleep(0.5)
        (row,) = json.loads(call("ls", "--json").stdout)
        assert row["status"] == "running"
        ran.send_signal(stop)
        _, err = ran.communicate(timeout=60)
    assert ran.returncode == 130, err
    assert "Traceback" not in err
    assert f"interrupted; what was done is saved: seedbed resume runs/tiny/{row['id']} goes on" in err
    document = json.loads(call("show", "tiny", "--json").stdout)
    assert document["status"] == "interrupted"
    assert document["progress"] == {"finished": 0, "of": 4}


def test_new_writes_a_study_that_is_valid_and_never_overwrites(here: Path) -> None:
    assert call("new", "mine.toml").exit_code == 0
    text = (here / "mine.toml").read_text()
    checked = call("check", "mine.toml")
    assert checked.exit_code == 0, checked.stderr
    assert "use --seeds" not in checked.stdout
    assert "my/first-study: 4 variants x 10 seeds = 40 runs" in checked.stdout
    (here / "mine.toml").write_text(text + "# edited\n")
    again = call("new", "mine.toml")
    assert again.exit_code == 2
    assert "mine.toml exists already" in again.stderr
    assert (here / "mine.toml").read_text().endswith("# edited\n")


def test_labs_are_listed_with_what_they_need(here: Path) -> None:
    found = {lab["name"]: lab for lab in json.loads(call("labs", "--json").stdout)}
    assert found["trig/norm-init"]["needs"] == []
    assert found["trig/norm-init"]["description"] in call("labs").stdout


def test_data_sets_are_listed_and_found(here: Path) -> None:
    found = {row["name"]: row for row in json.loads(call("data", "ls", "--json").stdout)}
    assert {"sgemm", "mnist", "fashion_mnist"} <= set(found)
    assert "sgemm" in call("data", "ls").stdout
    empty = here / "empty"
    empty.mkdir()
    absent = call("data", "path", "sgemm", "--data-dir", str(empty))
    if absent.exit_code:  # it may lie in the cache of whoever runs this
        assert absent.exit_code == 2
        assert "seedbed data fetch sgemm" in absent.stderr


def test_doctor_finds_this_machine_fit_and_an_unusable_directory_unfit(here: Path) -> None:
    checks = {row["check"]: row for row in json.loads(call("doctor", "--json").stdout)}
    assert checks["numpy"] == {"check": "numpy", "state": "ok", "detail": np.__version__}
    assert checks["runs directory"]["state"] == "ok"
    assert not (here / "runs").exists()
    (here / "file").write_text("")
    unfit = call("doctor", "--runs-dir", "file/below")
    assert unfit.exit_code == 1
    assert "wrong" in unfit.stdout


def test_doctor_looks_at_what_was_compiled(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from seedbed.engines.fused.compiled import MODULE
    from seedbed.simd import kept
    from seedbed.simd.compiled import directory_name

    def fused() -> dict[str, str]:
        (row,) = [
            row for row in json.loads(call("doctor", "--json").stdout) if row["check"] == "engine fused"
        ]
        return row

    monkeypatch.setattr(kept, "places", lambda: iter([here / "cache"]))
    assert fused()["state"] == "ok"
    assert "when first used" in fused()["detail"]
    with kept.added(directory_name(MODULE)) as directory:
        assert directory
        (directory / "train.nbc").write_bytes(b"code")
        kept.seal(directory)
    kernels = here / "cache" / directory_name(MODULE)
    assert fused() == {"check": "engine fused", "state": "ok", "detail": f"compiled, in {kernels}"}
    (kernels / "train.nbc").write_bytes(b"cod")
    assert fused()["state"] == "missing"
    assert f"{kernels} is damaged; compiled again" in fused()["detail"]


BAD_INPUTS = {
    "no such command": (["rnu"], "did you mean `seedbed run`"),
    "no such option": (["run", "tiny.toml", "--sedes", "3"], "--seeds"),
    "no study named": (["run"], "STUDY"),
    "no such study or lab": (["run", "trig/nrom-init"], "trig/norm-init"),
    "a directory as study": (["check", "."], "directory"),
    "no such engine": (["run", "tiny.toml", "--engine", "gpu"], "gpu"),
    "no seeds": (["run", "tiny.toml", "--seeds", "0"], "--seeds"),
    "seeds that are no number": (["run", "tiny.toml", "--seeds", "many"], "many"),
    "set without a value": (["run", "tiny.toml", "--set", "training.lr"], "training.lr"),
    "set of an unknown key": (["run", "tiny.toml", "--set", "training.learning_rat=1"], "learning_rat"),
    "vary of an unknown key": (["run", "tiny.toml", "--vary", "model.nrom=batch"], "nrom"),
    "set to nonsense": (["run", "tiny.toml", "--set", "training.lr=fast"], "training.lr"),
    "no such data directory": (["run", "tiny.toml", "--data-dir", "absent"], "absent"),
    "a file as runs directory": (["run", "tiny.toml", "--runs-dir", "tiny.toml"], "tiny.toml"),
    "below a file": (["run", "tiny.toml", "--runs-dir", "tiny.toml/runs"], "tiny.toml/runs"),
    "batch above the training part": (["run", "tiny.toml", "--set", "training.batch_size=99"], "batch_size"),
    "an expression that is none": (
        ["run", "tiny.toml", "--set", "data.expression=__import__('os')"],
        "expression",
    ),
    "an expression undefined there": (
        ["run", "tiny.toml", "--set", "data.expression=log(x - 2)"],
        "log(x - 2)",
    ),
    "a loss that does not fit": (
        ["run", "tiny.toml", "--set", "training.loss=cross_entropy"],
        "needs loss mse",
    ),
    "a momentum nobody has": (
        ["run", "tiny.toml", "--set", "training.optimizer=adam", "--set", "training.momentum=0.9"],
        "momentum",
    ),
    "a network above the memory": (
        ["run", "tiny.toml", "--set", 'model={kind = "mlp", hidden = [1000000, 1000000]}'],
        "memory",
    ),
    "a name that leads out": (["run", "evil.toml"], "../evil"),
    "a table that is not there": (["run", "table.toml"], "absent.csv"),
    "not TOML": (["run", "broken.toml"], "broken.toml"),
    "not text": (["run", "binary.toml"], "binary.toml"),
    "no such run": (["show", "2026"], "2026"),
    "no such run to report": (["report", "2026"], "2026"),
    "no such run to predict": (["predict", "2026", "--input", "tiny.toml"], "2026"),
    "no input file": (["predict", "2026", "--input", "absent.csv"], "absent.csv"),
    "no input": (["predict", "2026"], "--input"),
    "no such dataset": (["data", "path", "mnsit"], "mnsit"),
    "no such data command": (["data", "list"], "list"),
    "new where nothing can be": (["new", "absent/mine.toml"], "absent/mine.toml"),
    "a directory that is not a study": (["show", "not-a-study"], "not-a-study"),
    "a broken study": (["show", "torn"], "journal.jsonl"),
}


@pytest.mark.parametrize(("words", "named"), BAD_INPUTS.values(), ids=BAD_INPUTS)
def test_wrong_input_is_named_and_leaves_nothing(here: Path, words: list[str], named: str) -> None:
    (here / "broken.toml").write_text("name = \n[data")
    (here / "binary.toml").write_bytes(b"\xff\xfe\x00name")
    (here / "evil.toml").write_text(STUDY.replace('"tiny"', '"../evil"'))
    source = 'source = "table"\npath = "absent.csv"\ntarget = "y"\nsplit'
    (here / "table.toml").write_text(re.sub(r"source.*split", source, STUDY, flags=re.DOTALL))
    (here / "not-a-study").mkdir()
    (here / "torn").mkdir()
    (here / "torn" / "journal.jsonl").write_text('{"event": "crea')
    before = sorted(here.rglob("*"))
    result = call(*words)
    assert result.exit_code == 2, result.output
    assert named in result.stderr
    assert result.stdout == ""
    assert all(line.startswith("error: ") for line in result.stderr.splitlines())
    assert sorted(here.rglob("*")) == before


def test_all_problems_of_a_study_come_in_one_go(here: Path) -> None:
    (here / "bad.toml").write_text(
        STUDY.replace("lr = 0.1\n", "learnrate = 0.1\n").replace('"linear"', '"linaer"')
    )
    lines = call("run", "bad.toml").stderr.splitlines()
    assert len(lines) >= 2
    assert any("learnrate" in line for line in lines)
    assert any("linaer" in line for line in lines)


def test_a_fault_of_ours_is_one_message_and_a_traceback_only_on_request(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("seedbed.store.reader.listing", lambda runs_dir: 1 / 0)
    result = call("ls")
    assert result.exit_code == 1
    assert "ZeroDivisionError" in result.stderr
    assert "SEEDBED_DEBUG=1" in result.stderr
    assert "Traceback" not in result.stderr
    monkeypatch.setenv("SEEDBED_DEBUG", "1")
    assert "Traceback" in call("ls").stderr


def test_a_full_disk_is_no_fault_of_ours(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(runs_dir: Path) -> None:
        raise OSError(28, "No space left on device", "runs/x")

    monkeypatch.setattr("seedbed.store.reader.listing", full)
    result = call("ls")
    assert (result.exit_code, result.stderr) == (1, "error: runs/x: No space left on device\n")


def test_memory_that_runs_out_is_no_fault_of_ours(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seedbed.plan.plan.plan", lambda *given: np.empty(2**58))
    result = call("check", "trig/shape")
    assert result.exit_code == 1
    assert result.stderr.startswith("error: memory ran out (Unable to allocate 2.00 EiB")
    assert len(result.stderr.splitlines()) == 1


def test_a_reader_that_leaves_is_no_error(here: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    gone = spawn("labs", "--json", stdout=write)
    os.close(write)
    assert gone.communicate()[1] == ""


@pytest.mark.parametrize("command", COMMANDS)
def test_help_teaches(command: str) -> None:
    result = call(command, "--help")
    assert result.exit_code == 0
    assert f"Usage: seedbed {command}" in result.stdout
    assert command == "doctor" or f"seedbed {command}" in result.stdout.partition("Examples:")[2]


@pytest.mark.parametrize("words", [[], ["--help"]])
def test_the_program_alone_says_what_it_can_do(words: list[str]) -> None:
    result = call(*words)
    assert result.exit_code == 0
    assert all(f"\n  {command} " in result.stdout for command in COMMANDS)


def test_the_version_is_the_package_s() -> None:
    assert call("--version").stdout.startswith("seedbed ")
