"""Tables written one part per group: linear in the runs, and readable whenever the writer is killed."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from study_files import small

from seedbed import files
from seedbed.api import Result, Study
from seedbed.store import announcing, joining, partitions
from seedbed.store.contents import Contents
from seedbed.store.groups import Group
from seedbed.store.models import Trained
from seedbed.store.reader import read_table
from seedbed.store.schema import PARTS
from seedbed.store.writer import Store

HASH = "0123456789abcdef"
NAMES = [f"v{number}" for number in range(4)]
runs = st.lists(st.tuples(st.sampled_from(NAMES), st.integers(0, 3)), min_size=1, unique=True)


class KilledError(BaseException):
    """What a write is ended by in these tests."""


def rows(group: int, keys: list[tuple[str, int]]) -> list[dict[str, Any]]:
    return [
        {
            "variant": variant,
            "seed": seed,
            "group": group,
            f"setting:of.{variant}": "1",
            f"val.{group % 2}": seed,
        }
        for variant, seed in keys
    ]


def curves(keys: list[tuple[str, int]]) -> dict[str, Any]:
    return {
        "variant": np.array([variant for variant, _ in keys], dtype=object),
        "seed": np.array([seed for _, seed in keys]),
        "value": np.array([hash(key) % 97 for key in keys], dtype=float),
    }


def cut(keys: list[tuple[str, int]], count: int) -> list[list[tuple[str, int]]]:
    """In `count` groups, in any order, none of them empty."""
    shuffled = random.Random(len(keys)).sample(keys, len(keys))
    return [part for part in (shuffled[start::count] for start in range(count)) if part]


def write_groups(store: Store, groups: list[list[tuple[str, int]]]) -> None:
    for number, keys in enumerate(groups):
        store.add_group(number, rows(number, keys), {"curves": curves(keys)})


def sorted_rows(table: pa.Table) -> list[dict[str, Any]]:
    return sorted(table.to_pylist(), key=lambda row: (row["variant"], row["seed"]))


@given(
    runs,
    st.integers(1, 5),
    st.sampled_from(["ROW_GROUP", "ROW_GROUP_BYTES", "RUNS_IN_ROW_GROUP"]),
    st.integers(1, 9),
)
@settings(max_examples=40, deadline=None)
def test_parts_joined_hold_what_one_table_would(
    tmp_path_factory: pytest.TempPathFactory,
    keys: list[tuple[str, int]],
    count: int,
    limit: str,
    at_least: int,
) -> None:
    directory = tmp_path_factory.mktemp("runs")
    groups = cut(keys, count)
    with pytest.MonkeyPatch.context() as patch, Store.create(directory, "s", HASH) as store:
        patch.setattr(joining, limit, at_least)
        write_groups(store, groups)
        before = {name: sorted_rows(read_table(store.directory, name)) for name in ("runs", "curves")}
        store.join_groups(NAMES)
    found = read_table(store.directory, "runs")
    assert list(zip(*(found[name].to_pylist() for name in ("variant", "seed")), strict=True)) == sorted(keys)
    for name in before:
        assert sorted_rows(read_table(store.directory, name)) == before[name]
    own = {key: value for key, value in rows(0, groups[0])[0].items() if key != "group"}
    row = next(row for row in before["runs"] if (row["variant"], row["seed"]) == groups[0][0])
    assert {name: row[name] for name in own} == own
    assert not (store.directory / PARTS).exists()
    assert len(read_table(store.directory, "mistakes")) == 0


def trained(variant: str, seeds: list[int]) -> Trained:
    weights = np.array(seeds, np.float32)[:, None]
    facts: dict[str, Any] = {"recipe": {}, "seeds": tuple(seeds), "shape": (1,), "outputs": 1, "state": {}}
    return Trained(variant, parameters={"0.weight": weights}, **facts)


@given(runs, st.integers(1, 5), st.integers(1, 6), st.booleans())
@settings(max_examples=40, deadline=None)
def test_a_large_study_has_several_files_of_each_kind_which_hold_what_one_would(
    tmp_path_factory: pytest.TempPathFactory,
    keys: list[tuple[str, int]],
    count: int,
    runs_in_file: int,
    at_once: bool,
) -> None:
    groups, read = (
        cut(keys, count),
        lambda: [sorted_rows(read_table(directory, name)) for name in ("runs", "curves")],
    )
    networks = lambda: [held and held.seeds for held in map(Contents(directory).trained, NAMES)]  # noqa: E731
    with (
        pytest.MonkeyPatch.context() as patch,
        Store.create(tmp_path_factory.mktemp("runs"), "s", HASH) as store,
    ):
        patch.setattr(partitions, "RUNS_IN_FILE", runs_in_file)
        directory = store.directory
        for number, of_group in enumerate(groups):
            seeds = {name: [seed for variant, seed in of_group if variant == name] for name in NAMES}
            models = [trained(name, seeds[name]) for name in NAMES if seeds[name]]
            store.add_group(number, rows(number, of_group), {"curves": curves(of_group)}, models)
            if not at_once:
                before = read(), networks()
                store.join_full(NAMES)
                assert (read(), networks()) == before
        before = read(), networks()
        store.join_groups(NAMES)
        assert (read(), networks()) == before
        store.join_groups(NAMES)
        assert not (directory / PARTS).exists()
        held = {name: tuple(sorted(seed for one, seed in keys if one == name)) for name in NAMES}
        assert networks() == [held[name] or None for name in NAMES]
        files = [directory / one.path for one in Contents(directory).journal.partitions["runs.parquet"]]
    assert [path for path in files if not path.exists()] == []
    assert len(files) == 1 or not (directory / "runs.parquet").exists()
    assert (len(files) > 1) == (sum(map(len, groups[:-1])) >= runs_in_file)
    for path in files:
        table = parquet.read_table(path)
        found = list(zip(table["variant"].to_pylist(), table["seed"].to_pylist(), strict=True))
        assert found == sorted(found)
        assert len(found) < runs_in_file + max(map(len, groups))


@pytest.mark.parametrize("at_least", [1, 10**6])
def test_a_column_that_only_some_groups_have_is_empty_in_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_least: int
) -> None:
    monkeypatch.setattr(joining, "ROW_GROUP", at_least)
    with Store.create(tmp_path, "s", HASH) as store:
        for number in range(4):
            own = {"variant": ["v0"], "seed": [number], f"angle {number % 2}": [0.5]}
            store.add_group(number, rows(number, [("v0", number)]), {"rotations": own})
            if number == 1:
                store.join_groups(NAMES)
        before = read_table(store.directory, "rotations")
        store.join_groups(NAMES)
    found = read_table(store.directory, "rotations")
    assert found.to_pylist() == before.to_pylist()
    assert found["seed"].to_pylist() == [0, 1, 2, 3]
    assert found["angle 1"].to_pylist() == [None, 0.5, None, 0.5]


def test_groups_that_are_stored_together_are_stored_as_one_after_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partitions, "RUNS_IN_FILE", 5)
    groups = cut([(name, seed) for name in NAMES for seed in range(4)], 6)
    stores = [Store.create(tmp_path, "s", HASH) for _ in range(2)]
    write_groups(stores[0], groups)
    stores[1].add_groups(
        [Group(number, rows(number, keys), {"curves": curves(keys)}) for number, keys in enumerate(groups)]
    )
    assert stores[0].groups == stores[1].groups
    for store in stores:
        store.join_groups(NAMES)
        store.close()
    files = [
        sorted(str(path.relative_to(store.directory)) for path in store.directory.rglob("*"))
        for store in stores
    ]
    assert files[0] == files[1]
    assert "runs/001.parquet" in files[0]
    for name in ("runs", "curves"):
        assert read_table(stores[0].directory, name).equals(read_table(stores[1].directory, name))


def test_tables_of_any_name_are_joined(tmp_path: Path) -> None:
    with Store.create(tmp_path, "s", HASH) as store:
        for number in range(2):
            own = {"variant": ["v0"], "seed": [number], "angle": [0.5]}
            store.add_group(number, rows(number, [("v0", number)]), {"rotations": own})
        store.join_groups(NAMES)
    assert read_table(store.directory, "rotations")["seed"].to_pylist() == [0, 1]
    assert (store.directory / "rotations.parquet").exists()
    assert not (store.directory / PARTS).exists()
    assert read_table(store.directory, "none").column_names == ["variant", "seed"]


def test_killed_at_any_write_leaves_every_group_that_was_stored(tmp_path: Path, monkeypatch: Any) -> None:
    groups = cut([(name, seed) for name in NAMES for seed in range(3)], 4)
    rename, writes = files.rename, 0
    for last in range(20):
        left = last

        def kill(staged: Any) -> None:
            nonlocal left
            if not left:
                raise KilledError
            left -= 1
            rename(staged)

        monkeypatch.setattr(announcing, "rename", kill)
        store = Store.create(tmp_path / str(last), "s", HASH)
        stored = 0
        try:
            for number, keys in enumerate(groups):
                store.add_group(number, rows(number, keys), {"curves": curves(keys)})
                stored += 1
            store.join_groups(NAMES)
        except KilledError:
            writes += 1
        found = read_table(store.directory, "runs")
        assert len(found) == sum(map(len, groups[:stored]))
        for table in ("runs", "curves"):
            got = read_table(store.directory, table)
            assert len(got) >= sum(map(len, groups[:stored]))
        store.close()
    assert writes == 5  # of four groups, and of all tables joined


def test_parts_may_be_joined_while_they_are_read(tmp_path: Path, monkeypatch: Any) -> None:
    keys = [(name, 0) for name in NAMES]
    store, real, calls = Store.create(tmp_path, "s", HASH), parquet.read_table, []

    def read(path: Path, **options: Any) -> pa.Table:
        calls.append(path)
        if len(calls) == 1:
            store.join_groups(NAMES)
        return real(path, **options)

    write_groups(store, cut(keys, 2))
    monkeypatch.setattr(parquet, "read_table", read)
    table = read_table(store.directory, "runs")
    store.close()
    assert len(table) == len(keys)


def test_what_is_written_grows_with_the_groups_and_no_faster(tmp_path: Path, monkeypatch: Any) -> None:
    written: list[int] = []
    rename = files.rename
    monkeypatch.setattr(
        announcing, "rename", lambda staged: (written.extend(one.bytes for one in staged), rename(staged))
    )

    def size(groups: int) -> int:
        written.clear()
        widths = ", ".join(str([number + 1]) for number in range(groups - 1))
        study = Study.parse(
            small({"study.seeds": 2}) + f'\nablate = {{"model.hidden" = [{widths}, [9, 9]]}}', "a.toml"
        )
        study.run(runs_dir=tmp_path / str(groups), engine="numpy")
        return sum(written)

    few, many = size(3), size(12)
    assert many < 4.5 * few


def test_a_study_that_stopped_between_groups_opens(tmp_path: Path) -> None:
    with Store.create(tmp_path, "s", HASH) as store:
        write_groups(store, cut([("v0", 0), ("v1", 0)], 2))
        store.write_json(
            "resolved.json",
            {
                "metric": "val.0",
                "direction": "min",
                "seeds": 1,
                "study": "s",
                "variants": [{"name": "v0"}, {"name": "v1"}],
            },
        )
    result = Result.open(store.directory)
    assert result.status == "interrupted"
    assert (len(result.runs), len(result.curves), len(result.predictions)) == (2, 2, 0)
