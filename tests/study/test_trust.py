"""Code runs only where the user said yes to just this code, and what asks again is what changes it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from coded import TEXT, Coded, coded

from seedbed.api import Study
from seedbed.study import labs, trust
from seedbed.study.problems import StudyError
from seedbed.study.trust import TrustError, code_of, demand, described


@pytest.fixture(autouse=True)
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SEEDBED_TRUST", str(tmp_path / "trusted"))
    return tmp_path / "trusted"


def is_allowed(study: Study) -> bool:
    try:
        demand(study)
    except TrustError:
        return False
    return True


def forget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trust, "_allowed", set())


def test_code_is_refused_until_it_is_allowed_and_the_error_says_what_would_run(tmp_path: Path) -> None:
    study = coded(tmp_path / "study")
    with pytest.raises(
        TrustError,
        match=r"study.toml: would run code .*: read the bonus; in .*; bonus.txt \(1 B, sha256 .*--trust",
    ):
        demand(study)
    assert demand(study, trust=True) is not None
    assert is_allowed(study)


def test_a_yes_is_remembered_by_other_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = coded(tmp_path / "study")
    demand(study, trust=True)
    forget(monkeypatch)
    assert is_allowed(study)


@pytest.mark.parametrize("name", ["study.toml", "bonus.txt"])
def test_one_byte_of_study_or_code_asks_again(tmp_path: Path, name: str) -> None:
    demand(coded(tmp_path / "study"), trust=True)
    with (tmp_path / "study" / name).open("a") as file:
        file.write("\n")
    changed = Study.load(tmp_path / "study" / "study.toml", Coded())
    assert not is_allowed(changed)
    (tmp_path / "study" / name).write_text(TEXT if name == "study.toml" else "1")
    assert is_allowed(Study.load(tmp_path / "study" / "study.toml", Coded()))


def test_the_same_study_elsewhere_asks_again_since_it_may_load_what_lies_beside_it(tmp_path: Path) -> None:
    demand(coded(tmp_path / "study"), trust=True)
    assert not is_allowed(coded(tmp_path / "other"))


def test_settings_that_are_no_code_ask_nothing_again_and_those_that_are_do(tmp_path: Path) -> None:
    study = coded(tmp_path / "study")
    demand(study, trust=True)
    assert is_allowed(study.override(set={"coded.skill": 7}, vary={"coded.skill": [8]}, seeds=5))
    assert not is_allowed(study.override(set={"coded.words": "delete everything"}))
    assert not is_allowed(study.override(vary={"coded.words": ["delete everything"]}))


def test_functions_that_a_program_gives_need_no_question(tmp_path: Path, trusted: Path) -> None:
    assert is_allowed(coded(tmp_path / "study", Coded(is_given=True)))
    assert not trusted.exists()


def test_what_is_only_made_ready_asks_where_that_runs_code(tmp_path: Path) -> None:
    assert demand(coded(tmp_path / "one"), to_prepare=True) is None
    with pytest.raises(TrustError):
        demand(coded(tmp_path / "two", Coded(to_prepare=True)), to_prepare=True)


@pytest.mark.skipif(os.name != "posix", reason="modes of files")
def test_nothing_is_remembered_where_others_may_put_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = coded(tmp_path / "study")
    study.directory.chmod(0o1777)
    demand(study, trust=True)
    assert is_allowed(study)  # in this process
    forget(monkeypatch)
    with pytest.raises(TrustError, match="others may write to its directory"):
        demand(study)
    study.directory.chmod(0o755)
    assert is_allowed(study)


@pytest.mark.skipif(os.name != "posix", reason="modes of files")
def test_what_others_may_have_written_is_not_believed(
    tmp_path: Path, trusted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = coded(tmp_path / "study")
    demand(study, trust=True)
    forget(monkeypatch)
    trusted.chmod(0o777)
    assert not is_allowed(study)


def test_a_yes_that_cannot_be_remembered_holds_for_this_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("SEEDBED_TRUST", str(tmp_path / "file" / "trusted"))
    study = coded(tmp_path / "study")
    demand(study, trust=True)
    assert is_allowed(study)
    forget(monkeypatch)
    assert not is_allowed(study)


def test_what_is_shown_does_nothing_to_a_terminal_and_names_what_a_link_leads_to(tmp_path: Path) -> None:
    study = coded(tmp_path / "study")
    (study.directory / "bonus.txt").rename(tmp_path / "real\x1b[2J.txt")
    (study.directory / "bonus.txt").symlink_to(tmp_path / "real\x1b[2J.txt")
    study = study.override(set={"coded.words": "a\x1b[1A\rb"})
    code = code_of(study)
    assert code is not None
    lines = list(described(study, code))
    assert lines[0] == r"a\x1b[1A"
    assert "a link to" in lines[-1]
    assert r"real\x1b[2J.txt" in lines[-1]
    assert all(line.isprintable() for line in lines)
    with pytest.raises(TrustError) as error:
        demand(study)
    assert str(error.value).isprintable()


def test_code_that_is_missing_or_no_file_is_said(tmp_path: Path) -> None:
    study = coded(tmp_path / "study")
    (study.directory / "bonus.txt").unlink()
    with pytest.raises(StudyError, match=r"its code cannot be read: .*bonus.txt: No such file"):
        demand(study, trust=True)
    (study.directory / "bonus.txt").mkdir()
    with pytest.raises(StudyError, match=r"bonus.txt: expected a file, got a directory"):
        demand(study, trust=True)


def test_files_that_are_too_large_or_never_end_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_up = Path("/proc/self/status")
    if made_up.is_file():
        with pytest.raises(StudyError, match=r"status: it grows while it is read"):
            demand(coded(tmp_path / "one", Coded(str(made_up))), trust=True)
    monkeypatch.setattr("seedbed.study.code.MOST_READ", 3)
    with pytest.raises(StudyError, match=r"bonus.txt: has 4 B, and at most 3 B are read here"):
        demand(coded(tmp_path / "two", bonus="1234"), trust=True)


@pytest.mark.parametrize("name", labs.names())
def test_labs_never_name_code(name: str) -> None:
    assert code_of(Study.load(name)) is None


def test_of_very_much_that_would_run_the_beginning_is_shown_and_how_much_more_there_is(
    tmp_path: Path,
) -> None:
    study = coded(tmp_path / "study").override(set={"coded.words": "x" * 600 + "\n" * 2 + "y\n" * 99})
    code = code_of(study)
    assert code is not None
    shown, *_ = lines = list(described(study, code))
    assert shown == "x" * 500 + "... and 100 characters more"
    assert "... and 61 lines more" in lines
    assert len(lines) < 50
    with pytest.raises(TrustError, match="allow it with --trust") as error:
        demand(study)
    assert len(str(error.value)) < 3000
