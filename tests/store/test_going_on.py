"""A store that is killed anywhere, opened again and gone on with ends as one that was not."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seedbed.store import partitions, reader
from seedbed.store.contents import Contents
from seedbed.store.groups import Group
from seedbed.store.models import Trained
from seedbed.store.schema import JOURNAL
from seedbed.store.writer import Store

HASH = "0123456789abcdef"
VARIANTS = ("base", "lr = 0.1")
ROUNDS = ((0, 1, 2), (3, 4))  # groups, each of one seed of both variants or of one


class KilledError(BaseException):
    """What ends a process in these tests."""


class Mortal:
    """The disk of a process that dies at its nth operation, after which nothing reaches the disk any more.

    It dies before the operation or, where it appends to the journal, in the middle of it.
    """

    def __init__(self, patch: pytest.MonkeyPatch, last: int) -> None:
        self.left = last
        for name in ("replace", "unlink", "rmdir", "fsync"):
            patch.setattr(os, name, self._dying(getattr(os, name)))

    def _dying(self, operation: Any) -> Any:
        def call(*words: Any, **options: Any) -> Any:
            self.count()
            return operation(*words, **options)

        return call

    def count(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise KilledError

    def journal(self, file: Any) -> Any:
        """The journal of a store, which dies with the process."""
        mortal = self

        class Journal:
            closed = False

            def write(self, data: memoryview) -> int:
                if mortal.left == 0:
                    file.write(data[: len(data) // 2])
                mortal.count()
                return file.write(data)

            def truncate(self, size: int) -> None:
                mortal.count()
                file.truncate(size)

            def fileno(self) -> int:
                return file.fileno()

            def close(self) -> None:
                file.close()

        return Journal()


def trained(variant: str, group: int) -> Trained:
    weights = np.full((1, 2, 1), 10 * group + VARIANTS.index(variant), np.float32)
    facts: dict[str, Any] = {"recipe": {}, "seeds": (group,), "shape": (2,), "outputs": 1, "state": {}}
    return Trained(variant, parameters={"0.weight": weights}, center=weights[:, :, 0], **facts)


def made(group: int) -> Group:
    """What a group adds: some have a variant, a table and a column of their own."""
    variants = VARIANTS if group % 2 else VARIANTS[:1]
    rows = [
        {"variant": name, "seed": group, "group": group, f"val.{group % 3}": 0.1 * group} for name in variants
    ]
    tables = {
        "curves": {
            "variant": list(variants),
            "seed": [group] * len(variants),
            "value": np.full(len(rows), group),
        }
    }
    if group > 1:
        tables["mistakes"] = {"variant": ["base"], "seed": [group], "image": [b"1"]}
    models = [trained(name, group) for name in variants]
    return Group(group, rows, tables, models)


def go_on(store: Store, at_once: int) -> None:
    """All that is left to do of the rounds, as whoever runs a study does it."""
    for groups in ROUNDS:
        committed = {event["group"] for event in store.groups}
        left = [group for group in groups if group not in committed]
        for group in left:
            store.save_checkpoint(group, {"at": np.arange(group)}, {"step": group})
        for first in range(0, len(left), at_once):
            store.add_groups([made(group) for group in left[first : first + at_once]])
            store.join_full(VARIANTS)
        store.join_groups(VARIANTS)
    store.finish("complete")


def held(directory: Path) -> dict[str, Any]:
    """All that a reader finds."""
    contents = Contents(directory)
    found: dict[str, Any] = {
        name: contents.table(name).to_pydict() for name in ("runs", "curves", "mistakes")
    }
    for name in VARIANTS:
        if networks := contents.trained(name):
            found[name] = (networks.seeds, networks.parameters["0.weight"].tolist(), networks.center)
    return found


def same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return repr(one) == repr(other)


def run(directory: Path | None, root: Path, last: int, at_once: int) -> tuple[Path | None, bool]:
    """A process that makes a study or goes on with it until its nth operation; the directory, and whether it ended."""
    with pytest.MonkeyPatch.context() as patch:
        mortal = Mortal(patch, last)
        store = None
        try:
            store = Store.create(root, "s", HASH) if directory is None else Store.open(directory)
            store._journal.file = mortal.journal(store._journal.file)
            go_on(store, at_once)
        except KilledError:
            if store:
                store._journal.file.close()
            found = [path.parent for path in root.rglob(JOURNAL)]
            return (found[0] if found and found[0].joinpath(JOURNAL).stat().st_size else None), False
        return store.directory, True


@given(
    st.lists(st.integers(0, 190), max_size=5), st.sampled_from([100_000, 3, 2, 1]), st.sampled_from([1, 2, 3])
)
@settings(max_examples=25)
def test_killed_anywhere_and_opened_again_it_ends_as_if_it_had_not_been(
    tmp_path_factory: pytest.TempPathFactory, kills: list[int], runs_in_file: int, at_once: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(partitions, "RUNS_IN_FILE", runs_in_file)
        killed_and_opened(tmp_path_factory, kills, at_once)


def killed_and_opened(tmp_path_factory: pytest.TempPathFactory, kills: list[int], at_once: int) -> None:
    whole, ended = run(None, tmp_path_factory.mktemp("whole"), 10_000, 1)
    assert ended
    assert whole is not None
    root, directory = tmp_path_factory.mktemp("killed"), None
    for last in [*kills, 10_000]:
        directory, ended = run(directory, root, last, at_once)
        if directory:
            committed = {event["group"] for event in reader.events(directory) if event["event"] == "group"}
            found = held(directory)
            assert set(found["runs"]["seed"]) == committed
            assert set(found["curves"]["seed"]) == committed
            assert not committed or set(found["base"][0]) == committed
    assert directory is not None
    assert same(held(directory), held(whole))
    assert sorted(path.name for path in directory.rglob("*")) == sorted(
        path.name for path in whole.rglob("*")
    )
    assert reader.status(directory) == "complete"
