"""Checkpoints: whole, exact, and found out where they are damaged."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from damage import Damage, sweep
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from seedbed.store import checkpoints
from seedbed.store.schema import StoreError
from seedbed.store.writer import Store

HASH = "0123456789abcdef"
DTYPES = [np.dtype(name) for name in checkpoints.TYPES]
any_array = st.sampled_from(DTYPES).flatmap(
    lambda dtype: arrays.arrays(dtype, arrays.array_shapes(min_dims=0, min_side=0, max_dims=3))
)
plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(
    st.dictionaries(st.text(min_size=1), any_array, max_size=4), st.dictionaries(st.text(), plain, max_size=3)
)
@settings(max_examples=50)
def test_arrays_and_facts_come_back_bit_for_bit(
    tmp_path_factory: pytest.TempPathFactory, given_arrays: dict[str, np.ndarray], facts: dict[str, Any]
) -> None:
    path = checkpoints.path_of(tmp_path_factory.mktemp("study"), 3)
    given_arrays.pop("__metadata__", None)
    checkpoints.write(path, given_arrays, facts)
    found = checkpoints.read(path)
    assert found is not None
    assert found[1] == facts
    assert found[0].keys() == given_arrays.keys()
    for name, array in given_arrays.items():
        assert (found[0][name].dtype, found[0][name].shape) == (array.dtype, array.shape)
        assert found[0][name].tobytes() == array.tobytes()
    assert [one.name for one in path.parent.iterdir()] == ["000003.safetensors"]


def test_a_checkpoint_of_arrays_in_any_order_of_memory_is_read_by_the_library(tmp_path: Path) -> None:
    from safetensors.numpy import load_file

    path, array = tmp_path / "c.safetensors", np.arange(24.0).reshape(2, 3, 4).transpose(2, 0, 1)[:, :, ::-1]
    checkpoints.write(path, {"a": array, "b": np.array([True])}, {})
    np.testing.assert_array_equal(load_file(path)["a"], array)


def outcome(store: Store) -> str:
    """What is read of checkpoint 1, or the file that is named where it is damaged."""
    try:
        return repr(store.checkpoint(1))
    except StoreError as error:
        return str(Path(str(error).split()[0]).relative_to(store.directory))


def test_any_damage_to_a_checkpoint_is_found(tmp_path: Path) -> None:
    with Store.create(tmp_path, "s", HASH) as store:
        assert store.checkpoint(1) is None
        store.save_checkpoint(
            1, {"a": np.arange(30.0), "b": np.zeros((2, 3), np.uint8)}, {"step": 12, "of": "x" * 50}
        )
        whole = repr(store.checkpoint(1))
        for damage in sweep(store.directory, seed=3, cuts=20, flips=400):
            if "checkpoints" not in damage.file or damage.kind == "removed":
                continue
            with damage.done_to(store.directory):
                assert outcome(store) in (whole, damage.file), damage  # some bits mean nothing
        with Damage("checkpoints/000001.safetensors", "removed").done_to(store.directory):
            assert store.checkpoint(1) is None


def test_a_checkpoint_goes_with_the_commit_of_its_group(tmp_path: Path) -> None:
    with Store.create(tmp_path, "s", HASH) as store:
        for number in (0, 1):
            store.save_checkpoint(number, {"a": np.arange(number + 1)}, {"step": number})
        store.add_group(0, [{"variant": "base", "seed": 0}], {}, runs=1)
        assert store.checkpoint(0) is None
        store.close()
    with Store.open(store.directory) as again:
        assert [event["group"] for event in again.groups] == [0]
        found = again.checkpoint(1)
        assert found is not None
        assert (found[0]["a"].tolist(), found[1]) == ([0, 1], {"step": 1})
        again.add_group(1, [{"variant": "base", "seed": 1}], {}, runs=1)
        assert again.checkpoint(1) is None
        again.join_groups(["base"])
        assert not (again.directory / checkpoints.DIRECTORY).exists()


def test_checkpoints_come_and_go_from_several_threads(tmp_path: Path) -> None:
    with Store.create(tmp_path, "s", HASH) as store, ThreadPoolExecutor(4) as pool:

        def save_and_drop(number: int) -> None:
            for _ in range(100):
                store.save_checkpoint(number, {"a": np.arange(2)}, {})
                store.drop_checkpoint(number)

        for one in [pool.submit(save_and_drop, number // 2) for number in range(4)]:
            one.result()
