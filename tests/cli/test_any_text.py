"""Whatever names, messages and files hold, nothing of it acts on a terminal."""

from __future__ import annotations

import ast
import io
import json
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from tempfile import TemporaryDirectory

import odd_text
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seedbed.api import Result
from seedbed.cli import output, program
from seedbed.execution.progress import GroupStart, Lines, Live
from seedbed.files import to_json
from seedbed.study.events import Epoch

CLI = Path(output.__file__).parent


def written(*words: str, code: int = 0) -> str:
    """What a command writes to both streams, which ends with that code."""
    streams = redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO())
    with streams[0] as out, streams[1] as errors, pytest.raises(SystemExit) as end:
        program.main(args=list(words), prog_name="seedbed")
    told = out.getvalue() + errors.getvalue()
    assert (end.value.code or 0) == code, told
    return told


@settings(max_examples=10)
@given(odd_text.NAMES, odd_text.NAMES)
def test_commands_on_a_study_of_odd_names_write_nothing_that_acts(text: str, name: str) -> None:
    with TemporaryDirectory() as place:
        directory = odd_text.study(Path(place), text, name)
        runs = ["--runs-dir", place]
        told = {
            "show": written("show", str(directory)),
            "ls": written("ls", *runs),
            "claims": written("claims", str(directory), *runs),
            "json": written("show", str(directory), "--json"),
            "listed": written("ls", *runs, "--json"),
        }
        document = json.loads(to_json(Result.open(directory).document))
    for command, lines in told.items():
        assert not odd_text.acts(lines), command
    assert json.loads(told["json"]) == document
    assert told["show"].count("\n") < 80  # no newline of a name begins a line


@settings(max_examples=20)
@given(odd_text.TEXTS)
def test_messages_about_what_was_given_write_nothing_that_acts(text: str) -> None:
    with TemporaryDirectory() as place:
        for words in (["show", text], ["run", text], ["check", "trig/shape", "--set", f"{text}=1"]):
            assert not odd_text.acts(written(*words, "--runs-dir", place, code=2))
        assert not odd_text.acts(written(f"x{text}", code=2))
        assert not odd_text.acts(written("reference", f"{text}no-such-key", code=2))


@given(odd_text.TEXTS)
def test_progress_writes_nothing_that_acts_but_what_rich_draws_with(text: str) -> None:
    for terminal in (False, True):
        stream = io.StringIO()
        if terminal:
            stream.isatty = lambda: True  # type: ignore[method-assign]
        with (Live if terminal else Lines)(stream) as display:
            display.group_started(GroupStart(0, 1, 2, 3, text))
            display.epoch(Epoch(1, 3, 2, 0.5, 0.6, text))
            display.message(text)
            display.group_finished()
        told = stream.getvalue()
        if not terminal:
            assert not odd_text.acts(told)
            assert told.count("\n") == 3
        else:
            assert not odd_text.acts(told) - {"\x1b", "\r"}
            assert not any(own in told for own in ("\x1b[31m", "\x1b]", "\x07"))


@given(
    st.recursive(
        odd_text.TEXTS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(odd_text.TEXTS, inner)
    )
)
def test_json_holds_every_text_and_none_that_acts(document: object) -> None:
    text = output.json_text(document)
    assert json.loads(text) == json.loads(to_json(document))
    assert not odd_text.acts(text)


@pytest.mark.parametrize("is_terminal", [False, True])
def test_bytes_are_as_they_are_but_on_a_terminal(
    is_terminal: bool, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: is_terminal)
    output.print_bytes(b"a,b\n\x1b[31m,2\n")
    assert capfdbinary.readouterr().out == (b"a,b\n\\x1b[31m,2\n" if is_terminal else b"a,b\n\x1b[31m,2\n")


def test_commands_print_through_one_module() -> None:
    for path in CLI.glob("*.py"):
        calls = [
            one.func for one in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(one, ast.Call)
        ]
        names = {getattr(one, "attr", getattr(one, "id", "")) for one in calls}
        assert path.name == "output.py" or not {"echo", "secho", "print"} & names, path.name


@settings(max_examples=5)
@given(odd_text.NAMES, odd_text.NAMES)
def test_results_in_python_print_nothing_that_acts(text: str, name: str) -> None:
    with TemporaryDirectory() as place:
        result = Result.open(odd_text.study(Path(place), text, name))
        for told in (repr(result), str(result.table), result.table._repr_html_()):
            assert not odd_text.acts(told)
        assert "\n" not in repr(result)
