"""Commands as trainables: what programs are given, what is read of them, and that whatever they do ends only them."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from seedbed.api import Result, Study
from seedbed.study.problems import StudyError
from seedbed.study.trust import TrustError, code_of, demand
from seedbed.trainables.command import CommandTrainable
from seedbed.trainables.command_work import _why

SAY = "import json, os, sys; print(json.dumps({'given': 1, 'score': 1.0})); "
pytestmark = pytest.mark.usefixtures("trusted")


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEEDBED_TRUST", str(tmp_path / "trusted"))


def study_of(
    directory: Path,
    program: str,
    arguments: list[str],
    settings: dict[str, Any] | None = None,
    **changes: Any,
) -> Study:
    """A study of a Python program: `command` has more of that table; its directory is made."""
    directory.mkdir(exist_ok=True)
    (directory / "train.py").write_text(program)
    command = {"run": ["python", "train.py", *arguments], **changes.pop("command", {})}
    tables = {
        "name": "commanded",
        "command": command,
        "settings": settings or {},
        "study": {"metric": "score", "direction": "max", "seeds": 1},
        **changes,
    }
    return Study.from_dict(tables, directory=directory)


def ran(study: Study) -> Result:
    return study.run(runs_dir=study.directory / "runs", trust=True)


def outputs(result: Result) -> dict[str, str]:
    """Variant -> what its first run printed."""
    import pyarrow.parquet as parquet

    table = parquet.read_table(result.directory / "output.parquet")
    return dict(zip(table["variant"].to_pylist(), table["output"].to_pylist(), strict=True))


# --- what programs are given ----------------------------------------------------------------------------

TELL = """
import json, os, sys
print(json.dumps({"score": 1.0, "told": [*sys.argv[1:], os.getcwd(), os.environ.get("MODE")]}))
"""


def told(result: Result) -> list[str]:
    text: list[str] = json.loads(outputs(result)["base"].splitlines()[-1])["told"]
    return text


def test_arguments_are_settings_the_seed_and_directories_and_no_shell_reads_them(tmp_path: Path) -> None:
    evil = "; touch ran $(touch ran) `touch ran` \"'\\ * \n é"
    arguments = [
        "--lr={lr}",
        "{hidden}",
        "{evil}",
        "{seed}",
        "{directory}",
        "{study}",
        "{settings}",
        "{{}}",
        "{o.deep}",
    ]
    settings = {"lr": 1e-4, "hidden": [8, 4], "evil": evil, "o": {"deep": True}}
    result = ran(study_of(tmp_path, TELL, arguments, settings))
    *given, own, study, whole, braces, deep, directory, _ = told(result)
    assert given == ["--lr=0.0001", "8", "4", evil, "0"]
    assert Path(own).is_relative_to(result.directory.resolve())
    assert (Path(study), Path(directory), braces, deep) == (tmp_path, tmp_path, "{}", "true")
    assert json.loads(whole) == settings
    assert not (tmp_path / "ran").exists()


def test_variables_and_the_working_directory_are_set(tmp_path: Path) -> None:
    command = {
        "env": {"MODE": "lr is {lr}"},
        "directory": "{directory}",
        "run": ["python", "{study}/train.py"],
    }
    result = ran(study_of(tmp_path, TELL, [], {"lr": 2}, command=command))
    directory, mode = told(result)
    assert mode == "lr is 2"
    assert Path(directory).is_relative_to(result.directory.resolve())
    assert ran(study_of(tmp_path, TELL, [], command={"directory": "."})).status == "complete"


def test_every_run_has_a_seed_and_a_directory_of_its_own(tmp_path: Path) -> None:
    program = "import os, sys; os.mkdir(sys.argv[2] + '/made'); print('{\"score\": %s}' % sys.argv[1])"
    changes = {"study": {"metric": "score", "direction": "max", "seeds": 3}, "ablate": {"settings.lr": [2]}}
    study = study_of(tmp_path, program, ["{seed}", "{directory}", "{lr}"], {"lr": 1}, **changes)
    result = ran(study)
    assert result.values("base", "score").tolist() == result.values("lr = 2", "score").tolist() == [0, 1, 2]
    other = ran(study.override(set={"study.seed": 1}))
    assert not set(other.values("base", "score")) & {0, 1, 2}


def test_a_script_may_be_the_program(tmp_path: Path) -> None:
    study = study_of(
        tmp_path, f"#!{sys.executable}\nprint('{{\"score\": 3}}')", [], command={"run": ["./train.py"]}
    )
    with pytest.raises(StudyError, match=r"train.py may not be executed; .* chmod \+x"):
        ran(study)
    (tmp_path / "train.py").chmod(0o755)
    assert ran(study).values("base", "score").tolist() == [3]
    code = code_of(study)
    assert code is not None
    assert list(code.files) == ["train.py"]


# --- what is read of them -------------------------------------------------------------------------------

LINES = """
import json, sys, time
for epoch in range(int(sys.argv[1])):
    print("epoch", epoch, flush=True)
    print(json.dumps({"epoch": epoch, "score": epoch / 10, "val": {"loss": -epoch}}))
print("done")
"""


def test_the_last_line_that_is_json_counts(tmp_path: Path) -> None:
    result = ran(study_of(tmp_path, LINES, ["4"]))
    assert result.values("base", "score").tolist() == [0.3]
    assert result.values("base", "val.loss").tolist() == [-3]
    assert not result.curve_metrics
    assert "epoch 0" in outputs(result)["base"]
    assert "commanded" in result.report().read_text(encoding="utf-8")


def test_every_line_is_an_epoch_where_that_is_asked_for(tmp_path: Path) -> None:
    result = ran(study_of(tmp_path, LINES, ["4"], command={"metrics": "lines"}))
    assert result.values("base", "score").tolist() == [0.3]
    assert result.curves_of("score")["value"].to_pylist() == [0.0, 0.1, 0.2, 0.3]
    assert result.runs["epochs"].to_pylist() == [4]


def test_rules_end_a_run_that_goes_on(tmp_path: Path) -> None:
    program = LINES.replace("print(json", "time.sleep(0.01); print(json")
    command = {"metrics": "lines", "stop": {"target": 0.5}, "timeout": 60.0}
    result = ran(study_of(tmp_path, program, ["100000"], command=command))
    (run,) = result.runs.to_pylist()
    assert (run["status"], run["stop_reason"], run["epochs"], run["score"]) == ("stopped", "target", 6, 0.5)


WRITE = """
import json, sys
for number in range(3):
    with open(sys.argv[1], "a") as file:
        print(json.dumps({"score": number}), file=file)
    print('{"score": 99}')
"""


@pytest.mark.parametrize(("metrics", "curve"), [("last line", []), ("lines", [0.0, 1.0, 2.0])])
def test_metrics_may_be_in_a_file(tmp_path: Path, metrics: str, curve: list[float]) -> None:
    command = {"metrics": metrics, "metrics_file": "{directory}/told.jsonl"}
    result = ran(study_of(tmp_path, WRITE, ["{directory}/told.jsonl"], command=command))
    assert result.values("base", "score").tolist() == [2]
    assert result.curves_of("score")["value"].to_pylist() == curve


def test_a_file_may_be_one_document_of_several_lines(tmp_path: Path) -> None:
    program = "import json, sys; json.dump({'score': 7, 'more': {'a': 1}}, open(sys.argv[1], 'w'), indent=2)"
    command = {"metrics_file": "{directory}/told.json"}
    result = ran(study_of(tmp_path, program, ["{directory}/told.json"], command=command))
    assert result.values("base", "score").tolist() == [7]


def test_metrics_of_ever_new_names_end_a_run(tmp_path: Path) -> None:
    program = "import json\nfor number in range(9999): print(json.dumps({f'score{number}': 1}))"
    (run,) = ran(study_of(tmp_path, program, [], command={"metrics": "lines"})).runs.to_pylist()
    assert run["stop_reason"] == "printed over 1,000 metrics; give the same ones the same names"


# --- how they end ---------------------------------------------------------------------------------------

FAIL = """
import ctypes, json, os, signal, sys, time
how = sys.argv[1]
print(json.dumps({"score": 5.0}), flush=True)
if how == "raise":
    raise ValueError("bad rate")
if how == "exit":
    sys.exit(3)
if how == "signal":
    os.kill(os.getpid(), signal.SIGSEGV)
if how == "hang":
    time.sleep(600)
if how == "fill":
    kept = [bytearray(1_000_000) for _ in range(100_000)]
if how == "nan":
    print('{"score": NaN}')
if how == "other":
    print('{"points": 1}')
"""
ENDS = {
    "raise": ("crashed", "exited with code 1: ValueError: bad rate"),
    "exit": ("crashed", "exited with code 3"),
    "signal": ("crashed", "killed by signal 11 (segmentation fault)"),
    "hang": ("crashed", "timed out after 2 s"),
    "nan": ("diverged", "score is nan"),
    "other": ("crashed", 'printed no "score"; it printed points'),
}


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_however_a_run_ends_only_it_has_failed(tmp_path: Path) -> None:
    command = {"timeout": 2.0, "memory": "500 MB"}
    changes = {"ablate": {"settings.how": [*ENDS, "fill"]}, "command": command}
    result = ran(study_of(tmp_path, FAIL, ["{how}"], {"how": "well"}, **changes))
    runs = {run["variant"]: run for run in result.runs.to_pylist()}
    assert result.status == "complete"
    assert (runs["base"]["status"], runs["base"]["score"]) == ("complete", 5.0)
    ended = {name.removeprefix("how = "): (run["status"], run["stop_reason"]) for name, run in runs.items()}
    assert {name: ended[name] for name in ENDS} == ENDS
    assert ended["fill"][0] == "crashed"
    assert ended["fill"][1].startswith(
        ("out of memory: over the limit of 500 MB", "exited with code 1: MemoryError")
    )
    assert "bad rate" in outputs(result)["how = raise"]


def test_a_directory_that_is_not_there_ends_its_run_with_a_reason(tmp_path: Path) -> None:
    result = ran(study_of(tmp_path, SAY, [], command={"directory": "absent"}))
    (run,) = result.runs.to_pylist()
    assert run["status"] == "crashed"
    assert "absent" in run["stop_reason"]


# --- what is wrong with them ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "settings", "command", "message"),
    [
        (["{lrr}"], {"lr": 1}, {}, r'command.run: there is no setting {lrr}; did you mean "lr"\?'),
        ([], {"lr": 1}, {}, r"settings.lr: the command is never given it; write {lr} in command.run"),
        (["{a.c}"], {"a": {"b": 1, "c": 2}}, {}, r"settings.a.b: the command is never given it; write {a.b}"),
        (["{seed}"], {"seed": 1}, {}, r"settings.seed: {seed} stands for something else"),
        (["{"], {}, {}, r"command.run: expected {{ and }} for braces"),
        (
            [],
            {},
            {"stop": {"patience": 1}},
            r'command.stop: needs the metrics of every epoch; write metrics = "lines"',
        ),
        (
            [],
            {},
            {"metrics_file": "told.json"},
            r"metrics_file: runs at the same time would write the same file",
        ),
        ([], {}, {"env": {"A": "{b}"}}, r"command.env.A: there is no setting {b}"),
        ([], {}, {"env": {"A=B": "b"}}, r"expected the name of an environment variable"),
        ([], {}, {"run": []}, r"command.run: too few values: expected at least 1"),
        ([], {}, {"run": "python train.py"}, r"command.run: expected a list"),
        ([], {"lr": 1}, {"run": ["{lr}"]}, r"command.run: expected a program first, without placeholders"),
        ([], {}, {"run": ["python", "a\0b"]}, r"zero byte"),
        ([], {}, {"metrcs": "lines"}, r'command.metrcs: unknown key; did you mean "metrics"\?'),
        ([], {}, {"metrics": "line"}, r"not one of last line, lines"),
    ],
)
def test_what_is_wrong_is_said_before_anything_runs(
    tmp_path: Path, arguments: list[str], settings: dict[str, Any], command: dict[str, Any], message: str
) -> None:
    with pytest.raises(StudyError, match=message):
        study_of(tmp_path, "", arguments, settings, command=command)


@pytest.mark.parametrize("program", ["no-such-program", "./no-such-program"])
def test_a_program_that_is_not_there_is_said_before_anything_runs(tmp_path: Path, program: str) -> None:
    study = study_of(tmp_path, "", [], command={"run": [program]})
    with pytest.raises(StudyError, match=r"command.run: .*no-such-program"):
        study.trainable.prepare(study)
    with pytest.raises(StudyError, match=r"command.run: .*no-such-program"):
        ran(study)
    assert not (tmp_path / "runs").exists()


def test_a_setting_that_is_varied_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match=r"settings.lrr.*no such setting"):
        study_of(tmp_path, "", ["{lr}"], {"lr": 1}, ablate={"settings.lrr": [2]})


# --- trust ----------------------------------------------------------------------------------------------


def files_of(study: Study) -> set[str]:
    code = code_of(study)
    assert code is not None
    return set(code.files)


def test_its_code_is_every_file_that_it_names_and_what_these_import(tmp_path: Path) -> None:
    for name in (
        "helper.py",
        "conf.yaml",
        "other.yaml",
        "tool/__main__.py",
        "pack/__init__.py",
        "pack/job.py",
        "lib.so",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    program = "import helper"
    varied = {"settings.conf": ["other.yaml"]}
    study = study_of(tmp_path, program, ["--conf={conf}"], {"conf": "conf.yaml"}, ablate=varied)
    assert files_of(study) == {"train.py", "helper.py", "conf.yaml", "other.yaml"}
    assert files_of(study_of(tmp_path, program, [], command={"run": ["python", "tool"]})) == {
        "tool/__main__.py"
    }
    module = {"run": ["python", "-m", "pack.job"], "env": {"LD_PRELOAD": "{study}/lib.so"}}
    assert files_of(study_of(tmp_path, program, [], command=module)) == {
        "pack/__init__.py",
        "pack/job.py",
        "lib.so",
    }


def test_no_override_brings_in_code_and_numbers_ask_nothing_again(tmp_path: Path) -> None:
    study = study_of(tmp_path, SAY, ["{lr}", "{script}"], {"lr": 0.1, "script": "print(1)"})
    demand(study, trust=True)
    demand(study.override(set={"settings.lr": 0.5}, vary={"settings.lr": [1, 2]}, seeds=9))
    for changes in (
        {"settings.script": "import os"},
        {"settings.lr": "import os"},
        {"settings.lr": ["import os"]},
        {"command.run": ["python", "-c", "import os", "{lr}", "{script}"]},
        {"command.env": {"PYTHONSTARTUP": "evil.py"}},
        {"command.directory": "elsewhere"},
        {"command.metrics_file": "{directory}/../told.json"},
    ):
        with pytest.raises(TrustError):
            demand(study.override(set=changes))
        (key, value), *_ = changes.items()
        if key.startswith("settings"):
            with pytest.raises(TrustError):
                demand(study.override(vary={key: [value]}))


def test_checking_a_study_starts_nothing(tmp_path: Path) -> None:
    study = study_of(tmp_path, "open('ran', 'w')", [])
    assert study.trainable.prepare(study).shards
    assert isinstance(study.trainable, CommandTrainable)
    with pytest.raises(TrustError):
        study.run(runs_dir=tmp_path / "runs")
    assert not (tmp_path / "ran").exists()


def test_code_that_is_edited_while_runs_wait_their_turn_ends_the_study(tmp_path: Path) -> None:
    program = SAY + "open('train.py', 'a').write('#')"
    study = study_of(tmp_path, program, [], study={"metric": "score", "direction": "max", "seeds": 3})
    with pytest.raises(StudyError, match=r"train.py has changed since the study was begun"):
        ran(study.override(set={"command.at_once": 1}))


@pytest.mark.skipif(shutil.which("sh") is None, reason="there is no shell")
def test_programs_of_other_languages(tmp_path: Path) -> None:
    command = {"run": ["sh", "-c", 'echo "{{\\"score\\": $1}}"', "sh", "{lr}"]}
    assert ran(study_of(tmp_path, "", [], {"lr": 4}, command=command)).values("base", "score").tolist() == [4]


@pytest.mark.parametrize("after", ["", '{"score": 5.0}\n', "done: yes\nall well\n"])
@pytest.mark.parametrize("between", ["", '{"score": 5.0}\n'])
def test_the_exception_is_found_whatever_else_is_printed_around_it(between: str, after: str) -> None:
    frames = 'Traceback (most recent call last):\n  File "a.py", line 1, in <module>\n    main()\n'
    output = f"{frames}{between}package.BadRate: 3 is too large\n{after}"
    reason, traceback = _why("exited with code 1", f"hello\n{output}")
    assert reason == "exited with code 1: package.BadRate: 3 is too large"
    assert traceback == output
