"""Reads stored studies: status, journal, listing, and finding one by what people call it."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from seedbed.cli import program
from seedbed.store import reader
from seedbed.store.schema import JOURNAL, StoreError
from seedbed.store.writer import Store

HASH = "0123456789abcdef" * 4


def test_status_follows_the_journal_and_the_life_of_its_writer(tmp_path: Path) -> None:
    ended, failed, open_, abandoned = (Store.create(tmp_path, "s", HASH) for _ in range(4))
    ended.finish("complete")
    failed.finish("failed")
    abandoned.close()
    directories = [one.directory for one in (ended, failed, open_, abandoned)]
    assert [reader.status(directory) for directory in directories] == [
        "complete",
        "failed",
        "running",
        "interrupted",
    ]
    open_.close()
    assert reader.status(open_.directory) == "interrupted"


def test_a_killed_process_leaves_an_interrupted_study(tmp_path: Path) -> None:
    script = (
        "import os, sys; from seedbed.store.writer import Store; s = Store.create(sys.argv[1], 's', 'abcdef0123');"
        "s.journal({'event': 'started', 'runs': 3}); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False)
    (row,) = reader.listing(tmp_path)
    assert (row["study"], row["status"], row["runs"]) == ("s", "interrupted", 3)


def test_a_journal_line_cut_short_is_skipped(tmp_path: Path) -> None:
    with Store.create(tmp_path, "s", HASH) as one:
        one.journal({"event": "group", "loss": float("nan")})
    with (one.directory / JOURNAL).open("a") as journal:
        journal.write('{"event": "fini')
    kinds = [event["event"] for event in reader.events(one.directory)]
    assert kinds == ["created", "group"]
    assert list(reader.events(one.directory))[1]["loss"] is None


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    """Three studies and what else may lie about."""
    for name, stamp in (
        ("a", "20260101-000000-aaaa"),
        ("a", "20260102-000000-aaab"),
        ("g/b", "20260102-000001-bbbb"),
    ):
        with Store.create(tmp_path, name, HASH) as one:
            one.finish("complete")
        one.directory.rename(one.directory.parent / stamp)
    (tmp_path / "foreign" / "deep").mkdir(parents=True)
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / JOURNAL).write_bytes(b"\xff\xfe[]\n{")
    return tmp_path


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("20260101-000000-aaaa", "20260101-000000-aaaa"),
        ("20260101", "20260101-000000-aaaa"),
        ("a", "20260102-000000-aaab"),
        ("g/b", "20260102-000001-bbbb"),
    ],
)
def test_a_study_is_found_by_id_by_its_beginning_or_by_name(shelf: Path, name: str, found: str) -> None:
    assert reader.find(shelf, name).name == found


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("20260102", "matches 2 studies: 20260102-000000-aaab, 20260102-000001-bbbb"),
        ("g/bb", "did you mean 'g/b'"),
        ("zzz", "seedbed ls"),
        ("", "no study ''"),
        ("../..", "no study"),
    ],
)
def test_a_study_that_cannot_be_found_says_what_can(shelf: Path, name: str, message: str) -> None:
    with pytest.raises(StoreError, match=message.replace("(", r"\(")):
        reader.find(shelf, name)


def test_a_moved_study_opens_by_its_path(shelf: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    moved = tmp_path_factory.mktemp("elsewhere") / "renamed"
    shutil.move(shelf / "a" / "20260101-000000-aaaa", moved)
    assert reader.find(shelf, str(moved)) == moved


def test_the_listing_skips_what_is_not_a_study(shelf: Path) -> None:
    rows = reader.listing(shelf)
    assert [(row["study"], row["status"]) for row in rows if row["id"] != "broken"] == [
        ("a", "complete"),
        ("a", "complete"),
        ("g/b", "complete"),
    ]
    assert reader.listing(shelf / "absent") == []


def test_of_two_studies_of_one_second_the_later_is_the_latest(tmp_path):
    for _ in range(2):  # the hashes in their names sort either way
        for fingerprint in ("00000000", "ffffffff", "0000000a"):
            with Store.create(tmp_path, "a/b", fingerprint) as last:
                time.sleep(0.002)
        assert reader.find(tmp_path, "a/b") == last.directory


def test_the_listing_says_how_many_runs_are_stored(tmp_path):
    with Store.create(tmp_path, "killed", "abcdef123456") as created:
        created.journal({"event": "started", "runs": 12})
        for group in range(2):
            created.journal({"event": "group", "group": group, "runs": 4})
    (row,) = reader.listing(tmp_path)
    assert (row["runs"], row["stored"]) == (12, 8)
    shown = CliRunner().invoke(program, ["ls", "--runs-dir", str(tmp_path)])
    assert "8 of 12" in shown.output


def test_a_thousand_studies_are_listed_in_a_second(tmp_path: Path) -> None:
    with Store.create(tmp_path, "s", HASH) as one:
        one.journal({"event": "round", "round": 1, "runs": 40})
        for group in range(4):
            one.add_group(group, [], {"curves": {}, "predictions": {}}, runs=10)
        one.join_groups([])
        one.finish("complete")
    for number in range(999):
        (tmp_path / f"s{number % 30}" / f"20260101-{number:06}").mkdir(parents=True)
        shutil.copy(one.directory / JOURNAL, tmp_path / f"s{number % 30}" / f"20260101-{number:06}")
    began = time.process_time()
    rows = reader.listing(tmp_path)
    assert time.process_time() - began < 1
    assert len(rows) == 1000
    assert {(row["status"], row["runs"], row["stored"]) for row in rows} == {("complete", 40, 40)}


def test_what_is_read_while_a_study_is_written_is_all_of_some_groups(tmp_path: Path) -> None:
    store, told, errors = Store.create(tmp_path, "s", HASH), [0], []

    def write() -> None:
        try:
            for group in range(40):
                rows = [{"variant": "base", "seed": group}]
                store.add_group(group, rows, {"curves": {"variant": ["base"], "seed": [group]}})
                told.append(group + 1)
                if group % 5 == 4:
                    store.join_groups(["base"])
        except Exception as error:
            errors.append(error)

    writer = threading.Thread(target=write)
    writer.start()
    found = []
    while writer.is_alive() or not found:
        for name in ("runs", "curves"):
            known = told[-1]
            seeds = reader.read_table(store.directory, name)["seed"].to_pylist()
            assert seeds == list(range(len(seeds)))
            assert len(seeds) >= known
            found.append(len(seeds))
    writer.join()
    store.close()
    assert errors == []
    assert len(reader.read_table(store.directory, "runs")) == 40
