"""The status that a reader sees of a study that ends just then."""

from __future__ import annotations

from pathlib import Path

import pytest

from seedbed.store import locks
from seedbed.store.contents import Contents
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
