"""Random draws of training samples, on which the networks of a group are looked at a few runs at a time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from seedbed.arrays import NUMPY, Array
from seedbed.engines.base import seen
from seedbed.training.group import Group

SLICE_BYTES = (
    4 * 2**20
)  # what the widest activation of one slice of runs may take; a pass takes several times that


def samples_at_once(group: Group) -> int:
    """How many samples the networks are to see at once, all runs of a slice together."""
    return SLICE_BYTES // (4 * group.network.widest)


def slices(group: Group, samples: int, runs_at_once: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Runs by index, at most `runs_at_once` and at least one, and at most `samples` training samples of each."""
    runs, drawn = np.arange(len(group.runs)), group.subset("train", samples)
    for some in np.split(runs, runs[:: max(1, runs_at_once)][1:]):
        yield some, drawn[some]


def inputs_of(group: Group, runs: np.ndarray, indices: np.ndarray) -> Array:
    """What the networks of some runs see of samples (runs, m)."""
    data = group.data.of_runs(runs)
    inputs = data.inputs[data.dataset[:, None], indices].astype(np.float32)
    return seen(NUMPY, inputs, data.center, data.scale, data.fill)
