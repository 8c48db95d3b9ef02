"""Writes studies: exclusive directories, valid names."""

from __future__ import annotations

import contextlib
import json
import os
import re
import resource
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as parquet
import pytest
from fake_studies import older
from hypothesis import given
from hypothesis import strategies as st

from seedbed.api import Result
from seedbed.cli.errors import exit_code
from seedbed.files import to_json
from seedbed.store import journal, reader
from seedbed.store.schema import JOURNAL, PARTS, StoreError, WriteError
from seedbed.store.writer import Store

HASH = "0123456789abcdef" * 4


def test_studies_started_in_the_same_second_never_share_a_directory(tmp_path: Path) -> None:
    stores = [
        Store.create(tmp_path, "trig/norm-init", HASH) for _ in range(70)
    ]  # more than the hash has letters
    assert len({one.directory for one in stores}) == 70
    assert all(one.directory.parent == tmp_path / "trig" / "norm-init" for one in stores)
    assert all(re.fullmatch(rf"\d{{8}}-\d{{6}}-{HASH[:8]}\w*", one.id) for one in stores)


@pytest.mark.parametrize("name", ["../out", "/etc", "a/../../b", "", "a//b", ".", "a\\b", "a/\0", "a\nb"])
def test_a_name_that_leads_elsewhere_makes_nothing(tmp_path: Path, name: str) -> None:
    with pytest.raises(StoreError, match="not a valid study name"):
        Store.create(tmp_path / "runs", name, HASH)
    assert list(tmp_path.iterdir()) == []


def test_a_runs_directory_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"cannot write runs to .*file.*--runs-dir"):
        Store.create(tmp_path / "file", "study", HASH)


def test_an_error_while_a_study_runs_makes_it_failed_and_an_interrupt_does_not(tmp_path: Path) -> None:
    for error in (ZeroDivisionError("no"), KeyboardInterrupt()):
        with contextlib.suppress(type(error)), Store.create(tmp_path, "s", HASH):
            raise error
    assert sorted(row["status"] for row in reader.listing(tmp_path)) == ["failed", "interrupted"]


def test_curves_and_predictions_keep_their_values(tmp_path: Path) -> None:
    curves = {
        "variant": np.array(["base", "b"]),
        "seed": [0, 1],
        "step": np.array([10, 20]),
        "epoch": [1, 2],
        "metric": ["val.mse"] * 2,
        "value": np.array([0.5, np.inf]),
    }
    predictions = {"variant": ["base"] * 2, "x": [None, None], "output": np.array([[1.0, 2], [3, 4]])}
    with Store.create(tmp_path, "s", HASH) as one:
        one.add_group(0, [], {"curves": curves, "predictions": predictions})
        one.join_groups([])
    found = parquet.read_table(one.directory / "curves.parquet")
    assert found["value"].to_pylist() == [0.5, np.inf]
    assert found["variant"].to_pylist() == ["base", "b"]
    found = parquet.read_table(one.directory / "predictions.parquet")
    assert found["output"].to_pylist() == [[1, 2], [3, 4]]
    assert str(found.schema.field("x").type) == "double"


def test_mistakes_keep_their_images_and_a_study_without_them_opens(tmp_path: Path) -> None:
    image = np.arange(12, dtype=np.uint8).reshape(3, 2, 2)[:, ::-1]
    columns = {"variant": np.array(["base"]), "seed": [0], "image": np.array([image.tobytes()], dtype=object)}
    with Store.create(tmp_path, "s", HASH) as one:
        facts = {"study": "s", "metric": "val.accuracy", "direction": "max", "seeds": 1}
        one.write_json("resolved.json", {**facts, "variants": [{"name": "base"}]})
        assert len(Result.open(one.directory).mistakes) == 0
        one.add_group(0, [], {"mistakes": columns})
        found = Result.open(one.directory).mistakes
    assert found["image"].to_pylist() == [image.tobytes()]


@contextlib.contextmanager
def full_disk(room: int) -> Iterator[None]:
    """No file can get larger than `room` bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


ROWS = [{"variant": "base", "seed": 0}]


def test_a_journal_that_cannot_be_written_has_no_half_lines(tmp_path: Path) -> None:
    with Store.create(tmp_path, "s", HASH) as one:
        one.journal({"event": "told", "of": "x" * 2000})
        with full_disk(3000), pytest.raises(WriteError) as error:
            one.journal({"event": "untold", "of": "x" * 2000})
        told = str(error.value)
        assert f"cannot write {one.directory / JOURNAL}: File too large; what was finished is kept" in told
        assert f"seedbed resume {one.directory}" in told
        one.journal({"event": "after"})
    events = list(reader.events(one.directory))
    assert "untold" not in {event["event"] for event in events}
    assert events[-1]["event"] == "after"


def test_a_group_that_cannot_be_written_names_its_file_and_can_be_written_later(tmp_path: Path) -> None:
    large = {"curves": {"variant": ["base"] * 9999, "seed": list(range(9999))}}
    with Store.create(tmp_path, "s", HASH) as one:
        with (
            full_disk(5000),
            pytest.raises(WriteError, match=r"parts/curves-000000\.parquet: File too large"),
        ):
            one.add_group(0, ROWS, large)
        assert one.groups == []
        assert [path.name for path in one.directory.rglob("*") if path.is_file()] == [JOURNAL]
        one.add_group(0, ROWS, large)
        with full_disk(5000), pytest.raises(WriteError, match=r"curves\.parquet: File too large"):
            one.join_groups(["base"])
        assert len(reader.read_table(one.directory, "curves")) == 9999
        one.join_groups(["base"])
    assert len(reader.read_table(one.directory, "curves")) == 9999
    assert not (one.directory / PARTS).exists()


def test_the_error_that_ended_a_study_is_told_where_the_journal_cannot_be_written(tmp_path: Path) -> None:
    one = Store.create(tmp_path, "s", HASH)
    with pytest.raises(ZeroDivisionError), full_disk(10), one:
        raise ZeroDivisionError
    assert reader.status(one.directory) == "interrupted"


def test_a_disk_that_is_full_is_a_failure_and_not_wrong_input(capsys: pytest.CaptureFixture[str]) -> None:
    def work() -> None:
        raise WriteError("cannot write it")

    with pytest.raises(SystemExit) as left:
        exit_code(work)
    assert left.value.code == 1
    assert capsys.readouterr().err == "error: cannot write it\n"


@given(
    st.lists(
        st.dictionaries(st.text(), st.integers() | st.text() | st.lists(st.floats()), max_size=3), max_size=4
    )
)
def test_lines_follow_each_other_by_their_checksums(
    tmp_path_factory: pytest.TempPathFactory, told: list[dict[str, Any]]
) -> None:
    told = [{f"-{key}": value for key, value in one.items()} for one in told]
    with Store.create(tmp_path_factory.mktemp("runs"), "s", HASH) as one:
        for event in told:
            one.journal({"event": "told", **event})
    found = [event for event in reader.events(one.directory) if event["event"] == "told"]
    usual = ("time", "elapsed", "event")
    plain = json.loads(to_json(told))
    assert [{key: value for key, value in event.items() if key not in usual} for event in found] == plain
    lines = (one.directory / JOURNAL).read_bytes().splitlines(keepends=True)
    for gone in range(len(lines)):  # but the last: that is how a crash leaves it
        (one.directory / JOURNAL).write_bytes(b"".join(lines[:gone] + lines[gone + 1 :]))
        if gone < len(lines) - 1:
            with pytest.raises(StoreError, match=rf"{JOURNAL} is damaged"):
                list(reader.events(one.directory))


def test_a_line_that_a_crash_cut_short_is_ended_when_the_study_goes_on(tmp_path: Path) -> None:
    with Store.create(tmp_path, "s", HASH) as one:
        one.write_text("a.txt", "a")
    journal = one.directory / JOURNAL
    for rest in (b"", b"{", b'{"event": "wrote", "file"', b"\0" * 50):
        with journal.open("ab") as file:
            file.write(rest)
        with Store.open(one.directory) as again:
            again.journal({"event": "told"})
    kinds = [event["event"] for event in reader.events(one.directory)]
    assert kinds == ["created", "wrote", *["opened", "told"] * 4]


def test_a_directory_in_place_of_a_part_that_was_not_committed_is_named(tmp_path: Path) -> None:
    with Store.create(tmp_path, "s", HASH) as one:
        one.add_group(0, ROWS, {})
    part = one.directory / PARTS / "runs-000001.parquet"
    part.mkdir()
    with pytest.raises(StoreError, match=rf"expected a file, got a directory: {part}; move it away"):
        Store.open(one.directory)
    part.rmdir()
    Store.open(one.directory).close()


def test_what_goes_on_with_a_finished_study_is_not_finished(tmp_path: Path) -> None:
    with Store.create(tmp_path, "s", HASH) as one:
        one.finish("complete")
    with Store.open(one.directory) as again:
        assert reader.status(one.directory) == "running"
        again.close()
        assert reader.status(one.directory) == "interrupted"
    with Store.open(one.directory) as again:
        again.finish("complete")
    assert reader.status(one.directory) == "complete"


def test_a_study_that_cannot_be_gone_on_with_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def created() -> Path:
        with Store.create(tmp_path, "s", HASH) as one:
            one.finish("complete")
        return one.directory

    old, newer, torn, fixed = (created() for _ in range(4))
    older(old)
    line, _ = journal.line({"event": "created", "format": 3}, 0)
    (newer / JOURNAL).write_bytes(line + b"what nobody knows today\n")
    (torn / JOURNAL).write_bytes((torn / JOURNAL).read_bytes()[3:])
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != fixed)
    for directory, message in (
        (old, "was stored by an older version of Seedbed, which kept no checkpoints; run the study again"),
        (newer, r"newer version of Seedbed, in format 3; this one reads up to 2: upgrade Seedbed"),
        (torn, r"journal\.jsonl is damaged \(line 1"),
        (fixed, "Permission denied; copy it to a directory that you may write"),
        (tmp_path / "absent", r"journal\.jsonl is missing"),
    ):
        before = sorted((path, path.stat().st_mtime_ns) for path in tmp_path.rglob("*"))
        with pytest.raises(StoreError, match=message):
            Store.open(directory)
        assert sorted((path, path.stat().st_mtime_ns) for path in tmp_path.rglob("*")) == before
    assert reader.status(old) == "complete"
    assert [row["status"] for row in reader.listing(tmp_path)].count("damaged") == 2


def test_seconds_since_the_store_was_opened_do_not_depend_on_the_clock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Store.create(tmp_path, "s", HASH) as one:
        one.journal({"event": "told"})
        monkeypatch.setattr(time, "time", lambda: 0.0)
        one.journal({"event": "told"})
    elapsed = [event["elapsed"] for event in reader.events(one.directory)]
    assert elapsed == sorted(elapsed)
    assert elapsed[0] >= 0
    assert elapsed[-1] < 60
