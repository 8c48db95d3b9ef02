"""Rows that are in training and in a held-out part are counted, against a comparison row by row."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.data.base import Prepared, Samples
from seedbed.data.repeats import repeats, row_hashes


def of(inputs: np.ndarray, targets: np.ndarray, seed: int = 0) -> Prepared:
    order = np.random.default_rng(seed).permutation(len(inputs)).astype(np.int32)
    third = len(inputs) // 3
    parts = {"train": order[2 * third :], "val": order[:third], "test": order[third : 2 * third]}
    return Prepared(Samples(inputs, targets), parts)


def by_comparison(run: Prepared) -> dict[str, int]:
    """The same, row by row."""
    rows = [
        (own.tobytes(), target.tobytes())
        for own, target in zip(run.samples.inputs, run.samples.targets, strict=True)
    ]
    train = {rows[index] for index in run.parts["train"]}
    return {part: sum(rows[index] in train for index in run.parts[part]) for part in ("val", "test")}


@given(st.integers(0, 2**32 - 1), st.integers(0, 30), st.sampled_from([np.float32, np.uint8]), st.booleans())
def test_counts_are_those_of_a_comparison_row_by_row(
    seed: int, copies: int, dtype: type, images: bool
) -> None:
    rng = np.random.default_rng(seed)
    shape = (90, 1, 3, 5) if images else (90, 7)
    inputs = rng.integers(0, 256, shape).astype(dtype)
    targets = rng.integers(0, 3, 90)
    again = rng.integers(0, 90, copies)
    inputs[again], targets[again] = inputs[0], targets[0]
    run = of(inputs, targets, seed)
    assert repeats(run) == by_comparison(run)


def test_other_targets_are_no_repeats() -> None:
    inputs = np.repeat(np.arange(60, dtype=np.float32)[:, None], 2, axis=0)
    assert sum(repeats(of(inputs, np.zeros((120, 1), np.float32))).values()) > 0
    assert repeats(of(inputs, np.arange(120, dtype=np.float32)[:, None])) == {"val": 0, "test": 0}


def test_tables_whose_rows_repeat_by_nature_are_left_alone() -> None:
    inputs = np.random.default_rng(1).integers(0, 2, (300, 3)).astype(np.float32)
    assert repeats(of(inputs, np.zeros(300, np.int64))) == {"val": 0, "test": 0}


def test_nothing_is_held_out() -> None:
    samples = Samples(np.zeros((5, 1), np.float32), np.zeros((5, 1), np.float32))
    assert repeats(Prepared(samples, {"train": np.arange(5)})) == {}


@pytest.mark.parametrize("scale", [1, 2**-10, 2**20])
def test_round_numbers_have_hashes_of_their_own(scale: float) -> None:
    """Their last bits are all zero, which a sum of products would lose."""
    rows = np.stack(np.meshgrid(*[np.arange(8)] * 5), axis=-1).reshape(-1, 5).astype(np.float32) * scale
    hashes = row_hashes(Samples(rows, np.zeros(len(rows), np.int64)))
    assert len(np.unique(hashes)) == len(rows)
    low = hashes & np.uint64(255)
    assert np.bincount(low.astype(int), minlength=256).max() < 3 * len(rows) / 256


def test_a_large_table_takes_little_time() -> None:
    rng = np.random.default_rng(0)
    run = of(
        rng.normal(size=(241_600, 14)).astype(np.float32), rng.normal(size=(241_600, 1)).astype(np.float32)
    )
    started = time.process_time()
    repeats(run)
    assert time.process_time() - started < 5
