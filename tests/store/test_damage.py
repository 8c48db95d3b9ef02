"""Whatever happens to a file of a stored study: it is named and refused, or the answer is what it was."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from damage import Damage, sweep
from fake_studies import older
from study_files import small

from seedbed.api import Study, resume
from seedbed.cli import program
from seedbed.store import journal, partitions
from seedbed.store.reader import listing, read_table
from seedbed.store.schema import JOURNAL, StoreError

NEW = "x\n1.5\n"


def call(*words: str | Path) -> Result:
    return CliRunner().invoke(program, [str(word) for word in words])


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study of two groups and two variants, beside another one."""
    root = tmp_path_factory.mktemp("stored")
    (root / "new.csv").write_text(NEW)
    text = small({"study.seeds": 2, "ablate": {"model.hidden": [[3]]}})
    first, other = (Study.parse(text, "a.toml").run(runs_dir=root / "runs", engine="numpy") for _ in range(2))
    assert first.directory != other.directory
    return first.directory


def questions(directory: Path) -> dict[str, list[str | Path]]:
    new = directory.parents[3] / "new.csv"
    return {
        "show": ["show", directory, "--json"],
        "predict": ["predict", directory, "--input", new, "--variant", "base", "--json"],
    }


def check(answer: Result, before: Result, damage: Damage) -> None:
    """Either the same answer or an error of the user that names the file."""
    if answer.exit_code == 0:
        told = f"{damage}: {answer.output}"
        assert answer.stdout == before.stdout or is_cut_short(damage, answer, before), told
    else:
        check_error(answer, damage)


def check_error(answer: Result, damage: Damage) -> None:
    """An error of the user that names the file."""
    told = f"{damage}: {answer.output}"
    assert answer.exit_code == 2, told
    assert damage.file in answer.stderr, told
    assert answer.stdout == "", told
    assert all(line.startswith("error: ") for line in answer.stderr.splitlines()), told


def table(directory: Path, file: str) -> str:
    """What a table holds or, where it is damaged, the file that is named."""
    try:
        return repr(read_table(directory, Path(file).stem).to_pydict())
    except StoreError as error:
        return Path(str(error).split()[0]).relative_to(directory).as_posix()


def is_cut_short(damage: Damage, answer: Result, before: Result) -> bool:
    """Whether a journal without its end is read as that of a study that was killed then."""
    if damage.file != JOURNAL or damage.kind != "cut" or not answer.stdout.startswith("{"):
        return False
    found, whole = (json.loads(one.stdout) for one in (answer, before))
    lost = ("status", "findings")  # which come last
    return found.get("status") == "interrupted" and all(
        found[key] == whole[key] for key in whole if key not in lost
    )


def test_any_damage_is_named_or_changes_nothing(stored: Path) -> None:
    before = {name: call(*words) for name, words in questions(stored).items()}
    assert [answer.exit_code for answer in before.values()] == [0, 0]
    rows = listing(stored.parents[2])
    tables = {path.name: table(stored, path.name) for path in stored.glob("*.parquet")}
    assert {"runs.parquet", "curves.parquet", "predictions.parquet"} <= tables.keys()
    count = 0
    for damage in sweep(stored, seed=1, cuts=3, flips=5):
        with damage.done_to(stored):
            for name, words in questions(stored).items():
                check(call(*words), before[name], damage)
            count += 1
            if damage.file.endswith(".parquet"):  # also those that only reports read
                assert table(stored, damage.file) in (tables[damage.file], damage.file), damage
            found = listing(stored.parents[2])
            assert [row for row in found if row["id"] != stored.name] == rows[1:]
    assert count > 100
    assert {name: call(*words).stdout for name, words in questions(stored).items()} == {
        name: answer.stdout for name, answer in before.items()
    }


def test_without_checksums_what_cannot_be_read_is_still_named(stored: Path) -> None:
    directory = older(Path(shutil.copytree(stored, stored.parents[3] / "older" / stored.name)))
    words = ["show", directory, "--json"]
    before = call(*words)
    assert before.exit_code == 0
    for damage in sweep(directory, seed=2, cuts=2, flips=3):
        with damage.done_to(directory):
            answer = call(*words)
        if answer.exit_code:
            check_error(answer, damage)
        elif (
            damage.kind not in ("cut", "flipped") and damage.file != "evidence.parquet"
        ):  # which came with format 2
            assert answer.stdout == before.stdout, damage


def test_a_copy_that_was_renamed_answers_the_same_and_nothing_is_written_by_reading(stored: Path) -> None:
    copy = stored.parents[3] / "mine"
    shutil.copytree(stored, copy)
    before = {path: path.stat().st_mtime_ns for path in copy.rglob("*")}
    for name, words in questions(stored).items():
        found, whole = (
            json.loads(call(*(copy if word == stored else word for word in asked)).stdout)
            for asked in (words, questions(stored)[name])
        )
        assert {key for key in whole if found[key] != whole[key]} <= {"id", "directory"}
    assert {path: path.stat().st_mtime_ns for path in copy.rglob("*")} == before


def test_a_report_that_cannot_be_written_beside_the_runs_can_be_written_elsewhere(stored: Path) -> None:
    copy = stored.parents[3] / "fixed"
    shutil.copytree(stored, copy)
    (copy / "figures").write_text("no directory")  # tests that run as root may write into any directory
    answer = call("report", copy)
    assert answer.exit_code == 2
    assert re.search(r"cannot write .*/fixed/figures/.*; name a file to write with --output", answer.stderr)
    elsewhere = call("report", copy, "--output", copy.parent / "page.html")
    assert elsewhere.exit_code == 0, elsewhere.output


@pytest.mark.parametrize(
    "event",
    [
        {"event": "group", "group": 0, "parts": ["../../runs.parquet"]},
        {"event": "group", "group": 0, "parts": ["/etc/models.safetensors"]},
        {"event": "group", "group": "0", "parts": ["runs.parquet"]},
        {"event": "group", "group": 0, "parts": "runs.parquet"},
        {"event": "group", "group": 0, "parts": [["runs.parquet"]]},
        {"event": "wrote", "file": ["runs.parquet"], "bytes": 1, "sha256": ""},
        {"event": "wrote"},
    ],
)
def test_a_journal_that_somebody_made_up_is_refused(stored: Path, event: dict[str, object]) -> None:
    copy = stored.parents[3] / "made-up"
    shutil.copytree(stored, copy, dirs_exist_ok=True)
    with (copy / JOURNAL).open("ab") as file:
        file.write(journal.line(event, journal.read(copy).checksum)[0])
    for words in (
        ["show", copy],
        ["report", copy],
        ["predict", copy, "--input", stored.parents[3] / "new.csv"],
    ):
        answer = call(*words)
        assert answer.exit_code == 2
        assert "journal.jsonl is damaged" in answer.stderr


def test_each_of_several_files_of_a_table_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partitions, "RUNS_IN_FILE", 2)
    study = Study.parse(small({"study.seeds": 2}), "a.toml")
    directory = study.run(runs_dir=tmp_path / "a" / "b" / "c", engine="numpy").directory
    resume(directory, seeds=4)
    (tmp_path / "new.csv").write_text(NEW)
    names = ("runs", "curves", "predictions", "evidence")
    files = {f"{name}/{index:03}.parquet" for name in names for index in range(2)}
    files |= {"models/base/000.safetensors", "models/base/001.safetensors"}
    assert files == {path.relative_to(directory).as_posix() for path in directory.rglob("*/00?.*")}
    whole, words = [table(directory, f"{name}.parquet") for name in names], ["predict", directory, "--json"]
    words += ["--input", tmp_path / "new.csv"]
    predicted = call(*words)
    assert predicted.exit_code == 0, predicted.output
    for damage in sweep(directory, seed=1, cuts=2, flips=2):
        if damage.file in files:
            with damage.done_to(directory):
                found = [table(directory, f"{name}.parquet") for name in names]
                assert all(one in (before, damage.file) for one, before in zip(found, whole, strict=True)), (
                    damage
                )
                check(call(*words), predicted, damage)
                assert damage.file in found or damage.file.startswith("models"), damage


def test_plain_data_of_great_depth_are_refused(stored: Path) -> None:
    copy = older(Path(shutil.copytree(stored, stored.parents[3] / "deep")))
    document = json.loads((copy / "resolved.json").read_text())
    for depth in (50, 150, 600, 900):
        text = json.dumps(document | {"data": "@"}).replace('"@"', '{"a":' * depth + "1" + "}" * depth)
        (copy / "resolved.json").write_text(text)
        answer = call("show", copy, "--json")
        assert answer.exit_code == (0 if depth == 50 else 2), answer.output
        assert depth == 50 or "resolved.json is damaged (it is nested too deeply)" in answer.stderr


@pytest.mark.parametrize("key", ["parts", "repeated", "baseline"])
@pytest.mark.parametrize("value", [None, 3, {"val": "x"}, {"vol": 3}, {"val": 0, "test": 0}])
def test_facts_of_the_data_that_are_none_are_refused(stored: Path, key: str, value: object) -> None:
    copy = stored.parents[3] / "facts"
    shutil.copytree(stored, copy, dirs_exist_ok=True)
    document = json.loads((older(copy) / "resolved.json").read_text())
    (copy / "resolved.json").write_text(json.dumps(document | {"data": document["data"] | {key: value}}))
    answer = call("show", copy, "--json")
    if answer.exit_code:
        check_error(answer, Damage("resolved.json", "changed"))


@pytest.mark.parametrize("file", ["curves.parquet", "predictions.parquet", "models/base.safetensors"])
def test_a_report_of_damaged_files_names_them_and_leaves_the_old_one(stored: Path, file: str) -> None:
    page = stored.parents[3] / "old.html"
    page.write_text("the old one")
    with Damage(file, "flipped", (stored / file).stat().st_size // 2).done_to(stored):
        check_error(call("report", stored, "--output", page), Damage(file, "flipped"))
    assert page.read_text() == "the old one"
