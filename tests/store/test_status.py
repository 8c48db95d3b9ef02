"""The status that a reader sees of a study that ends just then."""

from __future__ import annotations

from pathlib import Path

import pytest

from seedbed.store import locks
from seedbed.store.contents import Contents
from seedbed.store.reader import listing
from seedbed.store.writer import Store


def test_a_study_that_ends_between_two_looks_was_running(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Store.create(tmp_path, "study", "5eed") as store:
        contents = Contents(store.directory)
        assert contents.status == "running"

        def ends(directory: Path) -> bool:
            store.finish("complete")
            return False

        monkeypatch.setattr(locks, "is_held", ends)
        assert contents.status == "running"
    assert Contents(store.directory).status == "complete"


def test_a_study_that_nobody_goes_on_with_was_interrupted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Store.create(tmp_path, "study", "5eed") as store:
        monkeypatch.setattr(locks, "is_held", lambda directory: False)
        assert Contents(store.directory).status == "interrupted"


def test_a_journal_that_is_locked_a_moment_after_it_was_made_is_of_a_study_that_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = tmp_path / "study" / "20260101-000000-5eed"
    directory.mkdir(parents=True)
    (directory / "journal.jsonl").touch()
    assert [one["status"] for one in listing(tmp_path)] == ["interrupted"]
    looks = iter([False, False, True])
    monkeypatch.setattr(locks, "is_held", lambda directory: next(looks))
    assert [one["status"] for one in listing(tmp_path)] == ["running"]
