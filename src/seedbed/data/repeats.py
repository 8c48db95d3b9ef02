"""Rows of validation and test that are in the training part as well: what a network may have learnt by heart."""

from __future__ import annotations

import numpy as np

from seedbed.data.base import Prepared, Samples

HELD_OUT = ("val", "test")
AT_ONCE = 2**22  # bytes of rows that are hashed at once
# Rows repeat by nature where fewer than this share of the training part is distinct, as in tables of a few categories.
DISTINCT = 0.5
ODD = np.uint64(0x9E3779B97F4A7C15)  # 2^64 by the golden ratio
SHIFT = np.uint64(32)


def repeats(run: Prepared) -> dict[str, int]:
    """How many samples of each held-out part are in the training part, too, inputs and targets alike.

    None of any part where rows repeat by nature, see `DISTINCT`.
    """
    parts = {name: run.parts[name] for name in HELD_OUT if name in run.parts}
    if not parts:
        return {}
    hashes = row_hashes(run.samples)
    train = np.unique(hashes[run.parts["train"]])
    if len(train) < DISTINCT * len(run.parts["train"]):
        return dict.fromkeys(parts, 0)
    return {name: int(np.isin(hashes[members], train).sum()) for name, members in parts.items()}


def row_hashes(samples: Samples) -> np.ndarray:
    """(N,) uint64: the same for samples whose inputs and targets are the same bit by bit.

    Two others share one with a probability of about 2^-64.
    """
    return _hashes(samples.inputs) * ODD + _hashes(samples.targets)


def _hashes(rows: np.ndarray) -> np.ndarray:
    """(N,) uint64 of rows (N, ...), by the words of each: mixed, weighed by their place and added."""
    rows = rows.reshape(len(rows), -1)
    per_row = rows.shape[1] * rows.itemsize
    padded = -(-per_row // 8) * 8
    weights = _mixed(np.arange(1, padded // 8 + 1, dtype=np.uint64) * ODD) | np.uint64(1)
    hashes = np.empty(len(rows), np.uint64)
    at_once = max(1, AT_ONCE // padded)
    for start in range(0, len(rows), at_once):
        some = np.ascontiguousarray(rows[start : start + at_once]).view(np.uint8)
        words = np.zeros((len(some), padded), np.uint8)
        words[:, :per_row] = some
        # The product of a word and its weight depends in its low bits on those of the word alone.
        hashes[start : start + at_once] = _mixed(words.view(np.uint64) + weights).sum(axis=1, dtype=np.uint64)
    return hashes


def _mixed(words: np.ndarray) -> np.ndarray:
    """Words (uint64) of which every bit depends on all: two rounds of multiplying by an odd number and folding."""
    for _ in range(2):
        words = (words ^ (words >> SHIFT)) * ODD
    return words ^ (words >> SHIFT)
