"""The status that a reader sees of a study that begins or ends just then."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from seedbed.store import locks
from seedbed.store.contents import Contents
from seedbed.store.reader import listing
from seedbed.store.schema import JOURNAL
from seedbed.store.writer import Store

STORE = str(Path("seedbed", "store"))  # where what may happen is looked for


def begin(root: Path) -> Store:
    """A study that runs."""
    return Store.create(root, "study", "5eed")


def statuses(root: Path) -> list[str]:
    """Those that a reader sees."""
    return [listed["status"] for listed in listing(root)]


@contextmanager
def calling(act: Callable[[], object], at: int | None = None) -> Iterator[None]:
    """Call something at every step of the store meanwhile: calls and returns of functions, or at one of these."""
    moments = count()

    def look(frame: FrameType, event: str, _: Any) -> None:
        if STORE in frame.f_code.co_filename and at in (None, next(moments)):
            act()

    sys.setprofile(look)
    try:
        yield
    finally:
        sys.setprofile(None)


def test_a_reader_at_any_moment_of_a_writer_sees_a_study_that_runs_or_is_complete(tmp_path: Path) -> None:
    seen: list[str] = []
    with calling(lambda: seen.extend(statuses(tmp_path))):
        store = begin(tmp_path)
        store.write_text("study.toml", "")
        store.finish("complete")
    assert set(seen) == {"running", "complete"}
    assert seen == sorted(seen, reverse=True)


@pytest.mark.parametrize("acts", ["begins", "ends", "begins and ends"])
def test_a_writer_at_any_moment_of_a_reader_is_seen_to_run_or_to_be_done(tmp_path: Path, acts: str) -> None:
    for moment in count():
        root, did = tmp_path / str(moment), list[Store]()
        root.mkdir()
        store = begin(root) if acts == "ends" else None

        def act(root: Path = root, store: Store | None = store, did: list[Store] = did) -> None:
            did.append(store or begin(root))
            if "ends" in acts:
                did[0].finish("complete")

        with calling(act, moment):
            seen = statuses(root)
        assert set(seen) <= {"running", "complete"}
        if not did:
            break
    assert moment > 5  # there were some


def test_a_study_that_ends_between_two_looks_was_running(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with begin(tmp_path) as store:
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
    with begin(tmp_path) as store:
        monkeypatch.setattr(locks, "is_held", lambda directory: False)
        assert Contents(store.directory).status == "interrupted"


def test_an_empty_journal_is_what_an_older_version_left_when_it_was_interrupted(tmp_path: Path) -> None:
    directory = tmp_path / "study" / "20260101-000000-5eed"
    directory.mkdir(parents=True)
    (directory / JOURNAL).touch()
    assert statuses(tmp_path) == ["interrupted"]
    (directory / "study.toml").touch()
    assert statuses(tmp_path) == ["damaged"]


def test_a_directory_without_a_journal_is_of_no_study_and_is_gone_where_the_first_event_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("seedbed.store.appending.Appending.append", full)
    with pytest.raises(ValueError, match=r"cannot write runs to .*No space left on device; choose"):
        begin(tmp_path)
    assert statuses(tmp_path) == list((tmp_path / "study").iterdir()) == []
